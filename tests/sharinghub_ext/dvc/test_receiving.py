"""Proves that an upload ends when its bytes stop coming, or its client goes, and then leaves nothing."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from sharinghub_ext.config import Settings
from sharinghub_ext.dvc.building import open_objects
from sharinghub_ext.dvc.keys import ObjectName
from sharinghub_ext.dvc.quota import Quotas
from sharinghub_ext.dvc.receiving import Receiver
from sharinghub_ext.problems import Problem
from stac_ext.clock import SystemClock
from tests.sharinghub_ext.dvc.conftest import key_of
from tests.sharinghub_ext.dvc.places import Bucket, Folder, Place

DATA = b"x" * 20_000_000
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


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Folder(tmp_path) if request.param == "folder" else Bucket(request.getfixturevalue("s3"))


async def attempt(place: Place, *messages: Message) -> int:
    store = open_objects(Settings(gitlab_url="https://gitlab.example.org", store_url=place.url), SystemClock())
    assert store is not None
    receiver = Receiver(store, Quotas(store, 10**9, SystemClock()), 0, idle_seconds=0.05)
    try:
        return (await receiver.receive(request(messages), NAME)).status_code
    finally:
        await receiver.close()
        await store.close()


async def test_a_stalled_upload_is_408_and_leaves_nothing(place: Place) -> None:
    with pytest.raises(Problem) as told:
        await attempt(place, body(DATA[:15_000_000], more=True))
    assert told.value.status == 408
    assert (place.keys(), place.parts()) == ([], [])


async def test_a_client_that_goes_leaves_nothing(place: Place) -> None:
    with pytest.raises(ClientDisconnect):
        await attempt(place, body(DATA[:15_000_000], more=True), {"type": "http.disconnect"})
    assert (place.keys(), place.parts()) == ([], [])


async def test_a_body_in_any_pieces_is_stored(place: Place) -> None:
    pieces = [body(DATA[start : start + 3_900_000], more=True) for start in range(0, len(DATA), 3_900_000)]
    assert await attempt(place, *pieces, body(b"", more=False)) == 201
    assert place.read(NAME.text) == DATA
