"""Proves that the aggregation routes answer GET and POST alike, link to each other, and tell what is wrong."""

from collections.abc import Iterator
from typing import Any

import pytest

from stac_ext.aggregations import described
from tests.support.running import LittleWorld, RunningHub

NAMES = [one["name"] for one in described()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LittleWorld, RunningHub]]:
    with LittleWorld(tmp_path_factory.mktemp("aggregating")) as world, RunningHub(world.settings()) as hub:
        hub.sweep()
        yield world, hub


@pytest.mark.parametrize("base", ["/stac", "/stac/collections/ai-model", "/stac/collections/dataset"])
@pytest.mark.parametrize(
    ("asked", "body"),
    [
        ({}, {}),
        ({"bbox": "0,0,1,1"}, {"bbox": [0, 0, 1, 1]}),
        ({"q": "model"}, {"q": ["model"]}),
        ({"filter": "title IS NOT NULL"}, {"filter": "title IS NOT NULL", "filter-lang": "cql2-text"}),
        ({"query": '{"sharinghub:stars":{"gte":0}}'}, {"query": {"sharinghub:stars": {"gte": 0}}}),
        ({"collections": "ai-model,dataset"}, {"collections": ["ai-model", "dataset"]}),
        ({"datetime_frequency_interval": "year"}, {"datetime_frequency_interval": "year"}),
        (
            {"centroid_geohash_grid_frequency_precision": "4"},
            {"centroid_geohash_grid_frequency_precision": 4},
        ),
    ],
    ids=str,
)
def test_get_and_post_give_the_same(
    place: tuple[LittleWorld, RunningHub], base: str, asked: dict[str, str], body: dict[str, Any]
) -> None:
    world, hub = place
    for person in (None, "maya"):
        token = world.token(person) if person else None
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        by_get = hub.get(f"{base}/aggregate", token, aggregations=",".join(NAMES), **asked)
        assert by_get.status_code == 200, by_get.text
        told = by_get.json()
        assert told["type"] == "AggregationCollection"
        assert [one["name"] for one in told["aggregations"]] == NAMES
        json = {"aggregations": NAMES, **body}
        by_post = hub.http.post(f"{base}/aggregate", json=json, headers=headers)
        assert by_post.json()["aggregations"] == told["aggregations"]
        conditions = {name: text for name, text in asked.items() if "frequency" not in name}
        collection = base.partition("collections/")[2]
        if collection:
            conditions["collections"] = collection
        matched = hub.get("/stac/search", token, **conditions).json()["numberMatched"]
        assert told["aggregations"][0]["value"] == matched


def test_the_catalogue_and_collections_lead_to_aggregations(place: tuple[LittleWorld, RunningHub]) -> None:
    _, hub = place
    for base in ("/stac", "/stac/collections/dataset"):
        links = {link["rel"]: link["href"] for link in hub.get(base).json()["links"]}
        assert links["aggregate"] == f"{hub.url}{base}/aggregate"
        listed = hub.http.get(links["aggregations"].replace(hub.url, hub.address)).json()
        assert listed["aggregations"] == described()
        assert hub.get(f"{base}/aggregate").json()["aggregations"] == []


def test_the_children_are_those_that_the_catalogue_links_to(place: tuple[LittleWorld, RunningHub]) -> None:
    _, hub = place
    children = hub.get("/stac/children").json()["children"]
    links = [link["href"] for link in hub.get("/stac").json()["links"] if link["rel"] == "child"]
    assert [one["links"][0]["href"] for one in children] == links
    assert children == hub.get("/stac/collections").json()["collections"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aggregations", "nosuch"),
        ("limit", "5"),
        ("sortby", "id"),
        ("collection_id", "dataset"),
        ("bbox", "1"),
        ("datetime_frequency_interval", "week"),
        ("centroid_geohash_grid_frequency_precision", "9"),
        ("centroid_geohash_grid_frequency_precision", "x"),
    ],
)
def test_what_is_wrong_is_told(place: tuple[LittleWorld, RunningHub], name: str, value: str) -> None:
    answer = place[1].http.get("/stac/aggregate", params={name: value})
    assert answer.status_code == 400
    assert answer.json()["parameter"] == name


def test_another_collection_than_that_of_the_route_is_refused(place: tuple[LittleWorld, RunningHub]) -> None:
    _, hub = place
    assert hub.get("/stac/collections/nosuch/aggregate").status_code == 404
    assert hub.get("/stac/collections/nosuch/aggregations").status_code == 404
    assert hub.get("/stac/collections/dataset/aggregate", collections="ai-model").status_code == 400
    for body in ({"limit": 5}, {"collections": ["ai-model"]}, {"aggregations": "total_count"}, {"bbox": 5}):
        assert hub.http.post("/stac/collections/dataset/aggregate", json=body).status_code == 400
