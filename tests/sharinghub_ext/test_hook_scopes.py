"""Proves that the hook of one project or group speaks for that alone, whatever a delivery claims."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from gitlab_hooks.places import Places, note_places
from gitlab_hooks.verification import scoped_token
from tests.support.running import HOOK_SECRET, LittleWorld, RunningHub, SampleWorld


def deliver(hub: RunningHub, scope: str, **payload: Any) -> int:
    headers = {"X-Gitlab-Token": scoped_token(HOOK_SECRET, scope)}
    return hub.http.post("/hooks/gitlab", content=orjson.dumps(payload), headers=headers).status_code


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SampleWorld]:
    with LittleWorld(tmp_path) as one:
        yield one


@pytest.fixture
def ids(world: SampleWorld) -> tuple[int, int]:
    """Two projects that everybody sees, in different groups."""
    seen = [one for one in world.world.projects.values() if one.visibility == "public" and one.topics]
    first = next(one for one in seen if one.group)
    top = first.full_path.partition("/")[0]
    return first.id, next(one for one in seen if not one.full_path.startswith(f"{top}/")).id


def queued(hub: RunningHub) -> int:
    return hub.hub.inbox.counts().get("queued", 0)


def test_the_token_of_the_instance_speaks_for_everything(hub: RunningHub, ids: tuple[int, int]) -> None:
    for one in ids:
        assert deliver(hub, "instance", event_name="project_update", project_id=one) == 200
    assert queued(hub) == 2


def test_the_token_of_a_project_speaks_for_it(hub: RunningHub, ids: tuple[int, int]) -> None:
    mine, _ = ids
    assert deliver(hub, f"project:{mine}", object_kind="push", project={"id": mine}) == 200
    assert queued(hub) == 1


@pytest.mark.parametrize(
    "payload",
    [
        {"event_name": "project_destroy", "project_id": "other"},
        {"event_name": "user_remove_from_team", "project_id": "other", "user_id": 3},
        {"event_name": "user_remove_from_group", "project_id": "mine", "user_id": 3},
        {"event_name": "user_destroy", "project_id": "mine", "user_id": 3},
        {"event_name": "group_destroy", "project_id": "mine", "full_path": "earth"},
        {"event_name": "group_rename", "project_id": "mine", "old_full_path": "earth"},
        {"event_name": "user_rename", "old_username": "ada"},
        {"object_kind": "push"},
    ],
    ids=str,
)
def test_the_token_of_a_project_speaks_for_nothing_else(
    hub: RunningHub, ids: tuple[int, int], payload: dict[str, Any]
) -> None:
    mine, other = ids
    before = hub.ids()
    payload = {key: {"mine": mine, "other": other}.get(value, value) for key, value in payload.items()}
    status = deliver(hub, f"project:{mine}", **payload)
    assert status == (401 if payload.get("project_id") != mine else 200)
    assert hub.hub.inbox.counts() == {}
    assert hub.ids() == before


def test_the_token_of_a_group_speaks_for_what_lies_below_it(
    world: SampleWorld, hub: RunningHub, ids: tuple[int, int]
) -> None:
    inside, outside = (world.world.projects[one] for one in ids)
    assert inside.group is not None
    group = inside.group.lineage()[-1]
    scope, elsewhere = f"group:{group.id}", f"{group.full_path}x"
    assert deliver(hub, scope, event_name="project_update", project_id=inside.id) == 401  # no hook of ours is there
    note_places(hub.hub.database, Places(groups={group.id: group.full_path}))
    assert deliver(hub, scope, event_name="project_destroy", project_id=outside.id) == 200
    forged = {"id": outside.id, "path_with_namespace": f"{group.full_path}/x"}
    assert deliver(hub, scope, object_kind="push", project=forged) == 200
    assert deliver(hub, scope, event_name="subgroup_destroy", full_path=elsewhere) == 200
    assert deliver(hub, scope, event_name="group_destroy", project_id=inside.id, full_path=elsewhere) == 200
    assert hub.hub.inbox.counts() == {}
    assert deliver(hub, scope, event_name="project_update", project_id=inside.id) == 200
    new = {"id": 999_999, "path_with_namespace": f"{group.full_path}/new"}
    assert deliver(hub, scope, object_kind="push", project=new) == 200
    assert deliver(hub, scope, event_name="subgroup_destroy", full_path=f"{group.full_path}/sub") == 200
    assert queued(hub) == 3


def test_a_scoped_token_of_another_secret_is_refused(hub: RunningHub, ids: tuple[int, int]) -> None:
    headers = {"X-Gitlab-Token": scoped_token("another-secret-of-nobody", f"project:{ids[0]}")}
    body = orjson.dumps({"event_name": "project_update", "project_id": ids[0]})
    answer = hub.http.post("/hooks/gitlab", content=body, headers=headers)
    assert answer.status_code == 401
    assert "SHARINGHUB_HOOK_SECRET" in answer.json()["detail"]
