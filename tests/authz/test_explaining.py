"""Proves that what is explained is what is shown, in any state of store and clock, and tells maintainers nothing else.

The explanation is held against the parts that really decide: `Viewers` and the store's reader, with a GitLab that does
not answer, and with one that says who somebody is and lists nothing. `EXPLAINED` says how many states are drawn.
"""

import asyncio
import os
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gitlab_hooks.gateway.errors import GitLabUnavailable
from gitlab_hooks.gateway.viewer import Credential, Identity, ViewerClient
from gitlab_hooks.grants import GrantRefresher
from sharinghub_ext.auth.explaining import Bounds, Explanation, explain
from sharinghub_ext.auth.identities import Freshness, Identities
from sharinghub_ext.auth.refusals import Refusals
from sharinghub_ext.auth.viewers import Viewers
from sharinghub_ext.problems import Problem
from stac_ext.clock import ManualClock
from stac_ext.model import Viewer, Visibility
from stac_ext.store.database import Database
from stac_ext.store.denials import (
    Denial,
    MemberRemoved,
    ProjectGone,
    ProjectMoved,
    SubtreeDistrusted,
    UserDistrusted,
    UserGained,
    VisibilityLowered,
)
from stac_ext.store.evidence import EvidenceTable, asked_item
from stac_ext.store.grants import GrantTable
from stac_ext.store.inbox import Inbox
from stac_ext.store.opening import open_store
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.records import ProjectRecord, to_record
from stac_ext.store.writer import CatalogueWriter
from stac_ext.times import to_micros
from tests.stac_ext.store.rows import stac_item

EXAMPLES = int(os.environ.get("EXPLAINED", "8"))
COLLECTIONS = ("ai-model", "dataset")
PROJECTS, USERS = (1, 2, 3), (7, 8)
Event = tuple[Any, ...]


class Answers:
    """A GitLab whose answers a test chooses: `away`, `identity` alone, or `all`."""

    def __init__(self) -> None:
        self.mode = "all"
        self.external: dict[int, bool] = dict.fromkeys(USERS, False)
        self.granted: dict[int, set[int]] = {one: set() for one in USERS}

    async def identify(self, credential: Credential) -> Identity:
        if self.mode == "away":
            raise GitLabUnavailable("away")
        user = int(credential.token)
        return Identity(user, f"name{user}", self.external[user], privileged=False, narrow=False)

    async def downloadable(
        self, credential: Credential, user_id: int, topics: Sequence[str], *, all_visible: bool = False
    ) -> set[int]:
        return await self.downloadable_among(credential, user_id, PROJECTS)

    async def downloadable_among(
        self, credential: Credential, user_id: int, ids: Collection[int], *, all_visible: bool = False
    ) -> set[int]:
        if self.mode != "all":
            raise GitLabUnavailable("away")
        return self.granted[user_id] & set(ids)


class Place:
    """A store, a clock, and the parts of a hub that decide who sees what."""

    def __init__(self, database: Database, soft: int) -> None:
        self.database, self.clock, self.gitlab = database, ManualClock(), Answers()
        with database.write() as conn:
            for table in ("item", "alias", "project", "grant_", "principal", "denial", "inbox"):
                conn.execute(text(f"DELETE FROM {table}"))
        self.fresh = Freshness.of(soft, 300)
        self.table, self.evidence = GrantTable(database), EvidenceTable(database)
        self.reader, self.writer, self.inbox = CatalogueReader(database), CatalogueWriter(database), Inbox(database)
        client = cast("ViewerClient", self.gitlab)
        refusals = Refusals(b"secret", self.clock, 1_000_000)
        identities = Identities(client, self.table, refusals, self.clock, self.fresh, admins_see_all=False)
        grants = GrantRefresher(client, database, ["topic"], self.clock)
        self.viewers = Viewers(identities, grants, database, self.table, self.fresh)
        self._deliveries = 0

    def now(self) -> int:
        return to_micros(self.clock.now())

    async def do(self, event: Event) -> None:
        """One thing that happens."""
        match event:
            case ("put", int(project), Visibility() as visibility, bool(both)):
                self._put(project, visibility, COLLECTIONS if both else COLLECTIONS[:1])
            case ("rights", int(user), bool(external), frozenset() as granted):
                self.gitlab.external[user], self.gitlab.granted[user] = external, set(granted)
            case ("read", int(user), str(mode)):
                self.gitlab.mode = mode
                await self.resolve(user)
            case ("denied", fact):
                self._deliveries += 1
                self.inbox.receive(f"{self._deliveries}", "project", "project:1", [cast("Denial", fact)], self.now())
            case ("later", int(seconds)):
                self.clock.advance(seconds)

    def _put(self, project: int, visibility: Visibility, collections: Sequence[str]) -> None:
        found = [to_record(stac_item(str(project), one)) for one in collections]
        found += [to_record(stac_item(f"{project}@v1", one), version="v1") for one in collections]
        fingerprint = f"{visibility} {collections}"
        record = ProjectRecord(project, f"group/project-{project}", visibility, fingerprint, tuple(found))
        self.writer.put(record, began=2**60, now=self.now())

    async def resolve(self, user: int) -> Viewer | None:
        """The viewer that a user is now, None where the answer is 503."""
        viewer = None
        try:
            viewer = await self.viewers.resolve(Credential(str(user)))
        except Problem as problem:
            if problem.status != 503:
                raise
        running = (self.viewers.identities.confirming, self.viewers.grants.running)
        while tasks := [task for one in running for task in one.running()]:
            await asyncio.wait(tasks)
        return viewer

    def explained(self, asked: str, user: str, *, full: bool = True) -> Explanation:
        evidence = self.evidence.gather(asked_item(asked, COLLECTIONS), user)
        return explain(evidence, Bounds(self.fresh, 300, hooks=True), self.clock.now(), full=full)

    def shown(self, viewer: Viewer, collections: Collection[str], item_id: str) -> bool:
        return any(self.reader.item(viewer, one, item_id) is not None for one in collections)

    async def close(self) -> None:
        await self.viewers.close()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('explaining')}/store.db")
    yield opened
    opened.close()


_projects, _users = st.sampled_from(PROJECTS), st.sampled_from(USERS)
_levels = st.sampled_from(Visibility)
_denials = st.one_of(
    st.builds(ProjectGone, _projects),
    st.builds(VisibilityLowered, _projects, _levels),
    st.builds(ProjectMoved, _projects),
    st.builds(MemberRemoved, _projects, _users),
    st.builds(UserDistrusted, _users),
    st.builds(UserGained, _users),
    st.builds(SubtreeDistrusted, st.just("group"), st.booleans()),
)
events = st.one_of(
    st.tuples(st.just("put"), _projects, _levels, st.booleans()),
    st.tuples(st.just("put"), _projects, st.just(Visibility.PRIVATE), st.booleans()),
    st.tuples(st.just("rights"), _users, st.booleans(), st.frozensets(_projects)),
    st.tuples(st.just("read"), _users, st.sampled_from(["all", "all", "identity", "away"])),
    st.tuples(st.just("read"), _users, st.just("all")),
    st.tuples(st.just("denied"), _denials),
    st.tuples(st.just("later"), st.sampled_from([1, 59, 60, 61, 240, 299, 300, 301])),
)
ITEMS = [
    (asked.format(project), COLLECTIONS if "dataset" not in asked else COLLECTIONS[1:], item_id.format(project))
    for asked, item_id, projects in (
        ("{}", "{}", (*PROJECTS, 99)),
        ("{}@v1", "{}@v1", (1, 99)),
        ("dataset/{}", "{}", (1, 99)),
        ("Group/project-{}", "{}", (1, 99)),
    )
    for project in projects
]
PRIVATE = ("put", 1, Visibility.PRIVATE, False)
MEMBER = ("rights", 7, False, frozenset({1}))
CALLS = ("read", 7, "all")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(events, min_size=4, max_size=25), st.sampled_from([60, 60, 60, 0]))
@example([PRIVATE, MEMBER, CALLS, ("later", 299)], 60)
@example([PRIVATE, MEMBER, CALLS, ("later", 300)], 60)
@example([PRIVATE, MEMBER, CALLS, ("later", 301)], 60)
@example([MEMBER, CALLS, PRIVATE], 60)
@example([PRIVATE, MEMBER, CALLS, ("denied", UserGained(7))], 60)
@example([PRIVATE, MEMBER, CALLS, ("denied", ProjectMoved(1))], 60)
@example([PRIVATE, MEMBER, CALLS, ("later", -5)], 60)
def test_what_is_explained_is_what_is_shown(database: Database, happened: list[Event], soft: int) -> None:
    async def check() -> None:
        place = Place(database, soft)
        try:
            for event in happened:
                await place.do(event)
            for user in USERS:
                await _held_against_what_is_shown(place, user)
                await _held_against_what_gitlab_would_say(place, user)
        finally:
            await place.close()

    asyncio.run(check())


async def _held_against_what_is_shown(place: Place, user: int) -> None:
    told = {asked: place.explained(asked, f"NAME{user}") for asked, _, _ in ITEMS}
    found = place.table.find(f"user:{user}")
    if found is None:
        exists = {asked: place.shown(Viewer(None, proven=frozenset(PROJECTS)), *what) for asked, *what in ITEMS}
        assert {asked: one.sees for asked, one in told.items()} == {
            asked: None if there else False for asked, there in exists.items()
        }
        return
    place.gitlab.external[user] = found.external  # else GitLab says something new of who it is
    for mode in ("away", "identity"):
        place.gitlab.mode = mode
        viewer = await place.resolve(user)
        for asked, collections, item_id in ITEMS:
            if viewer is not None:
                shown = place.shown(viewer, collections, item_id)
                assert told[asked].sees == shown, (mode, user, told[asked])
            else:
                assert told[asked].asks_first, (mode, user, told[asked])


async def _held_against_what_gitlab_would_say(place: Place, user: int) -> None:
    """What is told without that GitLab is asked first is shown even where GitLab would now grant everything."""
    found = place.table.find(f"user:{user}")
    now, soft = place.now(), int(place.fresh.soft.total_seconds() * 1_000_000)
    if found is None or not all(0 <= now - then <= soft for then in (found.confirmed_at, found.snapshot_at)):
        return  # GitLab is asked in the background, and a read may be late enough to see what it said
    told = {asked: place.explained(asked, f"name{user}") for asked, _, _ in ITEMS}
    place.gitlab.mode, place.gitlab.granted[user] = "all", set(PROJECTS)
    viewer = await place.resolve(user)
    assert viewer is not None
    for asked, collections, item_id in ITEMS:
        if not told[asked].asks_first:
            assert told[asked].sees == place.shown(viewer, collections, item_id), (user, told[asked])


@settings(max_examples=max(4, EXAMPLES // 3), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(events, min_size=4, max_size=25))
@example([PRIVATE, MEMBER, CALLS])
@example([MEMBER, CALLS, PRIVATE, ("denied", UserGained(7))])
def test_a_maintainer_learns_of_this_project_alone(database: Database, happened: list[Event]) -> None:
    """Neither what the user was granted elsewhere changes the answer, nor who the user is beyond this right."""

    async def check() -> None:
        place = Place(database, 60)
        try:
            for event in happened:
                await place.do(event)
        finally:
            await place.close()
        _same_whatever_is_elsewhere(place)

    asyncio.run(check())


def _same_whatever_is_elsewhere(place: Place) -> None:
    def told(project: int) -> dict[str, Any]:
        return {user: place.explained(str(project), str(user), full=False).as_json() for user in map(str, USERS)}

    before = {project: told(project) for project in PROJECTS}
    for project in PROJECTS:
        others = [other for other in PROJECTS if other != project]
        said = str(before[project])
        assert not [other for other in others if f"project-{other}" in said or f"roject {other}" in said]
        assert "name7" not in said
        assert not re.search(r"(user|token):\w", said)
        with place.database.write() as conn:
            for sql in (
                "CREATE TEMP TABLE kept AS SELECT * FROM grant_",
                f"DELETE FROM grant_ WHERE project_id <> {project}",
                *(f"INSERT INTO grant_ SELECT key, {other} + 100 FROM principal" for other in others),
                "UPDATE principal SET username = 'other'",
                "UPDATE principal SET denied_seq = 1 - (denied_seq > 0) WHERE snapshot_at = 0",
                f"UPDATE principal SET external = 1 - external WHERE NOT EXISTS"
                f" (SELECT 1 FROM project WHERE id = {project} AND visibility = 1)",
            ):
                conn.execute(text(sql))
        assert told(project) == before[project], project
        with place.database.write() as conn:
            for sql in (
                "DELETE FROM grant_",
                "INSERT INTO grant_ SELECT * FROM kept",
                "DROP TABLE kept",
                f"UPDATE principal SET external = 1 - external WHERE NOT EXISTS"
                f" (SELECT 1 FROM project WHERE id = {project} AND visibility = 1)",
            ):
                conn.execute(text(sql))


def said(found: Explanation, about: str) -> str:
    return " ".join(one.said for one in found.statements if one.about == about)


async def test_what_is_said(database: Database) -> None:
    """One state after the other, in the words that an operator reads."""
    place = Place(database, 60)
    try:
        assert "holds no such item" in said(place.explained("1", "name7"), "item")
        await place.do(PRIVATE)
        found = place.explained("group/project-1", "name7")
        assert found.headline.startswith("name7 is not known to the hub")
        assert "effective visibility is private" in said(found, "item")
        await place.do(CALLS)
        found = place.explained("1", "7")
        assert found.headline == "7 does not see 1."
        assert "holds no grant" in said(found, "rights")
        assert "is user 7 (name7), not an external user" in said(found, "user")
        await place.do(MEMBER)
        await place.do(("later", 61))
        await place.do(CALLS)
        found = place.explained("ai-model/1", "name7")
        assert found.headline == "name7 sees ai-model/1."
        assert "It holds a grant for the project by the listing of 2026-01-01T00:01:01Z." in said(found, "rights")
        assert found.statements[-2].said.startswith("Rights: older than 60 s")
        await place.do(("denied", UserGained(7)))
        found = place.explained("1", "name7")
        assert "does not see 1, by what is known until GitLab is asked" in found.headline
        assert "a hook told that its rights changed" in said(found, "rights")
        assert "(project) about the project came 2026-01-01T00:01:01Z and waits to be acted on" in said(
            found, "pending"
        )
        await place.do(("later", 600))
        assert "That counts no more" in said(place.explained("1", "name7"), "user")
        assert "is in the index in ai-model, but not as dataset/1" in said(place.explained("dataset/1", "7"), "item")
    finally:
        await place.close()


def test_a_delivery_that_was_given_up_is_told_and_its_error_to_operators_alone(database: Database) -> None:
    place = Place(database, 60)
    place._put(1, Visibility.PUBLIC, COLLECTIONS)
    place.inbox.receive("a", "push", "project:1", (), place.now())
    place.inbox.receive("b", "group", "below:Group", (), place.now())
    place.inbox.receive("c", "push", "project:2", (), place.now())
    place.inbox.receive("d", "group", "below:grou", (), place.now())
    work = place.inbox.claim(place.now(), ())
    assert work is not None
    place.inbox.bury(work, "GitLab answered 500")
    full, part = (place.explained("1", "x", full=one) for one in (True, False))
    for found in (full, part):
        assert [one.said[:40] for one in found.statements if one.about == "pending"] == [
            "A delivery of GitLab (push) about the pr",
            "A delivery of GitLab (group) about the p",
        ]
        assert "given up after 1 tries" in said(found, "pending")
    assert "GitLab answered 500" in said(full, "pending")
    assert "GitLab answered 500" not in said(part, "pending")


@pytest.mark.parametrize(
    ("now", "sees", "asks_first"), [(timedelta(seconds=299), True, False), (timedelta(seconds=301), False, True)]
)
async def test_the_hard_limit_ends_what_is_known(
    database: Database, now: timedelta, sees: bool, asks_first: bool
) -> None:
    place = Place(database, 60)
    for event in (PRIVATE, MEMBER, CALLS):
        await place.do(event)
    began: datetime = place.clock.now()
    place.clock.advance(now.total_seconds())
    found = place.explained("1", "name7")
    assert (found.sees, found.asks_first) == (sees, asks_first)
    assert began <= place.clock.now()
    await place.close()


@pytest.mark.parametrize("odd", ["\0", "9" * 30, "-1", "", "é", "a" * 2000, "1\0", "group/\0", "%", "' OR 1=1 --"])
def test_odd_names_are_not_known(database: Database, odd: str) -> None:
    place = Place(database, 60)
    place._put(1, Visibility.PRIVATE, COLLECTIONS)
    for user, asked in ((odd, "1"), ("name7", odd)):
        assert not place.explained(asked, user).sees


def test_a_name_that_two_had_is_the_one_confirmed_last(database: Database) -> None:
    place = Place(database, 60)
    place._put(1, Visibility.INTERNAL, COLLECTIONS)
    place.table.confirm("user:7", 7, "same", False, now=place.now() - 1_000_000)
    place.table.confirm("user:8", 8, "same", True, now=place.now())
    assert "is user 8" in said(place.explained("1", "same"), "user")
    place.table.confirm("user:9", 9, "7", False, now=place.now())
    assert "is user 9 (7)" in said(place.explained("1", "7"), "user"), "a name goes before a number"


async def test_a_token_with_rights_of_its_own_is_told_beside_the_account(database: Database) -> None:
    place = Place(database, 60)
    for event in (PRIVATE, MEMBER, CALLS):
        await place.do(event)
    place.table.confirm("token:abc", 7, "name7", True, now=place.now())
    found = place.explained("1", "name7")
    assert found.sees is True
    assert "A token with rights of its own" in said(found, "user")
    assert "With this token: does not see it." in said(found, "rights")
    assert "abc" not in str(found)
    await place.close()
