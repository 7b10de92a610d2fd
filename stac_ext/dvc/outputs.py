"""What an output of DVC is, and how one entry of a list `outs` becomes one.

A path is seen from the repository's root and never leaves it. A hash is MD5 in lower case, without the `.dir` that
marks a directory; without `hash: md5` beside it, it is DVC 2's and need not be that of the bytes.
Source: https://dvc.org/doc/user-guide/project-structure/dvc-files#output-entries
"""

import posixpath
import re
from dataclasses import dataclass
from typing import Any, Final

from stac_ext.dvc.plain_yaml import line_in
from stac_ext.dvc.secrets import clean_name, cut_secrets, shown
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import MAX_INTEGER, TITLE_LIMIT, clean_line, clean_text, line_of

MAX_OUTPUTS: Final = 50_000
MAX_PATH: Final = 1_000
MAX_LABELS: Final = 50

_COMMIT: Final = "Run `dvc commit`, and commit the file that it writes."

_MD5 = re.compile(r"([0-9a-f]{32})(\.dir)?")
_COUNT = re.compile(r"[0-9]{1,16}", re.ASCII)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9._~=+/-]{1,1024}", re.ASCII)


@dataclass(frozen=True, slots=True)
class DvcOrigin:
    """Where an imported output comes from: a `repository` (with the path in it) or a `url`.

    `url` is None where it names a folder of somebody's machine, or may not be shown. `revision` is the commit that was
    imported, else what the author asked for; `checksum` the ETag or hash of the source at that time.
    """

    kind: str
    url: str | None = None
    path: str | None = None
    revision: str | None = None
    checksum: str | None = None


@dataclass(frozen=True, slots=True)
class DvcOutput:
    """A file or directory that DVC tracks.

    `md5` is 32 hex digits: of the file's bytes, or for a directory of its manifest's bytes; where `legacy`, of text
    whose line ends were changed. `size` in bytes (of all files of a directory), `nfiles` their number. `source` is the
    file that says so, `root` the folder of the DVC project that it belongs to ("" is the repository's root). `cached`
    is False where git holds the file itself, `pushed` where it never reaches a remote. `versions` are pairs of a remote
    that holds it under its own path and the object's version id there.
    """

    path: str
    source: str
    md5: str | None = None
    is_dir: bool = False
    size: int | None = None
    nfiles: int | None = None
    legacy: bool = False
    origin: DvcOrigin | None = None
    remote: str | None = None
    root: str = ""
    cached: bool = True
    pushed: bool = True
    versions: tuple[tuple[str, str | None], ...] = ()
    description: str | None = None
    kind: str | None = None
    labels: tuple[str, ...] = ()

    @property
    def key(self) -> str | None:
        """The object's key below a remote: `files/md5/ab/cdef…` for DVC 3, `ab/cdef…` for DVC 2, with `.dir`."""
        if self.md5 is None:
            return None
        prefix = "" if self.legacy else "files/md5/"
        return f"{prefix}{self.md5[:2]}/{self.md5[2:]}{'.dir' if self.is_dir else ''}"


def inside(folder: str, path: Any) -> str:
    """`path` as seen from `folder`, both of the repository. Raises ValueError outside of it; the root itself is ""."""
    if not isinstance(path, str) or not path.strip():
        raise ValueError("it has no path")
    if len(path) > MAX_PATH or clean_text(path, MAX_PATH) != path or "\n" in path or "\t" in path or "\\" in path:
        raise ValueError(f"its path is longer than {MAX_PATH} characters, or holds control characters or backslashes")
    if _URL.match(path) or path.startswith(("/", "~")) or re.match(r"[A-Za-z]:", path):
        raise ValueError("its path is outside of the repository")
    normal = posixpath.normpath(posixpath.join(folder, path))
    if normal == ".." or normal.startswith("../"):
        raise ValueError("its path is outside of the repository")
    if len(normal) > MAX_PATH:
        raise ValueError(f"its path is longer than {MAX_PATH} characters")
    return "" if normal == "." else normal


def words(value: Any, limit: int = TITLE_LIMIT) -> str | None:
    """Text that an owner wrote, as one line without secrets."""
    line = line_of(value, limit)
    return cut_secrets(line) if line else None


def read_output(
    entry: Any, folder: str, source: str, log: ProblemLog, *, root: str = "", origin: DvcOrigin | None = None
) -> DvcOutput | None:
    """One entry of `outs`, with paths seen from `folder`; None, and a problem, for what is not in the repository."""
    where = clean_line(source)
    try:
        if not isinstance(entry, dict):
            raise ValueError("it is no mapping")
        path = inside(folder, entry.get("path"))
        if not path:
            raise ValueError("it is the repository itself")
    except ValueError as error:
        said = f"An output {shown(entry.get('path')) if isinstance(entry, dict) else ''} is not used: {error}."
        log.add("dvc-path", said, "Track a path inside the repository.", path=where, line=line_in(entry))
        return None
    hashed, is_dir, legacy = _hash(entry, where, log)
    files = (
        [each for each in entry["files"] if isinstance(each, dict)] if isinstance(entry.get("files"), list) else None
    )
    size, nfiles = _count(entry, "size", where, log), _count(entry, "nfiles", where, log)
    if files is not None:
        sizes = [_number(each.get("size")) for each in files]
        total = sum(each for each in sizes if each is not None)
        size = size if size is not None else total if None not in sizes and total <= MAX_INTEGER else None
        nfiles = nfiles if nfiles is not None else len(files)
    cloud = entry.get("cloud")
    versions = tuple(_versions(cloud)) or tuple(_remotes_of(files or []))
    return DvcOutput(
        path,
        source,
        hashed,
        is_dir=is_dir or files is not None or nfiles is not None,
        size=size,
        nfiles=nfiles,
        legacy=legacy,
        origin=origin,
        remote=clean_name(entry.get("remote")),
        root=root,
        cached=entry.get("cache") not in ("false", "False", "FALSE"),
        pushed=entry.get("push") not in ("false", "False", "FALSE"),
        versions=versions,
        description=words(entry.get("desc"), 1_000),
        kind=words(entry.get("type")),
        labels=_labels(entry.get("labels")),
    )


def _hash(entry: dict[str, Any], source: str, log: ProblemLog) -> tuple[str | None, bool, bool]:
    """The MD5, whether it is a directory's, and whether it is DVC 2's."""
    written = entry.get("md5")
    if written is None:
        return None, False, False
    match = _MD5.fullmatch(written.lower()) if isinstance(written, str) else None
    name = entry.get("hash")
    if match is None or name not in (None, "md5", "md5-dos2unix"):
        said = f"The hash of {shown(entry.get('path'))} is not used: {shown(written)} is no MD5 as DVC writes it."
        log.add("dvc-hash", said, _COMMIT, path=source, line=line_in(entry))
        return None, False, False
    return match[1], match[2] is not None, name != "md5"


def _count(entry: dict[str, Any], name: str, source: str, log: ProblemLog) -> int | None:
    written = entry.get(name)
    number = _number(written)
    if number is None and written is not None:
        said = f"`{name}` of {shown(entry.get('path'))} is {shown(written)}, no number of its kind."
        log.add("dvc-size", said, _COMMIT, path=source, line=line_in(entry))
    return number


def _number(written: Any) -> int | None:
    if not isinstance(written, str) or not _COUNT.fullmatch(written) or int(written) > MAX_INTEGER:
        return None
    return int(written)


def _versions(cloud: Any) -> list[tuple[str, str | None]]:
    found = []
    for name, entry in list(cloud.items())[:8] if isinstance(cloud, dict) else []:
        if (remote := clean_name(name)) and isinstance(entry, dict):
            version = entry.get("version_id")
            found.append((remote, version if isinstance(version, str) and _VERSION.fullmatch(version) else None))
    return found


def _remotes_of(files: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """The remotes that hold the files of a directory, each under its own path; a directory has no version itself."""
    return [(remote, None) for remote, _ in _versions(files[0].get("cloud"))] if files else []


def _labels(labels: Any) -> tuple[str, ...]:
    lines = [words(label) for label in labels[:MAX_LABELS]] if isinstance(labels, list) else []
    return tuple(dict.fromkeys(line for line in lines if line))
