"""What a project publishes beside its files, as assets: a release and its links, packages, model versions, images.

Of packages and of models in the registry the newest version of each name counts; of releases the newest, or the one
that the item is a version of. A file that is in the registry is not shown as a package again.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from stac_ext.media_types import file_kind
from stac_ext.model import ContainerImage, ModelVersion, Package, PackageFile, ProjectFacts, Release
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import MAX_INTEGER, clean_line, quoted
from stac_ext.semver import version_key
from stac_ext.urls import BuildContext, safe_url

MAX_TAGS: Final = 20
IMAGE_TYPE: Final = "application/vnd.oci.image.manifest.v1+json"
_MULTIHASH_SHA256: Final = "1220"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
# As the registry takes them: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
_LOCATION: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*){1,30}", re.ASCII)
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_DIGEST: Final = re.compile(r"[a-z0-9]+([+._-][a-z0-9]+)*:[0-9a-fA-F]{32,128}", re.ASCII)
_ROLES: Final = {"image": ("container",), "package": ("data",), "runbook": ("documentation",)}
_T = TypeVar("_T", Package, ModelVersion)


@dataclass(frozen=True, slots=True)
class Published:
    """One asset to be: its wanted key, and the name of the file that it stands for."""

    key: str
    href: str
    name: str
    media_type: str | None
    roles: tuple[str, ...]
    title: str
    fields: dict[str, Any] = field(default_factory=dict)


def published(
    facts: ProjectFacts, context: BuildContext, log: ProblemLog, release: Release | None = None
) -> Iterator[Published]:
    """The assets of all that is published. `release` is the one of a version item; else the newest counts."""
    one = release or next((each for each in facts.releases if not each.upcoming), None)
    if one is not None:
        yield from _of_release(one, facts, context, log, is_head=release is None)
    if release is not None:
        return  # packages and images belong to no commit
    for version in _newest(facts.models, lambda each: each.model):
        if version.package is not None and version.id is not None:
            for file in filter(_is_addressable, version.package.files):
                url = context.package_url(facts.id, "ml_models", str(version.id), file.name)
                name = f"{version.model}/{version.version}/{file.name}"
                yield _file(f"model/{name}", url, file, f"{version.model} {version.version}: {file.name}")
    in_registry = {version.package.id for version in facts.models if version.package}
    packages = [each for each in facts.packages if each.id not in in_registry and each.kind in ("generic", "pypi")]
    for package in _newest(packages, lambda each: f"{each.kind}/{each.name}"):
        for file in filter(_is_addressable, package.files):
            if href := _package_url(facts.id, package, file, context):
                name = f"{package.name}/{package.version}/{file.name}"
                yield _file(f"package/{name}", href, file, f"{package.name} {package.version}: {file.name}")
    for image in facts.images:
        yield from _of_image(image)


def _of_release(
    release: Release, facts: ProjectFacts, context: BuildContext, log: ProblemLog, *, is_head: bool
) -> Iterator[Published]:
    tag = clean_line(release.tag, 200)
    sha = release.sha if is_head else facts.head_sha
    if sha:
        url = f"{context.assets_url.rstrip('/')}/{facts.id}/archive/{sha}.zip"
        yield Published("release", url, "", "application/zip", ("source",), f"Source code of {tag}")
    for link in release.links:
        name = clean_line(link.name, 200) or "link"
        try:
            href = safe_url(link.url)
        except ValueError as error:
            said = f"The link {quoted(link.name)} of the release {quoted(release.tag)} is not used: {error}."
            log.add("release-link", said, "Correct it in the release.", path="")
            continue
        kind = file_kind(posixpath.basename(urlsplit(href).path) or name)
        roles = _ROLES.get(link.kind, tuple(kind.roles))
        yield Published(f"release/{name}", href, name, kind.media_type, roles, f"{name} of {tag}")


def _is_addressable(file: PackageFile) -> bool:
    """Whether a URL that ends in the file's name still does once a client has normalised it."""
    return file.name not in ("", ".", "..")


def _package_url(project_id: int, package: Package, file: PackageFile, context: BuildContext) -> str | None:
    if package.kind == "generic":
        names = (package.name, package.version, file.name)
        return None if {"", ".", ".."} & {*names} else context.package_url(project_id, "generic", *names)
    sha256 = _sha256_of(file)
    return context.package_url(project_id, "pypi", sha256, file.name) if sha256 else None


def _sha256_of(file: PackageFile) -> str | None:
    return file.sha256 if file.sha256 and _SHA256.fullmatch(file.sha256) else None


def _file(key: str, href: str, file: PackageFile, title: str) -> Published:
    fields: dict[str, Any] = {}
    if file.size is not None and 0 <= file.size <= MAX_INTEGER:
        fields["file:size"] = file.size
    if sha256 := _sha256_of(file):
        fields["file:checksum"] = f"{_MULTIHASH_SHA256}{sha256}"
    kind = file_kind(file.name)
    return Published(
        clean_line(key, 1_000), href, file.name, kind.media_type, tuple(kind.roles), clean_line(title, 300), fields
    )


def _of_image(image: ContainerImage) -> Iterator[Published]:
    """Images by the name that container tools take; `oci:` is the scheme that ORAS and Helm use for it."""
    if not _LOCATION.fullmatch(image.location[:1_000]):
        return
    for tag in image.tags[:MAX_TAGS]:
        if not _TAG.fullmatch(tag.name):
            continue
        name = f"{image.location}:{tag.name}"
        known = {"sharinghub:digest": tag.digest} if tag.digest and _DIGEST.fullmatch(tag.digest) else {}
        digest = f"@{tag.digest}" if known else ""
        fields: dict[str, Any] = {"sharinghub:image": name, **known}
        yield Published(f"image/{name}", f"oci://{name}{digest}", "", IMAGE_TYPE, ("container",), name, fields)


def _newest(found: Iterable[_T], named: Any) -> Iterator[_T]:
    """The newest version of each name, by semantic versioning where versions are such."""
    best: dict[str, _T] = {}
    for one in found:
        name = named(one)
        if name not in best or version_key(one.version, one.created_at) > version_key(
            best[name].version, best[name].created_at
        ):
            best[name] = one
    yield from best.values()
