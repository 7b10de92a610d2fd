"""Proves that a change in GitLab reaches the API by its hook: each kind of change, sent over HTTP by the stand-in."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.world import AccessLevel, World
from tests.support.running import HOOK_SECRET, LittleWorld, RunningHub, SampleWorld

CLOUD = "earth/models/cloud-mask-onnx"  # public
HANDBOOK = "earth/lab-handbook"  # public, untagged
SHIPS = "earth/models/vessel-detection-sar"  # private


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SampleWorld]:
    with LittleWorld(tmp_path) as one:
        one.world.add_project(HANDBOOK, visibility="public", files={"README.md": b"# Handbook\n"})
        yield one


def project(world: SampleWorld, path: str) -> Project:
    found = world.world.project_at(path)
    assert found is not None
    return found


def delivered(world: SampleWorld, hub: RunningHub) -> None:
    """Everything that GitLab sent has been answered, and what it asks for is done."""
    world.world.hooks.drain()
    hub.drain()


def title(hub: RunningHub, project_id: int, token: str | None = None) -> str | None:
    answer = hub.get(f"/stac/collections/ai-model/items/{project_id}", token)
    return answer.json()["properties"]["title"] if answer.status_code == 200 else None


def test_a_topic_added_and_removed_adds_and_removes_the_item(world: SampleWorld, hub: RunningHub) -> None:
    handbook = project(world, HANDBOOK)
    assert ("dataset", str(handbook.id)) not in hub.ids()
    world.world.set_topics(handbook, ("sharinghub:dataset",))
    delivered(world, hub)
    assert ("dataset", str(handbook.id)) in hub.ids()
    world.world.set_topics(handbook, ("sharinghub:aimodel", "water"))
    delivered(world, hub)
    assert [one for one in hub.ids() if one[1] == str(handbook.id)] == [("ai-model", str(handbook.id))]
    world.world.set_topics(handbook, ("water",))
    delivered(world, hub)
    assert str(handbook.id) not in [item_id for _, item_id in hub.ids()]


def test_a_push_changes_the_item(world: SampleWorld, hub: RunningHub) -> None:
    cloud = project(world, CLOUD)
    maya = world.world.user_named("maya")
    world.world.commit(cloud, {"README.md": b"---\ntitle: Renewed\n---\nText"}, message="Renew", author=maya)
    delivered(world, hub)
    assert title(hub, cloud.id) == "Renewed"


def test_a_real_git_push_changes_the_item(world: SampleWorld, hub: RunningHub) -> None:
    cloud = project(world, CLOUD)
    clone = world.folder / "clone"
    url = f"{world.gitlab.url}/{CLOUD}.git".replace("http://", f"http://maya:{world.samples.api_token}@")
    git = ["git", "-c", "user.name=Maya", "-c", "user.email=maya@example.org"]
    subprocess.run([*git, "clone", "-q", url, str(clone)], check=True)
    (clone / "README.md").write_text("---\ntitle: Pushed by git\n---\n")
    subprocess.run([*git, "commit", "-qam", "Retitle"], cwd=clone, check=True)
    subprocess.run([*git, "push", "-q"], cwd=clone, check=True)
    delivered(world, hub)
    assert title(hub, cloud.id) == "Pushed by git"


def test_lowered_visibility_hides_before_the_delivery_is_answered(world: SampleWorld, hub: RunningHub) -> None:
    cloud = project(world, CLOUD)
    assert title(hub, cloud.id)
    world.world.set_visibility(cloud, "private")
    world.world.hooks.drain()
    assert title(hub, cloud.id) is None  # the worker has not run
    hub.drain()
    assert title(hub, cloud.id) is None
    assert title(hub, cloud.id, world.token("maya")) is not None
    world.world.set_visibility(cloud, "public")
    delivered(world, hub)
    assert title(hub, cloud.id) is not None


def test_a_deletion_hides_before_the_delivery_is_answered(world: SampleWorld, hub: RunningHub) -> None:
    cloud = project(world, CLOUD)
    world.world.delete_project(cloud, immediately=True)
    world.world.hooks.drain()
    assert title(hub, cloud.id) is None
    hub.drain()
    assert title(hub, cloud.id) is None


def test_a_scheduled_deletion_hides_and_a_restore_brings_back(world: SampleWorld, hub: RunningHub) -> None:
    cloud = project(world, CLOUD)
    world.world.delete_project(cloud)
    delivered(world, hub)
    assert title(hub, cloud.id) is None
    world.world.restore_project(cloud)
    delivered(world, hub)
    hub.sweep()
    assert title(hub, cloud.id) is not None


def test_a_rename_keeps_the_item_and_leads_the_old_path_to_it(world: SampleWorld, hub: RunningHub) -> None:
    cloud = project(world, CLOUD)
    world.world.rename_project(cloud, "cloud-mask-next")
    delivered(world, hub)
    item = hub.get(f"/stac/collections/ai-model/items/{cloud.id}").json()
    assert item["properties"]["sharinghub:path"] == "earth/models/cloud-mask-next"
    for path in (CLOUD, "earth/models/cloud-mask-next"):
        assert hub.get(f"/stac/collections/ai-model/items/{path}").headers["location"].endswith(f"/items/{cloud.id}")


def test_a_transfer_keeps_the_item_under_its_new_path(world: SampleWorld, hub: RunningHub) -> None:
    cloud = project(world, CLOUD)
    world.world.transfer(cloud, "sea")
    delivered(world, hub)
    item = hub.get(f"/stac/collections/ai-model/items/{cloud.id}").json()
    assert item["properties"]["sharinghub:path"] == "sea/cloud-mask-onnx"


def test_a_group_rename_moves_every_project_below(world: SampleWorld, hub: RunningHub) -> None:
    group = world.world.group_at("earth/models")
    assert group is not None
    world.world.rename_group(group, path="networks")
    delivered(world, hub)
    answer = hub.get("/stac/search", world.token("maya"), limit=1000).json()
    paths = [item["properties"]["sharinghub:path"] for item in answer["features"]]
    assert not [path for path in paths if path.startswith("earth/models/")]
    for path in (CLOUD, SHIPS):
        assert path.replace("models", "networks") in paths


def test_one_project_that_cannot_be_read_holds_up_no_other_of_a_renamed_group(
    world: SampleWorld, hub: RunningHub
) -> None:
    everybody = hub.ids()
    group = world.world.group_at("earth/models")
    assert group is not None
    world.gitlab.faults.add(r"/api/v4/projects/1/repository/tree", status=200, body=b"<html>", times=None)
    world.world.rename_group(group, path="networks")
    world.world.hooks.drain()
    assert hub.ids() == everybody  # a rename takes nothing away from everybody
    hub.drain()
    answer = hub.get("/stac/search", world.token("maya"), limit=1000).json()
    paths = {item["id"]: item["properties"]["sharinghub:path"] for item in answer["features"]}
    assert paths.pop("1") == CLOUD  # still as it was; tried again later
    assert not [path for path in paths.values() if path.startswith("earth/models/")]
    assert SHIPS.replace("models", "networks") in paths.values()


def test_a_deleted_group_hides_what_was_below_it_at_once(world: SampleWorld, hub: RunningHub) -> None:
    group = world.world.group_at("earth/models")
    assert group is not None
    below = {("ai-model", str(project(world, path).id)) for path in (CLOUD, SHIPS)}
    assert below <= set(hub.ids(world.token("maya")))
    world.world.delete_group(group)
    world.world.hooks.drain()
    assert not below & set(hub.ids(world.token("maya")))
    hub.drain()
    assert not below & set(hub.ids(world.token("maya")))


def test_a_member_removed_is_out_before_the_delivery_is_answered(world: SampleWorld, hub: RunningHub) -> None:
    ships, exa = project(world, SHIPS), world.world.user_named("exa")
    assert exa is not None
    assert title(hub, ships.id, world.token("exa"))
    world.world.remove_member(ships, exa)
    world.world.hooks.drain()
    assert title(hub, ships.id, world.token("exa")) is None


def test_a_role_lowered_to_guest_is_out_at_once(world: SampleWorld, hub: RunningHub) -> None:
    ships, exa = project(world, SHIPS), world.world.user_named("exa")
    assert exa is not None
    assert title(hub, ships.id, world.token("exa"))
    world.world.update_member(ships, exa, AccessLevel.GUEST)
    world.world.hooks.drain()
    assert title(hub, ships.id, world.token("exa")) is None


def test_a_member_removed_from_the_group_is_out_at_once(world: SampleWorld, hub: RunningHub) -> None:
    group, maya = world.world.group_at("earth/models"), world.world.user_named("maya")
    assert group is not None
    assert maya is not None
    assert title(hub, project(world, SHIPS).id, world.token("maya"))
    world.world.remove_member(group, maya)
    world.world.hooks.drain()
    assert title(hub, project(world, SHIPS).id, world.token("maya")) is None


def test_a_member_added_is_in_at_once(world: SampleWorld, hub: RunningHub) -> None:
    ships, olga = project(world, SHIPS), world.world.user_named("olga")
    assert olga is not None
    assert title(hub, ships.id, world.token("olga")) is None
    world.world.add_member(ships, olga, AccessLevel.REPORTER)
    world.world.hooks.drain()
    assert title(hub, ships.id, world.token("olga"))


def test_a_new_tagged_project_appears(world: SampleWorld, hub: RunningHub) -> None:
    new = world.world.add_project("earth/new", visibility="public", topics=("sharinghub:aimodel",), files={"a": b"b"})
    delivered(world, hub)
    assert title(hub, new.id) == new.name


def archive(world: World, cloud: Project) -> None:
    world.archive(cloud)


def members_only(world: World, cloud: Project) -> None:
    world.set_repository_access_level(cloud, "private")


@pytest.mark.parametrize(("change", "visible"), [(archive, True), (members_only, False)])
def test_what_no_hook_tells_is_found_by_the_sweep(
    world: SampleWorld, hub: RunningHub, change: Callable[[World, Project], None], visible: bool
) -> None:
    cloud = project(world, CLOUD)
    change(world.world, cloud)
    hub.sweep()
    assert (title(hub, cloud.id) is not None) == visible
    if visible:
        item = hub.get(f"/stac/collections/ai-model/items/{cloud.id}").json()
        assert item["properties"]["sharinghub:archived"] is True


def test_missed_hooks_are_repaired_by_the_sweep(world: SampleWorld, hub: RunningHub) -> None:
    world.world.hooks.drain()
    for hook in list(world.world.system_hooks.values()):
        world.world.remove_hook(hook)
    cloud, handbook = project(world, CLOUD), project(world, HANDBOOK)
    world.world.delete_project(cloud, immediately=True)
    world.world.set_topics(handbook, ("sharinghub:aimodel",))
    world.world.commit(project(world, SHIPS), {"README.md": b"---\ntitle: Ships\n---\n"}, message="m")
    hub.sweep()
    assert title(hub, cloud.id) is None
    assert title(hub, handbook.id)
    assert title(hub, project(world, SHIPS).id, world.token("maya")) == "Ships"


def test_a_second_sweep_changes_nothing_and_reads_little(world: SampleWorld, hub: RunningHub) -> None:
    before = hub.hub.database.seq()
    world.gitlab.reset_calls()
    report = hub.sweep()
    assert {change.value: n for change, n in report.counts.items() if n} == {"unchanged": 4}
    assert hub.hub.database.seq() == before
    released = sum(bool(one.releases) for one in world.world.projects.values())  # their tags may have been moved
    assert len(world.gitlab.calls) <= 2 * 2 + 1 + 4 + released


def test_the_delivery_is_stored_before_it_is_answered_and_survives_a_restart(world: SampleWorld) -> None:
    settings = world.settings()
    with RunningHub(settings) as first:
        first.sweep()
        world.hook(first)
        world.world.set_topics(project(world, HANDBOOK), ("sharinghub:dataset",))
        world.world.hooks.drain()
        assert first.hub.inbox.counts()["queued"] >= 1
    with RunningHub(settings) as second:
        second.drain()
        assert ("dataset", str(project(world, HANDBOOK).id)) in second.ids()


def post(hub: RunningHub, body: bytes, secret: str | None = HOOK_SECRET, **headers: str) -> int:
    sent = {"Content-Type": b"application/json", **{name: value.encode() for name, value in headers.items()}}
    if secret is not None:
        sent["X-Gitlab-Token"] = secret.encode()
    return hub.http.post("/hooks/gitlab", content=body, headers=sent).status_code


BODIES: list[tuple[bytes, str | None, int]] = [
    (b'{"event_name": "project_destroy", "project_id": 1}', None, 401),
    (b'{"event_name": "project_destroy", "project_id": 1}', "", 401),
    (b'{"event_name": "project_destroy", "project_id": 1}', HOOK_SECRET + "x", 401),
    (b'{"event_name": "project_destroy", "project_id": 1}', "sécret", 401),
    (b"not json", HOOK_SECRET, 400),
    (b"[1]", HOOK_SECRET, 400),
    (b"", HOOK_SECRET, 400),
    (b'{"event_name": "unheard_of", "project_id": 1}', HOOK_SECRET, 200),
    (b'{"event_name": ["list"], "project_id": 1}', HOOK_SECRET, 200),
    (b'{"event_name": "project_destroy", "project_id": "1"}', HOOK_SECRET, 200),
    (b'{"event_name": "project_destroy", "project_id": -1}', HOOK_SECRET, 200),
    (b'{"event_name": "project_destroy", "project_id": 99999}', HOOK_SECRET, 200),
    (b"x" * (25 * 1024 * 1024 + 1), HOOK_SECRET, 413),
]


def test_bodies_and_secrets(world: SampleWorld, hub: RunningHub) -> None:
    before = hub.ids()
    for body, secret, status in BODIES:
        assert post(hub, body, secret) == status, (body[:80], secret)
        hub.drain()
        assert hub.ids() == before, body[:80]


def test_a_forged_deletion_hides_for_one_refresh_at_worst(world: SampleWorld, hub: RunningHub) -> None:
    before = hub.ids()
    assert post(hub, b'{"event_name": "project_destroy", "project_id": 1}') == 200
    assert hub.ids() != before
    hub.drain()
    assert hub.ids() == before


def test_the_same_delivery_twice_is_one(world: SampleWorld, hub: RunningHub) -> None:
    body = b'{"event_name": "push", "project_id": 1}'
    for _ in range(3):
        assert post(hub, body, **{"Idempotency-Key": "abc"}) == 200
    assert hub.hub.inbox.counts()["queued"] == 1
    for key in ("1", "2", "3"):
        post(hub, body, **{"Idempotency-Key": key})
    world.gitlab.reset_calls()
    hub.drain()
    assert len([call for call in world.gitlab.calls if call[1].startswith("/api/v4/projects/1?")]) == 1


def test_two_events_of_one_change_share_a_uuid_and_both_count(world: SampleWorld, hub: RunningHub) -> None:
    for event in ("push", "project_update"):
        body = orjson.dumps({"event_name": event, "project_id": 1})
        assert post(hub, body, **{"X-Gitlab-Event-UUID": "one"}) == 200
    assert hub.hub.inbox.counts()["queued"] == 2


def test_without_a_secret_hooks_are_off(world: SampleWorld) -> None:
    with RunningHub(world.settings(hook_secret=None)) as hub:
        assert post(hub, b"{}", "") == 403
        assert post(hub, b"{}", "None") == 403
