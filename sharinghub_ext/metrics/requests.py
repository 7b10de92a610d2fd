"""Which request counts as what: its declared route, never its path, which may name projects."""

import time

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sharinghub_ext.metrics.meters import Meters

_UNKNOWN = "unknown"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class Measured:
    """Counts every request below it. Nothing below may copy the scope, in which the router tells the route."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status, sent, received = 500, 0, 0

        async def watched_send(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        async def watched_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message

        try:
            await self._app(scope, watched_receive, watched_send)
        finally:
            route = _route(scope)
            method = scope["method"] if scope["method"] in _METHODS else _UNKNOWN
            self._meters.requests.labels(method, route, str(status)).inc()
            self._meters.latency.labels(route).observe(time.perf_counter() - started)
            self._meters.sent.labels(route).inc(sent)
            self._meters.received.labels(route).inc(received)


def _route(scope: Scope) -> str:
    """The path that a request's route was declared with. FastAPI names its own routes in the scope, others by what
    answers them.
    """
    if path := getattr(scope.get("route"), "path", None):
        return str(path)
    endpoint = scope.get("endpoint")
    plain = (route for route in scope["app"].routes if isinstance(route, Route) and route.endpoint == endpoint)
    return next((route.path for route in plain), _UNKNOWN)
