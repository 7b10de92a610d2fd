"""The object store in S3: an object is at `<prefix><project id>/<key>`, which is SharingHub's layout."""

import asyncio
import secrets
from datetime import timedelta
from typing import Final

import structlog

from sharinghub_ext.dvc.keys import ObjectName
from sharinghub_ext.dvc.s3.abandoned import remove_abandoned
from sharinghub_ext.dvc.s3.address import S3Address
from sharinghub_ext.dvc.s3.connection import S3Connection
from sharinghub_ext.dvc.s3.reading import BESIDE, S3Object, describe, open_object, stored
from sharinghub_ext.dvc.s3.writing import LARGEST, S3Part
from sharinghub_ext.dvc.store import StoreBroken, Stored, StoreFailure, StoreFull
from stac_ext.clock import Clock

_PARTS_HELD: Final = 16  # of 8 MiB each, as a rule
_LOOKED_AGAIN: Final = timedelta(hours=1)
log = structlog.get_logger()


class S3Store:
    """Objects in a bucket. Several processes may use it; nothing is connected before the first call."""

    def __init__(self, address: S3Address, clock: Clock) -> None:
        self._connection, self._clock = S3Connection(address), clock
        self._slots = asyncio.Semaphore(_PARTS_HELD)
        self._looked = clock.now() - _LOOKED_AGAIN
        self._looking: asyncio.Task[None] | None = None

    async def check(self) -> None:
        await self._connection.call("list_objects_v2", Prefix=self._connection.address.prefix, MaxKeys=1)

    async def try_out(self) -> None:
        key, data = f"{self._connection.address.prefix}.tried/{secrets.token_hex(16)}", secrets.token_bytes(16)
        await self._connection.call("put_object", Key=key, Body=data)
        try:
            answer = await self._connection.call("get_object", Key=key)
            async with answer["Body"] as body:
                if await body.read() != data:
                    raise StoreBroken("S3 gives other bytes than were written")
        finally:
            await self._connection.call("delete_object", Key=key)

    async def stat(self, name: ObjectName) -> Stored | None:
        key = self._key(name)
        found = await describe(self._connection, key)
        return await stored(self._connection, key, found, found["ContentLength"]) if found else None

    async def open(self, name: ObjectName) -> S3Object | None:
        return await open_object(self._connection, self._key(name))

    async def begin(self, name: ObjectName, size: int | None = None) -> S3Part:
        if size is not None and size > LARGEST:
            raise StoreFull(f"S3: an object may have {LARGEST} bytes")
        self._look_for_abandoned()
        return S3Part(self._connection, self._key(name), self._slots)

    async def used(self, project_id: int) -> int:
        total: int = 0
        marker: dict[str, str] = {}
        while True:
            page = await self._connection.call(
                "list_objects_v2", Prefix=f"{self._connection.address.prefix}{project_id}/", **marker
            )
            total += sum(int(one["Size"]) for one in page.get("Contents", ()) if not one["Key"].endswith(BESIDE))
            if not page.get("IsTruncated"):
                return total
            marker = {"ContinuationToken": page["NextContinuationToken"]}

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._connection.close()

    def _key(self, name: ObjectName) -> str:
        return self._connection.address.prefix + name.text

    def _look_for_abandoned(self) -> None:
        """In the background, at most once in an hour, while uploads come."""
        now = self._clock.now()
        if now - self._looked < _LOOKED_AGAIN or (self._looking is not None and not self._looking.done()):
            return
        self._looked = now
        self._looking = asyncio.create_task(self._remove_abandoned())

    async def _remove_abandoned(self) -> None:
        try:
            await remove_abandoned(self._connection, self._clock.now())
        except StoreFailure as error:
            log.warning("abandoned uploads in S3 could not be looked for", error=str(error))
