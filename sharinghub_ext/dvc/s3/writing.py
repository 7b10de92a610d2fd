"""How an object gets into S3: in one piece if it is small, else in parts that S3 shows to nobody until they are joined.

1. No more than one part is held in memory, and no more than some uploads hold one at the same time; others wait, and
   with them their clients.
2. S3 is told the MD5 of each part, and to store only where nothing is yet. A request that was sent again because its
   answer was lost meets its own object: it is known by the name of its upload.
3. The SHA-256 of an object in parts is known too late to be sent with it, and becomes a small object beside it.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html, …/conditional-writes.html
"""

import asyncio
import base64
import hashlib
import io
import secrets
from typing import Any, Final

import structlog
from anyio.to_thread import run_sync

from sharinghub_ext.dvc.s3.connection import Absent, S3Connection, Taken, Unconditional, UploadEnded
from sharinghub_ext.dvc.s3.reading import BESIDE, UPLOAD, describe, metadata
from sharinghub_ext.dvc.store import StoreBroken, StoreFailure, StoreFull

MIB: Final = 1024 * 1024
_SIZES: Final = ((4000, 8 * MIB), (7000, 32 * MIB), (10_000, 128 * MIB))  # S3 takes 10,000 parts
LARGEST: Final = 4000 * 8 * MIB + 3000 * 32 * MIB + 3000 * 128 * MIB
_TINY: Final = MIB
log = structlog.get_logger()


def part_size(number: int) -> int:
    """How large the part of this number is, from 1 on. Raises StoreFull where there can be no more."""
    for last, size in _SIZES:
        if number <= last:
            return size
    raise StoreFull(f"S3: an object may have {LARGEST} bytes")


class S3Part:
    """An upload into S3. `slots` are how many may hold a part in memory."""

    def __init__(self, connection: S3Connection, key: str, slots: asyncio.Semaphore) -> None:
        self._connection, self._key, self._slots = connection, key, slots
        self._name = secrets.token_hex(16)
        self._pieces: list[bytes] = []
        self._held = 0
        self._has_slot = False
        self._upload: str | None = None
        self._parts: list[dict[str, Any]] = []

    async def write(self, data: bytes) -> None:
        self._pieces.append(data)
        self._held += len(data)
        if self._held > _TINY and not self._has_slot:
            await self._slots.acquire()
            self._has_slot = True
        while self._held > (size := part_size(len(self._parts) + 1)):
            await self._send(size)

    async def commit(self, sha256: str) -> bool:
        try:
            if self._upload is None:
                return await self._store("put_object", lambda: self._whole(sha256))
            await self._send(self._held)
            parts = {"Parts": self._parts}
            created = await self._store(
                "complete_multipart_upload", lambda: {"UploadId": self._upload, "MultipartUpload": parts}
            )
            if created:
                self._upload = None
                await self._note(sha256)
            return created
        finally:
            await self.abort()

    async def abort(self) -> None:
        upload, self._upload = self._upload, None
        self._pieces, self._held = [], 0
        if self._has_slot:
            self._has_slot = False
            self._slots.release()
        if upload is not None:
            try:
                await self._connection.call("abort_multipart_upload", Key=self._key, UploadId=upload)
            except (UploadEnded, Absent):
                return
            except StoreFailure as error:  # it is removed with other abandoned ones
                log.warning("an upload to S3 could not be given up now", key=self._key, error=str(error))

    async def _send(self, size: int) -> None:
        """Send the first bytes as the next part."""
        whole = b"".join(self._pieces)
        data = whole[:size]
        self._pieces = [whole[size:]] if len(whole) > size else []
        self._held = len(whole) - len(data)
        del whole
        if self._upload is None:
            begun = await self._connection.call("create_multipart_upload", Key=self._key, Metadata=metadata(self._name))
            self._upload = begun["UploadId"]
        number = len(self._parts) + 1
        sent = await self._connection.call(
            "upload_part",
            Key=self._key,
            UploadId=self._upload,
            PartNumber=number,
            Body=io.BytesIO(data),
            ContentLength=len(data),
            ContentMD5=await run_sync(_md5, data),
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})

    def _whole(self, sha256: str) -> dict[str, Any]:
        data = b"".join(self._pieces)
        return {
            "Body": io.BytesIO(data),
            "ContentLength": len(data),
            "ContentMD5": _md5(data),
            "Metadata": metadata(self._name, sha256),
        }

    async def _store(self, operation: str, given: Any) -> bool:
        """Make the object visible where there is none. Raises StoreFailure."""
        try:
            await self._connection.call(operation, Key=self._key, IfNoneMatch="*", **await run_sync(given))
        except (Taken, UploadEnded):
            return await self._is_mine()
        except Unconditional:
            if await describe(self._connection, self._key) is not None:
                return False
            await self._connection.call(operation, Key=self._key, **await run_sync(given))
        return True

    async def _is_mine(self) -> bool:
        """Whether what is there is of this upload, whose answer was lost. Raises StoreBroken where nothing is there."""
        found = await describe(self._connection, self._key)
        if found is None:
            raise StoreBroken(f"S3: the upload of {self._key} was given up by somebody else")
        return bool(found.get("Metadata", {}).get(UPLOAD) == self._name)

    async def _note(self, sha256: str) -> None:
        """Keep the SHA-256 beside the object. Without it the object is as good: it can be computed again."""
        try:
            data = f"{sha256}\n".encode()
            await self._connection.call("put_object", Key=self._key + BESIDE, Body=data, ContentMD5=_md5(data))
        except StoreFailure as error:
            log.warning("the SHA-256 of an object could not be kept", key=self._key, error=str(error))


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
