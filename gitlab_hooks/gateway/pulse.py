"""Everything of a project that may have changed without its attributes, in one call: head commit, releases, packages,
images and models; by GraphQL, part by part what this GitLab knows of it, else by REST.

Source: https://docs.gitlab.com/api/graphql/reference/
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import gitlab
import structlog

from gitlab_hooks.gateway.errors import AccessDenied, GitLabUnavailable, NotFound
from gitlab_hooks.gateway.graphql import Answer, NotUnderstood, ask
from gitlab_hooks.gateway.image_tags import ask_for_tags, tags_in
from gitlab_hooks.gateway.transport import translated
from gitlab_hooks.gateway.values import moment, number_of, rows
from stac_ext.model import ImageTag, ModelVersion, Package, Release, ReleaseLink

log = structlog.get_logger()
MAX_RELEASES: Final = 50
MAX_PACKAGES: Final = 100
MAX_IMAGES: Final = 50
MAX_MODEL_VERSIONS: Final = 100
MAX_REMEMBERED: Final = 5  # images whose tags fit into the same query: each costs 12 of 200
RELEASES, PACKAGES, IMAGES, MODELS = "releases", "packages", "images", "models"
KINDS: Final = frozenset({"generic", "pypi", "ml_model"})
_FIELDS = {RELEASES: "releases", PACKAGES: "packages", IMAGES: "containerRepositories", MODELS: "mlModels"}
_PARTS = {
    RELEASES: """releases(first: 50, sort: RELEASED_AT_DESC) { nodes {
      tagName name description releasedAt upcomingRelease commit { sha }
      assets { links(first: 50) { nodes { name url directAssetUrl linkType } } } } }""",
    PACKAGES: """packages(first: 100, sort: CREATED_DESC) { nodes { id name version packageType createdAt } }""",
    IMAGES: """containerRepositories(first: 50) { nodes { id location tagsCount } }""",
    MODELS: """mlModels(first: 20) { nodes { name versions(first: 20) { nodes {
      id version description createdAt packageId candidate {
        params(first: 50) { nodes { name value } } metrics(first: 50) { nodes { name value step } } } } } } }""",
    "statistics": "statistics { packagesSize }",
}


@dataclass(frozen=True, slots=True)
class ImageRef:
    """An image repository as listed. `id` is its number."""

    id: int
    location: str
    tags_count: int


@dataclass(frozen=True, slots=True)
class Pulse:
    """What GitLab lists now. Packages are without files; `packages_size` (bytes) tells when files were added to one.

    `troubled` are the parts that could not be had this time; a part that is refused or switched off is empty. `tags`
    are those of the images that were asked for by id.
    """

    head: tuple[str, datetime] | None = None
    releases: tuple[Release, ...] = ()
    packages: tuple[Package, ...] = ()
    images: tuple[ImageRef, ...] = ()
    models: tuple[ModelVersion, ...] = ()
    packages_size: float | None = None
    troubled: frozenset[str] = frozenset()
    tags: Mapping[int, tuple[ImageTag, ...]] = field(default_factory=dict)


class PulseReader:
    """Asks in one query. Which parts this GitLab knows is found out at its first refusal, and remembered."""

    def __init__(self, client: gitlab.Gitlab) -> None:
        self._client = client
        self._known = frozenset(_PARTS)

    @property
    def lists(self) -> frozenset[str]:
        """The fields of GraphQL's Project that list what it has beside its code, as far as this GitLab has them."""
        return frozenset(name for part, name in _FIELDS.items() if part in self._known)

    def read(self, project_id: int, branch: str | None, wanted: Collection[str], images: Sequence[int] = ()) -> Pulse:
        """`images` are ids of earlier; the tags of the first five come along.

        Raises NotUnderstood where only REST will do, NotFound, AccessDenied where code is refused, or what is raised
        by `ask`.
        """
        try:
            return self._read(project_id, branch, wanted, images)
        except NotUnderstood:
            known = frozenset(part for part in _PARTS if self._understands(project_id, part))
            if known == self._known:
                raise
            log.warning("GitLab does not know all of the query", left_out=sorted(self._known - known))
            self._known = known
        return self._read(project_id, branch, wanted, images)

    def _understands(self, project_id: int, part: str) -> bool:
        try:
            ask(self._client, _query([_PARTS[part]]), _variables(project_id, None))
        except NotUnderstood:
            return False
        return True

    def _read(self, project_id: int, branch: str | None, wanted: Collection[str], images: Sequence[int]) -> Pulse:
        asked = [part for part in _PARTS if part in self._known and (part in wanted or part == "statistics")]
        remembered = images[:MAX_REMEMBERED] if IMAGES in asked else ()
        query = _query([_PARTS[part] for part in asked], ask_for_tags(remembered))
        answer = ask(self._client, query, _variables(project_id, branch))
        with translated():
            projects = answer.data["projects"]
            found = rows(projects)
            if not found:
                if answer.troubled or projects["nodes"] != []:  # only an empty list says that there is none
                    raise GitLabUnavailable("GitLab's GraphQL API answered with errors")
                raise NotFound("not found at GitLab")
            return replace(_pulse(found[0], answer, branch is not None), tags=tags_in(answer, remembered))


def _query(parts: list[str], beside: str = "") -> str:
    inner = "\n".join(parts)
    return (
        f"query pulse($ids: [ID!], $ref: String) {{ {beside} projects(ids: $ids, first: 1) {{ nodes {{ id\n"
        f"repository {{ tree(ref: $ref) {{ lastCommit {{ sha committedDate }} }} }}\n{inner} }} }} }}"
    )


def _variables(project_id: int, branch: str | None) -> dict[str, Any]:
    return {"ids": [f"gid://gitlab/Project/{project_id}"], "ref": branch}


def _pulse(node: dict[str, Any], answer: Answer, has_branch: bool) -> Pulse:
    repository = node.get("repository")
    if repository is None:
        if answer.troubled & {"repository", "unknown"}:
            raise GitLabUnavailable("GitLab could not read the repository")
        raise AccessDenied("GitLab refuses to show code")
    if answer.troubled & {"tree", "lastCommit"}:
        raise GitLabUnavailable("GitLab could not read the repository")
    commit = (repository.get("tree") or {}).get("lastCommit") if has_branch else None
    statistics = node.get("statistics")
    versions = [
        _version(model, version) for model in rows(node.get("mlModels")) for version in rows(model.get("versions"))
    ]
    return Pulse(
        head=(str(commit["sha"]), moment(commit["committedDate"])) if commit else None,
        releases=tuple(map(_release, rows(node.get("releases")))),
        packages=tuple(package for row in rows(node.get("packages")) if (package := _package(row))),
        images=tuple(image for row in rows(node.get("containerRepositories")) if (image := _image(row))),
        models=tuple(versions[:MAX_MODEL_VERSIONS]),
        packages_size=statistics.get("packagesSize") if isinstance(statistics, dict) else None,
        troubled=frozenset(part for part, field in _FIELDS.items() if field in answer.troubled),
    )


def _release(row: dict[str, Any]) -> Release:
    commit = row.get("commit")
    links = rows((row.get("assets") or {}).get("links"))
    return Release(
        tag=str(row["tagName"]),
        name=str(row.get("name") or row["tagName"]),
        description=str(row.get("description") or ""),
        released_at=moment(row.get("releasedAt")),
        sha=str(commit["sha"]) if isinstance(commit, dict) and commit.get("sha") else None,
        upcoming=bool(row.get("upcomingRelease")),
        links=tuple(
            ReleaseLink(
                str(link.get("name") or ""),
                str(link.get("directAssetUrl") or link.get("url") or ""),
                str(link.get("linkType") or "other").lower(),
            )
            for link in links
        ),
    )


def _package(row: dict[str, Any]) -> Package | None:
    key, kind, version = number_of(row.get("id")), str(row.get("packageType")).lower(), row.get("version")
    if key is None or kind not in KINDS or not version:
        return None
    return Package(key, str(row.get("name") or ""), str(version), kind, moment(row.get("createdAt")))


def _image(row: dict[str, Any]) -> ImageRef | None:
    key = number_of(row.get("id"))
    return ImageRef(key, str(row.get("location") or ""), int(row.get("tagsCount") or 0)) if key else None


def _version(model: dict[str, Any], row: dict[str, Any]) -> ModelVersion:
    name, version, created = str(model.get("name") or ""), str(row.get("version") or ""), moment(row.get("createdAt"))
    key, candidate = number_of(row.get("packageId")), row.get("candidate") or {}
    metrics = {
        str(one.get("name")): float(one["value"])
        for one in sorted(rows(candidate.get("metrics")), key=lambda one: int(one.get("step") or 0))
        if isinstance(one.get("value"), int | float)
    }
    return ModelVersion(
        model=name,
        version=version,
        description=str(row.get("description") or ""),
        created_at=created,
        id=number_of(row.get("id")),
        package=Package(key, name, version, "ml_model", created) if key else None,
        parameters=tuple((str(one.get("name")), str(one.get("value"))) for one in rows(candidate.get("params"))),
        metrics=tuple(metrics.items()),
    )
