"""Lists of releases, packages and images by REST, with the files of packages and the tags of images.

Sources: https://docs.gitlab.com/api/releases/, https://docs.gitlab.com/api/packages/,
https://docs.gitlab.com/api/container_registry/
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import gitlab

from gitlab_hooks.gateway.errors import AccessDenied, GitLabUnavailable, NotFound
from gitlab_hooks.gateway.graphql import NotUnderstood, ask
from gitlab_hooks.gateway.image_tags import ask_for_tags, tag_of, tags_in
from gitlab_hooks.gateway.pulse import KINDS, MAX_IMAGES, MAX_PACKAGES, MAX_RELEASES, ImageRef
from gitlab_hooks.gateway.transport import translated
from gitlab_hooks.gateway.values import hexadecimal, moment, size
from stac_ext.model import ImageTag, Package, PackageFile, Release, ReleaseLink

T = TypeVar("T")
MAX_FILES_OF_PACKAGE: Final = 100
_IMAGES_A_CALL: Final = 10  # each costs 12 of the 200 that an anonymous query may cost


def releases(client: gitlab.Gitlab, project_id: int) -> tuple[Release, ...]:
    """The newest releases. Raises NotFound, AccessDenied, GitLabUnavailable."""
    path = f"/projects/{project_id}/releases"
    return _listed(client, path, MAX_RELEASES, _release, order_by="released_at", sort="desc")


def packages(client: gitlab.Gitlab, project_id: int) -> tuple[Package, ...]:
    """The newest packages, without files. Raises NotFound, AccessDenied, GitLabUnavailable."""
    path = f"/projects/{project_id}/packages"
    return _listed(client, path, MAX_PACKAGES, _package, order_by="created_at", sort="desc")


def images(client: gitlab.Gitlab, project_id: int) -> tuple[ImageRef, ...]:
    """The repositories of the container registry. Raises NotFound, AccessDenied, GitLabUnavailable."""
    path = f"/projects/{project_id}/registry/repositories"
    return _listed(client, path, MAX_IMAGES, _image, tags_count="true")


def package_files(client: gitlab.Gitlab, project_id: int, package_id: int) -> tuple[PackageFile, ...]:
    """The files of a package, the newest of each name; none where the package has gone or is refused."""
    path = f"/projects/{project_id}/packages/{package_id}/package_files"
    try:
        found = _listed(client, path, MAX_FILES_OF_PACKAGE, _file)
    except (NotFound, AccessDenied):
        return ()
    return tuple({file.name: file for file in found}.values())


def image_tags(client: gitlab.Gitlab, project_id: int, wanted: Sequence[ImageRef]) -> dict[int, tuple[ImageTag, ...]]:
    """At most 100 tags of each image, by its id; digests where GraphQL gives them. Raises GitLabUnavailable."""
    found: dict[int, tuple[ImageTag, ...]] = {}
    try:
        for start in range(0, len(wanted), _IMAGES_A_CALL):
            found |= _tags_by_graphql(client, wanted[start : start + _IMAGES_A_CALL])
    except NotUnderstood:
        for image in wanted:
            path = f"/projects/{project_id}/registry/repositories/{image.id}/tags"
            try:
                found[image.id] = _listed(client, path, 100, tag_of)
            except (NotFound, AccessDenied):
                found[image.id] = ()
    return found


def _tags_by_graphql(client: gitlab.Gitlab, wanted: Sequence[ImageRef]) -> dict[int, tuple[ImageTag, ...]]:
    ids = [image.id for image in wanted]
    answer = ask(client, f"query tags {{ {ask_for_tags(ids)} }}", {})
    if answer.troubled:
        raise GitLabUnavailable("the container registry does not answer")
    with translated():
        return dict.fromkeys(ids, ()) | tags_in(answer, ids)


def _listed(
    client: gitlab.Gitlab, path: str, most: int, shape: Callable[[dict[str, Any]], T | None], **query: str
) -> tuple[T, ...]:
    with translated():
        found = client.http_list(path, query_data=query, per_page=most, page=1, get_all=False)
        return tuple(value for row in list(found)[:most] if (value := shape(row)) is not None)


def _release(row: dict[str, Any]) -> Release:
    commit = row.get("commit")
    links = (row.get("assets") or {}).get("links") or ()
    return Release(
        tag=str(row["tag_name"]),
        name=str(row.get("name") or row["tag_name"]),
        description=str(row.get("description") or ""),
        released_at=moment(row.get("released_at")),
        sha=str(commit["id"]) if isinstance(commit, dict) and commit.get("id") else None,
        upcoming=bool(row.get("upcoming_release")),
        links=tuple(
            ReleaseLink(
                str(link.get("name") or ""),
                str(link.get("direct_asset_url") or link.get("url") or ""),
                str(link.get("link_type") or "other"),
            )
            for link in links[:50]
        ),
    )


def _package(row: dict[str, Any]) -> Package | None:
    if row.get("package_type") not in KINDS or not row.get("version"):
        return None
    name, created = str(row.get("name") or ""), moment(row.get("created_at"))
    return Package(int(row["id"]), name, str(row["version"]), str(row["package_type"]), created)


def _file(row: dict[str, Any]) -> PackageFile:
    return PackageFile(
        int(row["id"]),
        str(row.get("file_name") or ""),
        size(row.get("size")),
        hexadecimal(row.get("file_sha256"), 64),
        hexadecimal(row.get("file_md5"), 32),
    )


def _image(row: dict[str, Any]) -> ImageRef:
    return ImageRef(int(row["id"]), str(row.get("location") or ""), int(row.get("tags_count") or 0))
