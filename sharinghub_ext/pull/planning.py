"""Which files a pull writes: those of the repository and of packages that the item names, and the data that DVC tracks.

What the item has elsewhere (container images, links, objects at foreign remotes) is told and not fetched: nothing is
sent there. The page and the archive of the source code are left out, since the files themselves are here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from sharinghub_ext.assets.names import Asset, Kind, asset_at
from sharinghub_ext.dvc.keys import ObjectKey, parse_key
from sharinghub_ext.pull.errors import PullError
from sharinghub_ext.pull.hub import Hub, NotThere
from stac_ext.dvc.lock import read_lock
from stac_ext.dvc.manifest import MAX_MANIFEST_BYTES, ManifestError, read_manifest
from stac_ext.dvc.outputs import DvcOutput
from stac_ext.dvc.plain_yaml import PlainReader, PlainYamlError
from stac_ext.dvc.pointers import read_pointer
from stac_ext.problem_log import ProblemLog

_POINTER_BYTES: Final = 16 * 1024 * 1024
_MULTIHASH: Final = {"1220": "sha256", "d50110": "md5"}
_HEX: Final = re.compile(r"[0-9a-f]{36,68}")


@dataclass(frozen=True, slots=True)
class File:
    """One file to be written: its path below the target, where it is had below the hub, its size in bytes and its
    checksum as algorithm and hexadecimal digits, as far as they are known.
    """

    path: str
    address: str
    size: int | None = None
    checksum: tuple[str, str] | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether the address always names the same bytes: an object of DVC, or a file at a commit."""
        named = asset_at(self.address)
        return self.address.startswith("/dvc/") or (named is not None and named.is_at_commit)


@dataclass(frozen=True, slots=True)
class Plan:
    """The files, each path once, and what is told and not fetched: `elsewhere` by address, `missing` by path."""

    item: str
    revision: str | None
    files: tuple[File, ...]
    elsewhere: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def plan(hub: Hub, project: str, revision: str | None) -> Plan:
    """The plan of a project at a revision. Raises PullError."""
    head = hub.item(project)
    number = str(head["id"]).partition("@")[0]
    if revision is None:
        return _of_item(hub, head)
    try:
        return _of_item(hub, hub.item(f"{number}@{revision.replace('/', '~')}"))
    except NotThere:
        return _at_revision(hub, head, int(number), revision)


def _of_item(hub: Hub, item: dict[str, Any]) -> Plan:
    files: dict[str, File] = {}
    elsewhere = []
    for asset in dict(item.get("assets") or {}).values():
        found = list(_files_of(hub, asset))
        for file in found:
            files.setdefault(file.path, file)
        if not found and not _is_left_out(hub, asset):
            elsewhere.append(str(asset.get("href", "")))
    revision = item.get("properties", {}).get("sharinghub:revision")
    return Plan(str(item["id"]), revision, tuple(files.values()), tuple(elsewhere))


def _at_revision(hub: Hub, head: dict[str, Any], number: int, revision: str) -> Plan:
    """The files that the item names now, and the outputs that its files of DVC track, as they were at the revision."""
    files: dict[str, File] = {}
    sources: dict[str, None] = {}
    for asset in dict(head.get("assets") or {}).values():
        named = _named(hub, asset)
        if named is not None and named.kind is Kind.FILE and not _is_left_out(hub, asset):
            moved = replace(named, revision=revision)
            files[moved.path] = File(moved.path, moved.address)
        tracked = asset.get("sharinghub:dvc")
        if isinstance(tracked, dict) and isinstance(tracked.get("source"), str):
            sources[tracked["source"]] = None
    missing = []
    for source in sources:
        address = Asset(number, Kind.FILE, revision, tuple(source.split("/"))).address
        try:
            outputs = _outputs(hub.read(address, _POINTER_BYTES), source)
        except NotThere:
            missing.append(source)
            continue
        files.pop(source, None)
        for output in outputs:
            for file in _files_of_output(hub, number, output):
                files[file.path] = file
    if not files:
        raise PullError(1, f"nothing of this item is known at {revision}: is there such a branch, tag or commit?")
    return Plan(str(head["id"]), revision, tuple(files.values()), missing=tuple(missing))


def _outputs(data: bytes, source: str) -> list[DvcOutput]:
    try:
        document = PlainReader().read(data)
    except PlainYamlError:
        return []
    log = ProblemLog()
    return read_pointer(document, source, log) if source.endswith(".dvc") else read_lock(document, source, {}, log)


def _files_of(hub: Hub, asset: dict[str, Any]) -> Iterator[File]:
    if _is_left_out(hub, asset):
        return
    named = _named(hub, asset)
    if named is not None:
        path = named.path if named.kind is Kind.FILE else f"packages/{named.path}"
        yield File(path, named.address, _size(asset), _checksum(asset.get("file:checksum")))
        return
    own = f"{hub.address}/dvc/"
    href = str(asset.get("href", ""))
    if not href.startswith(own):
        return
    number, _, key = href.removeprefix(own).partition("/")
    found = parse_key(key)
    tracked = str(asset.get("file:local_path") or asset.get("title") or "")
    if found is not None and number.isdigit() and tracked:
        yield from _objects(hub, int(number), found, tracked, _size(asset))


def _files_of_output(hub: Hub, number: int, output: DvcOutput) -> Iterator[File]:
    if output.md5 is not None and output.cached:
        key = ObjectKey(output.md5, output.is_dir, output.legacy)
        yield from _objects(hub, number, key, output.path, output.size)


def _objects(hub: Hub, number: int, key: ObjectKey, path: str, size: int | None) -> Iterator[File]:
    """The file that an object is, or the files of the directory whose manifest it is."""
    address = f"/dvc/{number}/{key.text}"
    if not key.directory:
        yield File(path, address, size, None if key.legacy else ("md5", key.md5))
        return
    try:
        manifest = read_manifest(hub.read(address, MAX_MANIFEST_BYTES))
    except ManifestError as error:
        raise PullError(1, f"{path}: {error}") from error
    for one in manifest.files:
        below = ObjectKey(one.md5, legacy=key.legacy)
        checksum = None if key.legacy else ("md5", one.md5)
        yield File(f"{path}/{one.path}", f"/dvc/{number}/{below.text}", None, checksum)


def _named(hub: Hub, asset: dict[str, Any]) -> Asset | None:
    href = str(asset.get("href", ""))
    if not href.startswith(f"{hub.address}/assets/"):
        return None
    return asset_at(urlsplit(href.removeprefix(hub.address)).path)


def _is_left_out(hub: Hub, asset: dict[str, Any]) -> bool:
    named = _named(hub, asset)
    return "overview" in (asset.get("roles") or ()) or (named is not None and named.kind is Kind.ARCHIVE)


def _size(asset: dict[str, Any]) -> int | None:
    size = asset.get("file:size")
    return size if isinstance(size, int) else None


def _checksum(written: object) -> tuple[str, str] | None:
    """The checksum in a multihash."""
    if isinstance(written, str) and _HEX.fullmatch(written):
        for prefix, name in _MULTIHASH.items():
            if written.startswith(prefix):
                return name, written.removeprefix(prefix)
    return None
