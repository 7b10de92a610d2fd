"""Proves that the stand-in decides as GitLab's documentation says, and that no route of the hub shows a caller more or
less than that: every route, by worlds drawn by chance that are looked at after each change.

STATES=2000 looks at more of them. This is about what is shown; how soon, `test_freshness.py` and `test_revocation.py`.
"""

import asyncio
import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.routing import Mount

from gitlab_hooks.standin import auth
from gitlab_hooks.standin.access import Reader
from gitlab_hooks.standin.parameters import ApiError
from gitlab_hooks.standin.server import StandIn
from sharinghub_ext.app import create_app
from sharinghub_ext.hub import build_hub
from stac_ext.clock import ManualClock
from tests.authz.covered import BESIDES, COVERED, PUBLIC, collections, item, search
from tests.authz.drawn import ALL, ROOT, Drawn
from tests.authz.history import SERVICE
from tests.authz.oracle import NOBODY
from tests.authz.surface import DVC_KEY, Looker, State
from tests.authz.test_histories import UNTOLD
from tests.support.browsing import SECRET_KEY
from tests.support.in_process import HUB, HubInProcess
from tests.support.running import HOOK_SECRET, LittleWorld

STATES = int(os.environ.get("STATES", "6"))
STEPS = min(40, STATES)  # of one world
WORLDS = max(1, STATES // STEPS)
PHASES = [Phase.generate] if STATES < 1000 else [Phase.generate, Phase.shrink]
worlds = st.lists(st.tuples(st.sampled_from(sorted(ALL)), st.integers(0, 2**32)), min_size=STEPS, max_size=STEPS)


def drawn(number: int) -> settings:
    """Settings for so many worlds; before them hypothesis draws the simplest one, forty times the same change."""
    return settings(
        max_examples=number + 1,
        deadline=None,
        derandomize=STATES < 1000,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        phases=PHASES,
    )


@given(worlds)
@drawn(max(20, WORLDS))
@pytest.mark.timeout(7200)
def test_the_stand_in_decides_as_the_documentation_says(changes: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = Drawn(Path(folder), ManualClock())
        for kind, seed in changes:
            world.change(kind, random.Random(seed))
            _same_decisions(world)


def _same_decisions(drawn: Drawn) -> None:
    gitlab, world = drawn.plain(), drawn.world
    for user in (None, *world.users.values()):
        reader, account = Reader(user, world.today()), gitlab.accounts[user.id] if user else NOBODY
        for project in world.projects.values():
            rights, plain = reader.on(project), gitlab.projects[project.id]
            decided = (rights.read_project, rights.download_code, rights.push_code)
            assert decided == tuple(ask(account, plain) for ask in (gitlab.sees, gitlab.downloads, gitlab.pushes))
            assert reader.may(project, "package_registry") == gitlab.pulls_packages(account, plain)
            if rights.read_project:
                role = reader.project_role(project)
                assert (role.level, role.reads_code) == gitlab.role(account, plain)
    for value in (*world.tokens, "glpat-no-such"):
        try:
            user, _ = auth.authenticate(world, {"private-token": value}, {}, ("api", "read_api"))
            found: Any = user.id if user else None
        except ApiError as error:
            found = error.status
        who = gitlab.caller(value)
        assert found == (who if isinstance(who, int) else who.id), value


class Observed:
    """A drawn GitLab behind HTTP, and a hub on it."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.drawn = Drawn(folder, self.clock)
        self.gitlab = StandIn(self.drawn.world)
        self.folder = folder
        self.hub: HubInProcess

    async def begin(self) -> None:
        """The first index, and a system hook."""
        one = self.drawn.application
        oauth = {"oauth_client_id": one.client_id, "oauth_client_secret": one.secret, "secret_key": SECRET_KEY}
        self.hub = HubInProcess(self.gitlab, self.folder, self.clock, SERVICE, **oauth)
        self.drawn.world.add_system_hook(
            f"{HUB}/hooks/gitlab", token=HOOK_SECRET, push_events=True, tag_push_events=True
        )
        await self.hub.begin()

    async def step(self, kind: str, seed: int) -> State:
        """One more change, told by its hooks or found by a sweep; then so much time that all rights are asked anew."""
        chance = random.Random(f"{kind} {seed}")
        self.drawn.change(kind, random.Random(seed))
        waiting, self.drawn.post.open = self.drawn.post.open, []
        if kind in UNTOLD or chance.random() < 0.3:
            await self.hub.sweep()
        else:
            await self.hub.deliver(waiting)
            await self.hub.hub.worker.drain()
        self.clock.advance(301)
        await self._push()
        await self.drawn.sign_in(self.hub.hub)
        return State(self.drawn, self.hub, self.hub.docs(), f"{kind} {seed}")

    async def _push(self) -> None:
        """DVC data into each project that takes it."""
        for one in self.drawn.projects:
            if one.id not in self.drawn.pushed and not one.archived and one.repository_access_level != "disabled":
                address, headers = f"/dvc/{one.id}/{DVC_KEY}", {"PRIVATE-TOKEN": ROOT}
                answer = await self.hub.ask(address, "PUT", content=b"data", headers=headers)
                if answer.status < 300:
                    self.drawn.pushed.add(one.id)


OFTEN = (search, collections, item)  # by every caller in every state, each of the others by about every fourth
CHECKS = tuple(dict.fromkeys([*OFTEN, *COVERED.values(), *BESIDES]))


async def look(state: State) -> None:
    """Every route; all callers at once."""
    assert {key for key in state.docs if "@" not in key[1]} == state.heads

    async def as_one(who: Looker) -> None:
        for check in CHECKS:
            if check in OFTEN or who.chance.random() < 0.25:
                await check(state, who)

    async with asyncio.TaskGroup() as group:
        for who in state.lookers:
            group.create_task(as_one(who))


@given(worlds)
@drawn(WORLDS)
@pytest.mark.timeout(7200)
def test_no_route_shows_more_or_less_than_gitlab_allows(changes: list[tuple[str, int]]) -> None:
    if len(set(changes)) == 1:
        del changes[1:]
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        world = Observed(Path(folder))
        with world.gitlab:
            runner.run(world.begin())
            try:
                for number, (kind, seed) in enumerate(changes):
                    try:
                        runner.run(look(runner.run(world.step(kind, seed))))
                    except* AssertionError as error:
                        error.add_note(f"after change {number}: {kind}")
                        raise
            finally:
                runner.run(world.hub.end())


def routes(app: FastAPI) -> Iterator[str]:
    """Every route of an application: method and template."""

    def walk(found: list[Any]) -> Iterator[str]:
        for one in found:
            if isinstance(one, Mount):
                yield f"MOUNT {one.path}"
            elif hasattr(one, "effective_candidates"):  # a router of FastAPI that was included
                yield from walk(one.effective_candidates())
            else:
                yield from (f"{method} {one.path}" for method in sorted(one.methods) if method != "HEAD")

    yield from walk(app.routes)


def test_every_route_is_compared_with_the_oracle_or_is_public_for_a_reason(tmp_path: Path) -> None:
    async def all_of_them(world: LittleWorld) -> set[str]:
        hub = build_hub(world.settings(oauth_client_id="id", secret_key=SECRET_KEY), "http://localhost")
        try:
            return set(routes(create_app(hub, background=False)))
        finally:
            await hub.close()

    with LittleWorld(tmp_path) as world:
        found = asyncio.run(all_of_them(world))
    assert found - COVERED.keys() - PUBLIC.keys() == set()
    assert (COVERED.keys() | PUBLIC.keys()) - found == set()
    assert COVERED.keys() & PUBLIC.keys() == set()
