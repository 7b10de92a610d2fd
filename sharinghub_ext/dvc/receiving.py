"""How an object is received: streamed into a part that nobody sees, and stored only if the bytes are those of its key.

What is there already stays: the bytes are read and checked all the same, so that an answer means the same each time,
but not stored again. Limits count before the body is read where its length is announced, else while it streams.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sharinghub_ext.dvc.digests import Digest
from sharinghub_ext.dvc.intake import Intake
from sharinghub_ext.dvc.keys import ObjectName
from sharinghub_ext.dvc.quota import Claim, QuotaExceeded, Quotas
from sharinghub_ext.dvc.store import ObjectStore, Part
from sharinghub_ext.problems import Problem

_PIECE: Final = 1024 * 1024
_IDLE_SECONDS: Final = 60.0


class Receiver:
    """Receives objects into a store. `limit` is in bytes for one object, 0 for none."""

    def __init__(self, store: ObjectStore, quotas: Quotas, limit: int, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._store, self._quotas, self._limit, self._idle = store, quotas, limit, idle_seconds

    async def receive(self, request: Request, name: ObjectName) -> Response:
        """Read, check and store a body: 201 with its size and SHA-256, 200 if the object was there.

        Raises Problem: 400 other bytes than the key names, 408, 413, 415, 507; ClientDisconnect; StoreFailure.
        """
        announced = _announced(request)
        if self._limit and announced is not None and announced > self._limit:
            raise self._too_large()
        if await self._store.stat(name) is not None:
            return await self._read(request, name, None, Claim(None, 0))
        claim = await self._quotas.claim(name.project_id)
        try:
            if announced is not None:
                claim.grow(announced)
            part = await self._store.begin(name, announced)
            try:
                return await self._read(request, name, part, claim, announced or 0)
            finally:
                await part.abort()
        except QuotaExceeded as error:
            raise Problem(507, "The project has used up what it may store here.") from error
        finally:
            claim.release()

    async def close(self) -> None:
        """Stop what is under way."""
        await self._quotas.close()

    async def _read(
        self, request: Request, name: ObjectName, part: Part | None, claim: Claim, claimed: int = 0
    ) -> Response:
        digest, size = Digest(name.key), 0
        async with Intake(digest, part) as intake:
            async for piece in self._pieces(request):
                size += len(piece)
                if self._limit and size > self._limit:
                    raise self._too_large()
                if size > claimed:
                    claim.grow(size - claimed)
                    claimed = size
                await intake.take(piece)
            await intake.settle()
        if not await run_sync(digest.matches):
            raise Problem(
                400, "The bytes are not those that the key names: their MD5 is another one. Nothing is stored."
            )
        created = part is not None and await part.commit(digest.sha256)
        if created:
            claim.keep()
        return JSONResponse({"key": name.key.text, "size": size, "sha256": digest.sha256}, 201 if created else 200)

    async def _pieces(self, request: Request) -> AsyncIterator[bytes]:
        """The body in pieces of about 1 MiB, so that few of them have to change the thread."""
        held: list[bytes] = []
        length = 0
        stream = request.stream()
        while True:
            try:
                async with asyncio.timeout(self._idle):
                    chunk = await anext(stream, None)
            except TimeoutError as error:
                raise Problem(408, "No byte came for a minute.", {"Connection": "close"}) from error
            if chunk is None:
                break
            held.append(chunk)
            length += len(chunk)
            if length >= _PIECE:
                yield b"".join(held)
                held, length = [], 0
        if length:
            yield b"".join(held)

    def _too_large(self) -> Problem:
        return Problem(413, f"An object may have {self._limit} bytes here.")


def _announced(request: Request) -> int | None:
    """The length that the request says it has, None where it does not tell. Raises Problem 400 or 415."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "Send the bytes as they are, without Content-Encoding.")
    if "content-range" in request.headers:
        raise Problem(400, "An object is sent whole, without Content-Range.")
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None
