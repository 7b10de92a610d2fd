"""Proves for each way of losing access that the last read which succeeds is inside the bound that docs/security.md
promises, with system hooks and without; the clock is moved, and nothing waits.

The reader asks just before the loss, so that all that is remembered is as fresh as it can be, and then so rarely that
it is used as long as it can be.
"""

import asyncio
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import AccessLevel, World
from stac_ext.clock import ManualClock
from tests.authz.history import SERVICE, Post
from tests.authz.revocation import KEPT, ROWS, WAYS, Bound, Place
from tests.authz.surface import DVC_KEY
from tests.support.in_process import HUB, Answer, HubInProcess
from tests.support.running import HOOK_SECRET

MOMENTS = (0, 5, 11, 59, 299, 301)  # after the loss; between the last two a sweep, where the bound is one
WITHIN = {Bound.AT_ONCE: -1, Bound.READ_AGAIN: -1, Bound.GRANTS: 300, Bound.SWEEP: 300}
LIVE = {"file": -1, "archive": -1, "package": -1, "dvc": 10}  # never after the loss; within ten seconds
ROOT = "glpat-root"


class Scene:
    """One GitLab and one hub for all rows; each row has a place of its own there, and leaves none."""

    def __init__(self, folder: Any) -> None:
        self.runner = asyncio.Runner()
        self.clock = ManualClock()
        self.world = World(repositories=folder / "git", clock=self.clock)
        self.post = self.world.hooks = Post(self.clock)
        bot, root = (self.world.add_user(name, admin=True) for name in ("bot", "root"))
        self.world.add_token(bot, SERVICE, scopes=("read_api",))
        self.world.add_token(root, ROOT, scopes=("api",))
        self.world.add_application("hub", [f"{HUB}/auth/callback"])
        self.world.add_system_hook(f"{HUB}/hooks/gitlab", token=HOOK_SECRET, push_events=True)
        self.gitlab = StandIn(self.world)
        self.gitlab.start()
        self.hub = HubInProcess(self.gitlab, folder, self.clock, SERVICE, admins_see_all=True)
        self.run(self.hub.begin())
        self.numbers = count(1)

    def close(self) -> None:
        self.run(self.hub.end())
        self.gitlab.stop()
        self.runner.close()

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    async def place(self, place: Place) -> None:
        """Index it, and push DVC data to it."""
        self.post.open.clear()
        await self.hub.sweep()
        answer = await self.hub.ask(
            f"/dvc/{place.project.id}/{DVC_KEY}", "PUT", content=b"data", headers={"PRIVATE-TOKEN": ROOT}
        )
        assert answer.status < 300
        self.sha = self.world.head(place.project)

    async def told(self, place: Place, *, work: bool) -> None:
        """Let the hooks be delivered, and the worker do what they ask for."""
        waiting, self.post.open = self.post.open, []
        await self.hub.deliver(waiting)
        if work:
            await self.hub.hub.worker.drain()

    async def reads(self, place: Place, ways: tuple[str, ...], *, anonymous: bool) -> set[str]:
        """The ways by which the reader gets at the project now."""
        headers = {} if anonymous or place.token is None else {"Authorization": f"Bearer {place.token.value}"}
        found = {way for way in ways if self._succeeds(way, await self.hub.ask(self._at(way, place), headers=headers))}
        await self.hub.settle()
        return found

    def _at(self, way: str, place: Place) -> str:
        item = place.project.id
        return {
            "search": f"/stac/search?ids={item}",
            "item": f"/stac/collections/ai-model/items/{item}",
            "count": "/stac/collections/ai-model/items?limit=1",
            "extent": "/stac/collections/ai-model",
            "file": f"/assets/{item}/{self.sha}/README.md",
            "archive": f"/assets/{item}/archive/{self.sha}.zip",
            "package": f"/assets/{item}/packages/generic/w/1.0/w.bin",
            "dvc": f"/dvc/{item}/{DVC_KEY}",
        }[way]

    @staticmethod
    def _succeeds(way: str, answer: Answer) -> bool:
        assert answer.status in (200, 401, 403, 404), answer.text
        if answer.status != 200 or way not in ("search", "count", "extent"):
            return answer.status == 200
        told = answer.json()
        if way == "extent":
            return bool(told["extent"]["spatial"]["bbox"] == [[10.0, 10.0, 20.0, 20.0]])
        return bool(told["numberMatched"] > 0)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    one = Scene(tmp_path_factory.mktemp("revocation"))
    yield one
    one.close()


@pytest.fixture
def place(scene: Scene) -> Iterator[Place]:
    one = Place(scene.world, scene.clock, next(scene.numbers))
    yield one
    one.clear()


@pytest.mark.parametrize("told", [True, False], ids=["by hooks", "without hooks"])
@pytest.mark.parametrize("how", ROWS)
def test_the_last_read_that_succeeds_is_inside_the_bound(scene: Scene, place: Place, how: str, told: bool) -> None:
    row = ROWS[how]
    bound = row.told if told else row.untold
    last = scene.run(_last_reads(scene, place, how, bound if told else None))
    for way, seconds in last.items():
        follows_index = way not in LIVE or (row.code_stays and way != "dvc")
        assert seconds <= (WITHIN[bound] if follows_index else LIVE[way]), f"{way} still worked {seconds} s after"


async def _last_reads(scene: Scene, place: Place, how: str, told: Bound | None) -> dict[str, int]:
    """By way, the seconds after the loss at which the last read succeeded; -1 where none did."""
    row = ROWS[how]
    row.has(place)
    await scene.place(place)
    assert await scene.reads(place, row.ways, anonymous=row.anonymous) == set(row.ways)
    began = scene.clock.now()
    row.loses(place)
    if told is not None:
        await scene.told(place, work=told is Bound.READ_AGAIN)
    scene.post.open.clear()
    last = dict.fromkeys(row.ways, -1)
    for moment in MOMENTS:
        scene.clock.advance(max(0, moment - (scene.clock.now() - began).total_seconds()))
        if moment == MOMENTS[-1] and told is None and row.untold is Bound.SWEEP:
            await scene.hub.sweep()
        last |= dict.fromkeys(await scene.reads(place, row.ways, anonymous=row.anonymous), moment)
    return last


@pytest.mark.parametrize("how", KEPT)
def test_what_takes_nothing_away_ends_no_access(scene: Scene, place: Place, how: str) -> None:
    async def keeps() -> set[str]:
        place.world.add_member(place.group, place.person, AccessLevel.REPORTER)
        await scene.place(place)
        assert len(await scene.reads(place, WAYS, anonymous=False)) == len(WAYS)
        KEPT[how](place)
        await scene.told(place, work=True)
        return await scene.reads(place, WAYS, anonymous=False)

    assert scene.run(keeps()) == set(WAYS)


def test_there_are_at_least_28_ways_of_losing_access() -> None:
    assert len(ROWS) >= 28
    assert all(re.fullmatch(r"[A-Za-z', ]+", how) for how in ROWS)
