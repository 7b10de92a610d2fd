"""How long a connection may keep the hub waiting: slow clients hold nothing, and no head of a request grows for ever.

1. The head of a request must be there within `head_seconds`, whole, however steadily its bytes drip in.
2. A body must not stand still for `stall_seconds`, unless the hub itself reads no further at the moment.
3. A client must take what is sent to it: an answer that stands still for `stall_seconds` is broken off.
4. A head that is not complete after `head_bytes` is refused before it takes more memory; smaller limits are in
   `sharinghub_ext/edge/limits.py`.
"""

import asyncio
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sharinghub_ext.edge.security_headers import security_headers


class _Phase(Enum):
    HEAD = auto()
    BODY = auto()
    WHOLE = auto()  # uvicorn closes connections that stay without a next request


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's connection, with an end to its patience."""

    head_seconds = 20.0
    stall_seconds = 60.0
    head_bytes = 64 * 1024

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._phase = _Phase.HEAD
        self._received = 0
        self._heard = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch_in(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._enter(_Phase.WHOLE)
        self._stop_waiting_for_reader()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._phase is _Phase.WHOLE:
            self._enter(_Phase.HEAD)
        if self._phase is _Phase.HEAD:
            self._received += len(data)
        self._heard = self.loop.time()
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._phase is _Phase.HEAD and self._received > self.head_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large.")
        elif self._phase is not _Phase.WHOLE and self._watch is None:  # most requests come whole, and need no timer
            self._watch_in(self.head_seconds if self._phase is _Phase.HEAD else self.stall_seconds)

    def on_message_begin(self) -> None:
        if self._phase is not _Phase.HEAD:  # behind another one in the same piece
            self._enter(_Phase.HEAD)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._enter(_Phase.BODY)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._enter(_Phase.WHOLE)
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop_waiting_for_reader()
        self._unread = self.loop.call_later(self.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_waiting_for_reader()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _enter(self, phase: _Phase) -> None:
        self._phase = phase
        self._received = 0
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _watch_in(self, seconds: float) -> None:
        self._watch = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        """Ends a connection that waits for its client; one that waits for the hub is looked at again later."""
        self._watch = None
        if self.transport.is_closing():
            return
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if self._phase is _Phase.HEAD:
            if is_answering:  # the next request begins before the last one is answered
                self._watch_in(self.head_seconds)
            elif self._received:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time.")
            else:
                self.transport.close()
            return
        left = self.stall_seconds - (self.loop.time() - self._heard)
        if self.flow.read_paused or (is_answering and self.cycle.waiting_for_100_continue):
            left = self.stall_seconds
        if left > 0:
            self._watch_in(left)
        else:
            self.transport.close()

    def _stop_waiting_for_reader(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Answer what never reaches the application, and close."""
        body = detail.encode()
        headers = (
            *self.server_state.default_headers,
            *security_headers(https=False),
            (b"cache-control", b"no-store"),
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        )
        lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode()), *(b": ".join(one) for one in headers)]
        self.transport.write(b"\r\n".join((*lines, b"", body)))
        self.transport.close()
