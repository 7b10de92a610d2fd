"""How an object in S3 is read: its first bytes come with what is known of it, the rest as a stream when it is wanted.

Most objects are small and need one request. A stream that breaks goes on where it broke, on the same object: S3 is
told its entity tag.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

from sharinghub_ext.dvc.s3.connection import FAILURES, Absent, OutOfRange, S3Connection, Taken, translated
from sharinghub_ext.dvc.store import StoreBroken, Stored, StoreFailure

HEAD: Final = 64 * 1024
CHUNK: Final = 256 * 1024
BESIDE: Final = ".sha256"
UPLOAD: Final = "sharinghub-upload"
_SHA256: Final = "sha256"
_BREAKS: Final = 3


def metadata(upload: str, sha256: str | None = None) -> dict[str, str]:
    """What an upload says of its object: which upload it is, and the SHA-256 where it is known before the bytes are."""
    return {UPLOAD: upload, **({_SHA256: sha256} if sha256 else {})}


async def describe(connection: S3Connection, key: str) -> dict[str, Any] | None:
    """What S3 tells of an object without its bytes, None where there is none. Raises StoreFailure."""
    try:
        return await connection.call("head_object", Key=key)
    except Absent:
        return None


async def stored(connection: S3Connection, key: str, answer: dict[str, Any], size: int) -> Stored:
    """What is known of an object. An upload in parts has its SHA-256 in an object beside it."""
    told = answer.get("Metadata", {})
    sha256 = told.get(_SHA256)
    if sha256 is None and UPLOAD in told:
        try:
            beside = await connection.call("get_object", Key=key + BESIDE)
            async with beside["Body"] as body:
                sha256 = (await body.read(65)).decode("ascii").strip()
        except (Absent, ValueError):
            sha256 = None
        except FAILURES as error:
            raise translated(error) from error
    return Stored(size, sha256 if _is_sha256(sha256) else None)


async def open_object(connection: S3Connection, key: str) -> "S3Object | None":
    """An object to read, None where there is none. Raises StoreFailure."""
    try:
        answer = await connection.call("get_object", Key=key, Range=f"bytes=0-{HEAD - 1}")
    except Absent:
        return None
    except OutOfRange:  # no bytes at all
        found = await describe(connection, key)
        if found is None:
            return None
        return S3Object(connection, key, await stored(connection, key, found, 0), found["ETag"], b"")
    try:
        async with answer["Body"] as body:
            size = _whole_size(answer)
            head = await _all(body, min(size, HEAD))
    except FAILURES as error:
        raise translated(error) from error
    return S3Object(connection, key, await stored(connection, key, answer, size), answer["ETag"], head)


class S3Object:
    """An object whose first bytes are there."""

    def __init__(self, connection: S3Connection, key: str, told: Stored, tag: str, head: bytes) -> None:
        self._connection, self._key, self._tag, self._head = connection, key, tag, head
        self._stored = told

    @property
    def stored(self) -> Stored:
        return self._stored

    async def chunks(self, start: int, stop: int) -> AsyncIterator[bytes]:
        if start < min(stop, len(self._head)):
            yield self._head[start:stop]
            start = min(stop, len(self._head))
        breaks = 0
        while start < stop:
            failure: StoreFailure = StoreBroken(f"S3: {self._key} is shorter than it was")
            try:
                answer = await self._range(start, stop)
                async with answer["Body"] as body:
                    while start < stop and (chunk := await body.read(min(CHUNK, stop - start))):
                        start += len(chunk)
                        yield chunk
                        breaks = 0
            except FAILURES as error:
                failure = translated(error)
            if start < stop:
                breaks += 1
                if breaks > _BREAKS:
                    raise failure

    async def close(self) -> None:
        """Nothing is held between two streams."""

    async def _range(self, start: int, stop: int) -> dict[str, Any]:
        try:
            return await self._connection.call(
                "get_object", Key=self._key, Range=f"bytes={start}-{stop - 1}", IfMatch=self._tag
            )
        except (Absent, Taken, OutOfRange) as error:
            raise StoreBroken(f"S3: {self._key} changed while it was read") from error


def _whole_size(answer: dict[str, Any]) -> int:
    """The size of an object of which a range was asked. Raises StoreBroken for a service without ranges."""
    size = str(answer.get("ContentRange", "")).rpartition("/")[2]
    if not size.isdigit():
        raise StoreBroken("S3: the service answers a request for a range without one")
    return int(size)


async def _all(body: Any, size: int) -> bytes:
    pieces: list[bytes] = []
    while size and (piece := await body.read(size)):
        pieces.append(piece)
        size -= len(piece)
    if size:
        raise StoreBroken("S3: an answer was shorter than it said")
    return b"".join(pieces)


def _is_sha256(text: str | None) -> bool:
    return text is not None and len(text) == 64 and set(text) <= set("0123456789abcdef")
