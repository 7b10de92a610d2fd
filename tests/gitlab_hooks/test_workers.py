"""Proves that several workers on one store share its work: nothing is done by two at once, and nothing is left."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from gitlab_hooks.gateway.errors import GitLabUnavailable
from gitlab_hooks.indexer import Change, Indexer, Outcome
from gitlab_hooks.worker import Worker
from stac_ext.clock import ManualClock
from stac_ext.store.database import Database
from stac_ext.store.inbox import Inbox
from stac_ext.store.opening import open_store
from stac_ext.store.writer import CatalogueWriter
from stac_ext.times import to_micros

PROJECTS = range(1, 6)


class Slow:
    """An indexer that takes a while for each project, and notes when two are at one. Projects in `poison` fail."""

    def __init__(self) -> None:
        self.at: list[int] = []
        self.read: list[int] = []
        self.clashes: list[int] = []
        self.poison: set[int] = set()

    async def refresh(self, project_id: int) -> Outcome:
        if project_id in self.at:
            self.clashes.append(project_id)
        self.at.append(project_id)
        for _ in range(20):
            await asyncio.sleep(0)
        self.at.remove(project_id)
        self.read.append(project_id)
        if project_id in self.poison:
            raise GitLabUnavailable("GitLab answered 500")
        return Outcome(project_id, Change.UNCHANGED)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def worker(database: Database, indexer: Slow, clock: ManualClock, probe: Callable[[], object] = lambda: None) -> Worker:
    writer = CatalogueWriter(database)
    return Worker(Inbox(database), cast("Indexer", indexer), writer, database.alone, clock, probe=probe)


async def test_two_workers_are_never_at_one_project(tmp_path: Path, clock: ManualClock) -> None:
    """Two processes on one store read the same project at the same time."""
    url, indexer = f"sqlite:///{tmp_path}/hub.db", Slow()
    one, two = open_store(url), open_store(url)
    inbox, workers = Inbox(one), [worker(database, indexer, clock) for database in (one, two)]
    for round_ in range(10):
        for project in PROJECTS:
            inbox.receive(f"{round_}-{project}", "push", f"project:{project}", (), now=to_micros(clock.now()))
        await asyncio.gather(*(each.drain() for each in workers))
    await asyncio.gather(*(each.drain() for each in workers))
    for each in workers:  # what one passed over since the other was at it
        each._elsewhere.clear()
        await each.drain()
    assert indexer.clashes == []
    assert inbox.counts() == {"done": 10 * len(PROJECTS)}
    assert len(indexer.read) <= 10 * len(PROJECTS)
    assert set(indexer.read) == set(PROJECTS)
    one.close()
    two.close()


async def test_what_another_is_at_is_passed_over_and_done_later(tmp_path: Path, clock: ManualClock) -> None:
    url, indexer = f"sqlite:///{tmp_path}/hub.db", Slow()
    one, two = open_store(url), open_store(url)
    inbox, here = Inbox(one), worker(one, indexer, clock)
    for project in (1, 2):
        inbox.receive(f"{project}", "push", f"project:{project}", (), now=to_micros(clock.now()))
    with two.alone("project:1"):
        await here.drain()
        assert indexer.read == [2]
        assert inbox.counts() == {"queued": 1, "done": 1}
    here._elsewhere.clear()
    await here.drain()
    assert indexer.read == [2, 1]
    one.close()
    two.close()


async def test_a_project_that_always_fails_blocks_no_other_and_is_given_up(tmp_path: Path, clock: ManualClock) -> None:
    database, indexer = open_store(f"sqlite:///{tmp_path}/hub.db"), Slow()
    indexer.poison = {1}
    inbox, here = Inbox(database), worker(database, indexer, clock)
    for project in PROJECTS:
        inbox.receive(f"{project}", "push", f"project:{project}", (), now=to_micros(clock.now()))
    for _ in range(12):
        await here.drain()
        clock.advance(301)
    assert inbox.counts() == {"done": 4, "dead": 1}
    assert indexer.read.count(1) == 12
    assert [(one.scope, one.error) for one in inbox.dead()] == [("project:1", "GitLab answered 500")]
    database.close()


async def test_a_gitlab_that_is_away_is_left_alone_and_costs_no_try(tmp_path: Path, clock: ManualClock) -> None:
    """Every delivery was tried by itself, and given up after a quarter of an hour."""
    database, indexer = open_store(f"sqlite:///{tmp_path}/hub.db"), Slow()
    indexer.poison = set(range(100))
    asked = 0
    away = True

    def probe() -> None:
        nonlocal asked
        asked += 1
        if away:
            raise GitLabUnavailable("GitLab cannot be reached")

    inbox, here = Inbox(database), worker(database, indexer, clock, probe)
    for project in range(50):
        inbox.receive(f"{project}", "push", f"project:{project}", (), now=to_micros(clock.now()))
    for _ in range(3600):
        await here.drain()
        clock.advance(1)
    assert inbox.counts() == {"queued": 50}
    assert len(indexer.read) < 10, "no project is asked for while GitLab is away"
    assert asked < 3600 / 30 + 20
    away, indexer.poison = False, set()
    for _ in range(120):
        await here.drain()
        clock.advance(1)
    assert inbox.counts() == {"done": 50}
    database.close()


async def test_many_broken_projects_are_no_outage(tmp_path: Path, clock: ManualClock) -> None:
    """Others would wait for them."""
    database, indexer = open_store(f"sqlite:///{tmp_path}/hub.db"), Slow()
    indexer.poison = set(range(1, 20))
    inbox, here = Inbox(database), worker(database, indexer, clock)
    for project in range(1, 20):
        inbox.receive(f"{project}", "push", f"project:{project}", (), now=to_micros(clock.now()))
    await here.drain()
    inbox.receive("good", "push", "project:99", (), now=to_micros(clock.now()))
    await here.drain()
    assert indexer.read[-1] == 99
    for _ in range(12):
        await here.drain()
        clock.advance(301)
    assert inbox.counts() == {"dead": 19, "done": 1}
    database.close()


async def test_while_deliveries_keep_coming_answers_go_first_but_not_for_ever(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr("gitlab_hooks.worker.time.monotonic", lambda: now)
    database = open_store(f"sqlite:///{tmp_path}/store.db")
    one = worker(database, Slow(), clock)
    assert one._may_start()
    started = []
    for _ in range(300):  # three seconds of a burst
        one.wake()
        started.append(one._may_start())
        now += 0.01
    assert not any(started[:199])
    assert all(started[201:])
    one._busy["project:1"] = asyncio.current_task()
    one.wake()
    assert not one._may_start()  # one thing at a time
    now += 0.06
    assert one._may_start()  # it was the last
    one._busy.clear()
    database.close()
