"""Deliveries that come at the same time are stored with one durable write; each is answered once that is done.

A store takes one write after the other. Were each delivery a write of its own, the last of many would wait for all.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from stac_ext.store.database import StoreError
from stac_ext.store.inbox import Delivery

_LARGEST: Final = 200

Accept = Callable[[Sequence[Delivery]], list[bool]]


class Batches:
    """Collects what comes while a write is under way, for the next write. For one event loop."""

    def __init__(self, accept: Accept) -> None:
        """`accept` stores all of them or none, and tells which of them are new; it blocks."""
        self._accept = accept
        self._waiting: list[tuple[Delivery, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, delivery: Delivery) -> bool:
        """Whether the delivery is new, once it is stored. Raises StoreError."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await future

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_LARGEST], self._waiting[_LARGEST:]
                await self._store(batch)
        finally:
            self._writing = None

    async def _store(self, batch: list[tuple[Delivery, asyncio.Future[bool]]]) -> None:
        try:
            found = await asyncio.to_thread(self._accept, [delivery for delivery, _ in batch])
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, StoreError):  # one of them is to blame
                for one in batch:
                    await self._store([one])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), new in zip(batch, found, strict=True):
            if not future.done():  # else its sender has gone
                future.set_result(new)
