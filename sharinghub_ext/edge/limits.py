"""How large a request may be: its address, its headers and its body."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sharinghub_ext.problems import Problem

MAX_URL: Final = 16 * 1024
MAX_HEADERS: Final = 32 * 1024
MAX_FIELDS: Final = 100


class RequestLimits:
    """Refuses addresses and headers that no client of the hub needs, before anything reads them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal.response()(scope, receive, send)


def _refusal(scope: Scope) -> Problem | None:
    raw_path = scope.get("raw_path") or scope["path"].encode()
    if len(raw_path) + len(scope["query_string"]) > MAX_URL:
        return Problem(414, f"The address is longer than {MAX_URL} bytes: send a long search as POST /stac/search.")
    headers = scope["headers"]
    if len(headers) > MAX_FIELDS or sum(len(name) + len(value) for name, value in headers) > MAX_HEADERS:
        detail = f"The headers are more than {MAX_FIELDS}, or larger than {MAX_HEADERS} bytes: send fewer, or shorter."
        return Problem(431, detail)
    return None


class BodyLimit:
    """Refuses request bodies of more than `max_bytes`, except below paths that have limits of their own."""

    def __init__(self, app: ASGIApp, max_bytes: int, besides: tuple[str, ...]) -> None:
        self._app = app
        self._max = max_bytes
        self._besides = besides

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._besides):
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        if announced.isdigit() and (len(announced) > 18 or int(announced) > self._max):
            await Problem(413, self._detail).response()(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._max:
                raise HTTPException(413, self._detail)
            return message

        await self._app(scope, counted, send)

    @property
    def _detail(self) -> str:
        return f"The body is larger than {self._max} bytes."
