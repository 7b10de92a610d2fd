"""When a caller already has an answer: a weak entity tag over its bytes, and 304 for those who name it.

The bytes are the caller's own, with the links and counts that this caller may see, so the tag changes with rights as
well. Two callers share a tag only where they get the same bytes, and whoever guesses a tag learns of nothing but the
answer that they would get themselves. The tag is made before compression, and therefore weak.
"""

import hashlib
import re
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BELOW: Final = "/stac/"
_ALONE: Final = frozenset({"/stac", "/api", "/api.html"})
_TAG: Final = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


class EntityTags:
    """Tags each 200 that comes in one piece; longer ones pass as they are, and no more than one piece is held."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not _is_tagged(scope["path"]):
            await self._app(scope, receive, send)
            return
        held: Message | None = None

        async def tagged(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and message["status"] == 200:
                held = message
                return
            if held is not None:
                start, held = held, None
                if not message.get("more_body", False):
                    start, message = _answer(scope, start, message)
                await send(start)
            await send(message)

        await self._app(scope, receive, tagged)


def _is_tagged(path: str) -> bool:
    return path.startswith(_BELOW) or path in _ALONE


def _answer(scope: Scope, start: Message, body: Message) -> tuple[Message, Message]:
    headers = list(start.get("headers", ()))
    if any(name == b"etag" for name, _ in headers):
        return start, body
    tag = entity_tag(body.get("body", b""))
    headers.append((b"etag", tag))
    if not is_known([value for name, value in scope["headers"] if name == b"if-none-match"], tag):
        return {**start, "headers": headers}, body
    headers = [one for one in headers if one[0] != b"content-length"]
    return {**start, "status": 304, "headers": headers}, {**body, "body": b""}


def entity_tag(body: bytes) -> bytes:
    """The weak tag of a body."""
    return b'W/"%s"' % hashlib.blake2b(body, digest_size=16).hexdigest().encode()


def is_known(conditions: list[bytes], tag: bytes) -> bool:
    """Whether `If-None-Match` names a tag, by weak comparison (RFC 9110, 8.8.3.2)."""
    opaque = tag.removeprefix(b"W/")
    return any(one.strip() == b"*" or opaque in _TAG.findall(one) for one in conditions)
