"""How a stored object is sent: whole or one range, with an entity tag, never as something that a browser would run.

A whole object is checked on its way out, and its last bytes are held back until they were found right: `dvc pull` does
not check what it gets unless it was told to, so damaged bytes must not arrive.

The entity tag of an object of DVC 3 is its MD5, which names its bytes; that of DVC 2 is the SHA-256, for two texts that
differ in their line ends share a key there.
"""

import base64
from collections.abc import AsyncIterator
from typing import Final

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from sharinghub_ext.dvc.digests import Soundness
from sharinghub_ext.dvc.keys import ObjectName
from sharinghub_ext.dvc.store import Stored, StoreDamaged, StoredObject
from sharinghub_ext.middleware import HEAD_MARK
from sharinghub_ext.problems import Problem
from sharinghub_ext.ranges import Span, span_of
from stac_ext.dvc.assets import DIRECTORY
from stac_ext.media_types import BINARY

_HEADERS: Final = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
_SMALL: Final = 64 * 1024


async def object_response(request: Request, name: ObjectName, found: StoredObject) -> Response:
    """The answer to GET or HEAD of an open object, which it closes. Raises Problem 416, StoreFailure."""
    streaming = False
    try:
        stored = found.stored
        headers, tag = _describe(name, stored), entity_tag(name, stored)
        if tag is not None and _is_known(request.headers.get("if-none-match"), tag):
            return Response(None, 304, headers)
        head = bool(request.scope.get(HEAD_MARK))
        span = Span(0, stored.size, stored.size) if head else _asked(request, stored.size, tag)
        if span.partial:
            headers["Content-Range"] = span.content_range
        headers["Content-Length"] = str(span.stop - span.start)
        status, media_type = 206 if span.partial else 200, DIRECTORY if name.key.directory else BINARY
        if head:
            return Response(None, status, headers, media_type)
        body = _body(name, found, span)
        if span.stop - span.start <= _SMALL:
            return Response(b"".join([chunk async for chunk in body]), status, headers, media_type)
        streaming = True
        return _ObjectStream(found, body, status, headers, media_type)
    finally:
        if not streaming:
            await found.close()


def entity_tag(name: ObjectName, stored: Stored) -> str | None:
    """The strong entity tag of an object, None for one of DVC 2 whose SHA-256 is not known."""
    if not name.key.legacy:
        return f'"{name.key.md5}"'
    return f'"{stored.sha256}"' if stored.sha256 else None


def whole_object(name: ObjectName, found: StoredObject) -> AsyncIterator[bytes]:
    """All bytes of an open object, checked. Raises StoreDamaged, StoreBroken."""
    return _body(name, found, Span(0, found.stored.size, found.stored.size))


class _ObjectStream(StreamingResponse):
    """A long body; the object is closed even where the client went before the first byte."""

    def __init__(
        self, found: StoredObject, body: AsyncIterator[bytes], status: int, headers: dict[str, str], media_type: str
    ) -> None:
        super().__init__(body, status, headers, media_type)
        self._found = found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._found.close()


async def _body(name: ObjectName, found: StoredObject, span: Span) -> AsyncIterator[bytes]:
    """The bytes of a span; those of a whole object end early, by StoreDamaged, where they are not the right ones."""
    whole = span.start == 0 and span.stop == span.size
    soundness = Soundness(name.key, found.stored.sha256) if whole else None
    held = b""
    # The first piece is small: `dvc` asks whether an object exists by a GET whose body it does not read.
    first = min(span.start + _SMALL, span.stop)
    for start, stop in ((span.start, first), (first, span.stop)):
        async for chunk in found.chunks(start, stop):
            if held:
                yield held
            held = chunk
            if soundness is not None:
                await run_sync(soundness.update, chunk)
    if soundness is not None and not await run_sync(soundness.holds):
        raise StoreDamaged(f"{name.text} is damaged: its bytes are not those that were stored")
    if held:
        yield held


def _describe(name: ObjectName, stored: Stored) -> dict[str, str]:
    headers = dict(_HEADERS)
    if (tag := entity_tag(name, stored)) is not None:
        headers["ETag"] = tag
    if stored.sha256 is not None:
        digest = base64.b64encode(bytes.fromhex(stored.sha256)).decode()
        headers["Repr-Digest"] = f"sha-256=:{digest}:"  # RFC 9530
    return headers


def _asked(request: Request, size: int, tag: str | None) -> Span:
    wanted = request.headers.get("range")
    condition = request.headers.get("if-range")
    if condition is not None and condition.strip() != tag:
        wanted = None
    span = span_of(wanted, size)
    if span is None:
        raise Problem(416, f"The object has {size} bytes, and none of those.", {"Content-Range": f"bytes */{size}"})
    return span


def _is_known(condition: str | None, tag: str) -> bool:
    if condition is None:
        return False
    tags = [one.strip().removeprefix("W/") for one in condition.split(",")]
    return "*" in tags or tag in tags
