"""Proves that an answer of GitLab that was given before rights ended, and arrives after it, brings nothing back.

The answer is held while the hook is delivered: that of a listing of rights, and that of a re-read of the project.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.world import AccessLevel
from tests.stac_ext.store.conftest import ENGINES
from tests.support.holding import HeldAnswer
from tests.support.postgres import PostgresServer
from tests.support.running import LittleWorld, RunningHub, SampleWorld

SHIPS = "earth/models/vessel-detection-sar"  # private; exa is a direct member, maya one of the group
CLOUD = "earth/models/cloud-mask-onnx"  # public
Change = Callable[[SampleWorld, Project], object]

LOST: dict[str, tuple[str, Change]] = {
    "member removed": ("exa", lambda w, p: w.world.remove_member(p, w.world.user_named("exa"))),
    "role lowered": ("exa", lambda w, p: w.world.update_member(p, w.world.user_named("exa"), AccessLevel.GUEST)),
    "member of the group removed": ("maya", lambda w, p: _leave_groups(w, p, "maya")),
    "project deleted": ("exa", lambda w, p: w.world.delete_project(p, immediately=True)),
    "group removed": ("exa", lambda w, p: w.world.delete_group(p.group)),
    "transferred": ("maya", lambda w, p: w.world.transfer(p, w.world.user_named("olga"))),
}
NARROWED: dict[str, Change] = {
    "private": lambda w, p: w.world.set_visibility(p, "private"),
    "deleted": lambda w, p: w.world.delete_project(p, immediately=True),
    "group removed": lambda w, p: w.world.delete_group(p.group),
}


def _leave_groups(world: SampleWorld, project: Project, person: str) -> None:
    user = world.world.user_named(person)
    assert user is not None
    for group in project.group.lineage() if project.group else []:
        if user.id in group.members:
            world.world.remove_member(group, user)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SampleWorld]:
    with LittleWorld(tmp_path) as one:
        yield one


@pytest.fixture(params=ENGINES)
def hub(request: pytest.FixtureRequest, world: SampleWorld) -> Iterator[RunningHub]:
    settings, url = world.settings(gitlab_retries=0), None
    if request.param != "sqlite":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create()
        settings = world.settings(database_url=url, gitlab_retries=0)
    with RunningHub(settings) as one:
        one.sweep()
        world.hook(one)
        yield one
    if url:
        server.drop(url)


def at(world: SampleWorld, path: str) -> Project:
    found = world.world.project_at(path)
    assert found is not None
    return found


@pytest.mark.parametrize("how", LOST)
def test_a_listing_of_rights_that_arrives_late(
    world: SampleWorld, hub: RunningHub, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    person, change = LOST[how]
    ships, token = at(world, SHIPS), world.token(person)
    with ThreadPoolExecutor(1) as thread, HeldAnswer(monkeypatch, r"GET /api/v4/projects b?'|memberships?:") as held:
        reading = thread.submit(hub.ids, token)
        held.wait()
        change(world, ships)
        world.world.hooks.drain()
        assert all(one.status == 200 for one in world.world.hooks.deliveries)
        held.release()
        assert str(ships.id) not in {one for _, one in reading.result(30)}
    assert str(ships.id) not in {one for _, one in hub.ids(token)}
    hub.drain()
    assert str(ships.id) not in {one for _, one in hub.ids(token)}


@pytest.mark.parametrize("how", NARROWED)
@pytest.mark.parametrize("asked", ["attributes", "code"])
def test_a_re_read_that_arrives_late(
    world: SampleWorld, hub: RunningHub, monkeypatch: pytest.MonkeyPatch, how: str, asked: str
) -> None:
    cloud = at(world, CLOUD)
    assert str(cloud.id) in {one for _, one in hub.ids()}
    world.world.commit(cloud, {"README.md": b"# Changed\n"})
    world.world.hooks.drain()
    pattern = rf"GET /api/v4/projects/{cloud.id} " if asked == "attributes" else "POST /api/graphql "
    with ThreadPoolExecutor(1) as thread, HeldAnswer(monkeypatch, pattern) as held:
        working = thread.submit(hub.drain)
        held.wait()
        NARROWED[how](world, cloud)
        world.world.hooks.drain()
        assert str(cloud.id) not in {one for _, one in hub.ids()}
        # What was held is the last that GitLab says: no later read makes good what it does.
        world.gitlab.faults.add(rf"/projects/{cloud.id}(\?|$)", status=502, times=None)
        held.release()
        working.result(60)
    assert str(cloud.id) not in {one for _, one in hub.ids()}
    world.gitlab.faults.clear()
    hub.drain()
    assert str(cloud.id) not in {one for _, one in hub.ids()}
