"""Proves that somebody with very many private projects waits for nothing, sees too little meanwhile and never too much,
and in the end all; and that nobody else is held up by it.

PROJECTS says how many; GitLab answers as fast as it can, and the clock is moved where time counts.
"""

import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.auth import viewers
from sharinghub_ext.config import Settings
from stac_ext.clock import ManualClock
from stac_ext.store import grants
from stac_ext.store.grants import GrantTable
from stac_ext.store.schema import project
from tests.stac_ext.store.conftest import ENGINES
from tests.support.bulk import fill
from tests.support.running import RunningHub
from tests.support.vast_gitlab import TOKENS, VastGitLab

PROJECTS = int(os.environ.get("PROJECTS", "300"))
PUBLIC, MORE = 0.1, 1.3  # the share of public projects, and how many there are for each that is granted
VAST, SMALL, NOSY = TOKENS["vast"], TOKENS["small"], TOKENS["nosy"]


class Vast:
    """A hub whose index holds more private projects than anybody may see, and the GitLab that says who may."""

    def __init__(
        self, gitlab: VastGitLab, hub: RunningHub, clock: ManualClock, public: set[int], private: list[int]
    ) -> None:
        self.gitlab, self.hub, self.clock, self.public, self._private = gitlab, hub, clock, public, private

    def begin(self) -> None:
        """The rights as at first, and no memory of anybody."""
        self.gitlab.granted.update(vast=self._private[:PROJECTS], small=self._private[-20:], nosy=[])
        self.gitlab.begin()
        self.clock.advance(10_000)
        for key in ("user:7", "user:8", "user:9"):
            GrantTable(self.hub.hub.database).forget(key)

    @property
    def allowed(self) -> set[int]:
        return self.public | set(self.gitlab.granted["vast"])

    def seen(self, token: str | None) -> tuple[set[int], bool]:
        """The ids of all pages of a search, and whether any page said that rights are still being listed."""
        found, filling, path = set[int](), False, "/stac/search?limit=5000"
        while path:
            answer = self.hub.get(path, token)
            assert answer.status_code == 200, answer.text
            filling = filling or answer.headers.get("sharinghub-grants") == "filling"
            page = answer.json()
            found |= {int(one["id"]) for one in page["features"]}
            path = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
        return found, filling

    def settle(self) -> None:
        async def wait() -> None:
            auth = self.hub.hub.auth.viewers
            while tasks := [*auth.identities.confirming.running(), *auth.grants.running.running()]:
                await asyncio.wait(tasks)

        self.hub.run(wait())

    def me(self, token: str) -> dict[str, Any]:
        return dict(self.hub.get("/auth/me", token).json())


@pytest.fixture(scope="module", params=ENGINES)
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vast]:
    server = request.getfixturevalue("postgres") if request.param != "sqlite" else None
    url = f"sqlite:///{tmp_path_factory.mktemp('vast')}/hub.db" if server is None else server.create()
    gitlab, clock = VastGitLab({"vast": [], "small": [], "nosy": []}), ManualClock()
    settings = Settings(gitlab_url=gitlab.url, database_url=url, gitlab_timeout=60, sweep_seconds=0)
    with gitlab.listening(), RunningHub(settings, clock=clock) as hub:
        hub.hub.database.set_note(viewers.ANONYMOUS_NOTE, "yes")
        fill(hub.hub.database, int(PROJECTS * MORE), public=PUBLIC)
        with hub.hub.database.read() as conn:
            levels = {row.id: row.visibility for row in conn.execute(select(project.c.id, project.c.visibility))}
        private = sorted(one for one, level in levels.items() if level)
        yield Vast(gitlab, hub, clock, {one for one, level in levels.items() if not level}, private)
    if server is not None:
        server.drop(url)


@pytest.fixture
def vast(standing: Vast) -> Iterator[Vast]:
    """Nobody has called yet."""
    standing.begin()
    yield standing
    standing.gitlab.release.set()
    standing.settle()


def test_nobody_waits_for_a_long_listing_and_it_shows_all_or_nothing(
    vast: Vast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(vast.gitlab.granted["vast"]) == PROJECTS
    assert vast.seen(None) == (vast.public, False)
    last = -(-PROJECTS // 100)
    vast.gitlab.hold(last)
    user = vast.hub.run(vast.hub.hub.auth.viewers.welcome(Credential(VAST), "127.0.0.1"))  # the end of a sign-in
    assert user == 7
    assert vast.gitlab.held.wait(30)
    monkeypatch.setattr(viewers, "LISTING_WAIT", 0.2)
    assert vast.seen(VAST) == (vast.public, True)
    told = vast.me(VAST)
    assert (told["signed_in"], told["complete"]) == (True, False)

    # It is under way for longer than a read waits: now no read waits at all, or this would take an hour.
    monkeypatch.setattr(viewers, "LISTING_WAIT", 3600.0)
    vast.clock.advance(3601)
    assert vast.seen(VAST) == (vast.public, True)
    assert vast.seen(None) == (vast.public, False)

    monkeypatch.undo()
    assert vast.seen(SMALL) == (vast.public | set(vast.gitlab.granted["small"]), False)
    vast.gitlab.release.set()
    vast.settle()
    assert vast.seen(VAST) == (vast.allowed, False)
    told = vast.me(VAST)
    assert (told["username"], told["complete"]) == ("vast", True)
    assert vast.gitlab.asked.count("memberships") >= last
    vast.gitlab.asked.clear()
    assert vast.seen(VAST) == (vast.allowed, False)
    assert vast.gitlab.asked == []


def test_writing_many_grants_lets_others_write_and_read(vast: Vast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grants, "_AT_ONCE", max(1, PROJECTS // 20))
    other_wrote, pieces = threading.Event(), list[int]()
    truth = GrantTable._add_some

    def slowly(table: GrantTable, key: str, project_ids: set[int], began: int) -> bool:
        done = truth(table, key, project_ids, began)
        pieces.append(len(project_ids))
        if len(pieces) == 3:  # in the midst of it
            vast.hub.hub.database.set_note("another writer", "was here")
            other_wrote.set()
            assert vast.seen(SMALL) == (vast.public | set(vast.gitlab.granted["small"]), False)
            assert vast.seen(None) == (vast.public, False)
        return done

    assert not vast.seen(SMALL)[1]
    monkeypatch.setattr(GrantTable, "_add_some", slowly)
    vast.hub.get("/stac", VAST)
    vast.settle()
    assert other_wrote.is_set()
    assert sum(pieces) == PROJECTS
    assert max(pieces) <= PROJECTS // 20
    assert vast.seen(VAST) == (vast.allowed, False)


def test_a_refresh_takes_away_what_is_gone_and_adds_what_is_new(vast: Vast) -> None:
    vast.hub.get("/stac", VAST)
    vast.settle()
    before = vast.allowed
    assert vast.seen(VAST) == (before, False)
    half, small = PROJECTS // 2, vast.gitlab.granted["small"]
    vast.gitlab.granted["vast"] = vast.gitlab.granted["vast"][half:] + small
    vast.clock.advance(61)
    seen, _ = vast.seen(VAST)
    assert seen <= before | vast.allowed
    vast.settle()
    assert vast.seen(VAST) == (vast.allowed, False)
    assert vast.me(VAST)["complete"] is True


def test_a_listing_that_takes_longer_than_rights_last_is_used_all_the_same(vast: Vast) -> None:
    """Its age counts from its beginning: without the second question it would be too old for ever."""
    pages = -(-PROJECTS // 100) + 1

    def take_time(operation: str) -> None:
        vast.clock.advance(400 / pages if operation == "memberships" else 20 / pages)

    vast.gitlab.on_question = take_time
    vast.hub.get("/stac", VAST)
    vast.settle()
    vast.gitlab.on_question = lambda _: None
    assert vast.seen(VAST) == (vast.allowed, False)
    assert vast.gitlab.asked.count("among") == -(-PROJECTS // 100)
    rights = vast.hub.hub.auth.viewers.identities
    found = GrantTable(vast.hub.hub.database).find("user:7")
    assert found is not None
    assert rights.age(viewers.from_micros(found.snapshot_at)).total_seconds() <= 21


def test_what_ends_while_a_long_listing_is_under_way_is_not_shown(vast: Vast) -> None:
    lost = vast.gitlab.granted["vast"][0]

    def take_time(operation: str) -> None:
        vast.clock.advance(31)
        if operation == "among" and lost in vast.gitlab.granted["vast"]:
            vast.gitlab.granted["vast"] = vast.gitlab.granted["vast"][1:]

    vast.gitlab.on_question = take_time
    vast.hub.get("/stac", VAST)
    vast.settle()
    vast.gitlab.on_question = lambda _: None
    seen, _ = vast.seen(VAST)
    assert lost not in seen
    vast.settle()
    assert vast.seen(VAST) == (vast.allowed, False)
    assert vast.seen(NOSY) == (vast.public, False)
