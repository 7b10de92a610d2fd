"""What goes wrong on purpose: for which paths, how, and how often."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from threading import Event, Lock
from typing import Any

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FOR_EVER = 3600.0
_PIECE = 64 * 1024
_HTML = (
    "<!DOCTYPE html><html><head><title>GitLab is not responding ({status})</title></head>"
    "<body><h1>{status}</h1><p>Whoops, GitLab is taking too much time to respond.</p></body></html>"
)


@dataclass
class Fault:
    """One kind of trouble for paths that match. `times` counts down; None means for ever."""

    pattern: re.Pattern[str]
    status: int | None = None
    times: int | None = 1
    retry_after: int | None = None
    stall: float = 0.0
    truncate: bool = False
    wrong_json: bool = False
    body: bytes | None = None
    method: str | None = None
    location: str | None = None
    headers: dict[str, str | None] | None = None
    hangs: bool = False
    endless: bool = False
    seen: int = 0

    def response(self) -> Response | None:
        """What is answered in place of the truth; None lets the request through."""
        if self.wrong_json:
            return Response(b'{"message": [', self.status or 200, media_type="application/json")
        if self.location is not None:
            return Response(b"", self.status or 302, {"Location": self.location})
        if self.body is not None:
            media_type = "text/html" if self.body.startswith(b"<") else "application/json"
            return Response(self.body, self.status or 200, media_type=media_type)
        if self.status is None:
            return None
        if self.status == 429:
            after = str(60 if self.retry_after is None else self.retry_after)
            return PlainTextResponse(
                "Retry later\n",
                429,
                {
                    "Retry-After": after,
                    "RateLimit-Limit": "60",
                    "RateLimit-Observed": "61",
                    "RateLimit-Remaining": "0",
                    "RateLimit-Name": "throttle_authenticated_api",
                },
            )
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.status in (502, 503, 504):
            return Response(_HTML.format(status=self.status), self.status, headers, "text/html")
        message = f"{self.status} {HTTPStatus(self.status).phrase}"
        return Response(json.dumps({"message": message}), self.status, headers, "application/json")


class Faults:
    """The faults of one server. Safe to change while it runs."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()
        self.stopping = Event()

    def add(
        self,
        pattern: str,
        *,
        status: int | None = None,
        times: int | None = 1,
        retry_after: int | None = None,
        stall: float = 0.0,
        truncate: bool = False,
        wrong_json: bool = False,
        body: bytes | None = None,
        json_body: Any = None,
        method: str | None = None,
        location: str | None = None,
        headers: dict[str, str | None] | None = None,
        hangs: bool = False,
        endless: bool = False,
    ) -> Fault:
        """Let the next `times` requests whose path with query matches `pattern` fail (None: all of them).

        429 comes as plain text with `Retry-After`, 502 and 503 as HTML; `stall` waits that many seconds first;
        `truncate` cuts the true answer in the middle; `wrong_json` is no JSON at all, `json_body` is JSON of another
        shape; a `location` is where a redirect leads; `headers` take the place of those of the answer (None: it has
        none of that name). `hangs` sends half of the answer and goes on with nothing, `endless` never stops sending.
        """
        body = json.dumps(json_body).encode() if json_body is not None else body
        how = (retry_after, stall, truncate, wrong_json, body, method, location, headers, hangs, endless)
        fault = Fault(re.compile(pattern), status, times, *how)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for a request, if there is one; it counts as used."""
        with self._lock:
            for fault in self._faults:
                due = fault.times is None or fault.times > 0
                if due and fault.method in (None, method) and fault.pattern.search(path):
                    fault.seen += 1
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault
        return None

    async def stall(self, seconds: float) -> None:
        """Wait, but not longer than the server runs."""
        await asyncio.to_thread(self.stopping.wait, seconds)


class FaultyApp:
    """The application with its faults."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fault = self._faults.take(scope["method"], target(scope))
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.stall:
            await self._faults.stall(fault.stall)
        response = fault.response()
        answer = response or self._app
        if fault.headers:
            send = _with_headers(send, fault.headers)
        if fault.truncate or fault.hangs:
            await answer(scope, receive, _halving(send))
            if fault.hangs:
                await self._faults.stall(_FOR_EVER)
        elif fault.endless:
            await answer(scope, receive, _open(send))
            while not self._faults.stopping.is_set() and not await _is_gone(receive):
                await send({"type": "http.response.body", "body": b"\0" * _PIECE, "more_body": True})
        else:
            await answer(scope, receive, send)


def _halving(send: Send) -> Send:
    """Announce the whole body and send half of it: the connection ends too early."""
    held: list[Message] = []

    async def halve(message: Message) -> None:
        if message["type"] == "http.response.start":
            held.append(message)
            return
        held.append(message)
        if message.get("more_body"):
            return
        body = b"".join(part.get("body", b"") for part in held[1:])
        start = held[0]
        others = [(key, value) for key, value in start["headers"] if key.lower() != b"content-length"]
        start["headers"] = [*others, (b"content-length", str(max(2, len(body))).encode())]
        await send(start)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})

    return halve


def _with_headers(send: Send, wanted: dict[str, str | None]) -> Send:
    names = {name.lower().encode() for name in wanted}

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(key, value) for key, value in message["headers"] if key.lower() not in names]
            added = [(key.lower().encode(), value.encode()) for key, value in wanted.items() if value is not None]
            message = {**message, "headers": [*kept, *added]}
        await send(message)

    return dressed


def _open(send: Send) -> Send:
    """The answer without its length and without its end."""

    async def opened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [one for one in message["headers"] if one[0].lower() != b"content-length"]
            await send({**message, "headers": headers})
        else:
            await send({**message, "more_body": True})

    return opened


async def _is_gone(receive: Receive) -> bool:
    """Whether the client has hung up, as far as is known at this moment."""
    try:
        message = await asyncio.wait_for(receive(), 0.001)
    except TimeoutError:
        return False
    return bool(message["type"] == "http.disconnect")


def target(scope: Scope) -> str:
    """Path with query, as it came."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return raw.partition(b"?")[0].decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
