"""Proves what processes on one store know of each other: how far the index is, and whether one of them works."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sharinghub_ext.background import running
from sharinghub_ext.roles import Role
from sharinghub_ext.standing import IndexStatus, Standing
from stac_ext.clock import ManualClock
from stac_ext.store.database import Database
from stac_ext.store.opening import open_store
from tests.support.running import LittleWorld, RunningHub
from tests.support.waiting import wait_until


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    store = open_store(f"sqlite:///{tmp_path}/hub.db")
    yield store
    store.close()


def test_a_worker_is_missed_a_minute_after_it_was_heard_of_last(database: Database) -> None:
    clock = ManualClock()
    worker, reader = (Standing(database, IndexStatus(), clock) for _ in range(2))
    assert not reader.look()
    assert (reader.age, reader.is_worked) == (None, False)
    worker.beat()
    assert reader.look()
    assert not worker.look()  # of itself it is no other one
    assert reader.is_worked
    clock.advance(60)
    assert reader.is_worked
    clock.advance(1)
    assert not reader.look()
    assert (reader.age, reader.is_worked) == (61, False)


def test_how_far_the_index_is_is_told_to_others(database: Database) -> None:
    clock, there, here = ManualClock(), IndexStatus("ready", "2026-01-01T00:00:00Z", 1.5), IndexStatus()
    Standing(database, there, clock).tell()
    Standing(database, here, clock).look()
    assert here == there
    database.set_note("index", "no JSON")
    Standing(database, here, clock).look()
    assert here == there


async def test_who_joins_others_sweeps_when_it_is_due(tmp_path: Path) -> None:
    with LittleWorld(tmp_path) as world:
        settings = world.settings(sweep_seconds=3600)
        with RunningHub(settings, background=True) as first:
            wait_until(first.hub.indexed.is_set, "the first index")
            world.gitlab.reset_calls()
            with RunningHub(settings) as second:
                async with running(second.hub, Role.WORKER):
                    await asyncio.to_thread(wait_until, lambda: second.hub.standing.is_worked, "it has begun")
                    assert second.hub.status.state == "ready"  # as the other one told
                assert not second.hub.indexed.is_set()
        assert [path for _, path, _ in world.gitlab.calls if path == "/api/graphql"] == []


def test_who_follows_one_that_has_gone_sweeps_at_once(tmp_path: Path) -> None:
    """Also right after it, and however it went: hooks may have been missed meanwhile."""
    with LittleWorld(tmp_path) as world:
        settings = world.settings(sweep_seconds=3600)
        for _ in range(2):
            with RunningHub(settings, background=True) as one:
                wait_until(one.hub.indexed.is_set, "an index of its own")
