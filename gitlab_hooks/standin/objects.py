"""Which bytes a blob, tree or commit has: loose objects are read and written here, packed ones by git.

A process per object is what makes a catalogue of thousands of projects slow to set up; the format is three lines long
(https://git-scm.com/book/en/v2/Git-Internals-Git-Objects).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import zlib
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
ZERO = "0" * 40
_CACHED_OBJECTS = 4096
_CACHED_SIZE = 256 * 1024


class Entry(NamedTuple):
    """One row of a tree. `path` is from the root of the repository."""

    mode: str
    name: str
    sha: str
    path: str

    @property
    def type(self) -> str:
        return {"040000": "tree", "160000": "commit"}.get(self.mode, "blob")


def run_git(git_dir: Path, *args: str, stdin: bytes | None = None, protocol: str = "", check: bool = True) -> bytes:
    """Run git on a repository and return what it prints; with `check`, failing is a CalledProcessError.

    Neither the machine's configuration nor the owner of the folder makes a difference.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    if protocol:
        environment["GIT_PROTOCOL"] = protocol
    command = ["git", "-c", "safe.directory=*", "--git-dir", str(git_dir), *args]
    return subprocess.run(command, input=stdin, capture_output=True, check=check, env=environment).stdout


class ObjectStore:
    """The objects of one bare repository."""

    def __init__(self, git_dir: Path) -> None:
        self._git_dir = git_dir
        self._cache: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._lock = Lock()

    def _file(self, sha: str) -> Path:
        return self._git_dir / "objects" / sha[:2] / sha[2:]

    def write(self, kind: str, data: bytes) -> str:
        """Store an object and return its name."""
        stored = b"%s %d\0%s" % (kind.encode(), len(data), data)
        sha = hashlib.sha1(stored, usedforsecurity=False).hexdigest()
        target = self._file(sha)
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            draft = target.with_name(f".{target.name}.{os.getpid()}")
            draft.write_bytes(zlib.compress(stored, 1))
            draft.replace(target)
        return sha

    def read(self, sha: str) -> tuple[str, bytes] | None:
        """Kind and content of an object, or None when there is none."""
        with self._lock:
            if sha in self._cache:
                self._cache.move_to_end(sha)
                return self._cache[sha]
        found = self._read_loose(sha) or self._read_packed(sha)
        if found is not None and len(found[1]) <= _CACHED_SIZE:
            with self._lock:
                self._cache[sha] = found
                while len(self._cache) > _CACHED_OBJECTS:
                    self._cache.popitem(last=False)
        return found

    def _read_loose(self, sha: str) -> tuple[str, bytes] | None:
        try:
            stored = zlib.decompress(self._file(sha).read_bytes())
        except FileNotFoundError:
            return None
        header, _, data = stored.partition(b"\0")
        return header.split(b" ")[0].decode(), data

    def _read_packed(self, sha: str) -> tuple[str, bytes] | None:
        answer = run_git(self._git_dir, "cat-file", "--batch", stdin=sha.encode() + b"\n")
        header, _, data = answer.partition(b"\n")
        words = header.split(b" ")
        if len(words) != 3:
            return None
        return words[1].decode(), data[: int(words[2])]

    def tree(self, sha: str, prefix: str = "") -> list[Entry]:
        """The rows of a tree in git's order, with paths below `prefix`."""
        return [Entry(mode, name, row, prefix + name) for name, (mode, row) in self._rows(sha).items()]

    def row(self, sha: str, name: str, prefix: str = "") -> Entry | None:
        """One row of a tree."""
        found = self._rows(sha).get(name)
        return Entry(found[0], name, found[1], prefix + name) if found else None

    def _rows(self, sha: str) -> dict[str, tuple[str, str]]:
        found = self.read(sha) if sha != EMPTY_TREE else None
        return _parse_tree(found[1]) if found is not None and found[0] == "tree" else {}

    def write_tree(self, rows: list[tuple[str, str, str]]) -> str:
        """Store a tree of (mode, name, sha) and return its name."""
        ordered = sorted(rows, key=lambda row: row[1].encode(errors="surrogateescape") + b"/" * (row[0] == "040000"))
        return self.write(
            "tree",
            b"".join(
                b"%s %s\0%s" % (mode.lstrip("0").encode(), name.encode(errors="surrogateescape"), bytes.fromhex(sha))
                for mode, name, sha in ordered
            ),
        )


@lru_cache(maxsize=4096)
def _parse_tree(data: bytes) -> dict[str, tuple[str, str]]:
    """Mode and object of each name in a tree, in git's order."""
    rows, at = {}, 0
    while at < len(data):
        space = data.index(b" ", at)
        null = data.index(b"\0", space)
        name = data[space + 1 : null].decode(errors="surrogateescape")
        rows[name] = data[at:space].decode().zfill(6), data[null + 1 : null + 21].hex()
        at = null + 21
    return rows
