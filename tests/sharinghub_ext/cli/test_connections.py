"""Proves that no client holds a connection for ever: not by half a head, half a body, or an answer it does not read."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from sharinghub_ext.cli.connections import PatientProtocol
from sharinghub_ext.cli.serve import listen, server

GREETING = b"GET /hello HTTP/1.1\r\nHost: hub\r\n\r\n"


class _Hasty(PatientProtocol):
    """Every limit passes at once, so that no test waits."""

    head_seconds = 0.2
    stall_seconds = 0.2


class Served:
    """An application that greets, reads bodies, sends what never ends, or takes its time, on a real socket."""

    def __init__(self) -> None:
        self.listening = listen("127.0.0.1", 0)
        self.left = threading.Event()
        self.finish = threading.Event()
        self.server = server(self, _Hasty)
        self.thread = threading.Thread(
            target=lambda: asyncio.run(self.server.serve(sockets=[self.listening])), daemon=True
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b"hello"
        try:
            if scope["path"] == "/body":
                while (message := await receive()).get("more_body"):
                    pass
                if message["type"] == "http.disconnect":
                    return
            if scope["path"] == "/slow":
                await asyncio.to_thread(self.finish.wait, 30)
            if scope["path"] == "/endless":
                await send({"type": "http.response.start", "status": 200, "headers": []})
                gone = asyncio.ensure_future(_end_of(receive))
                while not gone.done() and not self.server.should_exit:
                    await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
                return
            headers = [(b"content-length", b"5")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        finally:
            self.left.set()

    def connect(self) -> socket.socket:
        one = socket.create_connection(self.listening.getsockname()[:2])
        one.settimeout(30)
        return one


async def _end_of(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@pytest.fixture
def served() -> Iterator[Served]:
    one = Served()
    one.thread.start()
    yield one
    one.finish.set()
    one.server.should_exit = True
    one.thread.join(20)
    assert not one.thread.is_alive()


def rest(connection: socket.socket) -> bytes:
    """All that comes until the other side closes. Raises TimeoutError where it never does."""
    found = b""
    try:
        while piece := connection.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def test_silence_is_ended(served: Served) -> None:
    with closing(served.connect()) as one:
        assert rest(one) == b""


@pytest.mark.parametrize("part", [b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: hub\r\nX-A: "])
def test_half_a_head_is_ended(served: Served, part: bytes) -> None:
    with closing(served.connect()) as one:
        one.sendall(part)
        answer = rest(one)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nx-content-type-options: nosniff\r\n" in answer


def test_a_head_that_drips_in_is_ended(served: Served) -> None:
    """The time counts from the first byte on, however many follow."""
    with closing(served.connect()) as one:
        one.sendall(b"GET / HTTP/1.1\r\n")
        one.settimeout(0.02)
        answer = b""
        for number in range(1000):
            try:
                one.sendall(b"X-%d: 1\r\n" % number)
                answer = one.recv(65536)
                break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("the connection was kept")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")


def test_blank_lines_after_an_answer_are_ended_too(served: Served) -> None:
    """They end uvicorn's own wait for a next request, and begin none."""
    with closing(served.connect()) as one:
        one.sendall(GREETING)
        answer = b""
        while not answer.endswith(b"hello"):
            answer += one.recv(65536)
        one.sendall(b"\r\n")
        rest(one)


def test_half_a_body_is_ended_and_the_application_told(served: Served) -> None:
    with closing(served.connect()) as one:
        one.sendall(b"POST /body HTTP/1.1\r\nHost: hub\r\nContent-Length: 10\r\n\r\nabc")
        assert rest(one) == b""
        assert served.left.wait(30)


def test_an_answer_that_nobody_reads_is_ended(served: Served) -> None:
    with closing(served.connect()) as one:
        one.sendall(b"GET /endless HTTP/1.1\r\nHost: hub\r\n\r\n")
        assert served.left.wait(30), "the answer is still being sent"


def test_a_head_without_end_is_refused(served: Served) -> None:
    with closing(served.connect()) as one:
        one.sendall(b"GET / HTTP/1.1\r\nX-Long: ")
        for _ in range(64):
            try:
                one.sendall(b"a" * 65536)
            except ConnectionError:
                break
        else:
            pytest.fail("all of it was taken")


def test_what_is_no_http_is_refused_with_the_headers_of_every_answer(served: Served) -> None:
    with closing(served.connect()) as one:
        one.sendall(b"nonsense\r\n\r\n")
        answer = rest(one)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\ncache-control: no-store\r\n" in answer
    assert b"\r\nserver:" not in answer.lower()


def test_a_client_that_waits_for_a_slow_answer_is_not_ended(served: Served) -> None:
    """Nor when it has sent a part of its next request already."""
    with closing(served.connect()) as one, closing(served.connect()) as other:
        one.sendall(b"GET /slow HTTP/1.1\r\nHost: hub\r\n\r\nGET /he")
        rest_of_other = threading.Thread(target=rest, args=(other,))
        rest_of_other.start()
        rest_of_other.join(30)  # a silent connection of the same age has been ended meanwhile
        assert not rest_of_other.is_alive()
        one.sendall(b"llo HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
        served.finish.set()
        assert rest(one).count(b"hello") == 2


def test_two_requests_in_one_piece_are_both_answered(served: Served) -> None:
    with closing(served.connect()) as one:
        one.sendall(GREETING + GREETING.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert rest(one).count(b"hello") == 2
