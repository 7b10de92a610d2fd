"""One file after the other, several at once: resumed where a part of it is here, and shown only when it is whole.

A file is written beside its place, under a name of its address, and moved there when its size and checksum are right.
What an earlier pull brought and what still has its bytes is not fetched again: where no checksum is known, only if it
came from the same address and that always names the same bytes. What somebody else put there is not written over.
"""

import glob
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from sharinghub_ext.pull.errors import PullError
from sharinghub_ext.pull.hub import Hub, NothingBehind
from sharinghub_ext.pull.planning import File
from sharinghub_ext.pull.target import PART, Target

_PIECE: Final = 1024 * 1024
_DIGITS: Final = 12  # of the address's SHA-256, in the name of a part
_TRIES: Final = 5  # of one file whose bytes break off or are not right


@dataclass(frozen=True, slots=True)
class Done:
    """A file that is here, whole: its SHA-256 in hexadecimal digits, and whether it was so before."""

    file: File
    size: int
    sha256: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that is not here, and why."""

    file: File
    error: PullError


class Fetcher:
    """Gets files into a folder. `before` has the SHA-256 and the address of what earlier pulls brought, by path; `told`
    hears of bytes.
    """

    def __init__(
        self,
        hub: Hub,
        target: Target,
        before: Mapping[str, tuple[str, str]],
        told: Callable[[int], None],
        *,
        force: bool,
    ) -> None:
        self._hub, self._target, self._before, self._told, self._force = hub, target, before, told, force
        self._lock = threading.Lock()

    def fetch_all(self, files: tuple[File, ...], parallel: int) -> Iterator[Done | Failed]:
        """The files as they are done. One that fails does not stop the others."""
        with ThreadPoolExecutor(parallel, "pull") as pool:
            running = [pool.submit(self._fetch, file) for file in files]
            try:
                for one in as_completed(running):
                    yield one.result()
            finally:
                for one in running:
                    one.cancel()

    def _fetch(self, file: File) -> Done | Failed:
        try:
            return self._fetched(file)
        except PullError as error:
            return Failed(file, error)
        except OSError as error:
            return Failed(file, PullError(2, f"{file.path} cannot be written: {error.strerror}"))

    def _fetched(self, file: File) -> Done:
        place = self._target.place(file.path)
        if place.exists():
            sums = _sums(place)
            if self._is_right(file, place.stat().st_size, sums, before=True):
                self._count(place.stat().st_size)
                return Done(file, place.stat().st_size, sums["sha256"], kept=True)
            if file.path not in self._before and not self._force:
                raise PullError(2, f"{file.path} is here already with other bytes: --force writes over it")
        part = place.with_name(f"{place.name}.{hashlib.sha256(file.address.encode()).hexdigest()[:_DIGITS]}{PART}")
        if not file.is_fixed:
            part.unlink(missing_ok=True)  # it may be of other bytes
        for attempt in range(_TRIES):
            self._append(file, part)
            sums, size = _sums(part), part.stat().st_size
            if self._is_right(file, size, sums, before=False):
                part.replace(place)
                _remove_parts(place)
                return Done(file, size, sums["sha256"])
            part.unlink()
            self._count(-size)
            if not self._hub.wait(attempt):
                break
        raise PullError(1, f"{file.path}: the bytes that came are not those that the item names")

    def _append(self, file: File, part: Path) -> None:
        """Get what is missing of a file. Raises PullError where that breaks off again and again."""
        for attempt in range(_TRIES):
            here = part.stat().st_size if part.exists() else 0
            if file.size is not None and here == file.size:
                self._count(here if attempt == 0 else 0)
                return
            try:
                self._get(file, part, here, first=attempt == 0)
            except NothingBehind:
                if not here:
                    raise
                if file.checksum is not None:  # which tells whether it is whole
                    self._count(here if attempt == 0 else 0)
                    return
                part.unlink()
                self._count(0 if attempt == 0 else -here)
            except (httpx.TransportError, httpx.StreamError) as error:
                if not self._hub.wait(attempt):
                    raise PullError(3, f"{file.path} breaks off ({type(error).__name__}): try again later") from error
            else:
                return
        raise PullError(3, f"{file.path} breaks off again and again: try again later")

    def _get(self, file: File, part: Path, here: int, *, first: bool) -> None:
        if here and file.size is not None and here > file.size:
            part.unlink()
            here = 0
        with self._hub.opened(file.address, here) as answer:
            resumed = answer.status_code == 206 and answer.headers.get("content-range", "").startswith(f"bytes {here}-")
            if here and not resumed and not first:
                self._count(-here)  # it begins anew
            elif here and resumed and first:
                self._count(here)
            flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | (os.O_APPEND if resumed else os.O_TRUNC)
            with os.fdopen(os.open(part, flags, 0o666), "ab" if resumed else "wb") as out:
                for piece in answer.iter_raw(_PIECE):
                    out.write(piece)
                    self._count(len(piece))

    def _is_right(self, file: File, size: int, sums: dict[str, str], *, before: bool) -> bool:
        if file.size is not None and size != file.size:
            return False
        if file.checksum is not None:
            return sums[file.checksum[0]] == file.checksum[1]
        return not before or (file.is_fixed and self._before.get(file.path) == (sums["sha256"], file.address))

    def _count(self, number: int) -> None:
        with self._lock:
            self._told(number)


def _remove_parts(place: Path) -> None:
    """Drop what is left of the same file from other addresses."""
    for part in place.parent.glob(f"{glob.escape(place.name)}.{'[0-9a-f]' * _DIGITS}{PART}"):
        part.unlink(missing_ok=True)


def _sums(path: Path) -> dict[str, str]:
    """The checksums of a file."""
    sums: dict[str, Any] = {"sha256": hashlib.sha256(), "md5": hashlib.md5(usedforsecurity=False)}
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            for one in sums.values():
                one.update(piece)
    return {name: one.hexdigest() for name, one in sums.items()}
