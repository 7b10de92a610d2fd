"""Proves what the store in S3 does when S3 fails: lost answers, SlowDown, broken streams, parts that a kill left.

The server is a real one over HTTP; faults are put before it (`tests/support/s3.py`).
"""

import asyncio
import hashlib
import random
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.s3 import models

from sharinghub_ext.dvc.keys import ObjectKey, ObjectName
from sharinghub_ext.dvc.s3 import connection, writing
from sharinghub_ext.dvc.s3.address import S3Address
from sharinghub_ext.dvc.s3.store import S3Store
from sharinghub_ext.dvc.s3.writing import LARGEST, part_size
from sharinghub_ext.dvc.store import StoreBroken, Stored, StoreFull, StoreRefused
from stac_ext.clock import ManualClock
from tests.support.s3 import BUCKET, S3Server
from tests.support.waiting import wait_until

DATA = random.Random(2).randbytes(300_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
NAME = ObjectName(7, ObjectKey(hashlib.md5(DATA).hexdigest()))
PUT, PART, BEGIN, COMPLETE = ("PUT",), ("PUT", "partNumber", "uploadId"), ("POST", "uploads"), ("POST", "uploadId")
ABORT, GET = ("DELETE", "uploadId"), ("GET",)
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "S3_UPLOAD_PART_MIN_SIZE", 1)
    monkeypatch.setattr(writing, "_SIZES", ((10_000, 100_000),))
    monkeypatch.setattr(writing, "_TINY", 10_000)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library waits some seconds between attempts; how long plays no role here."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)


@pytest.fixture
def server(s3: S3Server) -> Iterator[S3Server]:
    s3.calm()
    yield s3
    s3.calm()


@pytest.fixture
def prefix() -> str:
    return f"{secrets.token_hex(4)}/"


@pytest.fixture
async def store(server: S3Server, prefix: str) -> AsyncIterator[S3Store]:
    one = S3Store(address(server, prefix), ManualClock(NOW))
    yield one
    await one.close()


def address(server: S3Server, prefix: str) -> S3Address:
    return S3Address(BUCKET, prefix, server.endpoint, "us-east-1")


async def put(store: S3Store, data: bytes = DATA) -> bool:
    """As the hub does it: what fails is given up."""
    name = ObjectName(7, ObjectKey(hashlib.md5(data).hexdigest()))
    part = await store.begin(name, None)
    try:
        await part.write(data)
        return await part.commit(hashlib.sha256(data).hexdigest())
    finally:
        await part.abort()


async def read(store: S3Store) -> bytes:
    found = await store.open(NAME)
    assert found is not None
    return b"".join([chunk async for chunk in found.chunks(0, len(DATA))])


@pytest.mark.parametrize("how", ["slow", "lost before", "lost after"])
@pytest.mark.parametrize("where", [PUT, BEGIN, PART, COMPLETE], ids=["put", "begin", "part", "complete"])
async def test_one_failure_does_no_harm(store: S3Store, server: S3Server, prefix: str, how: str, where: Any) -> None:
    """An answer that was lost after the object was stored counts as a success of this upload."""
    fault = server.fail(how, *where)
    data = DATA[:50_000] if where == PUT else DATA
    assert await put(store, data)
    assert fault.times == 0
    name = ObjectName(7, ObjectKey(hashlib.md5(data).hexdigest()))
    assert await store.stat(name) == Stored(len(data), hashlib.sha256(data).hexdigest())
    assert server.read(prefix + name.text) == data
    if where != BEGIN:  # one whose answer was lost has no name by which it could be given up at once
        assert server.uploads(prefix) == []


@pytest.mark.parametrize("where", [PUT, BEGIN, PART, COMPLETE], ids=["put", "begin", "part", "complete"])
async def test_a_service_that_goes_on_failing_stores_nothing(
    store: S3Store, server: S3Server, prefix: str, where: Any
) -> None:
    server.fail("slow", *where, times=100)
    with pytest.raises(StoreBroken):
        await put(store, DATA[:50_000] if where == PUT else DATA)
    assert server.keys(prefix) == []
    assert server.uploads(prefix) == []
    server.faults.clear()
    assert await put(store)


async def test_all_answers_to_the_last_request_lost_is_a_failure_and_a_new_push_finds_the_object(
    store: S3Store, server: S3Server
) -> None:
    server.fail("lost after", *COMPLETE, times=1)
    server.fail("slow", *COMPLETE, times=100)
    with pytest.raises(StoreBroken):
        await put(store)
    server.faults.clear()
    assert await read(store) == DATA


async def test_without_its_sha256_beside_it_an_object_is_as_good(store: S3Store, server: S3Server) -> None:
    server.fail("slow", *PUT, times=100)
    assert await put(store)
    server.faults.clear()
    assert await store.stat(NAME) == Stored(len(DATA), None)
    assert await read(store) == DATA


@pytest.mark.parametrize("how", ["slow", "lost before", "cut"])
async def test_a_stream_that_breaks_goes_on_where_it_broke(store: S3Store, server: S3Server, how: str) -> None:
    await put(store)
    found = await store.open(NAME)
    assert found is not None
    fault = server.fail(how, *GET)
    assert b"".join([chunk async for chunk in found.chunks(0, len(DATA))]) == DATA
    assert fault.times == 0


async def test_a_stream_that_always_breaks_ends_as_a_failure(store: S3Store, server: S3Server) -> None:
    await put(store)
    found = await store.open(NAME)
    assert found is not None
    server.fail("lost before", *GET, times=100)
    with pytest.raises(StoreBroken):
        _ = [chunk async for chunk in found.chunks(0, len(DATA))]
    with pytest.raises(StoreBroken):
        await store.open(NAME)


async def test_two_writers_at_once_and_the_second_learns_it_at_the_end(
    store: S3Store, server: S3Server, prefix: str
) -> None:
    first, second = await store.begin(NAME), await store.begin(NAME)
    await first.write(DATA)
    await second.write(b"other" + DATA)
    assert await first.commit(SHA256)
    assert not await second.commit(hashlib.sha256(b"other" + DATA).hexdigest())
    assert server.read(prefix + NAME.text) == DATA
    assert await store.stat(NAME) == Stored(len(DATA), SHA256)
    assert server.uploads(prefix) == []


async def test_a_service_that_knows_no_conditions_still_changes_nothing(
    store: S3Store, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = connection.S3Connection.call

    async def without_conditions(self: Any, operation: str, **given: Any) -> Any:
        if "IfNoneMatch" in given:
            raise connection.Unconditional
        return await call(self, operation, **given)

    monkeypatch.setattr(connection.S3Connection, "call", without_conditions)
    assert await put(store)
    assert not await put(store)
    assert await put(store, DATA[:1000])
    assert not await put(store, DATA[:1000])


async def test_what_a_killed_hub_left_is_seen_by_nobody_and_removed_after_a_day(
    store: S3Store, server: S3Server, prefix: str
) -> None:
    """The kill comes when all bytes are there, and S3 has not yet joined the parts."""
    server.hold(*COMPLETE)
    script = f"""
import asyncio
from tests.sharinghub_ext.dvc.test_s3 import *
writing._SIZES, writing._TINY = ((10_000, 100_000),), 10_000
asyncio.run(put(S3Store(S3Address(BUCKET, {prefix!r}, {server.endpoint!r}, "us-east-1"), ManualClock(NOW))))
"""
    process = await asyncio.to_thread(subprocess.Popen, [sys.executable, "-c", script])
    try:
        await asyncio.to_thread(wait_until, server.paused.is_set, "the upload to be complete")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    server.resume.set()
    assert server.keys(prefix) == []
    assert server.uploads(prefix) == [prefix + NAME.text]
    assert await store.stat(NAME) is None
    own = await store.begin(NAME)
    await own.write(DATA)
    client = server.client()
    client.create_multipart_upload(Bucket=BUCKET, Key=f"{prefix}7/of-another-program")
    for hours, left in ((23, 3), (25, 1)):
        later = S3Store(address(server, prefix), ManualClock(NOW + timedelta(hours=hours)))
        await later.begin(NAME)
        assert later._looking is not None
        await later._looking
        await later.close()
        assert len(server.uploads(prefix)) == left
    await own.abort()
    assert await put(store)
    assert await read(store) == DATA


async def test_refusals_of_s3_are_told_as_such(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = S3Store(S3Address("no-such-bucket", "", server.endpoint, "us-east-1"), ManualClock(NOW))
    with pytest.raises(StoreRefused, match="NoSuchBucket"):
        await nowhere.check()
    with pytest.raises(StoreBroken):
        await put(nowhere)
    with pytest.raises(StoreBroken):
        await nowhere.open(NAME)
    await nowhere.close()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    unknown = S3Store(address(server, ""), ManualClock(NOW))
    with pytest.raises(StoreRefused, match="credentials"):
        await unknown.check()
    await unknown.close()


async def test_a_service_that_is_not_there_is_no_refusal() -> None:
    away = S3Store(S3Address(BUCKET, "", "http://127.0.0.1:1", "us-east-1"), ManualClock(NOW))
    with pytest.raises(StoreBroken) as told:
        await away.check()
    assert not isinstance(told.value, StoreRefused)
    await away.close()


async def test_only_some_uploads_hold_a_part_in_memory(store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_slots", asyncio.Semaphore(2))
    holding = [await store.begin(NAME) for _ in range(2)]
    for one in holding:
        await one.write(b"x" * 50_000)
    third, tiny = await store.begin(NAME), await store.begin(NAME)
    waiting = asyncio.create_task(third.write(b"x" * 50_000))
    await tiny.write(b"x" * 5000)  # what is small needs no place
    assert not waiting.done()
    await holding[0].abort()
    await waiting
    for one in (*holding, third, tiny):
        await one.abort()
    assert store._slots._value == 2


def test_ten_thousand_parts_hold_the_largest_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert sum(part_size(number) for number in range(1, 10_001)) == LARGEST == 512_000 * 1024 * 1024
    with pytest.raises(StoreFull):
        part_size(10_001)


async def test_what_is_announced_as_too_large_is_refused_before_a_byte(store: S3Store) -> None:
    with pytest.raises(StoreFull):
        await store.begin(NAME, LARGEST + 1)
