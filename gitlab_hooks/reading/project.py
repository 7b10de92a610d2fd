"""One project as GitLab shows it now: unchanged, gone, or its facts with a fingerprint that changes when they do."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import orjson

from gitlab_hooks.gateway.errors import AccessDenied, GitLabUnavailable, NotFound
from gitlab_hooks.gateway.pulse import Pulse
from gitlab_hooks.gateway.service import ServiceClient
from gitlab_hooks.gateway.values import moment
from gitlab_hooks.reading.attributes import SOURCES, effective_visibility, licence_of, topics_of, why_absent
from gitlab_hooks.reading.ends import read_ends
from gitlab_hooks.reading.facets import Facets, facets_of
from gitlab_hooks.reading.files import MAX_FILES, FileReader
from gitlab_hooks.reading.memory import BlobMemory
from gitlab_hooks.reading.trouble import Patience
from stac_ext.clock import Clock, SystemClock
from stac_ext.model import (
    ContainerImage,
    ImageTag,
    ModelVersion,
    Package,
    PackageFile,
    ProjectFacts,
    Release,
    Visibility,
)

_WITHOUT = " without "
_IMAGE_TAGS, _FILES_OF_PACKAGES, _LARGE_FILES = "tags of images", "files of packages", "large files"


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

    @property
    def is_whole(self) -> bool:
        """Whether no part is missing that GitLab could not give."""
        return _WITHOUT not in self.fingerprint


Reading = Absent | Unchanged | Read


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look tells: what is listed now, what of it is shown, and what both make as a fingerprint."""

    listed: Pulse
    shown: Pulse
    facets: Facets
    tags: dict[int, tuple[ImageTag, ...]]
    troubled: frozenset[str]
    fingerprint: str


class ProjectReader:
    """Reads one project with the service account. Methods block: call them from a worker thread."""

    def __init__(self, client: ServiceClient, topics: Sequence[str], salt: str, clock: Clock | None = None) -> None:
        self._client = client
        self._topics = frozenset(topics)
        self._salt = salt  # of everything else that shapes the items: configuration and program version
        self._memory = BlobMemory()
        self._images: dict[int, tuple[int, ...]] = {}  # of each project, so that their tags come with the first call
        self._patience = Patience(clock or SystemClock())

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
                with suppress(NotFound):  # gone since it was listed, if the next question says so, too
                    unchanged = self._look(listed)
                    if not isinstance(unchanged, Absent) and unchanged.fingerprint == known:
                        return self._unchanged(project_id, unchanged)
            project = self._client.project(project_id)
            stated(effective_visibility(project, anonymous=self._client.anonymous))
            try:
                look = self._look(project)
            except NotFound as error:
                raise GitLabUnavailable("GitLab shows this project by one of its APIs and not by another") from error
            if isinstance(look, Absent):
                return look
            if look.fingerprint == known:
                return self._unchanged(project_id, look)
            # an item that shows what is left out now must not wait
            may_wait = known is not None and not look.facets.narrower
            missing = _missing(known)
            self._patience.bear(project_id, look.troubled - missing, indexed=may_wait)
            facts, troubled = self._facts(project, look)
            if troubled:
                self._patience.bear(project_id, troubled - missing, indexed=may_wait)
                return Read(facts, f"{look.fingerprint}{_WITHOUT}{', '.join(sorted(troubled))}")
            self._patience.over(project_id)
            return Read(facts, look.fingerprint)
        except NotFound:
            return Absent("GitLab does not show this project to the service account")
        except AccessDenied:
            return Absent(self._unreadable())

    def read_version(self, facts: ProjectFacts, release: Release) -> ProjectFacts | None:
        """The facts of a project at the commit of a release; None where GitLab shows no such commit.

        `facts` are those of the head, and everything that is no part of the repository is as there. Blobs that were
        read lately are not read again. Raises GitLabError.
        """
        if release.sha is None:
            return None
        try:
            commit = self._client.commit(facts.id, release.sha)
        except (NotFound, AccessDenied):
            return None
        at = replace(facts, head_sha=release.sha, head_committed_at=moment(commit.get("committed_date")))
        found, complete = self._code(at)
        if not complete:
            raise GitLabUnavailable(f"GitLab gave no usable answer about {_LARGE_FILES}")
        return found

    def new_versions(
        self, facts: ProjectFacts, known: Collection[tuple[str, str]]
    ) -> Iterator[tuple[Release, ProjectFacts]]:
        """Each release with the facts at its commit, but those whose tag and commit are known already: what a tag
        names by its commit never changes. Upcoming releases are none yet.
        """
        for release in facts.releases:
            if release.sha is None or release.upcoming or (release.tag, release.sha) in known:
                continue
            found = self.read_version(facts, release)
            if found is not None:
                yield release, found

    def _unchanged(self, project_id: int, look: _Look) -> Unchanged:
        if not look.troubled:
            self._patience.over(project_id)
        return Unchanged()

    def _look(self, project: dict[str, Any]) -> Absent | _Look:
        """What may have changed, unless the attributes alone say that the project is not to be shown."""
        reason = why_absent(project, self._topics)
        if reason is not None:
            return Absent(reason)
        if "default_branch" not in project:
            return Absent(self._unreadable())
        facets = facets_of(project, anonymous=self._client.anonymous)
        branch = None if project.get("empty_repo") else project.get("default_branch") or None
        listed = self._client.pulse(project["id"], branch, facets.used, self._images.get(project["id"], ()))
        shown, troubled = replace(facets.shown(listed), tags={}), set(listed.troubled - facets.narrower.keys())
        shown = replace(shown, releases=self._at_their_tags(project["id"], shown.releases))
        tags = {image.id: listed.tags[image.id] for image in shown.images if image.id in listed.tags}
        try:
            unknown = [image for image in shown.images if image.id not in tags]
            tags |= self._client.image_tags(project["id"], unknown) if unknown else {}
        except GitLabUnavailable:
            troubled.add(_IMAGE_TAGS)
        self._images[project["id"]] = tuple(image.id for image in shown.images)
        omitted = facets.omitted(listed)
        sources = [self._salt, [project.get(name) for name in SOURCES], shown, sorted(tags.items()), omitted]
        made = orjson.dumps(
            [repr(value) if isinstance(value, Pulse) else value for value in sources], option=orjson.OPT_SORT_KEYS
        )
        fingerprint = hashlib.sha256(made).hexdigest()
        return _Look(listed, shown, facets, tags, frozenset(troubled), fingerprint)

    def _at_their_tags(self, project_id: int, releases: tuple[Release, ...]) -> tuple[Release, ...]:
        """The releases with the commits that their tags name now: a tag may have been moved, or be gone."""
        if not releases:
            return ()
        try:
            commits = self._client.tags(project_id, {one.tag for one in releases})
        except NotFound:
            commits = {}
        return tuple(replace(one, sha=commits.get(one.tag)) for one in releases)

    def _unreadable(self) -> str:
        if self._client.anonymous:
            return "its code cannot be read without a token (SHARINGHUB_GITLAB_TOKEN)"
        return "the service account may not read its code: make it Reporter of the project or its group"

    def _facts(self, project: dict[str, Any], look: _Look) -> tuple[ProjectFacts, frozenset[str]]:
        """The facts, and the parts that could not be read."""
        troubled = set(look.troubled)
        head = look.shown.head
        try:
            packages, models = self._packages(int(project["id"]), look.shown)
        except GitLabUnavailable:
            troubled.add(_FILES_OF_PACKAGES)
            packages, models = look.shown.packages, look.shown.models
        facts = ProjectFacts(
            id=int(project["id"]),
            path=str(project["path_with_namespace"]),
            name=str(project.get("name") or project["path_with_namespace"]),
            description=str(project.get("description") or ""),
            web_url=str(project.get("web_url") or ""),
            visibility=str(project.get("visibility") or ("public" if self._client.anonymous else "private")),
            effective_visibility=effective_visibility(project, anonymous=self._client.anonymous),
            topics=topics_of(project),
            created_at=moment(project.get("created_at")),
            archived=bool(project.get("archived")),
            stars=int(project.get("star_count") or 0),
            default_branch=str(project["default_branch"]) if project.get("default_branch") else None,
            head_sha=head[0] if head else None,
            head_committed_at=head[1] if head else None,
            licence=licence_of(project),
            http_url_to_repo=str(project["http_url_to_repo"]) if project.get("http_url_to_repo") else None,
            issues_enabled=project.get("issues_access_level") == "enabled",
            releases=look.shown.releases,
            packages=packages,
            images=tuple(ContainerImage(one.location, look.tags.get(one.id, ())) for one in look.shown.images),
            models=models,
            omitted=look.facets.omitted(look.listed),
        )
        if head is not None:
            facts, complete = self._code(facts)
            troubled |= set() if complete else {_LARGE_FILES}
        return facts, frozenset(troubled)

    def _code(self, facts: ProjectFacts) -> tuple[ProjectFacts, bool]:
        """The facts with what the repository holds at their commit, and whether it could be read whole."""
        assert facts.head_sha is not None
        reader = FileReader(self._client, self._memory, facts.id, facts.head_sha)
        files = reader.files()
        readme = reader.readme(files)
        ends, complete = read_ends(self._client, self._memory, facts.id, facts.head_sha, files)
        found = replace(
            facts,
            files=files,
            files_truncated=len(files) >= MAX_FILES,
            readme_path=readme.path if readme else None,
            readme=readme.data if readme else None,
            readme_truncated=readme.truncated if readme else False,
            texts=reader.texts(files),
            ends=ends,
        )
        return found, complete

    def _packages(self, project_id: int, shown: Pulse) -> tuple[tuple[Package, ...], tuple[ModelVersion, ...]]:
        """Packages and versions of models with the files of their packages."""
        read: dict[int, tuple[PackageFile, ...]] = {}

        def filled(package: Package) -> Package:
            if package.id not in read:
                read[package.id] = self._client.package_files(project_id, package.id)
            return replace(package, files=read[package.id])

        packages = tuple(filled(one) for one in shown.packages)
        models = tuple(replace(one, package=filled(one.package)) if one.package else one for one in shown.models)
        return packages, models


def _missing(fingerprint: str | None) -> frozenset[str]:
    """The parts that what is indexed under a fingerprint lacks already."""
    return frozenset((fingerprint or "").partition(_WITHOUT)[2].split(", "))
