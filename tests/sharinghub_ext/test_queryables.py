"""Proves that queryables tell of public items only, that near misses are told, and what sorting is refused with."""

from collections.abc import Iterator
from typing import Any

import pytest

from stac_ext.sorting import SORTABLE
from tests.support.running import LittleWorld, RunningHub

CARD = """---
license: {licence}
model-index:
- name: M
  results:
  - task: {{type: t}}
    dataset: {{type: d, name: D}}
    metrics: [{{type: {metric}, value: 0.5}}]
---
"""
Standing = tuple[LittleWorld, RunningHub]


@pytest.fixture(scope="module")
def carded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A public and an internal model with cards."""
    with LittleWorld(tmp_path_factory.mktemp("carded")) as one:
        for path, visibility, licence, metric in (
            ("sea/open", "public", "MIT", "f1"),
            ("sea/closed", "internal", "Apache-2.0", "recall"),
        ):
            card = CARD.format(licence=licence, metric=metric).encode()
            one.world.add_project(path, visibility=visibility, topics=["sharinghub:aimodel"], files={"README.md": card})
        with RunningHub(one.settings()) as hub:
            hub.sweep()
            yield one, hub


def told(hub: RunningHub, token: str | None = None, path: str = "/stac/collections/ai-model/queryables") -> Any:
    answer = hub.get(path, token)
    assert answer.status_code == 200
    return answer.json()["properties"]


def test_queryables_have_the_values_of_what_is_public(carded: Standing) -> None:
    world, hub = carded
    for token in (None, world.token("rita")):
        found = told(hub, token)
        assert found["license"]["enum"] == ["MIT"]
        assert found["sharinghub:topics"]["items"]["enum"] == ["sharinghub:aimodel"]
        assert found["sharinghub:metrics.f1"]["type"] == "number"
        assert "sharinghub:metrics.recall" not in found
    assert "enum" not in told(hub, path="/stac/collections/dataset/queryables")["license"]
    assert told(hub, path="/stac/queryables")["collection"]["enum"] == ["ai-model", "dataset"]


def test_what_is_public_no_more_is_told_no_more(carded: Standing) -> None:
    world, hub = carded
    project = world.world.add_project(
        "sea/brief",
        visibility="public",
        topics=["sharinghub:aimodel"],
        files={"README.md": CARD.format(licence="CC0-1.0", metric="iou").encode()},
    )
    hub.sweep()
    assert told(hub)["license"]["enum"] == ["CC0-1.0", "MIT"]
    world.world.set_visibility(project, "private")
    hub.sweep()
    assert told(hub)["license"]["enum"] == ["MIT"]


def test_a_name_that_is_near_to_a_queryable_is_told(carded: Standing) -> None:
    _, hub = carded
    asked = {"filter": "stars > 3 AND \"eo:cloudcover\" < 5 AND title <> 'x' AND \"licenseé\" = 'MIT'"}
    right = '"eo:cloudcover";queryable="eo:cloud_cover", "license%C3%A9";queryable="license", '
    right += '"stars";queryable="sharinghub:stars"'
    answers = [
        hub.get("/stac/search", **asked),
        hub.get("/stac/collections/ai-model/items", **asked),
        hub.http.post("/stac/search", json=asked | {"filter-lang": "cql2-text"}),
        hub.get("/stac/aggregate", aggregations="total_count", **asked),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["sharinghub-near-miss"] == right
        assert (
            "SharingHub-Near-Miss"
            in hub.http.get("/stac", headers={"Origin": "https://browser.example"}).headers[
                "access-control-expose-headers"
            ]
        )
    assert hub.get("/stac/search", query='{"stars":{"gt":3}}').headers["sharinghub-near-miss"].startswith('"stars"')
    of_collections = hub.get("/stac/collections", filter="titel = 'x'")
    assert of_collections.headers["sharinghub-near-miss"] == '"titel";queryable="title"'
    for filter_ in ("title = 'x'", '"sharinghub:metrics.f1" > 0', "collection = 'dataset'", "wind = 5"):
        assert "sharinghub-near-miss" not in hub.get("/stac/search", filter=filter_).headers


def test_limits_go_to_ten_thousand_and_more_is_told(carded: Standing) -> None:
    _, hub = carded
    for path in ("/stac/search", "/stac/collections/ai-model/items", "/stac/collections"):
        for limit, said in ((10_000, None), (10_001, "10000"), (10**18, "10000")):
            answer = hub.get(path, limit=limit)
            assert answer.status_code == 200
            assert answer.headers.get("sharinghub-limit") == said
    answer = hub.http.post("/stac/search", json={"limit": 10_001})
    assert answer.headers["sharinghub-limit"] == "10000"


@pytest.mark.parametrize("name", ["description", "sharinghub:metrics.f1", "nowhere", "geometry"])
def test_what_is_not_sortable_is_refused_with_the_list(carded: Standing, name: str) -> None:
    _, hub = carded
    for answer in (
        hub.get("/stac/search", sortby=name),
        hub.get("/stac/collections/ai-model/items", sortby=f"-{name}"),
        hub.http.post("/stac/search", json={"sortby": [{"field": name, "direction": "asc"}]}),
    ):
        assert answer.status_code == 400
        assert answer.json()["parameter"] == "sortby"
        assert all(one in answer.json()["detail"] for one in SORTABLE)
        assert answer.json()["example"]
