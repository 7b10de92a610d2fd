"""Which files of a folder belong to the project: what git tracks, else what is there and not ignored; and opening them
without ever following a symbolic link.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sharinghub_ext.lint.git import Git
from sharinghub_ext.lint.ignoring import ALWAYS, MAX_BYTES, Ignoring

MAX_WALKED: Final = 100_000
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the project: its path as GitLab would show it, and `name`, by which the machine finds it.

    `size` in bytes, None where it is not in the working tree; `blob_id` is that of git's index.
    """

    path: str
    name: str
    size: int | None
    blob_id: str | None = None


class Folder:
    """A folder of the machine; its path has no symbolic links."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.realpath(path))
        self._good: dict[str, bool] = {"": True}

    def size_of(self, name: str) -> int | None:
        """The size of a plain file inside the folder, None where there is none or only a link leads to it."""
        try:
            status = os.lstat(self.path / name) if self._is_inside(os.path.dirname(name)) else None
        except (OSError, ValueError):
            return None
        return status.st_size if status and stat.S_ISREG(status.st_mode) else None

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """A plain file inside the folder, to read. Raises OSError."""
        if self.size_of(name) is None:
            raise FileNotFoundError(f"{name} is no plain file of the folder")
        with os.fdopen(os.open(self.path / name, _OPEN_FLAGS), "rb") as file:
            yield file

    def _is_inside(self, folder: str) -> bool:
        if folder not in self._good:
            above, last = os.path.split(folder)
            parent = last not in ("", os.pardir) and self._is_inside(above)
            self._good[folder] = parent and stat.S_ISDIR(os.lstat(self.path / folder).st_mode)
        return self._good[folder]


def tracked_files(folder: Folder, git: Git) -> list[Found]:
    """What git tracks, as it is in the working tree now; files that were deleted there are none."""
    found = []
    for file in git.tracked():
        name = os.path.normpath(os.fsdecode(file.path))
        size = folder.size_of(name)
        if size is not None or file.sparse:
            found.append(Found(file.path.decode("utf-8", "replace"), name, size, file.blob_id))
    return sorted(found, key=lambda file: file.path)


def walked_files(folder: Folder) -> list[Found]:
    """What is in the folder and not ignored, at most MAX_WALKED files; no links, and nothing of version control."""
    found: list[Found] = []
    waiting: list[tuple[str, tuple[tuple[str, Ignoring], ...]]] = [("", ())]
    while waiting and len(found) < MAX_WALKED:
        below, rules = waiting.pop()
        if ignoring := _ignoring(folder, below):
            rules = (*rules, (below, ignoring))
        for entry in _entries(folder.path / below):
            name = os.path.join(below, entry.name)
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name in ALWAYS or _is_ignored(name, rules, is_folder=is_folder):
                continue
            if is_folder:
                waiting.append((name, rules))
            elif entry.is_file(follow_symlinks=False) and (size := folder.size_of(name)) is not None:
                found.append(Found(_shown(name), name, size))
    return sorted(found[:MAX_WALKED], key=lambda file: file.path)


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _ignoring(folder: Folder, below: str) -> Ignoring | None:
    try:
        with folder.opened(os.path.join(below, ".gitignore")) as file:
            return Ignoring(file.read(MAX_BYTES).decode("utf-8", "replace"))
    except OSError:
        return None


def _is_ignored(name: str, rules: tuple[tuple[str, Ignoring], ...], *, is_folder: bool) -> bool:
    """The `.gitignore` nearest to a file is heard first."""
    for below, ignoring in reversed(rules):
        said = ignoring.says(_shown(os.path.relpath(name, below or ".")), is_folder=is_folder)
        if said is not None:
            return said
    return False


def _shown(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace").replace(os.sep, "/")
