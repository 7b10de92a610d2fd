"""Which web origins may read the hub's answers in a browser.

Never with cookies: no answer has `Access-Control-Allow-Credentials`, so that a page of another origin gets only what it
sends a token of its own for. An origin that is not configured gets no such header at all.
"""

from collections.abc import Iterable
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sharinghub_ext.problems import Problem

EXPOSED: Final = (
    *("SharingHub-Grants", "SharingHub-Limit", "SharingHub-Near-Miss"),
    *("WWW-Authenticate", "Retry-After", "RateLimit", "RateLimit-Policy"),
    *("Content-Disposition", "Content-Language", "ETag", "Accept-Ranges", "Content-Range", "Repr-Digest"),
)
ALLOWED_HEADERS: Final = (
    *("Authorization", "PRIVATE-TOKEN", "X-Gitlab-Token", "JOB-TOKEN", "Accept", "Accept-Language", "Content-Type"),
    *("If-None-Match", "Range", "If-Range"),
)
_METHODS: Final = "GET, HEAD, POST, OPTIONS"
_SECONDS: Final = "600"
_EXPOSE: Final = (b"access-control-expose-headers", ", ".join(EXPOSED).encode())


class Origins:
    """The configured origins; `*` means all."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(one.encode() for one in origins)
        self.every = b"*" in self._origins

    def allows(self, origin: bytes | None) -> bool:
        """Whether pages of an origin may read answers."""
        return self.every or origin in self._origins


class CorsHeaders:
    """Says in every answer, errors too, who may read it. What depends on the origin varies by it."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = self._headers(_header(scope, b"origin"))

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self._app(scope, receive, with_headers)

    def _headers(self, origin: bytes | None) -> list[tuple[bytes, bytes]]:
        if self._origins.every:
            return [(b"access-control-allow-origin", b"*"), _EXPOSE]
        if origin is None or not self._origins.allows(origin):
            return [(b"vary", b"Origin")]
        return [(b"access-control-allow-origin", origin), _EXPOSE, (b"vary", b"Origin")]


class Preflights:
    """Answers what a browser asks before it sends a request. To be put below `CorsHeaders`."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_preflight(scope):
            await self._app(scope, receive, send)
            return
        if self._origins.allows(_header(scope, b"origin")):
            headers = {
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": ", ".join(ALLOWED_HEADERS),
                "Access-Control-Max-Age": _SECONDS,
            }
            await Response(b"", 200, headers)(scope, receive, send)
            return
        detail = "Pages of this web origin may not call the hub: those who run it set SHARINGHUB_CORS_ORIGINS."
        await Problem(403, detail).response()(scope, receive, send)


def is_preflight(scope: Scope) -> bool:
    """Whether a browser asks what it may send."""
    return (
        scope["type"] == "http"
        and scope["method"] == "OPTIONS"
        and _header(scope, b"origin") is not None
        and _header(scope, b"access-control-request-method") is not None
    )


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == wanted), None)
