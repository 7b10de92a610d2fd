"""Proves that releases are items of their own: found by name, immutable, linked, and gone with their release."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitlab_hooks.standin.model import Project
from tests.e2e.test_hooks import CLOUD, delivered, project
from tests.support.running import LittleWorld, RunningHub, SampleWorld
from tests.support.schemas import validator


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SampleWorld]:
    with LittleWorld(tmp_path) as one:
        yield one


def readme(title: str) -> dict[str, bytes]:
    return {"README.md": f"---\ntitle: {title}\n---\nText".encode()}


def released(world: SampleWorld, hub: RunningHub, *tags: str) -> Project:
    """A project with a commit, a data file and a release for each tag."""
    cloud = project(world, CLOUD)
    for tag in tags:
        world.world.commit(cloud, {**readme(f"At {tag}"), "model/weights.onnx": tag.encode()})
        world.world.add_release(cloud, tag)
    world.world.commit(cloud, readme("Newest"))
    delivered(world, hub)
    hub.sweep()
    return cloud


def item(hub: RunningHub, name: str) -> dict[str, Any] | None:
    answer = hub.get(f"/stac/collections/ai-model/items/{name}")
    found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
    return found


def title(hub: RunningHub, name: str) -> str | None:
    found = item(hub, name)
    return found["properties"]["title"] if found else None


def links(hub: RunningHub, name: str) -> dict[str, str]:
    found = item(hub, name)
    assert found is not None
    return {one["rel"]: one["href"].rpartition("/")[2] for one in found["links"] if one["rel"].endswith("-version")}


def test_a_release_is_an_item_of_its_own(world: SampleWorld, hub: RunningHub) -> None:
    before = hub.ids()
    number = released(world, hub, "v1.9.0", "v1.10.0").id
    assert title(hub, str(number)) == "Newest"
    assert title(hub, f"{number}@v1.9.0") == "At v1.9.0"
    assert title(hub, f"{number}@v1.10.0") == "At v1.10.0"
    assert sorted(hub.ids()) == sorted(before)
    assert hub.ids(ids=f"{number}@v1.9.0") == [("ai-model", f"{number}@v1.9.0")]
    version = item(hub, f"{number}@v1.9.0")
    assert version is not None
    assert version["properties"]["version"] == "v1.9.0"
    assert validator()(version, strict=True) == []
    head = item(hub, str(number))
    assert head is not None
    assert "version" not in head["properties"]


def test_versions_are_linked_by_semantic_versioning(world: SampleWorld, hub: RunningHub) -> None:
    number = released(world, hub, "v1.10.0", "v1.9.0", "v2.0.0-rc.1").id
    latest = {"latest-version": f"{number}@v2.0.0-rc.1"}
    assert links(hub, str(number)) == latest
    assert links(hub, f"{number}@v1.9.0") == {**latest, "successor-version": f"{number}@v1.10.0"}
    assert links(hub, f"{number}@v1.10.0") == {
        **latest,
        "predecessor-version": f"{number}@v1.9.0",
        "successor-version": f"{number}@v2.0.0-rc.1",
    }


def test_the_assets_of_a_version_are_those_of_its_commit(world: SampleWorld, hub: RunningHub) -> None:
    number = released(world, hub, "v1", "v2").id
    for tag in ("v1", "v2"):
        version = item(hub, f"{number}@{tag}")
        assert version is not None
        asset = version["assets"]["model/weights.onnx"]
        answer = hub.http.get(asset["href"])
        assert answer.content == tag.encode()
        assert asset["file:size"] == len(tag)
        source = hub.http.get(version["assets"]["release"]["href"])
        with zipfile.ZipFile(io.BytesIO(source.content)) as archive:
            (weights,) = [name for name in archive.namelist() if name.endswith("model/weights.onnx")]
            assert archive.read(weights) == tag.encode()


def test_a_version_stays_as_it_is_while_the_project_goes_on(world: SampleWorld, hub: RunningHub) -> None:
    cloud = released(world, hub, "v1")
    before = item(hub, f"{cloud.id}@v1")
    world.world.commit(cloud, {**readme("Later"), "model/weights.onnx": b"other"})
    delivered(world, hub)
    assert title(hub, str(cloud.id)) == "Later"
    assert item(hub, f"{cloud.id}@v1") == before


def test_a_release_that_is_deleted_takes_its_version_along(world: SampleWorld, hub: RunningHub) -> None:
    cloud = released(world, hub, "v1", "v2")
    world.world.remove_release(cloud, "v2")
    delivered(world, hub)
    hub.sweep()
    assert item(hub, f"{cloud.id}@v2") is None
    assert links(hub, f"{cloud.id}@v1") == {"latest-version": f"{cloud.id}@v1"}


def test_a_tag_that_is_moved_replaces_its_version(world: SampleWorld, hub: RunningHub) -> None:
    cloud = released(world, hub, "v1")
    world.world.remove_release(cloud, "v1")
    world.world.remove_tag(cloud, "v1")
    world.world.commit(cloud, readme("Moved"))
    world.world.add_release(cloud, "v1")
    delivered(world, hub)
    hub.sweep()
    assert title(hub, f"{cloud.id}@v1") == "Moved"


def test_a_tag_that_is_moved_under_its_release_replaces_its_version(world: SampleWorld, hub: RunningHub) -> None:
    """GitLab keeps the commit that the release was made at; the version is that of the tag."""
    cloud = released(world, hub, "v1")
    world.world.commit(cloud, readme("Moved"))
    world.world.remove_tag(cloud, "v1")
    world.world.add_tag(cloud, "v1")
    delivered(world, hub)
    hub.sweep()
    assert title(hub, f"{cloud.id}@v1") == "Moved"
    world.world.remove_tag(cloud, "v1")
    delivered(world, hub)
    hub.sweep()
    assert item(hub, f"{cloud.id}@v1") is None


def test_a_version_is_as_private_as_its_project(world: SampleWorld, hub: RunningHub) -> None:
    cloud = released(world, hub, "v1")
    world.world.set_visibility(cloud, "private")
    delivered(world, hub)
    assert item(hub, f"{cloud.id}@v1") is None
    assert item(hub, str(cloud.id)) is None


def test_a_version_tells_the_present_visibility_and_whether_its_files_ask_for_a_token(
    world: SampleWorld, hub: RunningHub
) -> None:
    cloud = released(world, hub, "v1")
    for visibility, asks in (("public", False), ("private", True), ("internal", True), ("public", False)):
        world.world.set_visibility(cloud, visibility)
        delivered(world, hub)
        hub.sweep()
        for name in (str(cloud.id), f"{cloud.id}@v1"):
            answer = hub.get(f"/stac/collections/ai-model/items/{name}", world.token("maya"))
            assert answer.status_code == 200, (visibility, name)
            assert answer.json()["properties"]["sharinghub:visibility"] == visibility
            assert ("auth:schemes" in answer.json()["properties"]) == asks, (visibility, name)


def test_a_slash_in_a_tag_is_a_tilde(world: SampleWorld, hub: RunningHub) -> None:
    cloud = released(world, hub, "release/2024")
    assert title(hub, f"{cloud.id}@release~2024") == "At release/2024"


def test_an_unchanged_version_is_not_read_again(world: SampleWorld, hub: RunningHub) -> None:
    cloud = released(world, hub, "v1", "v2")
    shas = [cloud.releases[tag].sha for tag in ("v1", "v2")]
    world.gitlab.reset_calls()
    world.world.commit(cloud, readme("Later"))
    delivered(world, hub)
    assert title(hub, str(cloud.id)) == "Later"
    assert not [call for call in world.gitlab.calls if any(str(sha) in str(call) for sha in shas)]
