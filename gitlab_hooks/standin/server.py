"""A running stand-in: an HTTP server in a thread, with a record of calls and faults on demand."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gitlab_hooks.standin import auth
from gitlab_hooks.standin.app import create_app
from gitlab_hooks.standin.faults import Faults, FaultyApp, target
from gitlab_hooks.standin.limiter import Limiter
from gitlab_hooks.standin.parameters import parse_query
from gitlab_hooks.standin.world import World

__all__ = ["StandIn", "create_app"]

# method, path with query, user name of the token's owner
RecordedCall = tuple[str, str, str | None]


class _Recorder:
    def __init__(self, app: ASGIApp, world: World, calls: list[RecordedCall]) -> None:
        self._app = app
        self._world = world
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = target(scope)
            headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
            text = auth.token_text(headers, parse_query(path.partition("?")[2])) or auth.basic_password(headers)
            token = self._world.tokens.get(text or "")
            self._calls.append((scope["method"], path, token.user.username if token else None))
        await self._app(scope, receive, send)


class StandIn:
    """A stand-in GitLab on a port.

    >>> with StandIn(world) as gitlab:
    ...     gitlab.faults.add(r"/repository/tree", status=502, times=2)
    ...     requests.get(gitlab.url + "/api/v4/projects")

    `calls` is what was asked since the start or `reset_calls()`; `limiter.per_minute` limits callers when it is set.
    """

    def __init__(self, world: World, host: str = "127.0.0.1", port: int = 0, external_url: str | None = None) -> None:
        self.world = world
        self.calls: list[RecordedCall] = []
        self.faults = Faults()
        self.url = ""
        self._host, self._port, self._external_url = host, port, external_url
        app = create_app(world)
        self.limiter: Limiter = app.state.front.limiter
        self._app = _Recorder(FaultyApp(app, self.faults), world, self.calls)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def reset_calls(self) -> None:
        self.calls.clear()

    def start(self) -> None:
        """Listen, and return when requests are answered. `world.external_url` is this server's address then."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, self._port))
        listener.listen(512)
        port = listener.getsockname()[1]
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self._host, self._host)  # noqa: S104
        self.url = f"http://{shown}:{port}"
        self.world.external_url = self._external_url or self.url
        assert urlsplit(self.url).port == port
        self.faults.stopping.clear()
        config = uvicorn.Config(
            self._app,
            log_level="critical",
            lifespan="off",
            access_log=False,
            timeout_graceful_shutdown=2,
            timeout_keep_alive=65,  # as before a real GitLab; less than clients keep a connection breaks their requests
        )
        self._server = uvicorn.Server(config)
        # The listener takes connections already: whoever comes before the loop runs is only kept waiting.
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="standin", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; stalled answers are let go at once."""
        if self._server is None or self._thread is None:
            return
        self.faults.stopping.set()
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._server = self._thread = None

    def serve_forever(self) -> None:
        """Wait in the calling thread until the server ends (for a command)."""
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> StandIn:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
