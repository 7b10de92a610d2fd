"""Proves how soon a change of rights counts, with and without hooks, by moving the clock; nothing here waits."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gitlab_hooks.standin.samples import Samples
from gitlab_hooks.standin.world import AccessLevel
from stac_ext.clock import ManualClock
from tests.support.running import LittleWorld, RunningHub, SampleWorld

PRIVATE = "earth/models/vessel-detection-sar"  # maya and rita see it by their group, exa by direct membership


class _World(LittleWorld):
    """With an internal project, and with rita in the group of the private one."""

    def populate(self) -> Samples:
        samples, models = super().populate(), self.world.group_at("earth/models")
        rita = self.world.user_named("rita")
        assert models is not None
        assert rita is not None
        self.world.add_member(models, rita, AccessLevel.REPORTER)
        tides = self.world.add_project(
            "sea/tides", visibility="internal", topics=["sharinghub:aimodel"], files={"README.md": b"# Tides\n"}
        )
        samples.projects["sea/tides"] = tides.id
        return samples


@pytest.fixture
def clock() -> ManualClock:
    from datetime import UTC, datetime

    return ManualClock(datetime(2026, 6, 1, tzinfo=UTC))


@pytest.fixture
def world(tmp_path: Path, clock: ManualClock) -> Iterator[SampleWorld]:
    with _World(tmp_path, clock) as one:
        yield one


@pytest.fixture
def hub(world: SampleWorld, clock: ManualClock) -> Iterator[RunningHub]:
    """Without hooks: only the clock and GitLab's answers."""
    with RunningHub(world.settings(), clock=clock) as one:
        one.sweep()
        yield one


def sees(hub: RunningHub, world: SampleWorld, person: str) -> bool:
    project_id = str(world.samples.projects[PRIVATE])
    return project_id in [item_id for _, item_id in hub.ids(world.token(person))]


def settled(hub: RunningHub) -> None:
    """Wait until no refresh is under way."""

    async def wait() -> None:
        viewers = hub.hub.auth.viewers
        while tasks := [*viewers.identities.confirming.running(), *viewers.grants.running.running()]:
            await asyncio.wait(tasks)

    hub.run(wait())


def leave(world: SampleWorld) -> None:
    project, user = world.world.project_at(PRIVATE), world.world.user_named("exa")
    assert project is not None
    assert user is not None
    world.world.remove_member(project, user)


def test_a_warm_read_makes_no_call_to_gitlab(hub: RunningHub, world: SampleWorld) -> None:
    assert sees(hub, world, "exa")
    world.gitlab.reset_calls()
    for _ in range(5):
        assert sees(hub, world, "exa")
        hub.get("/stac/collections", world.token("exa"))
        hub.ids()
    assert world.gitlab.calls == []


def test_without_hooks_a_removed_member_is_out_at_the_first_read_after_a_refresh(
    hub: RunningHub, world: SampleWorld, clock: ManualClock
) -> None:
    assert sees(hub, world, "exa")
    leave(world)
    clock.advance(59)
    assert sees(hub, world, "exa")  # within the soft TTL: what GitLab said 59 s ago
    clock.advance(2)
    sees(hub, world, "exa")  # this read starts the refresh
    settled(hub)
    assert not sees(hub, world, "exa")


def test_without_hooks_a_removed_member_is_out_after_the_hard_limit_at_the_latest(
    hub: RunningHub, world: SampleWorld, clock: ManualClock
) -> None:
    assert sees(hub, world, "exa")
    leave(world)
    clock.advance(301)
    assert not sees(hub, world, "exa")


def test_a_clock_that_is_set_back_makes_no_rights_last_longer(
    hub: RunningHub, world: SampleWorld, clock: ManualClock
) -> None:
    assert sees(hub, world, "exa")
    clock.advance(-3600)
    leave(world)
    clock.advance(3000)
    assert not sees(hub, world, "exa")


def test_a_new_member_is_in_after_a_refresh(hub: RunningHub, world: SampleWorld, clock: ManualClock) -> None:
    assert not sees(hub, world, "olga")
    project, user = world.world.project_at(PRIVATE), world.world.user_named("olga")
    assert project is not None
    assert user is not None
    world.world.add_member(project, user, AccessLevel.REPORTER)
    clock.advance(301)
    assert sees(hub, world, "olga")


def test_a_new_private_project_is_there_for_its_members_on_their_first_read_and_for_nobody_else(
    hub: RunningHub, world: SampleWorld
) -> None:
    for person in ("rita", "olga"):
        hub.ids(world.token(person))
    new = world.world.add_project(
        "earth/models/new", visibility="private", topics=("sharinghub:aimodel",), files={"a": b"b"}
    )
    hub.sweep()
    item = ("ai-model", str(new.id))
    assert item in hub.ids(world.token("rita"))
    assert item not in hub.ids(world.token("olga"))
    world.gitlab.reset_calls()
    assert item not in hub.ids(world.token("olga"))
    assert world.gitlab.calls == []


def revoke(world: SampleWorld) -> None:
    token = world.token("exa")
    assert token
    world.world.revoke_token(token)


def block(world: SampleWorld) -> None:
    user = world.world.user_named("exa")
    assert user is not None
    world.world.block_user(user)


@pytest.mark.parametrize(("end", "status"), [(revoke, 401), (block, 403)])
def test_a_revoked_token_and_a_blocked_user_are_refused_within_the_bound(
    hub: RunningHub, world: SampleWorld, clock: ManualClock, end: Callable[[SampleWorld], None], status: int
) -> None:
    token = world.token("exa")
    assert hub.get("/stac/search", token).status_code == 200
    end(world)
    clock.advance(61)
    hub.get("/stac/search", token)
    settled(hub)
    assert hub.get("/stac/search", token).status_code == status


def test_a_refusal_is_remembered_for_a_minute_and_then_asked_again(
    hub: RunningHub, world: SampleWorld, clock: ManualClock
) -> None:
    assert hub.get("/stac/search", "glpat-unknown").status_code == 401
    world.gitlab.reset_calls()
    for _ in range(20):
        assert hub.get("/stac/search", "glpat-unknown").status_code == 401
    assert world.gitlab.calls == []
    user = world.world.user_named("olga")
    assert user is not None
    world.world.add_token(user, value="glpat-unknown", name="new", scopes=("read_api",))
    clock.advance(61)
    assert hub.get("/stac/search", "glpat-unknown").status_code == 200


def test_a_client_with_many_bad_tokens_waits_and_others_do_not(world: SampleWorld, clock: ManualClock) -> None:
    """GitLab blocks addresses that send many bad tokens, and the hub's address is everybody's."""
    with RunningHub(world.settings(refusals_per_minute=5), clock=clock) as hub:
        hub.sweep()
        assert hub.get("/stac/search", world.token("rita")).status_code == 200
        world.gitlab.reset_calls()
        answers = [hub.get("/stac/search", f"glpat-guess-{number}").status_code for number in range(20)]
        assert answers == [401] * 5 + [429] * 15
        assert len(world.gitlab.calls) <= 10
        assert hub.get("/stac/search", world.token("rita")).status_code == 200
        assert hub.get("/stac/search").status_code == 200
        clock.advance(61)
        assert hub.get("/stac/search", "glpat-guess-21").status_code == 401


def test_bad_tokens_that_come_together_are_counted_before_gitlab_answers(
    world: SampleWorld, clock: ManualClock
) -> None:
    """Checked before and counted after, a hundred at once all reached GitLab."""
    with RunningHub(world.settings(refusals_per_minute=5), clock=clock) as hub:
        hub.sweep()
        world.gitlab.reset_calls()
        with ThreadPoolExecutor(24) as pool:
            asked = [pool.submit(hub.get, "/stac/search", f"glpat-guess-{number}") for number in range(24)]
            found = sorted(one.result().status_code for one in asked)
        assert found == [401] * 5 + [429] * 19
        assert sum(path == "/api/v4/user" for _, path, _ in world.gitlab.calls) == 5


def test_good_tokens_that_come_together_are_all_taken(world: SampleWorld, clock: ManualClock) -> None:
    with RunningHub(world.settings(refusals_per_minute=2), clock=clock) as hub:
        hub.sweep()
        people = ("rita", "maya", "olga", "noor", "exa")
        with ThreadPoolExecutor(len(people)) as pool:
            asked = [pool.submit(hub.get, "/stac/search", world.token(one)) for one in people]
            assert [one.result().status_code for one in asked] == [200] * len(people)


def test_a_refused_listing_is_asked_again_about_this_very_token(hub: RunningHub, world: SampleWorld) -> None:
    """Tokens of one user share a listing: that the one is refused says nothing about the other."""
    world.gitlab.faults.add(r"/api/graphql", status=401)
    answer = hub.get("/stac/search", world.token("rita"))
    assert (answer.status_code, answer.headers["sharinghub-grants"]) == (200, "filling")
    assert "sharinghub-grants" not in hub.get("/stac/search", world.token("rita")).headers
    revoke(world)
    world.gitlab.faults.add(r"/api/graphql", status=401)
    assert hub.get("/stac/search", world.token("exa")).status_code == 401


def test_the_same_token_in_another_header_is_another_credential(hub: RunningHub, world: SampleWorld) -> None:
    """What GitLab refuses in one header it may take in another."""
    token = str(world.token("rita"))
    world.gitlab.faults.add(r"/api/v4/user$", status=401)
    assert hub.http.get("/stac/search", headers={"PRIVATE-TOKEN": token}).status_code == 401
    assert hub.http.get("/stac/search", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert hub.http.get("/stac/search", headers={"PRIVATE-TOKEN": token}).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        (("read_api",), 200),
        (("api",), 200),
        (("read_user",), 403),
        (("read_repository",), 403),
        (("read_user", "read_api"), 200),
    ],
)
def test_a_token_needs_a_scope_of_the_api(
    hub: RunningHub, world: SampleWorld, scopes: tuple[str, ...], status: int
) -> None:
    user = world.world.user_named("rita")
    assert user is not None
    world.world.add_token(user, value="glpat-scoped", name="scoped", scopes=scopes)
    answer = hub.get("/stac/search", "glpat-scoped")
    assert answer.status_code == status
    if status == 403:
        assert "read_api" in answer.json()["detail"]
        assert 'scope="read_api"' in answer.headers["www-authenticate"]


def test_gitlab_down_public_stays_private_ends_with_the_hard_limit_and_comes_back(
    hub: RunningHub, world: SampleWorld, clock: ManualClock
) -> None:
    token = world.token("exa")
    everybody = hub.ids()
    assert sees(hub, world, "exa")
    world.gitlab.faults.add(r"/api/", status=502, times=None)
    clock.advance(120)
    assert sees(hub, world, "exa")
    settled(hub)
    clock.advance(181)
    answer = hub.get("/stac/search", token)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert hub.ids() == everybody
    world.gitlab.faults.clear()
    assert sees(hub, world, "exa")


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 200, "body": b"<html>Sign in</html>"},
        {"status": 200, "body": b"[]"},
        {"status": 200, "body": b'{"data": {"projects": null}}'},
        {"status": 200, "body": b'{"data": null, "errors": [{"message": "x"}]}'},
        {"status": 429, "retry_after": 7},
        {"status": 500},
    ],
)
def test_odd_answers_about_a_caller_show_public_and_internal_only_and_say_so(
    hub: RunningHub, world: SampleWorld, fault: dict[str, Any]
) -> None:
    world.gitlab.faults.add(r"/api/graphql", times=None, **fault)
    answer = hub.get("/stac/search", world.token("rita"), limit=1000)
    assert answer.status_code == 200
    assert answer.headers["sharinghub-grants"] == "filling"
    levels = {item["properties"]["sharinghub:visibility"] for item in answer.json()["features"]}
    assert levels == {"public", "internal"}
    world.gitlab.faults.clear()
    answer = hub.get("/stac/search", world.token("rita"), limit=1000)
    assert "sharinghub-grants" not in answer.headers
    assert "private" in {item["properties"]["sharinghub:visibility"] for item in answer.json()["features"]}


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"id": "7", "username": 5}'])
def test_odd_answers_about_an_identity_are_503(hub: RunningHub, world: SampleWorld, body: bytes) -> None:
    world.gitlab.faults.add(r"/api/v4/user$", status=200, body=body, times=None)
    assert hub.get("/stac/search", world.token("rita")).status_code == 503


def test_with_a_ttl_of_zero_gitlab_is_asked_on_every_read(world: SampleWorld, clock: ManualClock) -> None:
    with RunningHub(world.settings(grants_ttl=0), clock=clock) as hub:
        hub.sweep()
        assert sees(hub, world, "exa")
        leave(world)
        assert not sees(hub, world, "exa")
        world.gitlab.faults.add(r"/api/", status=503, times=None)
        assert hub.get("/stac/search", world.token("exa")).status_code == 503
        assert hub.get("/stac/search").status_code == 200


def test_where_gitlab_shows_nothing_without_sign_in_neither_does_the_hub(hub: RunningHub, world: SampleWorld) -> None:
    everything = hub.ids(world.token("rita"))
    world.gitlab.faults.add(r"per_page=1$", status=401, times=None)
    hub.sweep()
    assert hub.ids() == []
    assert hub.get("/stac/collections").status_code == 200
    assert hub.ids(world.token("rita")) == everything
    world.gitlab.faults.clear()
    hub.sweep()
    assert hub.ids() != []
