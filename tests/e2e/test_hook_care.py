"""Proves that the hub makes its own hooks at GitLab, keeps them right, wakes those put to rest, and notices silence."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gitlab_hooks.standin.model import Group, Hook, Project
from gitlab_hooks.standin.world import AccessLevel
from gitlab_hooks.verification import scoped_token
from sharinghub_ext.cli import app
from tests.support.running import HOOK_SECRET, LittleWorld, RunningHub, SampleWorld
from tests.support.waiting import wait_until

Command = Callable[..., Result]
ADMIN, OWNER = "glpat-hooks-of-root", "glpat-hooks-of-owner"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SampleWorld]:
    with LittleWorld(tmp_path) as one:
        yield one


@pytest.fixture
def group(world: SampleWorld) -> Group:
    """A group whose projects `owner` owns."""
    found = next(one.group for one in world.world.projects.values() if one.group and one.topics)
    assert found is not None
    return found.lineage()[-1]


@pytest.fixture(autouse=True)
def _people(world: SampleWorld, group: Group) -> None:
    world.world.add_token(world.world.add_user("hooks-root", admin=True), ADMIN, scopes=("api",))
    owner = world.world.add_user("hooks-owner")
    world.world.add_member(group, owner, AccessLevel.OWNER)
    world.world.add_token(owner, OWNER, scopes=("api",))


@pytest.fixture
def running(world: SampleWorld) -> Iterator[RunningHub]:
    """An indexed hub that no hook calls yet."""
    with RunningHub(world.settings(gitlab_admin_token=ADMIN)) as hub:
        hub.sweep()
        yield hub


@pytest.fixture
def hooks(world: SampleWorld, running: RunningHub, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`sharinghub hooks …` beside the hub."""
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", world.gitlab.url)
    monkeypatch.setenv("SHARINGHUB_DATABASE_URL", running.hub.settings.database_url)
    monkeypatch.setenv("SHARINGHUB_HOOK_SECRET", HOOK_SECRET)

    def run(*arguments: str, token: str = ADMIN) -> Result:
        monkeypatch.setenv("SHARINGHUB_GITLAB_ADMIN_TOKEN", token)
        return CliRunner().invoke(app, ["hooks", *arguments])

    return run


def tagged(world: SampleWorld, group: Group) -> Project:
    return next(one for one in world.world.below(group) if isinstance(one, Project) and one.topics)


def path_of(hub: RunningHub, project: Project) -> str:
    with hub.hub.database.read() as conn:
        doc = conn.exec_driver_sql("SELECT doc FROM item WHERE project_id = ? AND version IS NULL", (str(project.id),))
        return str(json.loads(doc.scalars().first() or "{}").get("properties", {}).get("sharinghub:path"))


def arrives(world: SampleWorld, hub: RunningHub, project: Project, change: Callable[[], Any]) -> None:
    """A change that a hook tells is in the index without a sweep."""
    change()
    world.world.hooks.drain()
    assert world.world.hooks.deliveries[-1].status == 200
    assert hub.hub.inbox.counts().get("queued")
    hub.drain()


def test_an_administrator_gets_one_hook_for_the_whole_instance(
    world: SampleWorld, running: RunningHub, group: Group, hooks: Command
) -> None:
    assert hooks("status").output.startswith("no hooks are installed: the index is right by sweeps alone")
    done = hooks("install")
    assert done.output == "instance: there is no hook (mended)\n"
    assert done.exit_code == 0
    (hook,) = world.world.system_hooks.values()
    assert (hook.url, hook.token) == (f"{running.address}/hooks/gitlab", scoped_token(HOOK_SECRET, "instance"))
    assert hooks("status").output == "instance: right\n"
    project = tagged(world, group)
    arrives(world, running, project, lambda: world.world.rename_project(project, "told-by-the-hook"))
    assert path_of(running, project).endswith("/told-by-the-hook")
    hooks("install")
    assert len(world.world.system_hooks) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda hook: setattr(hook, "url", "http://old.example/hooks/gitlab?token=secret"),
        lambda hook: setattr(hook, "push_events", False),
        lambda hook: setattr(hook, "enable_ssl_verification", False),
    ],
)
def test_what_somebody_changed_is_told_and_mended(
    world: SampleWorld, hooks: Command, spoil: Callable[[Hook], None]
) -> None:
    hooks("install")
    (hook,) = world.world.system_hooks.values()
    url = hook.url
    spoil(hook)
    hook.token = "changed"
    told = hooks("status")
    assert told.exit_code == 1
    assert "secret" not in told.output
    mended = hooks("repair", "--json")
    assert mended.exit_code == 0
    assert [(one["place"], one["mended"]) for one in json.loads(mended.output)] == [("instance", True)]
    assert (hook.url, hook.push_events, hook.enable_ssl_verification) == (url, True, True)
    assert hook.token == scoped_token(HOOK_SECRET, "instance")
    assert hooks("status").output == "instance: right\n"


def test_a_second_hook_of_the_hub_is_removed(world: SampleWorld, hooks: Command) -> None:
    hooks("install")
    (hook,) = world.world.system_hooks.values()
    world.world.add_system_hook(hook.url, token="other")
    assert "there are 2 hooks of the hub" in hooks("status").output
    assert hooks("repair").exit_code == 0
    assert list(world.world.system_hooks.values()) == [hook]


def test_a_group_gets_a_hook_that_speaks_for_it(
    world: SampleWorld, running: RunningHub, group: Group, hooks: Command
) -> None:
    done = hooks("install", "--group", group.full_path, token=OWNER)
    assert done.output == f"group {group.full_path}: there is no hook (mended)\n"
    (hook,) = group.hooks.values()
    assert hook.token == scoped_token(HOOK_SECRET, f"group:{group.id}")
    project = tagged(world, group)
    arrives(world, running, project, lambda: world.world.commit(project, {"README.md": b"# Told by the group\n"}))
    before = running.ids()
    arrives(world, running, project, lambda: world.world.delete_project(project, immediately=True))
    assert str(project.id) in {one for _, one in before} - {one for _, one in running.ids()}
    user = world.world.add_user("new-in-group")
    world.world.add_member(group, user)
    world.world.hooks.drain()
    assert world.world.hooks.deliveries[-1].status == 200
    refused = hooks("install", "--group", "no/such/group")
    assert refused.exit_code == 2
    assert "no such group" in refused.output


def test_projects_get_hooks_as_they_appear_and_those_at_rest_are_woken(
    world: SampleWorld, running: RunningHub, group: Group, hooks: Command
) -> None:
    done = hooks("install", token=OWNER)
    project = tagged(world, group)
    assert done.exit_code == 1  # the owner's token does not reach all projects
    assert f"project {project.id}: there is no hook (mended)" in done.output
    assert "SHARINGHUB_GITLAB_ADMIN_TOKEN may not change hooks here" in done.output
    (hook,) = project.hooks.values()
    assert hook.token == scoped_token(HOOK_SECRET, f"project:{project.id}")
    arrives(world, running, project, lambda: world.world.commit(project, {"README.md": b"# Told\n"}))

    assert running.hub.rounds is not None  # which uses the administrator's token
    made = running.run(running.hub.rounds.go())
    assert all(one.mended for one in made)
    new = world.world.add_project(f"{group.full_path}/new", topics=project.topics, files={"README.md": b"# New\n"})
    running.sweep()
    (mended,) = running.run(running.hub.rounds.go())
    assert (mended.place.id, len(new.hooks)) == (new.id, 1)
    new.hooks.clear()
    assert running.run(running.hub.rounds.go()) == []  # it was looked at within the hour
    running.hub.rounds._seen = {place: seen - 3_601 for place, seen in running.hub.rounds._seen.items()}
    (again,) = running.run(running.hub.rounds.go())
    assert (again.place.id, len(new.hooks)) == (new.id, 1)

    hook.failures = 40
    assert world.world.hooks.status(hook) == "disabled"
    assert f"project {project.id}: GitLab has put it to rest" in hooks("status").output
    hooks("repair")
    assert world.world.hooks.status(hook) == "executable"
    world.world.remove_branch(project, project.repository.default_branch)
    world.world.hooks.drain()
    hook.failures = 40
    told = hooks("repair")
    assert (
        f"project {project.id}: GitLab has put it to rest, as calls of it failed; GitLab could not wake" in told.output
    )


def test_a_running_hub_makes_its_hook_again(world: SampleWorld, hooks: Command) -> None:
    hooks("install")
    world.world.system_hooks.clear()
    settings = world.settings(gitlab_admin_token=ADMIN, sweep_seconds=1)
    with RunningHub(settings, background=True):
        wait_until(lambda: len(world.world.system_hooks) == 1, "the hook is there again")


def test_silence_is_noticed(world: SampleWorld, running: RunningHub, group: Group) -> None:
    def state() -> Any:
        return running.get("/readyz").json()["hooks"]

    project = tagged(world, group)
    assert state() == {"state": "unheard"}  # and nothing of who did what when
    for name in ("One", "Two"):
        world.world.set_name(project, name)
        running.sweep()
    assert state()["state"] == "silent"
    world.hook(running)
    world.world.set_name(project, "Three")
    world.world.hooks.drain()
    running.drain()
    running.sweep()
    assert state()["state"] == "working"
    running.sweep()
    running.sweep()
    assert state()["state"] == "working"  # nothing has changed, so nothing was missed


def test_a_hub_without_a_secret_says_that_hooks_are_off(world: SampleWorld) -> None:
    with RunningHub(world.settings(hook_secret=None)) as hub:
        assert hub.get("/readyz").json()["hooks"]["state"] == "off"


@pytest.mark.parametrize("missing", ["SHARINGHUB_GITLAB_ADMIN_TOKEN", "SHARINGHUB_HOOK_SECRET"])
def test_what_is_missing_is_named(hooks: Command, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setenv("SHARINGHUB_GITLAB_ADMIN_TOKEN", ADMIN)
    monkeypatch.delenv(missing)
    done = CliRunner().invoke(app, ["hooks", "status"])
    assert missing in str(done.exception)
