"""Proves that an upload ends when its bytes stop coming, or its client goes, and then leaves nothing."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from sharinghub_ext.dvc.keys import ObjectName
from sharinghub_ext.dvc.local import LocalStore
from sharinghub_ext.dvc.quota import Quotas
from sharinghub_ext.dvc.receiving import Receiver
from sharinghub_ext.problems import Problem
from stac_ext.clock import SystemClock
from tests.sharinghub_ext.dvc.conftest import key_of

DATA = b"x" * 3_000_000
NAME = ObjectName(1, key_of(DATA))


def request(messages: Iterable[Message]) -> Request:
    """A PUT whose body comes as these messages, and then stalls."""
    rest = iter(messages)

    async def receive() -> Message:
        for message in rest:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    scope = {"type": "http", "method": "PUT", "path": "/", "headers": [], "query_string": b""}
    return Request(scope, receive)


def body(data: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": data, "more_body": more}


async def attempt(folder: Path, *messages: Message) -> int:
    store = LocalStore(folder)
    receiver = Receiver(store, Quotas(store, 10**9, SystemClock()), 0, idle_seconds=0.05)
    try:
        return (await receiver.receive(request(messages), NAME)).status_code
    finally:
        await receiver.close()


def files(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


async def test_a_stalled_upload_is_408_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Problem) as told:
        await attempt(tmp_path, body(DATA[:2_000_000], more=True))
    assert told.value.status == 408
    assert files(tmp_path) == 0


async def test_a_client_that_goes_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ClientDisconnect):
        await attempt(tmp_path, body(DATA[:2_000_000], more=True), {"type": "http.disconnect"})
    assert files(tmp_path) == 0


async def test_a_body_in_any_pieces_is_stored(tmp_path: Path) -> None:
    pieces = [body(DATA[start : start + 900_000], more=True) for start in range(0, len(DATA), 900_000)]
    assert await attempt(tmp_path, *pieces, body(b"", more=False)) == 201
    assert files(tmp_path) == 2
