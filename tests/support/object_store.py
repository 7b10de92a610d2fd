"""An object store as GitLab sends clients to it: over HTTP, with no rights of its own, and with ranges."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from gitlab_hooks.standin.world import World
from sharinghub_ext.ranges import Span, span_of


class ObjectStore:
    """Serves the objects of a stand-in on a port. `status` and `location` are answered in place of the object."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[tuple[str, dict[str, str]]] = []  # path with query, headers
        self.status = 200
        self.location = ""
        store = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                store.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                store.answer(self)

            def log_message(self, *_: Any) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One answer to GET."""
        name = handler.path.partition("?")[0].rpartition("/")[2]
        data = self.world.objects.get(name, b"") if self.status == 200 else b"<Error>no</Error>"
        span = span_of(handler.headers.get("range"), len(data)) if self.status == 200 else Span(0, len(data), len(data))
        if span is None:
            handler.send_response(416)
            span = Span(0, 0, len(data))
        else:
            handler.send_response(206 if span.partial else self.status)
        if span.partial:
            handler.send_header("Content-Range", span.content_range)
        if self.location:
            handler.send_header("Location", self.location)
        handler.send_header("Set-Cookie", "store=1")
        handler.send_header("ETag", f'"{name[:32]}"')
        handler.send_header("Content-Length", str(span.stop - span.start))
        handler.end_headers()
        handler.wfile.write(data[span.start : span.stop])

    def reset(self) -> None:
        """As at the beginning."""
        self.asked.clear()
        self.status, self.location = 200, ""

    def __enter__(self) -> "ObjectStore":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
