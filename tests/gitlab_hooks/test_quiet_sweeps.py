"""Proves that a sweep costs next to nothing where nothing has changed, and still finds whatever has."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitlab_hooks.indexer import Change
from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.world import World
from tests.support.running import LittleWorld, RunningHub, SampleWorld

MANY = 120
QUIET = "earth/models/quiet"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SampleWorld]:
    with LittleWorld(tmp_path) as one:
        yield one


@pytest.fixture
def hub(world: SampleWorld) -> Iterator[RunningHub]:
    """A hub that has swept until nothing was new to it."""
    add(world, QUIET)
    with RunningHub(world.settings(gitlab_retries=0)) as one:
        one.sweep()
        one.sweep()
        yield one


def add(world: SampleWorld, path: str) -> Project:
    files = {"README.md": b"---\ntitle: Quiet\n---\nText.\n"}
    return world.world.add_project(path, visibility="public", topics=["sharinghub:aimodel"], files=files)


def calls_of_sweep(world: SampleWorld, hub: RunningHub) -> int:
    world.gitlab.reset_calls()
    report = hub.sweep()
    assert report.counts[Change.INDEXED] == 0
    assert report.failed == []
    return len(world.gitlab.calls)


def test_a_project_that_has_not_changed_costs_two_hundredths_of_a_call(world: SampleWorld, hub: RunningHub) -> None:
    """An unchanged project cost a call of its own in each sweep."""
    few = calls_of_sweep(world, hub)
    for number in range(MANY):
        add(world, f"earth/models/quiet-{number}")
    hub.sweep()
    many = calls_of_sweep(world, hub)
    assert (many - few) / MANY <= 0.02
    again = calls_of_sweep(world, hub)
    assert again == many


CHANGES: dict[str, Callable[[World, Project], object]] = {
    "a push": lambda world, one: world.commit(one, {"README.md": b"---\ntitle: Other\n---\n"}),
    "a description": lambda world, one: world.set_description(one, "Other"),
    "a name": lambda world, one: world.set_name(one, "Other"),
    "a path": lambda world, one: world.rename_project(one, "other"),
    "a star": lambda world, one: world.star(one, world.user_named("maya")),
    "archived": lambda world, one: world.archive(one),
    "another topic": lambda world, one: world.set_topics(one, ["sharinghub:aimodel", "more"]),
    "another collection": lambda world, one: world.set_topics(one, ["sharinghub:dataset"]),
    "lowered": lambda world, one: world.set_visibility(one, "private"),
    "members only": lambda world, one: world.set_repository_access_level(one, "private"),
    "a release": lambda world, one: world.add_release(one, "v1", ref="main"),
    "a package": lambda world, one: world.add_package(one, "weights", "1.0", {"w.bin": b"w"}),
    "an image": lambda world, one: world.push_image(one, "latest"),
    "a version of a model": lambda world, one: world.add_model_version(one, "net", "1.0.0", {"w.bin": b"w"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_found_after_quiet_sweeps(
    world: SampleWorld, hub: RunningHub, change: Callable[[World, Project], object]
) -> None:
    project = world.world.project_at(QUIET)
    assert project is not None
    calls_of_sweep(world, hub)
    change(world.world, project)
    assert hub.sweep().counts[Change.INDEXED] == 1
    assert hub.sweep().counts[Change.INDEXED] == 0
    assert calls_of_sweep(world, hub) <= 20


@pytest.mark.parametrize("gone", ["no topic", "deleted", "scheduled"])
def test_what_is_gone_is_dropped_after_quiet_sweeps(world: SampleWorld, hub: RunningHub, gone: str) -> None:
    project = world.world.project_at(QUIET)
    assert project is not None
    if gone == "no topic":
        world.world.set_topics(project, [])
    else:
        world.world.delete_project(project, immediately=gone == "deleted")
    assert ("ai-model", str(project.id)) in hub.ids()
    hub.sweep()
    assert ("ai-model", str(project.id)) not in hub.ids()


def test_what_a_false_hook_hid_is_shown_again(world: SampleWorld, hub: RunningHub) -> None:
    """A glance says that nothing has changed at GitLab, and the index is not as it was made."""
    project = world.world.project_at(QUIET)
    assert project is not None
    hub.hub.indexer._writer.lower(project.id, 2)  # type: ignore[arg-type]
    assert ("ai-model", str(project.id)) not in hub.ids()
    hub.sweep()
    assert ("ai-model", str(project.id)) in hub.ids()


@pytest.mark.parametrize("fault", [{"status": 404}, {"status": 500}, {"wrong_json": True}], ids=str)
def test_where_nothing_can_be_glanced_at_each_project_is_looked_at(
    world: SampleWorld, hub: RunningHub, fault: dict[str, object]
) -> None:
    project = world.world.project_at(QUIET)
    assert project is not None
    world.world.commit(project, {"README.md": b"---\ntitle: Other\n---\n"})
    world.gitlab.faults.add("/api/graphql", times=1, **fault)
    assert hub.sweep().counts[Change.INDEXED] == 1


def test_a_sweep_waits_where_its_share_is_used_up_and_then_goes_on(tmp_path: Path) -> None:
    """Without it a first index used up what hooks need."""
    waited: list[float] = []
    with SampleWorld(tmp_path) as world, RunningHub(world.settings(gitlab_rate_share=0.5, gitlab_retries=0)) as hub:
        world.gitlab.limiter.per_minute = 100
        sweeper = hub.hub.sweeper

        async def sleep(seconds: float) -> None:
            waited.append(seconds)
            world.gitlab.limiter.per_minute = 100_000
            await asyncio.to_thread(hub.hub.service.identity)

        sweeper._sleep = sleep
        report = hub.sweep()
    assert report.failed == []
    assert waited
    assert all(0 < seconds <= 60 for seconds in waited)
