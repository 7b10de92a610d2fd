"""Which files a directory that DVC tracks holds, read from its manifest and shown a page at a time.

A manifest is the object of the directory: a JSON list of `{md5, relpath}`. Pages are in the order of the paths and go
on after the last path shown, so that they need no memory of the ones before.
Source: https://dvc.org/doc/user-guide/project-structure/internal-files#structure-of-the-cache-directory
"""

import bisect
import re
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

import orjson

from stac_ext.dvc.assets import md5_multihash
from stac_ext.dvc.outputs import inside
from stac_ext.media_types import file_kind

MAX_MANIFEST_BYTES: Final = 32 * 1024 * 1024
MAX_PAGE: Final = 1_000

_MD5 = re.compile(r"[0-9a-f]{32}")
_LOCAL_PATH = re.compile(r"[^\r\n\t\\:'\"/]+(/[^\r\n\t\\:'\"/]+)*")


class ManifestError(Exception):
    """The bytes are no manifest, or more of them than are read."""


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file: its path below the directory, and the MD5 of its object in hex."""

    path: str
    md5: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files by path, each path once. `refused` counts the entries that name no file below it, or one again."""

    files: tuple[ManifestFile, ...]
    refused: int = 0


@dataclass(frozen=True, slots=True)
class ManifestPage:
    """Some of the files; `after` is where the next page goes on, None on the last one. `total` counts all of them."""

    files: tuple[ManifestFile, ...]
    after: str | None
    total: int


def read_manifest(data: bytes) -> Manifest:
    """Read the bytes of a `.dir` object. Raises ManifestError, nothing else."""
    if len(data) > MAX_MANIFEST_BYTES:
        raise ManifestError(f"The manifest has more than {MAX_MANIFEST_BYTES} bytes.")
    try:
        entries = orjson.loads(data)
    except ValueError as error:
        raise ManifestError("The manifest is no JSON.") from error
    if not isinstance(entries, list):
        raise ManifestError("The manifest is no list.")
    files = {file.path: file for entry in entries if (file := _file(entry)) is not None}
    return Manifest(tuple(sorted(files.values(), key=attrgetter("path"))), len(entries) - len(files))


def page_of(manifest: Manifest, after: str | None = None, limit: int = 100) -> ManifestPage:
    """The files whose path comes after `after`, at most `limit` of them (1 to `MAX_PAGE`)."""
    start = bisect.bisect_right(manifest.files, after, key=attrgetter("path")) if after is not None else 0
    end = start + min(max(limit, 1), MAX_PAGE)
    files = manifest.files[start:end]
    more = bool(files) and end < len(manifest.files)
    return ManifestPage(files, files[-1].path if more else None, len(manifest.files))


def manifest_asset(file: ManifestFile, base_url: str, directory: str, *, legacy: bool = False) -> dict[str, Any]:
    """One file as a STAC asset. `base_url` is what object keys are below, `directory` the path of the directory.

    `legacy` is that of the output: DVC 2's hash is no checksum.
    """
    key = f"{'' if legacy else 'files/md5/'}{file.md5[:2]}/{file.md5[2:]}"
    path = f"{directory}/{file.path}" if directory else file.path
    kind = file_kind(file.path)
    asset: dict[str, Any] = {"href": f"{base_url.rstrip('/')}/{key}", "title": path, "roles": list(kind.roles)}
    if kind.media_type:
        asset["type"] = kind.media_type
    if not legacy:
        asset["file:checksum"] = md5_multihash(file.md5)
    if _LOCAL_PATH.fullmatch(path):
        asset["file:local_path"] = path
    return asset


def _file(entry: Any) -> ManifestFile | None:
    relpath, md5 = (entry.get("relpath"), entry.get("md5")) if isinstance(entry, dict) else (None, None)
    if not isinstance(md5, str) or not _MD5.fullmatch(md5):
        return None
    try:
        path = inside("", relpath)
    except ValueError:
        return None
    return ManifestFile(path, md5) if path else None
