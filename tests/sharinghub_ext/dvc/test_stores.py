"""Proves what the port promises, on every store: whole objects or none, never changed, each project apart."""

import hashlib
import random
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from moto.s3 import models

from sharinghub_ext.dvc.keys import ObjectKey, ObjectName
from sharinghub_ext.dvc.local import CHUNK, PARTS, LocalStore
from sharinghub_ext.dvc.s3 import writing
from sharinghub_ext.dvc.s3.address import S3Address
from sharinghub_ext.dvc.s3.reading import HEAD
from sharinghub_ext.dvc.s3.store import S3Store
from sharinghub_ext.dvc.store import ObjectStore, StoreBroken, Stored
from stac_ext.clock import SystemClock
from tests.support.s3 import BUCKET, S3Server

DATA = random.Random(1).randbytes(CHUNK * 2 + 7)
SHA256 = hashlib.sha256(DATA).hexdigest()
NAME = ObjectName(42, ObjectKey(hashlib.md5(DATA).hexdigest()))


@dataclass
class Place:
    """A store, and how to look into it from outside. `beside`: an object of this size has its SHA-256 beside it."""

    store: ObjectStore
    files: Callable[[], list[str]]
    parts: Callable[[], list[str]]
    put: Callable[[str, bytes], Any]
    remove: Callable[[str], Any]
    beside: bool


@pytest.fixture(params=["folder", "s3", "s3 in parts"])
async def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    if request.param == "folder":
        yield _folder(tmp_path / "objects")
        return
    if request.param == "s3 in parts":
        monkeypatch.setattr(models, "S3_UPLOAD_PART_MIN_SIZE", 1)
        monkeypatch.setattr(writing, "_SIZES", ((10_000, 70_000),))
        monkeypatch.setattr(writing, "_TINY", 10_000)
    place = _bucket(request.getfixturevalue("s3"), request.param == "s3 in parts")
    yield place
    await place.store.close()


def _folder(root: Path) -> Place:
    def files() -> list[str]:
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    def put(key: str, data: bytes) -> None:
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(data)

    store = LocalStore(root)

    def parts() -> list[str]:
        return [one.name for one in (root / PARTS).iterdir()]

    return Place(store, files, parts, put, lambda key: (root / key).unlink(), True)


def _bucket(server: S3Server, in_parts: bool) -> Place:
    prefix = f"{secrets.token_hex(4)}/"
    client = server.client()
    return Place(
        S3Store(S3Address(BUCKET, prefix, server.endpoint, "us-east-1"), SystemClock()),
        lambda: [key.removeprefix(prefix) for key in server.keys(prefix)],
        lambda: server.uploads(prefix),
        lambda key, data: client.put_object(Bucket=BUCKET, Key=prefix + key, Body=data),
        lambda key: client.delete_object(Bucket=BUCKET, Key=prefix + key),
        in_parts,
    )


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


def expected(place: Place, name: ObjectName = NAME) -> list[str]:
    return [name.text, *([f"{name.text}.sha256"] if place.beside else [])]


async def test_a_store_that_can_be_used_says_so(place: Place) -> None:
    await place.store.check()


async def test_an_object_is_there_after_the_commit_and_not_before(place: Place) -> None:
    part = await place.store.begin(NAME)
    await part.write(DATA)
    assert await place.store.stat(NAME) is None
    assert await place.store.open(NAME) is None
    assert await part.commit(SHA256)
    assert await place.store.stat(NAME) == Stored(len(DATA), SHA256)
    assert place.files() == expected(place)
    assert place.parts() == []


EDGES = [0, 1, 5, HEAD - 1, HEAD, HEAD + 1, CHUNK, len(DATA) - 1, len(DATA)]


async def test_any_range_is_read(place: Place) -> None:
    await put(place.store)
    for start in EDGES:
        for stop in EDGES:
            if start <= stop:
                assert await read(place.store, start, stop) == DATA[start:stop], (start, stop)


@pytest.mark.parametrize("size", [0, 1, HEAD, HEAD + 1, 69_999, 70_000, 70_001, 140_000])
async def test_an_object_of_any_size_comes_back(place: Place, size: int) -> None:
    data = DATA[:size]
    name = ObjectName(42, ObjectKey(hashlib.md5(data).hexdigest()))
    assert await put(place.store, name, data)
    assert await place.store.stat(name) == Stored(size, hashlib.sha256(data).hexdigest())
    assert await read(place.store, 0, size, name) == data
    assert place.parts() == []


async def test_an_aborted_upload_leaves_nothing(place: Place) -> None:
    part = await place.store.begin(NAME)
    await part.write(DATA)
    await part.abort()
    await part.abort()
    assert (place.files(), place.parts()) == ([], [])
    assert await place.store.stat(NAME) is None


async def test_what_is_stored_is_never_changed(place: Place) -> None:
    assert await put(place.store)
    assert not await put(place.store, data=b"something else" * 10_000)
    assert not await put(place.store, data=b"")
    assert await read(place.store, 0, len(DATA)) == DATA
    assert await place.store.stat(NAME) == Stored(len(DATA), SHA256)
    assert (place.files(), place.parts()) == (expected(place), [])


async def test_of_many_uploads_at_once_exactly_one_stores(place: Place) -> None:
    created: list[bool] = []

    async def one() -> None:
        created.append(await put(place.store))

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(one)
    assert sorted(created) == [False] * 7 + [True]
    assert await read(place.store, 0, len(DATA)) == DATA
    assert (place.files(), place.parts()) == (expected(place), [])


async def test_projects_are_apart_and_so_are_their_sizes(place: Place) -> None:
    await put(place.store)
    other = ObjectName(4, NAME.key)
    assert await place.store.stat(other) is None
    await put(place.store, ObjectName(4, ObjectKey("0" * 32, legacy=True)), b"12345")
    await put(place.store, ObjectName(4, ObjectKey("1" * 32, directory=True)), b"123")
    assert [await place.store.used(one) for one in (42, 4, 5)] == [len(DATA), 8, 0]


async def test_an_object_without_a_recorded_sha256_is_served(place: Place) -> None:
    """As SharingHub's, whose layout is the same, and as after a loss of power."""
    place.put(NAME.text, DATA)
    assert await place.store.stat(NAME) == Stored(len(DATA), None)
    assert await read(place.store, 0, len(DATA)) == DATA


@pytest.mark.parametrize("place", ["folder", "s3 in parts"], indirect=True)
@pytest.mark.parametrize("content", [b"", b"no hash", b"\xff" * 64, None])
async def test_a_recorded_sha256_that_is_none_is_not_told(place: Place, content: bytes | None) -> None:
    await put(place.store)
    beside = f"{NAME.text}.sha256"
    place.remove(beside) if content is None else place.put(beside, content)
    assert await place.store.stat(NAME) == Stored(len(DATA), None)


async def test_an_object_that_shrinks_while_it_is_read_is_an_error(place: Place) -> None:
    await put(place.store)
    found = await place.store.open(NAME)
    assert found is not None
    place.put(NAME.text, DATA[: HEAD * 2])
    with pytest.raises(StoreBroken):
        _ = [chunk async for chunk in found.chunks(0, len(DATA))]
    await found.close()
