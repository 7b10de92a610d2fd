"""Proves which hooks a change fires, and nothing else: one row per change; and what each call looks like."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import AccessLevel, World
from stac_ext.clock import ManualClock
from tests.gitlab_hooks.standin.conftest import Receiver

ALL = {"push_events": True, "tag_push_events": True, "repository_update_events": True}


def flood(world: World) -> Any:
    project = world.project_at("earth/flood")
    assert project
    return project


def user(world: World, name: str) -> Any:
    return world.user_named(name)


Change = Callable[[World], object]
# what is done, what the system hook hears, what the hook of the project hears
CHANGES: dict[str, tuple[Change, list[str], list[str]]] = {
    "commit": (lambda w: w.commit(flood(w), {"a": b"1"}), ["push", "repository_update"], ["push"]),
    "new branch": (lambda w: w.add_branch(flood(w), "dev"), ["push", "repository_update"], ["push"]),
    "removed tag": (lambda w: w.remove_tag(flood(w), "v0"), ["tag_push", "repository_update"], ["tag_push"]),
    "tag": (lambda w: w.add_tag(flood(w), "v1"), ["tag_push", "repository_update"], ["tag_push"]),
    "release of a tag": (lambda w: w.add_release(flood(w), "v0"), [], ["release create"]),
    "release makes its tag": (
        lambda w: w.add_release(flood(w), "v2"),
        ["tag_push", "repository_update"],
        ["tag_push", "release create"],
    ),
    "topics": (lambda w: w.set_topics(flood(w), ["a"]), ["project_update"], []),
    "visibility": (lambda w: w.set_visibility(flood(w), "private"), ["project_update"], []),
    "repository level": (lambda w: w.set_repository_access_level(flood(w), "private"), ["project_update"], []),
    "name": (lambda w: w.set_name(flood(w), "High water"), ["project_update"], []),
    "path": (lambda w: w.rename_project(flood(w), "tide"), ["project_rename"], []),
    "path and name": (lambda w: w.update_project(flood(w), path="tide", name="T"), ["project_rename"], []),
    "transfer": (lambda w: w.transfer(flood(w), "earth/models"), ["project_transfer"], []),
    "archive": (lambda w: w.archive(flood(w)), [], []),
    "star": (lambda w: w.star(flood(w), user(w, "ada")), [], []),
    "mark for deletion": (lambda w: w.delete_project(flood(w)), ["project_rename"], []),
    "removal": (lambda w: w.delete_project(flood(w), immediately=True), ["project_destroy"], []),
    "new project": (lambda w: w.add_project("earth/new"), ["project_create"], []),
    "new personal project": (lambda w: w.add_project("ada/new"), ["project_create", "user_add_to_team"], []),
    "new project with files": (
        lambda w: w.add_project("earth/new", files={"x": b""}),
        ["project_create", "push", "repository_update"],
        [],
    ),
    "new group": (lambda w: w.add_group("sea"), ["group_create"], []),
    "group path": (lambda w: w.rename_group(w.group_at("earth"), "globe"), ["group_rename"], []),
    "group name": (lambda w: w.rename_group(w.group_at("earth"), name="Globe"), [], []),
    "group removal": (
        lambda w: w.delete_group(w.group_at("earth")),
        ["project_destroy", "group_destroy", "group_destroy"],
        [],
    ),
    "group shared": (lambda w: w.share(flood(w), w.group_at("earth/models")), [], []),
    "group unshared": (lambda w: w.unshare(flood(w), w.group_at("earth/models")), [], []),
    "member": (lambda w: w.add_member(flood(w), user(w, "eve")), ["user_add_to_team"], []),
    "member's role": (
        lambda w: w.update_member(flood(w), user(w, "gus"), AccessLevel.REPORTER),
        ["user_update_for_team"],
        [],
    ),
    "member leaves": (lambda w: w.remove_member(flood(w), user(w, "gus")), ["user_remove_from_team"], []),
    "group member": (lambda w: w.add_member(w.group_at("earth"), user(w, "eve")), ["user_add_to_group"], []),
    "new user": (lambda w: w.add_user("new"), ["user_create"], []),
    "user name": (lambda w: w.rename_user(user(w, "ada"), "lovelace"), ["user_rename"], []),
    "block": (lambda w: w.block_user(user(w, "ada")), [], []),
    "unblock": (lambda w: w.unblock_user(user(w, "ada")), [], []),
    "revoked token": (lambda w: w.revoke_token("glpat-ada"), [], []),
    "external": (lambda w: w.update_user(user(w, "ada"), external=True), [], []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_fires_exactly_these(world: World, receiver: Receiver, change: str) -> None:
    world.add_tag(flood(world), "v0")
    world.add_system_hook(f"{receiver.url}/system", **ALL)
    world.add_project_hook(flood(world), f"{receiver.url}/project", tag_push_events=True, releases_events=True)
    act, system, project = CHANGES[change]
    act(world)
    world.hooks.drain()
    seen = [(d.hook.project is None, d.event, d.payload.get("action")) for d in world.hooks.deliveries]
    assert [event for whole, event, _ in seen if whole] == system
    assert [f"{event} {action}" if action else event for whole, event, action in seen if not whole] == project
    assert len(receiver.got) == len(system) + len(project)
    assert all(delivery.status == 200 for delivery in world.hooks.deliveries)


@pytest.mark.parametrize(
    ("branches", "events"),
    [
        (3, ["push", "push", "push", "repository_update"]),
        (4, ["repository_update"]),
    ],
)
def test_a_push_of_more_than_three_branches_calls_no_push_hook(
    world: World, receiver: Receiver, branches: int, events: list[str]
) -> None:
    world.add_system_hook(receiver.url, **ALL)
    project = flood(world)
    head = world.head(project)
    for at in range(branches):
        project.repository.set_ref(f"refs/heads/b{at}", head)
    world.pushed(project, None, [(f"refs/heads/b{at}", "0" * 40, head) for at in range(branches)])
    world.hooks.drain()
    assert receiver.events == events


def test_the_push_body_lists_at_most_twenty_commits_and_none_for_system_hooks(world: World, receiver: Receiver) -> None:
    project = flood(world)
    old = world.head(project)
    for at in range(22):
        world.commit(project, {"n.txt": str(at).encode()})
    world.add_system_hook(receiver.url, push_events=True, repository_update_events=False)
    world.add_project_hook(project, receiver.url, token="secret")
    world.pushed(project, user(world, "ada"), [("refs/heads/main", old, world.head(project))])
    world.hooks.drain()
    mine, system = (body for _, body in receiver.got)
    assert (len(mine["commits"]), mine["total_commits_count"]) == (20, 22)
    assert (system["commits"], system["total_commits_count"]) == ([], 22)
    assert mine["commits"][-1]["modified"] == ["n.txt"]
    assert mine["project"]["path_with_namespace"] == "earth/flood"
    assert "topics" not in str(mine)


def test_headers(world: World, gitlab: StandIn, receiver: Receiver) -> None:
    hook = world.add_project_hook(flood(world), receiver.url, token="secret")
    world.add_system_hook(receiver.url)
    world.commit(flood(world), {"a": b"1"})
    world.hooks.drain()
    (mine, _), (system, _) = receiver.got
    assert mine["x-gitlab-event"] == "Push Hook"
    assert mine["x-gitlab-token"] == hook.token
    assert mine["user-agent"] == "GitLab/18.5.0"
    assert mine["x-gitlab-instance"] == gitlab.url
    assert {"x-gitlab-webhook-uuid", "x-gitlab-event-uuid", "idempotency-key"} <= set(mine)
    assert system["x-gitlab-event"] == "System Hook"
    assert "x-gitlab-token" not in system
    assert system["idempotency-key"] != mine["idempotency-key"]


def test_a_signing_token_signs_what_is_sent(world: World, receiver: Receiver) -> None:
    key = b"0123456789abcdef"
    world.add_project_hook(flood(world), receiver.url, signing_token=f"whsec_{base64.b64encode(key).decode()}")
    world.commit(flood(world), {"a": b"1"})
    world.hooks.drain()
    headers, body = receiver.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + json.dumps(body).encode()
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == headers["idempotency-key"]


def test_a_hook_that_fails_four_times_rests_and_comes_back(
    world: World, receiver: Receiver, clock: ManualClock
) -> None:
    hook = world.add_project_hook(flood(world), receiver.url)
    receiver.status = 500
    for at in range(5):
        world.commit(flood(world), {"a": str(at).encode()})
        world.hooks.drain()
    assert len(receiver.got) == 4
    assert world.hooks.status(hook) == "temporarily_disabled"
    clock.advance(61)
    receiver.status = 200
    world.commit(flood(world), {"a": b"again"})
    world.hooks.drain()
    assert len(receiver.got) == 5
    assert world.hooks.status(hook) == "executable"


def test_system_hooks_never_rest_and_nobody_listening_is_an_error(world: World) -> None:
    hook = world.add_system_hook("http://127.0.0.1:9/nobody")
    for at in range(5):
        world.set_topics(flood(world), [str(at)])
    world.hooks.drain()
    assert len(world.hooks.deliveries) == 5
    assert all(delivery.error and delivery.status is None for delivery in world.hooks.deliveries)
    assert world.hooks.status(hook) == "executable"


def test_a_branch_filter_holds_back_other_branches(world: World, receiver: Receiver) -> None:
    world.add_project_hook(flood(world), receiver.url, push_events_branch_filter="release-*")
    world.commit(flood(world), {"a": b"1"})
    world.commit(flood(world), {"a": b"2"}, branch="release-1")
    world.hooks.drain()
    assert [body["ref"] for _, body in receiver.got] == ["refs/heads/release-1"]


def test_drain_says_when_it_gives_up(world: World, receiver: Receiver) -> None:
    world.hooks._open = 1
    with pytest.raises(TimeoutError):
        world.hooks.drain(0.01)
