"""Proves that who harvests the catalogue again moves next to nothing where nothing has changed."""

from collections.abc import Iterator

import pytest

from tests.support.running import RunningHub, SampleWorld


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SampleWorld, RunningHub]]:
    with SampleWorld(tmp_path_factory.mktemp("harvest")) as world, RunningHub(world.settings()) as hub:
        hub.sweep()
        yield world, hub


def harvest(hub: RunningHub, kept: dict[str, tuple[str, list[str], str | None]]) -> tuple[set[str], int, int]:
    """The ids of all pages, how many pages came with a body, and the bytes of these; `kept` is what the mirror has."""
    url: str | None = f"{hub.address}/stac/search?limit=4&sortby=id"
    ids, new, size = set[str](), 0, 0
    while url:
        tag = kept[url][0] if url in kept else ""
        answer = hub.http.get(url, headers={"If-None-Match": tag} if tag else {})
        size += len(answer.content)
        if answer.status_code == 200:
            page, new = answer.json(), new + 1
            following = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
            kept[url] = (answer.headers["etag"], [one["id"] for one in page["features"]], following)
        else:
            assert (answer.status_code, answer.content) == (304, b"")
        ids |= set(kept[url][1])
        url = kept[url][2]
    return ids, new, size


def test_a_second_harvest_has_no_bodies_and_a_third_only_what_changed(standing: tuple[SampleWorld, RunningHub]) -> None:
    world, hub = standing
    kept: dict[str, tuple[str, list[str], str | None]] = {}
    first = harvest(hub, kept)
    assert first[0] == {item_id for _, item_id in hub.ids()}
    assert first[1] == 3
    assert harvest(hub, kept) == (first[0], 0, 0)
    project = world.world.project_at("sea/waves") or world.world.project_at("earth/models/cloud-mask-onnx")
    assert project is not None
    world.world.commit(project, {"README.md": b"# Another title\n"})
    hub.sweep()
    ids, new, size = harvest(hub, kept)
    assert ids == first[0]
    assert new == 1
    assert 0 < size < first[2]
