"""Administrators and auditors, whom GitLab lets read everything, count by membership: in whatever role."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gitlab_hooks.standin.world import AccessLevel
from tests.support.running import LittleWorld, RunningHub

SHIPS = "earth/models/vessel-detection-sar"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[LittleWorld]:
    with LittleWorld(tmp_path) as world:
        yield world


@pytest.mark.parametrize("right", ["auditor", "admin", None])
@pytest.mark.parametrize("member", [True, False])
def test_one_who_reads_all_sees_what_they_are_a_guest_of_and_nothing_else(
    world: LittleWorld, right: str | None, member: bool
) -> None:
    private = world.samples.projects[SHIPS]
    user = world.world.add_user("ina", **({right: True} if right else {}))
    world.world.add_token(user, "glpat-ina", scopes=("read_api",))
    if member:
        world.world.add_member(world.world.projects[private], user, AccessLevel.GUEST)
    with RunningHub(world.settings()) as hub:
        hub.sweep()
        found = hub.http.get("/stac/search", headers={"PRIVATE-TOKEN": "glpat-ina"}).json()
        at_gitlab = httpx.get(
            f"{world.gitlab.url}/api/v4/projects/{private}/repository/files/README.md/raw?ref=main",
            headers={"PRIVATE-TOKEN": "glpat-ina"},
        )
    private_ones = {one["id"] for one in found["features"]} - {
        str(world.samples.projects[path]) for path in ("earth/models/cloud-mask-onnx", "sea/waves")
    }
    assert private_ones == ({str(private)} if member and right else set())
    assert at_gitlab.is_success == bool(right), "GitLab itself lets them read every file"


def test_two_tokens_of_an_administrator_do_not_share_what_they_see(world: LittleWorld) -> None:
    """GitLab shows everything only to a token with admin mode; the other token got what that one had been shown."""
    private, user = world.samples.projects[SHIPS], world.world.add_user("root", admin=True)
    for name in ("with", "without"):
        world.world.add_token(user, f"glpat-{name}", scopes=("read_api", "admin_mode"))
    with RunningHub(world.settings(admins_see_all=True)) as hub:
        hub.sweep()
        assert str(private) in {item_id for _, item_id in hub.ids("glpat-with")}
        nothing = {"data": {"currentUser": None, "projects": {"nodes": [], "pageInfo": {"hasNextPage": False}}}}
        world.gitlab.faults.add("/api/graphql", json_body=nothing, times=None)
        assert str(private) not in {item_id for _, item_id in hub.ids("glpat-without")}
