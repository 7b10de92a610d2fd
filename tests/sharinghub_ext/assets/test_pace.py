"""Proves that a download which is too slow is broken off, whether GitLab or the client is; no test waits for that."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import httpx
import pytest

from sharinghub_ext.assets import pace, passing
from sharinghub_ext.assets.passing import AnswerBroken, Extent, passed

KIB = 1024


class Body(httpx.AsyncByteStream):
    """Pieces without an end, each after a pause."""

    def __init__(self, size: int, pause: float = 0) -> None:
        self._size, self._pause = size, pause

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(self._pause)
            yield b"x" * self._size


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Any:
    class Time:
        now = 0.0

        def monotonic(self) -> float:
            return self.now

    one = Time()
    monkeypatch.setattr(pace, "time", one)
    return one


async def taken(body: Body, time: Any, seconds_each: float, pieces: int) -> int:
    """How many pieces a client gets that takes so long for each."""
    upstream, number = httpx.Response(200, stream=body), 0
    async for _ in passed(upstream, Extent(), project_id=1):
        number += 1
        time.now += seconds_each
        if number == pieces:
            break
    return number


async def test_a_client_that_reads_too_slowly_is_left(time: Any) -> None:
    """Reading a little each minute was patience without an end."""
    with pytest.raises(AnswerBroken, match="too slow"):
        await taken(Body(64 * KIB), time, 10, 1000)
    assert time.now <= 120


async def test_a_client_that_reads_fast_enough_is_served_to_the_end(time: Any) -> None:
    assert await taken(Body(64 * KIB), time, 7, 1000) == 1000


async def test_a_client_that_slows_down_later_is_left(time: Any) -> None:
    assert await taken(Body(64 * KIB), time, 0, 1000) == 1000
    with pytest.raises(AnswerBroken, match="too slow"):
        await taken(Body(64 * KIB), time, 30, 1000)


async def test_a_body_that_trickles_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte came in time, and the body never ended."""
    monkeypatch.setattr(passing, "Pace", partial(pace.Pace, window=0.1))
    upstream = httpx.Response(200, stream=Body(1, pause=0.001))
    with pytest.raises(AnswerBroken, match="too slow"):
        async for _ in passed(upstream, Extent(), project_id=1):
            pass


async def test_bytes_that_are_skipped_count_and_so_does_the_last(time: Any) -> None:
    """A range far behind the start of a slow file was broken off, at its end at the latest."""

    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for _ in range(40):
                time.now += 5
                yield b"x" * (64 * KIB)

    upstream = httpx.Response(200, stream=Slow())
    extent = Extent(skip=39 * 64 * KIB, count=64 * KIB)
    assert sum([len(piece) async for piece in passed(upstream, extent, project_id=1)]) == 64 * KIB
