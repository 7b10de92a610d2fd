"""The store's port: one way to read and one way to write, whichever engine is behind it, and what its errors mean."""

import functools
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, ParamSpec, TypeVar

from sqlalchemy import Connection, select, text, update

from stac_ext.store.schema import meta

_ATTEMPTS: Final = 3
_PAUSE_SECONDS: Final = 0.05
P = ParamSpec("P")
T = TypeVar("T")


class StoreError(Exception):
    """The store cannot be used; the message says why and what to do next."""


class StoreMissing(StoreError):
    """There is no store yet, and none was to be made."""


class StoreUnavailable(StoreError):
    """The store does not answer now and may do so soon: it is locked, restarting, or all its connections are busy."""


class StoreTimeout(StoreUnavailable):
    """A statement took longer than it may; the same statement would do so again."""


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How a store is used.

    `pool_size` counts connections for reading, `timeout` is the seconds that a read may take, `patience` the seconds to
    wait for a connection or for what another program has locked.
    """

    pool_size: int = 8
    timeout: float = 10
    patience: float = 5


def retried(method: Callable[P, T]) -> Callable[P, T]:
    """Let a method that is one transaction begin again, twice at most, where the store did not answer.

    A statement that took too long is not tried again.
    """

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, _ATTEMPTS):
            try:
                return method(*args, **kwargs)
            except StoreTimeout:
                raise
            except StoreUnavailable:
                time.sleep(_PAUSE_SECONDS * 2**attempt * (0.5 + random.random()))  # noqa: S311
        return method(*args, **kwargs)

    return call


class Database(ABC):
    """One store. Every method blocks: call it from a worker thread.

    Reads go through connections that cannot write; writes go one at a time, across processes too, each in one
    transaction. Both raise StoreUnavailable where waiting may help; `retried` waits.
    """

    name: str  # for messages; holds no password

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """A connection inside one read transaction: a stable snapshot that no writer disturbs."""

    @abstractmethod
    def write(self) -> AbstractContextManager[Connection]:
        """A connection inside the one write transaction: committed at the end, rolled back on any error."""

    @abstractmethod
    def alone(self, name: str) -> AbstractContextManager[bool]:
        """Whether nobody else, in this or another process, is inside of this with the same name; waits for nobody, and
        ends with the process.
        """

    @abstractmethod
    def size(self) -> int:
        """How many bytes the store takes on its disk."""

    @abstractmethod
    def close(self) -> None:
        """Give back every connection."""

    def seq(self) -> int:
        """The present value of the change counter: what is written later has a higher one."""
        return int(self._meta("seq"))

    def secret(self) -> bytes:
        """A random key that lives as long as the store, for installations that configure none."""
        return bytes.fromhex(self._meta("secret"))

    @retried
    def get_note(self, key: str) -> str | None:
        """A small fact about the whole index, kept over restarts."""
        with self.read() as conn:
            return conn.execute(select(meta.c.value).where(meta.c.key == f"note:{key}")).scalar_one_or_none()

    @retried
    def set_note(self, key: str, value: str) -> None:
        with self.write() as conn:
            statement = text("INSERT INTO meta VALUES (:k, :v) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
            conn.execute(statement, {"k": f"note:{key}", "v": value})

    @retried
    def _meta(self, key: str) -> str:
        with self.read() as conn:
            return str(conn.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one())


def next_seq(conn: Connection) -> int:
    """Raise the change counter inside a write transaction and return the new value."""
    value = int(conn.execute(select(meta.c.value).where(meta.c.key == "seq")).scalar_one()) + 1
    conn.execute(update(meta).where(meta.c.key == "seq").values(value=str(value)))
    return value
