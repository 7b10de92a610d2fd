"""Proves that each secret changes without a gap: old and new process side by side, then only the new one."""

from collections.abc import Iterator
from typing import Any

import pytest

from gitlab_hooks.places import Places, note_places
from sharinghub_ext.hook_care import build_admin, build_care
from tests.support.running import HOOK_SECRET, LittleWorld, RunningHub

AFTER = "another-hook-secret-of-the-tests"
HUB = "https://hub.example.org"


@pytest.fixture
def world(tmp_path: Any) -> Iterator[LittleWorld]:
    with LittleWorld(tmp_path) as one:
        yield one


def running(world: LittleWorld, **values: Any) -> RunningHub:
    return RunningHub(world.settings(public_url=HUB, **values))


def token(world: LittleWorld, name: str, scope: str = "read_api") -> str:
    bot = world.world.user_named("sharinghub-bot")
    assert bot is not None
    return world.world.add_token(bot, name, scopes=(scope,)).value


def revoke(world: LittleWorld, value: str) -> None:
    world.world.revoke_token(world.world.tokens[value])


def test_the_service_token(world: LittleWorld) -> None:
    new = token(world, "glpat-service-after")
    with running(world) as old, running(world, gitlab_token=new) as hub:
        assert old.sweep().failed == hub.sweep().failed == []
        revoke(world, "glpat-service")
        assert hub.sweep().failed == []
        assert old.ids("glpat-maya") == hub.ids("glpat-maya") != []


def test_the_visitors_token(world: LittleWorld) -> None:
    rita = world.world.user_named("rita")
    assert rita is not None
    values = [world.world.add_token(rita, f"glpat-visitor-{n}", scopes=("read_api",)).value for n in (1, 2)]
    with running(world, visitor_token=values[0]) as old, running(world, visitor_token=values[1]) as hub:
        hub.sweep()
        assert old.ids() == hub.ids() != []
        revoke(world, values[0])
        assert hub.ids() != []


def test_the_administration_token(world: LittleWorld) -> None:
    values = [token(world, f"glpat-admin-{n}", "api") for n in (1, 2)]
    found = []
    for value in values:
        settings = world.settings(gitlab_admin_token=value)
        care = build_care(settings, build_admin(settings), HUB)
        found += [care.mend(place) for place in care.places(Places(instance=True), ())]
        revoke(world, value)
    assert [one.problems for one in found] == [("there is no hook",), ()]


def test_the_hook_secret_with_hooks_of_the_hub(world: LittleWorld) -> None:
    """The hook that GitLab has works before, while, and after it gets its new token."""
    admin = token(world, "glpat-admin", "api")
    both = {"hook_secret": AFTER, "hook_secret_before": HOOK_SECRET}

    def repaired(hub: RunningHub, secret: str) -> None:
        settings = world.settings(gitlab_admin_token=admin, hook_secret=secret)
        care = build_care(settings, build_admin(settings), hub.address)
        note_places(hub.hub.database, Places(instance=True))
        for place in care.places(Places(instance=True), ()):
            care.mend(place)

    def told(hub: RunningHub, title: str) -> bool:
        waves = world.world.project_at("sea/waves")
        assert waves is not None
        world.world.set_name(waves, title)
        world.world.hooks.drain()
        hub.drain()
        (found,) = hub.get("/stac/search", ids=str(waves.id)).json()["features"]
        return bool(found["properties"]["title"] == title)

    with running(world) as hub:
        hub.sweep()
        repaired(hub, HOOK_SECRET)
        assert told(hub, "under the old secret")
        (hook,) = world.world.system_hooks.values()
    with running(world, **both) as hub:
        world.world.update_hook(hook, url=f"{hub.address}/hooks/gitlab")
        assert told(hub, "old hook, new process")
        repaired(hub, AFTER)
        assert told(hub, "new hook, new process")
    with running(world, hook_secret=AFTER) as hub:
        world.world.update_hook(hook, url=f"{hub.address}/hooks/gitlab")
        assert told(hub, "the old one is gone")


def test_the_metrics_token(world: LittleWorld) -> None:
    before, after = "metrics-token-before", "metrics-token-afterwards"
    with running(world, metrics_token=before) as old, running(world, metrics_token=after) as hub:
        assert [one.get("/metrics", before).status_code for one in (old, hub)] == [200, 401]
        assert [one.get("/metrics", after).status_code for one in (old, hub)] == [401, 200]
