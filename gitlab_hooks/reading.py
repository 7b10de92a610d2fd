"""What GitLab says about one project, turned into facts or into the reason why it is not in the catalogue."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from gitlab_hooks.gateway.errors import AccessDenied, NotFound
from gitlab_hooks.gateway.service import ServiceClient
from stac_ext.model import DetectedLicence, ProjectFacts, RepositoryFile, Visibility
from stac_ext.times import parse_rfc3339

MAX_FILES = 20_000
MAX_README_BYTES = 1024 * 1024
_README = re.compile(r"readme(\.(md|markdown|rst|txt))?", re.IGNORECASE)
_README_ORDER = (".md", ".markdown", "", ".rst", ".txt")
_SOURCES = (
    "id",
    "path_with_namespace",
    "name",
    "description",
    "web_url",
    "http_url_to_repo",
    "topics",
    "tag_list",
    "visibility",
    "repository_access_level",
    "issues_access_level",
    "archived",
    "default_branch",
    "star_count",
)


@dataclass(frozen=True, slots=True)
class Absent:
    """The project is not to be shown, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing that the items are built from has changed."""


@dataclass(frozen=True, slots=True)
class Read:
    """The project's facts, and a fingerprint that changes when any source of them does."""

    facts: ProjectFacts
    fingerprint: str


Reading = Absent | Unchanged | Read


class ProjectReader:
    """Reads one project with the service account. Methods block: call them from a worker thread."""

    def __init__(self, client: ServiceClient, topics: Sequence[str], salt: str) -> None:
        self._client = client
        self._topics = frozenset(topics)
        self._salt = salt  # of everything else that shapes the items: configuration and program version

    def read(
        self,
        project_id: int,
        known: str | None,
        listed: dict[str, Any] | None,
        stated: Callable[[Visibility], None],
    ) -> Reading:
        """The project as it is now, or Unchanged where its sources still have the fingerprint `known`.

        `listed` is its entry in a listing, where there is a fresh one; it saves a call for an unchanged project.
        `stated` is told the effective visibility as soon as GitLab has stated it: what follows may fail.
        Raises GitLabError where GitLab gives no usable answer.
        """
        try:
            if listed is not None and known is not None:
                if {"visibility", "repository_access_level"} <= listed.keys():  # a list may leave them out
                    stated(effective_visibility(listed, anonymous=self._client.anonymous))
                unchanged = self._look(listed)
                if not isinstance(unchanged, Absent) and unchanged[1] == known:
                    return Unchanged()
            project = self._client.project(project_id)
            stated(effective_visibility(project, anonymous=self._client.anonymous))
            looked = self._look(project)
            if isinstance(looked, Absent):
                return looked
            head, fingerprint = looked
            if fingerprint == known:
                return Unchanged()
            return Read(self._facts(project, head), fingerprint)
        except NotFound:
            return Absent("GitLab does not show this project to the service account")
        except AccessDenied:
            return Absent(self._unreadable())

    def _look(self, project: dict[str, Any]) -> Absent | tuple[dict[str, Any] | None, str]:
        """The head commit and the fingerprint, unless the attributes alone say that it is not to be shown."""
        absent = self._absent(project)
        if absent is not None:
            return absent
        branch = project.get("default_branch")
        head = None
        if branch and not project.get("empty_repo"):
            head = self._client.head(project["id"], branch)
        sources = [self._salt, [project.get(name) for name in _SOURCES], head and head.get("id")]
        return head, hashlib.sha256(orjson.dumps(sources, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def _absent(self, project: dict[str, Any]) -> Absent | None:
        if not self._topics & set(topics_of(project)):
            return Absent("it has none of the topics")
        marked = project.get("marked_for_deletion_on") or project.get("marked_for_deletion_at")
        if marked or str(project["path_with_namespace"]).endswith(f"-deletion_scheduled-{project['id']}"):
            return Absent("it is scheduled for deletion")
        if project.get("repository_access_level") == "disabled":
            return Absent("its repository is disabled, so nobody may download code")
        if "default_branch" not in project:
            return Absent(self._unreadable())
        return None

    def _unreadable(self) -> str:
        if self._client.anonymous:
            return "its code cannot be read without a token (SHARINGHUB_GITLAB_TOKEN)"
        return "the service account may not read its code: make it Reporter of the project or its group"

    def _facts(self, project: dict[str, Any], head: dict[str, Any] | None) -> ProjectFacts:
        files: tuple[RepositoryFile, ...] = ()
        readme_path, readme, truncated = None, None, False
        if head is not None:
            files = self._files(project["id"], head["id"])
            readme_path = _readme_of(files)
            if readme_path is not None:
                readme, truncated = self._readme(project["id"], readme_path, head["id"])
        return ProjectFacts(
            id=int(project["id"]),
            path=str(project["path_with_namespace"]),
            name=str(project.get("name") or project["path_with_namespace"]),
            description=str(project.get("description") or ""),
            web_url=str(project.get("web_url") or ""),
            visibility=str(project.get("visibility") or ("public" if self._client.anonymous else "private")),
            effective_visibility=effective_visibility(project, anonymous=self._client.anonymous),
            topics=topics_of(project),
            created_at=_moment(project.get("created_at")),
            archived=bool(project.get("archived")),
            stars=int(project.get("star_count") or 0),
            default_branch=str(project["default_branch"]) if project.get("default_branch") else None,
            head_sha=str(head["id"]) if head else None,
            head_committed_at=_moment(head.get("committed_date")) if head else None,
            files=files,
            readme_path=readme_path,
            readme=readme,
            readme_truncated=truncated,
            files_truncated=len(files) >= MAX_FILES,
            licence=_licence(project),
            http_url_to_repo=str(project["http_url_to_repo"]) if project.get("http_url_to_repo") else None,
            issues_enabled=project.get("issues_access_level") == "enabled",
        )

    def _readme(self, project_id: int, path: str, ref: str) -> tuple[bytes | None, bool]:
        try:
            return self._client.raw_file(project_id, path, ref, MAX_README_BYTES)
        except NotFound:  # the listing names what the file route does not find: costs the card, not the project
            return None, False

    def _files(self, project_id: int, ref: str) -> tuple[RepositoryFile, ...]:
        found: list[RepositoryFile] = []
        try:
            for entry in self._client.tree(project_id, ref):
                if entry.get("type") == "blob" and entry.get("mode") != "120000" and _addressable(str(entry["path"])):
                    found.append(RepositoryFile(str(entry["path"]), str(entry["id"])))
                if len(found) >= MAX_FILES:
                    break
        except NotFound:
            return ()  # GitLab's answer for a tree without entries
        return tuple(sorted(found, key=lambda file: file.path))


def topics_of(project: dict[str, Any]) -> tuple[str, ...]:
    """The project's topics; GitLab before 14.0 called them tags."""
    topics = project.get("topics", project.get("tag_list"))
    return tuple(topic for topic in topics if isinstance(topic, str)) if isinstance(topics, list) else ()


def effective_visibility(project: dict[str, Any], *, anonymous: bool) -> Visibility:
    """min(project visibility, repository access level); what is not stated counts as the narrowest.

    An anonymous reader gets no such fields, and whatever code it can read is public.
    Source: https://docs.gitlab.com/api/projects/ (`visibility`, `repository_access_level`)
    """
    if anonymous:
        return Visibility.PUBLIC
    if project.get("repository_access_level") != "enabled":
        return Visibility.PRIVATE
    levels = {"public": Visibility.PUBLIC, "internal": Visibility.INTERNAL}
    return levels.get(str(project.get("visibility")), Visibility.PRIVATE)


def _licence(project: dict[str, Any]) -> DetectedLicence | None:
    found = project.get("license")
    if not isinstance(found, dict) or not found.get("key"):
        return None
    url = project.get("license_url") or found.get("html_url")
    return DetectedLicence(str(found["key"]), str(found.get("name") or found["key"]), str(url) if url else None)


def _readme_of(files: tuple[RepositoryFile, ...]) -> str | None:
    found = [file.path for file in files if "/" not in file.path and _README.fullmatch(file.path)]

    def rank(path: str) -> tuple[int, str]:
        suffix = path[6:].lower()
        return _README_ORDER.index(suffix), path

    return min(found, key=rank, default=None)


def _addressable(path: str) -> bool:
    """Whether a path may stand in a URL: control characters in it are cut out, or worse, on the way."""
    return all(ord(char) >= 0x20 and ord(char) != 0x7F for char in path)


def _moment(value: Any) -> datetime:
    """GitLab's date-times carry an offset; a missing or odd one must not cost the project."""
    try:
        return parse_rfc3339(str(value))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
