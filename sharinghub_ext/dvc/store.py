"""What the DVC route asks of an object store: a port that a local folder fills, and a bucket of S3.

An object is there or not: an upload is a part that nobody sees until `commit`, which is called only after its bytes
were verified. What is stored is never changed. Each object keeps its SHA-256 beside it where it is known.

StoreFailure
├── StoreFull      no room: 507
├── StoreBroken    the store cannot be used at the moment: 503
│   └── StoreRefused   it will not be used with these settings: told at start
└── StoreDamaged   an object has other bytes than were stored: 500, and again until somebody acts
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from sharinghub_ext.dvc.keys import ObjectName


class StoreFailure(Exception):
    """The store could not do what was asked. Messages are for operators."""


class StoreFull(StoreFailure):
    """There is no room for more bytes."""


class StoreBroken(StoreFailure):
    """The store does not answer, or refuses."""


class StoreRefused(StoreBroken):
    """The store refuses the hub: a wrong credential, a right that is missing, no such place."""


class StoreDamaged(StoreFailure):
    """An object is not what was stored under its name."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is there: its bytes, and their SHA-256 in hex where the store knows it."""

    size: int
    sha256: str | None = None


class StoredObject(Protocol):
    """An object that is open for reading; `close` must be awaited."""

    @property
    def stored(self) -> Stored: ...

    def chunks(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `stop`. Raises StoreBroken where there are fewer."""
        ...

    async def close(self) -> None: ...


class Part(Protocol):
    """An upload that nobody sees yet. Either `commit` or `abort` must be awaited; after `commit` `abort` is nothing."""

    async def write(self, data: bytes) -> None:
        """Append bytes. Raises StoreFull or StoreBroken."""
        ...

    async def commit(self, sha256: str) -> bool:
        """Make the object visible, durably; false where another upload was faster, whose bytes then stay."""
        ...

    async def abort(self) -> None:
        """Remove what was written."""
        ...


class ObjectStore(Protocol):
    """Where the objects of all projects are."""

    async def check(self) -> None:
        """Whether the store can be used. Raises StoreRefused where settings must change, else StoreBroken."""
        ...

    async def try_out(self) -> None:
        """Write a few bytes that belong to no project, read and remove them. Raises StoreFailure."""
        ...

    async def stat(self, name: ObjectName) -> Stored | None:
        """What is known of an object, None where there is none."""
        ...

    async def open(self, name: ObjectName) -> StoredObject | None:
        """An object to read, None where there is none."""
        ...

    async def begin(self, name: ObjectName, size: int | None = None) -> Part:
        """A new upload; `size` in bytes is what the caller announced. Raises StoreFull or StoreBroken."""
        ...

    async def used(self, project_id: int) -> int:
        """The bytes of all objects of a project."""
        ...

    async def close(self) -> None:
        """Release what is held."""
        ...
