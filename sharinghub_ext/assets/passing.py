"""The bytes of an answer, as they come from upstream: counted, bounded, and never more than two pieces at a time.

An answer that cannot be ended as it was begun is broken off, so that nobody takes half of a file for a whole one: where
upstream stalls, breaks off, or sends more or less than it told, where upstream or the client is too slow, and where a
file without an end passes the limit. The last piece is held back until it is known to be the last.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Final

import httpx
import structlog
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from sharinghub_ext.assets.pace import Pace, TooSlow

_PIECE: Final = 64 * 1024
log = structlog.get_logger()


class AnswerBroken(Exception):
    """An answer that has begun cannot be ended; the server closes the connection."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Which bytes of an upstream body are passed on, and how many at most (`limit`, 0: no matter how many).

    `count` is None where nobody told how many there are. With `cut` what follows them is left unread.
    """

    skip: int = 0
    count: int | None = None
    cut: bool = False
    limit: int = 0


class PassedOn(StreamingResponse):
    """A body from upstream, which is closed even where the client went before the first byte."""

    def __init__(
        self,
        body: AsyncGenerator[bytes],
        upstream: AsyncExitStack,
        status: int,
        headers: dict[str, str],
        media_type: str,
    ) -> None:
        super().__init__(body, status, headers, media_type)
        self._body, self._upstream = body, upstream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._upstream, aclosing(self._body):
            await super().__call__(scope, receive, send)


async def passed(upstream: httpx.Response, extent: Extent, project_id: int) -> AsyncGenerator[bytes]:
    """The bytes of an extent. Raises AnswerBroken where they are not as they should be, before the last piece."""
    pace = Pace()
    try:
        async for piece in _checked(upstream, extent, pace):
            yield piece
    except (AnswerBroken, TooSlow, httpx.HTTPError) as error:
        reason = "it is too slow" if isinstance(error, TooSlow) else str(error)
        if isinstance(error, httpx.HTTPError):
            reason = type(error).__name__
        log.warning("a download was broken off", project=project_id, reason=reason)
        raise AnswerBroken(reason) from None  # what httpx says may hold an address that is signed


async def _read(upstream: httpx.Response, pace: Pace) -> AsyncIterator[bytes]:
    """The body in pieces. Raises TooSlow where one takes longer to come than a window, or too few came."""
    pieces = upstream.aiter_raw(_PIECE)
    while True:
        try:
            async with asyncio.timeout(pace.window):
                piece = await anext(pieces, None)
        except TimeoutError:
            raise TooSlow from None
        if piece is None:
            return
        pace.passed(len(piece))  # also those that are skipped: they come as slowly
        yield piece


async def _checked(upstream: httpx.Response, extent: Extent, pace: Pace) -> AsyncGenerator[bytes]:
    to_skip, seen, held = extent.skip, 0, b""
    async for chunk in _read(upstream, pace):
        piece = chunk[to_skip:]
        to_skip -= len(chunk) - len(piece)
        if not piece:
            continue
        if held:
            yield held
        seen, held = seen + len(piece), piece
        if extent.count is not None and seen >= extent.count:
            if extent.cut:
                held = held[: len(held) - (seen - extent.count)]
                seen = extent.count
                break
            if seen > extent.count:
                raise AnswerBroken("it is longer than was told")
        if extent.limit and seen > extent.limit:
            raise AnswerBroken("it is larger than the hub passes on (SHARINGHUB_ASSET_LIMIT)")
    if extent.count is not None and seen < extent.count:
        raise AnswerBroken("it is shorter than was told")
    if held:
        yield held
