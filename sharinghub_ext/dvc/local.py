"""The object store in a folder of the machine: an object is one file, and its SHA-256 a small file beside it.

1. An upload is a file in `.parts`, made durable and then linked to its place, which a link takes only where nothing is
   yet: who reads sees the whole object or none, and of two uploads the first one stays.
2. Each part is locked by the process that writes it. At start, parts that nobody has locked are removed: what a
   process left that was killed.
3. Names are made of numbers and hexadecimal digits only, and links in the folder are not followed: no way leads out.
4. The last part of the disk is left free, so that uploads never stop the database beside them.
"""

import errno
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from anyio.to_thread import run_sync

from sharinghub_ext.dvc.keys import ObjectName
from sharinghub_ext.dvc.store import StoreBroken, Stored, StoreFailure, StoreFull

CHUNK: Final = 256 * 1024
PARTS: Final = ".parts"
_RESERVE: Final = 256 * 1024 * 1024
_SUFFIX: Final = ".sha256"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})  # a file system without hard links
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class LocalStore:
    """Objects at `<root>/<project id>/<key>`. `reserve` are the bytes of the disk that uploads leave free."""

    def __init__(self, root: Path, reserve: int = _RESERVE) -> None:
        """Make the folder where it is missing, and remove what killed uploads left. Raises StoreBroken."""
        self._root = root
        self._parts = root / PARTS
        with translated():
            make_folder(self._parts)
            self._reserve = min(reserve, shutil.disk_usage(root).total // 20)
            self._remove_abandoned()

    async def check(self) -> None:
        """Nothing is left to check: that the folder can be used is known since it was opened."""

    async def try_out(self) -> None:
        await run_sync(self._try_out)

    async def stat(self, name: ObjectName) -> Stored | None:
        found = await self.open(name)
        if found is not None:
            await found.close()
        return found.stored if found else None

    async def open(self, name: ObjectName) -> "LocalObject | None":
        return await run_sync(self._open, name)

    async def begin(self, name: ObjectName, size: int | None = None) -> "LocalPart":
        return await run_sync(self._begin, name, size or 0)

    async def used(self, project_id: int) -> int:
        return await run_sync(self._used, project_id)

    async def close(self) -> None:
        """Nothing is held."""

    def leave_room(self, size: int) -> None:
        """Raise StoreFull where `size` more bytes would take what is to stay free."""
        if shutil.disk_usage(self._root).free - size < self._reserve:
            raise StoreFull(f"{self._root} has no room for {size} bytes more")

    def _try_out(self) -> None:
        data, path = secrets.token_bytes(16), self._parts / secrets.token_hex(16)
        with translated():
            self.leave_room(len(data))
            try:
                path.write_bytes(data)
                if path.read_bytes() != data:
                    raise StoreBroken(f"{self._root} gives other bytes than were written")
            finally:
                path.unlink(missing_ok=True)

    def _open(self, name: ObjectName) -> "LocalObject | None":
        path = self._path(name)
        with translated():
            try:
                descriptor = os.open(path, _READ)
            except (FileNotFoundError, NotADirectoryError):
                return None
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise StoreBroken(f"{path} is no file")
                return LocalObject(descriptor, Stored(status.st_size, _sha256_beside(path)))
            except BaseException:
                os.close(descriptor)
                raise

    def _begin(self, name: ObjectName, size: int) -> "LocalPart":
        with translated():
            self.leave_room(size)
            while True:
                path = self._parts / secrets.token_hex(16)
                descriptor = os.open(path, _NEW, 0o640)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if os.fstat(descriptor).st_nlink:
                    return LocalPart(self, descriptor, path, self._path(name))
                os.close(descriptor)  # a process that starts just now took it for abandoned before it was locked

    def _used(self, project_id: int) -> int:
        with translated():
            return sum(_sizes(str(self._root / str(project_id))))

    def _path(self, name: ObjectName) -> Path:
        return self._root / name.text

    def _remove_abandoned(self) -> None:
        for part in self._parts.iterdir():
            with suppress(OSError):  # locked by another process, or gone meanwhile
                descriptor = os.open(part, _READ)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    part.unlink()
                finally:
                    os.close(descriptor)


class LocalObject:
    """One file, open for reading: what it holds stays readable even if the file is removed meanwhile."""

    def __init__(self, descriptor: int, stored: Stored) -> None:
        self._descriptor = descriptor
        self._stored = stored

    @property
    def stored(self) -> Stored:
        return self._stored

    async def chunks(self, start: int, stop: int) -> AsyncIterator[bytes]:
        while start < stop:
            with translated():
                data = await run_sync(os.pread, self._descriptor, min(CHUNK, stop - start), start)
            if not data:
                raise StoreBroken("the file is shorter than it was")
            start += len(data)
            yield data

    async def close(self) -> None:
        os.close(self._descriptor)


class LocalPart:
    """A file in `.parts` that becomes the object."""

    def __init__(self, store: LocalStore, descriptor: int, path: Path, target: Path) -> None:
        self._store, self._descriptor, self._path, self._target = store, descriptor, path, target
        self._open = True

    async def write(self, data: bytes) -> None:
        await run_sync(self._write, data)

    async def commit(self, sha256: str) -> bool:
        return await run_sync(self._commit, sha256)

    async def abort(self) -> None:
        if self._open:
            await run_sync(self._abort)

    def _write(self, data: bytes) -> None:
        with translated():
            self._store.leave_room(len(data))
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def _commit(self, sha256: str) -> bool:
        with translated():
            os.fsync(self._descriptor)
            make_folder(self._target.parent)
            beside = self._path.with_suffix(_SUFFIX)
            beside.write_text(f"{sha256}\n")
            try:
                _link(self._path, self._target)
            except FileExistsError:
                beside.unlink(missing_ok=True)
                self._abort()
                return False
            with suppress(FileNotFoundError):  # taken for abandoned: it is not locked
                # Not made durable by itself: what is lost with the power can be computed again from the object.
                beside.replace(self._target.with_name(self._target.name + _SUFFIX))
            sync_folder(self._target.parent)
        self._abort()
        return True

    def _abort(self) -> None:
        self._open = False
        with suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)  # last: the lock protects the name as long as there is one


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the system raises into failures of the store."""
    try:
        yield
    except StoreFailure:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFull(str(error)) from error
        raise StoreBroken(str(error)) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(0o750, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make durable which names a folder has."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _link(part: Path, target: Path) -> None:
    """Give a file its name. Raises FileExistsError where there is one already."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if target.exists():
            raise FileExistsError(target) from error
        part.rename(target)


def _sha256_beside(path: Path) -> str | None:
    try:
        text = path.with_name(path.name + _SUFFIX).read_bytes()[:65].decode("ascii").strip()
    except (OSError, ValueError):
        return None
    return text if len(text) == 64 and set(text) <= set("0123456789abcdef") else None


def _sizes(folder: str) -> Iterator[int]:
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _sizes(entry.path)
            elif entry.is_file(follow_symlinks=False) and not entry.name.endswith(_SUFFIX):
                yield entry.stat(follow_symlinks=False).st_size
