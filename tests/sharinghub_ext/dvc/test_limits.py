"""Proves the limits of size and quota: told before the body where its length is known, else while it streams."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sharinghub_ext.dvc.keys import ObjectName
from sharinghub_ext.dvc.quota import QuotaExceeded, Quotas
from sharinghub_ext.dvc.store import Part, Stored, StoredObject
from stac_ext.clock import ManualClock
from tests.sharinghub_ext.dvc.conftest import PRIVATE, PUBLIC, Remote, key_of

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def limits() -> dict[str, Any]:
    return {"dvc_object_limit": "2MiB", "dvc_project_quota": "5MiB"}


def pieces(data: bytes) -> Any:
    return (data[start : start + 65_536] for start in range(0, len(data), 65_536))


@pytest.mark.parametrize("chunked", [True, False])
def test_an_object_that_is_too_large_is_413(remote: Remote, chunked: bool) -> None:
    data = (b"c" if chunked else b"l") * (2 * MIB + 1)
    before = remote.stored()
    answer = remote.ask("PUT", PUBLIC, key_of(data), "maya", content=pieces(data) if chunked else data)
    assert answer.status_code == 413
    assert remote.stored() == before
    assert remote.put(PUBLIC, data[:-1], "maya").status_code == 201  # at the limit


def test_a_project_that_is_full_is_507_and_others_are_not(remote: Remote) -> None:
    objects = [bytes([number]) * (2 * MIB) for number in range(3)]
    assert [remote.put(PRIVATE, one, "dan").status_code for one in objects] == [201, 201, 507]
    assert remote.ask("POST", PRIVATE, key_of(objects[2]), "dan", content=pieces(objects[2])).status_code == 507
    assert remote.put(PRIVATE, b"s" * MIB, "dan").status_code == 201
    assert remote.put(PRIVATE, b"!", "dan").status_code == 507
    assert remote.put(PRIVATE, objects[0], "dan").status_code == 200  # what is there takes nothing
    assert remote.put("rita/paddy-rice-phenology", b"!", "rita").status_code == 201
    assert remote.place.parts() == []


def test_what_operators_remove_is_room_again_after_a_while(remote: Remote) -> None:
    project = "crisis/burned-area-mapping"
    objects = [bytes([number]) * (2 * MIB) for number in range(10, 13)]
    assert [remote.put(project, one, "dan").status_code for one in objects] == [201, 201, 507]
    for one in objects[:2]:
        remote.place.remove(remote.name(project, key_of(one)))
    remote.clock.advance(601)
    assert remote.put(project, objects[2], "dan").status_code == 201


class _Counted:
    """A store of which only the size is asked."""

    def __init__(self) -> None:
        self.size, self.asked = 0, 0

    async def used(self, project_id: int) -> int:
        self.asked += 1
        return self.size

    async def stat(self, name: ObjectName) -> Stored | None:
        raise AssertionError

    async def open(self, name: ObjectName) -> StoredObject | None:
        raise AssertionError

    async def begin(self, name: ObjectName, size: int | None = None) -> Part:
        raise AssertionError


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 6, 1, tzinfo=UTC))


async def test_uploads_under_way_count_and_give_back_what_they_do_not_keep(clock: ManualClock) -> None:
    quotas = Quotas(_Counted(), 100, clock)
    first, second = await quotas.claim(1), await quotas.claim(1)
    first.grow(60)
    with pytest.raises(QuotaExceeded):
        second.grow(41)
    second.grow(40)
    first.release()
    second.keep()
    second.release()
    third = await quotas.claim(1)
    third.grow(60)
    with pytest.raises(QuotaExceeded):
        third.grow(1)


async def test_a_new_count_does_not_forget_what_is_coming(clock: ManualClock) -> None:
    store = _Counted()
    quotas = Quotas(store, 100, clock)
    first = await quotas.claim(1)
    first.grow(60)
    clock.advance(3600)
    second = await quotas.claim(1)
    assert store.asked == 2
    with pytest.raises(QuotaExceeded):
        second.grow(41)


async def test_without_a_quota_nothing_is_counted(clock: ManualClock) -> None:
    store = _Counted()
    claim = await Quotas(store, 0, clock).claim(1)
    claim.grow(10**18)
    claim.keep()
    assert store.asked == 0
