"""One piece of an upload is hashed and written while the next one is received: never more than two are held."""

import asyncio
from contextlib import suppress
from typing import Any

from anyio.to_thread import run_sync

from sharinghub_ext.dvc.digests import Digest
from sharinghub_ext.dvc.store import Part, StoreFailure


class Intake:
    """Hashes the pieces of an upload in their order, and appends them to a part where there is one.

    A context manager, so that nothing is under way any more when the part is removed.
    """

    def __init__(self, digest: Digest, part: Part | None) -> None:
        self._digest, self._part = digest, part
        self._busy: asyncio.Future[Any] | None = None

    async def __aenter__(self) -> "Intake":
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(StoreFailure):
            await self.settle()

    async def take(self, piece: bytes) -> None:
        """Begin with the next piece when the one before is done. Raises StoreFailure of that one."""
        await self.settle()
        hashing = run_sync(self._digest.update, piece)
        self._busy = asyncio.gather(hashing, self._part.write(piece)) if self._part else asyncio.ensure_future(hashing)

    async def settle(self) -> None:
        """Wait until every piece is hashed and written. Raises StoreFailure."""
        busy, self._busy = self._busy, None
        if busy is not None:
            await busy
