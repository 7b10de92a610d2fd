"""An application asked without a network and without a client: for tests that ask many thousand times."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what was asked, and what came back."""

    method: str
    address: str
    status: int
    headers: Headers
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        return orjson.loads(self.body)

    def same(self) -> tuple[int, dict[str, str], bytes]:
        """All that two answers have to share to be told apart by nobody."""
        headers = {name: value for name, value in self.headers.items() if name not in ("date", "x-request-id")}
        return self.status, headers, self.body


class InProcess:
    """Asks an ASGI application as a server does. `host` is the host and port that callers name."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app, self._host = app, host

    async def ask(
        self,
        address: str,
        method: str = "GET",
        *,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        json: Any = None,
        content: bytes = b"",
    ) -> Answer:
        """One request to a path, which may have a query; `params` are added to it."""
        address += ("&" if "?" in address else "?") + urlencode(params) if params else ""
        sent = {"host": self._host, **{name.lower(): value for name, value in (headers or {}).items()}}
        if json is not None:
            content, sent["content-type"] = orjson.dumps(json), "application/json"
        sent["content-length"] = str(len(content))
        path, _, query = address.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": (self._host, 80),
            "state": {},
        }
        began: dict[str, Any] = {}
        body = bytearray()
        waiting = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> Message:
            if waiting:
                return waiting.pop()
            await asyncio.Event().wait()  # nobody hangs up
            raise AssertionError("unreachable")

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                began.update(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(scope, receive, send)
        return Answer(method, address, began["status"], Headers(raw=list(began["headers"])), bytes(body))
