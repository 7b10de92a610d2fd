"""Proves what the store in a folder has of its own: no way leads out, parts of killed uploads, full disks."""

import fcntl
import hashlib
import os
import random
from pathlib import Path

import pytest

from sharinghub_ext.dvc import local
from sharinghub_ext.dvc.keys import ObjectKey, ObjectName
from sharinghub_ext.dvc.local import CHUNK, PARTS, LocalStore
from sharinghub_ext.dvc.store import StoreBroken, StoreFull

DATA = random.Random(1).randbytes(CHUNK * 2 + 7)
SHA256 = hashlib.sha256(DATA).hexdigest()
NAME = ObjectName(42, ObjectKey(hashlib.md5(DATA).hexdigest()))


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "objects")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def put(store: LocalStore, name: ObjectName = NAME, data: bytes = DATA) -> bool:
    part = await store.begin(name)
    for start in range(0, len(data), 100_000):
        await part.write(data[start : start + 100_000])
    created = await part.commit(hashlib.sha256(data).hexdigest())
    await part.abort()
    return created


async def read(store: LocalStore, start: int, stop: int) -> bytes:
    found = await store.open(NAME)
    assert found is not None
    try:
        return b"".join([chunk async for chunk in found.chunks(start, stop)])
    finally:
        await found.close()


async def test_links_are_not_followed(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    target = tmp_path / "objects" / NAME.text
    target.parent.mkdir(parents=True)
    target.symlink_to(tmp_path / "secret")
    with pytest.raises(StoreBroken):
        await store.open(NAME)


async def test_what_is_no_file_is_no_object(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "objects" / NAME.text).mkdir(parents=True)
    with pytest.raises(StoreBroken):
        await store.open(NAME)


async def test_a_start_removes_abandoned_parts_and_spares_those_under_way(store: LocalStore, tmp_path: Path) -> None:
    parts = tmp_path / "objects" / PARTS
    (parts / "abandoned").write_text("half")
    (parts / "abandoned.sha256").write_text("half")
    part = await store.begin(NAME)
    await part.write(DATA[:10])
    held = os.open(parts / "of-another-process", os.O_CREAT | os.O_WRONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    LocalStore(tmp_path / "objects")
    assert len(list(parts.iterdir())) == 2
    await part.write(DATA[10:])
    assert await part.commit(SHA256)
    assert await read(store, 0, len(DATA)) == DATA
    os.close(held)
    LocalStore(tmp_path / "objects")
    assert list(parts.iterdir()) == []


async def test_a_file_system_without_hard_links_stores_too(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    assert await put(store)
    assert not await put(store)
    assert await read(store, 0, len(DATA)) == DATA
    assert len(files(tmp_path)) == 2


async def test_the_last_part_of_the_disk_stays_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    total = 100 * 1024 * 1024
    free = total
    usage = type(local.shutil.disk_usage(tmp_path))
    monkeypatch.setattr(local.shutil, "disk_usage", lambda _: usage(total, total - free, free))
    store = LocalStore(tmp_path / "objects", reserve=1024 * 1024)
    with pytest.raises(StoreFull):
        await store.begin(NAME, total)
    part = await store.begin(NAME, 1000)
    free = 1024 * 1024 + 10
    with pytest.raises(StoreFull):
        await part.write(b"x" * 11)
    await part.abort()
    assert files(tmp_path) == []


async def test_a_full_disk_is_told_as_such(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    part = await store.begin(NAME)
    monkeypatch.setattr(local.os, "write", full)
    with pytest.raises(StoreFull):
        await part.write(b"x")
    await part.abort()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreBroken):
        LocalStore(tmp_path / "file" / "objects")
