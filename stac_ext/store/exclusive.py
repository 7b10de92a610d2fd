"""Who alone may do a named piece of work, across all processes on one store: locks that end with their process.

SQLite's processes are on one machine and lock a byte of a file beside the store; PostgreSQL's hold advisory locks.
"""

import fcntl
import hashlib
import os
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

_FLOCK: Final = "hhqqi"  # of Linux on 64 bits: type, whence, start, length, process
_SET: Final = getattr(fcntl, "F_OFD_SETLK", None)  # a lock of the open file, not of the process


class Exclusive(ABC):
    """Locks by name. Methods block briefly: call them from a worker thread."""

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._guard = threading.Lock()

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Whether nobody else, in this or another process, is inside of this with the same name; waits for nobody.

        Raises StoreUnavailable where the store does not answer.
        """
        with self._guard:
            taken = name not in self._held and self._take(_number(name))
            if taken:
                self._held.add(name)
        try:
            yield taken
        finally:
            if taken:
                with self._guard:
                    self._held.discard(name)
                    self._give(_number(name))

    @abstractmethod
    def _take(self, number: int) -> bool:
        """Lock, unless it is locked."""

    @abstractmethod
    def _give(self, number: int) -> None:
        """Unlock; what is lost already is no error."""

    @abstractmethod
    def close(self) -> None:
        """Give back everything."""


class FileLocks(Exclusive):
    """Locks of bytes of an empty file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file: int | None = None

    def _take(self, number: int) -> bool:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._set(fcntl.F_WRLCK, number)
        except OSError:
            return False
        return True

    def _give(self, number: int) -> None:
        if self._file is not None:
            self._set(fcntl.F_UNLCK, number)

    def _set(self, kind: int, number: int) -> None:
        assert self._file is not None
        if _SET is not None:
            fcntl.fcntl(self._file, _SET, struct.pack(_FLOCK, kind, os.SEEK_SET, number, 1, 0))
        else:  # elsewhere than on Linux the lock is the process's, which is enough for one hub in it
            flags = fcntl.LOCK_UN if kind == fcntl.F_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB
            fcntl.lockf(self._file, flags, 1, number, os.SEEK_SET)

    def close(self) -> None:
        with self._guard:
            if self._file is not None:
                os.close(self._file)
            self._file = None


class AdvisoryLocks(Exclusive):
    """Locks of one connection to PostgreSQL, made when the first is asked for."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._connection: Connection | None = None

    def _take(self, number: int) -> bool:
        return bool(self._ask("SELECT pg_try_advisory_lock(:number)", number))

    def _give(self, number: int) -> None:
        if self._connection is not None:  # with the connection went all of its locks
            self._ask("SELECT pg_advisory_unlock(:number)", number)

    def _ask(self, statement: str, number: int) -> Any:
        try:
            if self._connection is None:
                self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            return self._connection.execute(text(statement), {"number": number}).scalar_one()
        except DBAPIError:
            self._drop()
            raise

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def close(self) -> None:
        with self._guard:
            self._drop()


def _number(name: str) -> int:
    """A number of 62 bits for a name: the same in every process, and not negative."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) >> 2
