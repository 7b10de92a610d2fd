"""How a request reaches its route: without the path prefix, as GET where it is HEAD, and hooks before all others."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEAD_MARK = "sharinghub.head"  # in the scope of a request that came as HEAD


class PathPrefix:
    """Accepts the path of the public URL in front of every path, whether or not a proxy has cut it off already."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if self._prefix and scope["type"] == "http":
            scope = {**scope, "root_path": self._prefix}
            if (path + "/").startswith(self._prefix + "/"):
                scope["path"] = path[len(self._prefix) :] or "/"
        await self._app(scope, receive, send)


class HeadAsGet:
    """Answers HEAD as GET without the body, on every route that reads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def headers_only(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET", HEAD_MARK: True}, receive, headers_only)


class HookLane:
    """Answers GitLab's hooks before what only other requests need: they come by the thousand, and GitLab waits."""

    def __init__(self, app: ASGIApp, path: str, receive_hook: Callable[[Request], Awaitable[Response]]) -> None:
        self._app = app
        self._path = path
        self._receive_hook = receive_hook

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "POST":
            response = await self._receive_hook(Request(scope, receive))
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)
