"""Proves what the port promises, on every store: whole objects or none, never changed, each project apart."""

import hashlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from moto.s3 import models

from sharinghub_ext.dvc.keys import ObjectKey, ObjectName
from sharinghub_ext.dvc.local import CHUNK, LocalStore
from sharinghub_ext.dvc.s3 import writing
from sharinghub_ext.dvc.s3.address import parse_address
from sharinghub_ext.dvc.s3.reading import HEAD
from sharinghub_ext.dvc.s3.store import S3Store
from sharinghub_ext.dvc.store import ObjectStore, StoreBroken, Stored
from stac_ext.clock import SystemClock
from tests.sharinghub_ext.dvc.places import Bucket, Folder, Place

DATA = random.Random(1).randbytes(CHUNK * 2 + 7)
SHA256 = hashlib.sha256(DATA).hexdigest()
NAME = ObjectName(42, ObjectKey(hashlib.md5(DATA).hexdigest()))


@dataclass
class Kept:
    """A store and its place. `beside`: an object of this size has its SHA-256 beside it."""

    store: ObjectStore
    place: Place
    beside: bool

    def expected(self) -> list[str]:
        return [NAME.text, *([f"{NAME.text}.sha256"] if self.beside else [])]


@pytest.fixture(params=["folder", "s3", "s3 in parts"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kept]:
    if request.param == "folder":
        yield Kept(LocalStore(tmp_path / "objects"), Folder(tmp_path / "objects"), True)
        return
    in_parts = request.param == "s3 in parts"
    if in_parts:
        monkeypatch.setattr(models, "S3_UPLOAD_PART_MIN_SIZE", 1)
        monkeypatch.setattr(writing, "_SIZES", ((10_000, 70_000),))
        monkeypatch.setattr(writing, "_TINY", 10_000)
    place = Bucket(request.getfixturevalue("s3"))
    store = S3Store(parse_address(place.url), SystemClock())
    yield Kept(store, place, in_parts)
    await store.close()


async def put(store: ObjectStore, name: ObjectName = NAME, data: bytes = DATA) -> bool:
    part = await store.begin(name)
    for start in range(0, len(data), 100_000):
        await part.write(data[start : start + 100_000])
    created = await part.commit(hashlib.sha256(data).hexdigest())
    await part.abort()
    return created


async def read(store: ObjectStore, start: int, stop: int, name: ObjectName = NAME) -> bytes:
    found = await store.open(name)
    assert found is not None
    try:
        return b"".join([chunk async for chunk in found.chunks(start, stop)])
    finally:
        await found.close()


async def test_a_store_that_can_be_used_says_so(kept: Kept) -> None:
    await kept.store.check()


async def test_an_object_is_there_after_the_commit_and_not_before(kept: Kept) -> None:
    part = await kept.store.begin(NAME)
    await part.write(DATA)
    assert await kept.store.stat(NAME) is None
    assert await kept.store.open(NAME) is None
    assert await part.commit(SHA256)
    assert await kept.store.stat(NAME) == Stored(len(DATA), SHA256)
    assert kept.place.keys() == kept.expected()
    assert kept.place.parts() == []


EDGES = [0, 1, 5, HEAD - 1, HEAD, HEAD + 1, CHUNK, len(DATA) - 1, len(DATA)]


async def test_any_range_is_read(kept: Kept) -> None:
    await put(kept.store)
    for start in EDGES:
        for stop in EDGES:
            if start <= stop:
                assert await read(kept.store, start, stop) == DATA[start:stop], (start, stop)


@pytest.mark.parametrize("size", [0, 1, HEAD, HEAD + 1, 69_999, 70_000, 70_001, 140_000])
async def test_an_object_of_any_size_comes_back(kept: Kept, size: int) -> None:
    data = DATA[:size]
    name = ObjectName(42, ObjectKey(hashlib.md5(data).hexdigest()))
    assert await put(kept.store, name, data)
    assert await kept.store.stat(name) == Stored(size, hashlib.sha256(data).hexdigest())
    assert await read(kept.store, 0, size, name) == data
    assert kept.place.parts() == []


async def test_an_aborted_upload_leaves_nothing(kept: Kept) -> None:
    part = await kept.store.begin(NAME)
    await part.write(DATA)
    await part.abort()
    await part.abort()
    assert (kept.place.keys(), kept.place.parts()) == ([], [])
    assert await kept.store.stat(NAME) is None


async def test_what_is_stored_is_never_changed(kept: Kept) -> None:
    assert await put(kept.store)
    assert not await put(kept.store, data=b"something else" * 10_000)
    assert not await put(kept.store, data=b"")
    assert await read(kept.store, 0, len(DATA)) == DATA
    assert await kept.store.stat(NAME) == Stored(len(DATA), SHA256)
    assert (kept.place.keys(), kept.place.parts()) == (kept.expected(), [])


async def test_of_many_uploads_at_once_exactly_one_stores(kept: Kept) -> None:
    created: list[bool] = []

    async def one() -> None:
        created.append(await put(kept.store))

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(one)
    assert sorted(created) == [False] * 7 + [True]
    assert await read(kept.store, 0, len(DATA)) == DATA
    assert (kept.place.keys(), kept.place.parts()) == (kept.expected(), [])


async def test_projects_are_apart_and_so_are_their_sizes(kept: Kept) -> None:
    await put(kept.store)
    other = ObjectName(4, NAME.key)
    assert await kept.store.stat(other) is None
    await put(kept.store, ObjectName(4, ObjectKey("0" * 32, legacy=True)), b"12345")
    await put(kept.store, ObjectName(4, ObjectKey("1" * 32, directory=True)), b"123")
    assert [await kept.store.used(one) for one in (42, 4, 5)] == [len(DATA), 8, 0]


async def test_an_object_without_a_recorded_sha256_is_served(kept: Kept) -> None:
    """As SharingHub's, whose layout is the same, and as after a loss of power."""
    kept.place.write(NAME.text, DATA)
    assert await kept.store.stat(NAME) == Stored(len(DATA), None)
    assert await read(kept.store, 0, len(DATA)) == DATA


@pytest.mark.parametrize("kept", ["folder", "s3 in parts"], indirect=True)
@pytest.mark.parametrize("content", [b"", b"no hash", b"\xff" * 64, None])
async def test_a_recorded_sha256_that_is_none_is_not_told(kept: Kept, content: bytes | None) -> None:
    await put(kept.store)
    beside = f"{NAME.text}.sha256"
    kept.place.remove(beside) if content is None else kept.place.write(beside, content)
    assert await kept.store.stat(NAME) == Stored(len(DATA), None)


async def test_an_object_that_shrinks_while_it_is_read_is_an_error(kept: Kept) -> None:
    await put(kept.store)
    found = await kept.store.open(NAME)
    assert found is not None
    kept.place.write(NAME.text, DATA[: HEAD * 2])
    with pytest.raises(StoreBroken):
        _ = [chunk async for chunk in found.chunks(0, len(DATA))]
    await found.close()
