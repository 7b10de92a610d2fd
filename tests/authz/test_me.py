"""Proves that callers are told who they are to the hub, and which of their tagged projects it lacks; no others'."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitlab_hooks.standin.world import AccessLevel
from tests.support.running import LittleWorld, RunningHub, SampleWorld


def me(hub: RunningHub, token: str | None) -> dict[str, Any]:
    answer = hub.get("/auth/me", token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    return dict(answer.json())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SampleWorld]:
    with LittleWorld(tmp_path) as one:
        yield one


def test_nobody_is_told_nothing(hub: RunningHub) -> None:
    assert me(hub, None) == {"signed_in": False, "by": "nothing"}


def test_a_caller_is_told_who_they_are(world: SampleWorld, hub: RunningHub) -> None:
    told = me(hub, world.token("rita"))
    assert (told["signed_in"], told["username"], told["external"], told["complete"]) == (True, "rita", False, True)
    assert told["confirmed"] <= told["rights_listed"] or told["rights_listed"] <= told["confirmed"]
    assert me(hub, world.token("exa"))["external"] is True


def test_tagged_projects_that_the_hub_cannot_read_are_told_to_those_who_can(
    world: SampleWorld, hub: RunningHub
) -> None:
    secret = world.world.add_project("maya/secret-model", topics=["sharinghub:aimodel"], files={"README.md": b"# S\n"})
    other = world.world.add_project("maya/untagged", files={"README.md": b"# S\n"})
    service = next(one.user for value, one in world.world.tokens.items() if value == world.samples.service_token)
    service.admin = False
    for one in (secret, other):
        one.members.pop(service.id, None)
    hub.sweep()
    told = me(hub, world.token("maya"))["uncatalogued"]
    listed = {one["id"]: one["web_url"] for one in told["projects"]}
    assert listed[secret.id] == f"{world.gitlab.url}/projects/{secret.id}"
    assert told["count"] == len(listed)
    assert other.id not in listed
    assert "Reporter" in told["what_to_do"]
    for person in ("olga", "rita"):
        projects = me(hub, world.token(person))["uncatalogued"].get("projects", [])
        assert secret.id not in [one["id"] for one in projects]
    world.world.add_member(secret, service, AccessLevel.REPORTER)
    hub.sweep()
    projects = me(hub, world.token("maya"))["uncatalogued"].get("projects", [])
    assert secret.id not in [one["id"] for one in projects]


@pytest.mark.parametrize("token", ["glpat-of-nobody", "x"])
def test_a_token_that_gitlab_refuses_is_refused(hub: RunningHub, token: str) -> None:
    assert hub.get("/auth/me", token).status_code == 401
