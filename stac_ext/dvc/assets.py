"""Which assets the outputs of DVC are, and what is said of each.

The `href` is where the bytes can be had: the catalogue's DVC route when it holds the objects, else the object's address
at the foreign remote, for a client follows `href` and must not be led to a route that never had the object. What no
address names is described: its `href` is the file of the repository that tracks it, with that file's media type, the
role `metadata` and no size or checksum, so that nobody takes it for the data. `sharinghub:dvc` says the rest.

Size and checksum are those of what `href` gives. A DVC 2 hash is no checksum. The object of a directory is its
manifest, whose MD5 is its hash; the size and number of its files are `sharinghub:size` and `sharinghub:files`.
Sources: https://github.com/stac-extensions/file (v2.1.0),
https://github.com/stac-extensions/alternate-assets (v1.2.0)
"""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pystac

from stac_ext.dvc.addresses import Place, is_own_route, locate, own_project
from stac_ext.dvc.outputs import DvcOutput
from stac_ext.dvc.remotes import DvcRemote
from stac_ext.dvc.report import Report
from stac_ext.dvc.repository import DvcRepository
from stac_ext.media_types import YAML, file_kind, is_checkpoint
from stac_ext.model import ProjectFacts
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import MAX_INTEGER, TITLE_LIMIT, clean_line
from stac_ext.urls import BuildContext

MAX_DVC_ASSETS: Final = 1_000
FILE_EXTENSION: Final = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
ALTERNATE_EXTENSION: Final = "https://stac-extensions.github.io/alternate-assets/v1.2.0/schema.json"
DIRECTORY: Final = "application/vnd.dvc.dir+json"

_MULTIHASH_MD5: Final = "d50110"  # the code 0xd5 as an unsigned varint, and the length 16
_MAX_REMOTES: Final = 50
_MAX_IMPORTED: Final = 50
_LOCAL_PATH = re.compile(r"[^\r\n\t\\:'\"/]+(/[^\r\n\t\\:'\"/]+)*")


@dataclass(frozen=True, slots=True)
class DvcAssets:
    """The assets by key, the item properties that describe the whole, and the extensions that the assets use.

    `imported` are the addresses of the projects of this GitLab that outputs were imported from, at the revision.
    """

    assets: Mapping[str, pystac.Asset] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()


def md5_multihash(md5: str) -> str:
    """The multihash, in hex, of an MD5 in hex. Source: https://github.com/multiformats/multicodec (code 0xd5)."""
    return f"{_MULTIHASH_MD5}{md5}"


def dvc_assets(
    repository: DvcRepository,
    facts: ProjectFacts,
    context: BuildContext,
    dvc_url: str | None,
    used: Container[str],
    log: ProblemLog,
    *,
    ml_model: bool = False,
    limit: int = MAX_DVC_ASSETS,
) -> DvcAssets:
    """The assets of a project's outputs, the first `limit` by path; `used` are the keys that the item has already.

    `dvc_url` is the public URL of the catalogue's DVC route, None where it has none. An output that git holds itself is
    left out where `used` has its path. Raises nothing.
    """
    files = {file.path for file in facts.files}
    report = Report(dvc_url, facts.id, log)
    assets: dict[str, pystac.Asset] = {}
    left_out = 0
    for output in repository.outputs:
        in_git = not output.cached and output.path in files
        key = clean_line(output.path) or "output"
        if in_git and key in used:
            continue
        if len(assets) >= limit:
            left_out += 1
            continue
        config = repository.config_of(output)
        if in_git:
            place = Place(context.asset_url(facts, output.path), "git", True)
        else:
            place = locate(output, config, dvc_url, facts.id)
            report.take(output, place, config)
        assets[_unique(key, used, assets)] = _asset(output, place, facts, context, ml_model)
    report.close()
    if left_out:
        said = f"The item has its first {limit} outputs of DVC; {left_out} are left out."
        log.add("dvc-too-many-assets", said, "Track folders in place of their files.", path="dvc.lock")
    extensions = [
        *([FILE_EXTENSION] if any(k.startswith("file:") for a in assets.values() for k in a.extra_fields) else []),
        *([ALTERNATE_EXTENSION] if any("alternate" in a.extra_fields for a in assets.values()) else []),
    ]
    return DvcAssets(assets, _summary(repository, facts, dvc_url), tuple(extensions), _imported(repository, context))


def _imported(repository: DvcRepository, context: BuildContext) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for output in repository.outputs:
        if output.origin and (address := own_project(output.origin.url, context.gitlab_url)):
            revision = f"/-/tree/{output.origin.revision}" if output.origin.revision else ""
            found.setdefault(f"{address}{revision}")
    return tuple(found)[:_MAX_IMPORTED]


def _asset(output: DvcOutput, place: Place, facts: ProjectFacts, context: BuildContext, ml_model: bool) -> pystac.Asset:
    described: dict[str, Any] = {
        "source": clean_line(output.source),
        "md5": output.md5,
        "legacy": output.legacy or None,
        "remote": place.remote.name if place.remote else output.remote,
        "served": place.served,
        "note": place.note,
        "kind": output.kind,
        "labels": list(output.labels) or None,
        "version": output.versions[0][1] if output.versions else None,
        "origin": _origin(output, context),
    }
    fields: dict[str, Any] = {"sharinghub:dvc": {key: value for key, value in described.items() if value is not None}}
    if output.is_dir:
        fields |= {"sharinghub:files": output.nfiles} if output.nfiles is not None else {}
    if output.size is not None and (output.is_dir or place.href is None):
        fields["sharinghub:size"] = output.size
    if place.href is not None:
        fields |= _file_fields(output, place)
        if place.alternates:
            name = {"alternate:name": place.remote.name} if place.remote else {}
            fields["alternate"] = {key: {"href": href, **name} for key, href in place.alternates}
    media_type, roles = _kind(output, place, ml_model)
    return pystac.Asset(
        place.href or context.asset_url(facts, output.source),
        title=clean_line(output.path, TITLE_LIMIT),
        description=output.description,
        media_type=media_type,
        roles=roles,
        extra_fields=fields,
    )


def _kind(output: DvcOutput, place: Place, ml_model: bool) -> tuple[str | None, list[str]]:
    """The media type of what `href` gives, and the roles."""
    if place.href is None:
        return YAML, ["metadata"]
    if output.is_dir:
        return (DIRECTORY if place.holds == "object" else None), ["data", "directory"]
    kind = file_kind(output.path)
    checkpoint = ["ml-model:checkpoint"] if ml_model and is_checkpoint(output.path) else []
    return kind.media_type, [*kind.roles, *checkpoint]


def _file_fields(output: DvcOutput, place: Place) -> dict[str, Any]:
    """The fields of the file extension, as far as they are those of the bytes that `href` gives."""
    fields: dict[str, Any] = {}
    exact = place.holds == "object"
    if output.size is not None and exact and not output.is_dir:
        fields["file:size"] = output.size
    if output.md5 and exact and not output.legacy:
        fields["file:checksum"] = md5_multihash(output.md5)
    if not output.is_dir and _LOCAL_PATH.fullmatch(output.path):
        fields["file:local_path"] = output.path
    return fields


def _origin(output: DvcOutput, context: BuildContext) -> dict[str, str] | None:
    """What everybody may read of it: a project of this GitLab is a link for those who may see it."""
    if output.origin is None:
        return None
    origin = output.origin
    url = None if own_project(origin.url, context.gitlab_url) else origin.url
    said = {origin.kind: url, "path": origin.path, "revision": origin.revision, "checksum": origin.checksum}
    return {key: value for key, value in said.items() if value} or None


def _unique(key: str, used: Container[str], assets: Mapping[str, pystac.Asset]) -> str:
    unique, number = key, 1
    while unique in used or unique in assets:
        number += 1
        unique = f"{key}-{number}"
    return unique


def _summary(repository: DvcRepository, facts: ProjectFacts, dvc_url: str | None) -> dict[str, Any]:
    """How much DVC tracks, and its remotes: those of the repository's root first."""
    if not repository.outputs:
        return {}
    sizes = [output.size for output in repository.outputs if output.size is not None]
    summary: dict[str, Any] = {"outputs": len(repository.outputs), "size": min(sum(sizes), MAX_INTEGER)}
    remotes = [
        _remote(remote, root, is_own_route(remote, dvc_url, facts.id))
        for root, config in sorted(repository.configs.items())
        for remote in config.remotes
    ]
    return {"sharinghub:dvc": {**summary, **({"remotes": remotes[:_MAX_REMOTES]} if remotes else {})}}


def _remote(remote: DvcRemote, root: str, served: bool) -> dict[str, Any]:
    said = {
        "name": remote.name,
        "kind": remote.kind,
        "url": remote.url,
        "endpoint": remote.endpoint,
        "region": remote.region,
        "folder": clean_line(root) or None,
        "default": remote.default,
        "served": served,
    }
    return {key: value for key, value in said.items() if value is not None}
