"""Proves that deliveries that come together are stored together, each answered as it deserves."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from gitlab_hooks.batches import Batches
from stac_ext.store.database import StoreUnavailable
from stac_ext.store.inbox import Delivery


def delivery(key: str) -> Delivery:
    return Delivery(key, "push", "project:1", (), 0)


class Store:
    """Holds its first write back, and keeps what it was given."""

    def __init__(self) -> None:
        self.writes: list[list[str]] = []
        self.go = threading.Event()
        self.bad: set[str] = set()
        self.away = False

    def accept(self, deliveries: Sequence[Delivery]) -> list[bool]:
        keys = [one.key for one in deliveries]
        if not self.writes:
            assert self.go.wait(30)
        if self.away:
            raise StoreUnavailable("the disk is full")
        if self.bad & set(keys):
            raise ValueError("a bad delivery")
        known = {key for write in self.writes for key in write}
        self.writes.append(keys)
        return [key not in known for key in keys]


async def send(batches: Batches, keys: Sequence[str], store: Store) -> list[bool | BaseException]:
    """The first is being written while the others come."""
    first = asyncio.create_task(batches.add(delivery("first")))
    await asyncio.sleep(0)
    others = [asyncio.create_task(batches.add(delivery(key))) for key in keys]
    await asyncio.sleep(0)
    store.go.set()
    return await asyncio.gather(first, *others, return_exceptions=True)


async def test_what_comes_during_a_write_is_the_next_write() -> None:
    store = Store()
    assert await send(Batches(store.accept), ["a", "b", "first"], store) == [True, True, True, False]
    assert store.writes == [["first"], ["a", "b", "first"]]


async def test_a_bad_delivery_spoils_no_other() -> None:
    store = Store()
    store.bad = {"b"}
    found = await send(Batches(store.accept), ["a", "b", "c"], store)
    assert [str(one) for one in found] == ["True", "True", "a bad delivery", "True"]
    assert store.writes == [["first"], ["a"], ["c"]]


async def test_a_store_that_is_away_is_said_to_each() -> None:
    store = Store()
    batches = Batches(store.accept)
    store.away = True
    assert all(isinstance(one, StoreUnavailable) for one in await send(batches, ["a", "b"], store))
    store.away = False
    assert await batches.add(delivery("a"))


async def test_a_sender_that_has_gone_stops_nothing() -> None:
    store = Store()
    batches = Batches(store.accept)
    gone = asyncio.create_task(batches.add(delivery("gone")))
    await asyncio.sleep(0)
    other = asyncio.create_task(batches.add(delivery("other")))
    await asyncio.sleep(0)
    gone.cancel()
    store.go.set()
    assert await other
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert store.writes == [["gone"], ["other"]]
