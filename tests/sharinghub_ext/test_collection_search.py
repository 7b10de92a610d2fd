"""Proves which collections a search finds, page after page, and that their summaries are of what the caller sees."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft201909Validator

from stac_ext.queryables import QUERYABLES
from tests.support.running import LittleWorld, RunningHub

CARD = """---
license: {licence}
extent: {{spatial: [[{box}]], temporal: [["2020-01-01T00:00:00Z", "2020-12-31T00:00:00Z"]]}}
---
"""


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LittleWorld, RunningHub]]:
    """A public data set in Europe, and a private one in the Pacific that only rita may see."""
    with LittleWorld(tmp_path_factory.mktemp("collections")) as one:
        for path, visibility, licence, box in (
            ("sea/europe", "public", "MIT", "0, 40, 10, 50"),
            ("sea/pacific", "private", "Apache-2.0", "150, -20, 160, -10"),
        ):
            card = CARD.format(licence=licence, box=box).encode()
            one.world.add_project(path, visibility=visibility, topics=["sharinghub:dataset"], files={"README.md": card})
        project = one.world.project_at("sea/pacific")
        rita = one.world.user_named("rita")
        assert project is not None
        assert rita is not None
        one.world.add_member(project, rita, 20)
        with RunningHub(one.settings()) as hub:
            hub.sweep()
            yield one, hub


def found(hub: RunningHub, token: str | None = None, **asked: Any) -> list[str]:
    answer = hub.get("/stac/collections", token, **asked)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["numberReturned"] == len(page["collections"])
    return [one["id"] for one in page["collections"]]


def test_collections_are_found_by_what_the_caller_sees_of_them(placed: tuple[LittleWorld, RunningHub]) -> None:
    world, hub = placed
    rita = world.token("rita")
    assert found(hub) == found(hub, q="models,dataset") == ["ai-model", "dataset"]
    pacific = "155,-15,156,-14"
    assert "dataset" not in found(hub, bbox=pacific)
    assert "dataset" in found(hub, rita, bbox=pacific)
    assert "dataset" in found(hub, bbox="5,45,6,46")
    assert "dataset" in found(hub, datetime="2020-06-01T00:00:00Z/..")
    assert "dataset" not in found(hub, datetime="../2019-06-01T00:00:00Z")
    assert found(hub, q="no such words") == []
    assert found(hub, q="DATASET") == ["dataset"]
    assert found(hub, filter="id = 'dataset'") == ["dataset"]
    assert found(hub, filter="A_CONTAINS(keywords, ('ai-model')) OR CASEI(title) LIKE CASEI('DATA%')", limit=5) == (
        ["ai-model", "dataset"]
    )
    within = "S_WITHIN(geometry, BBOX(-10, 30, 20, 60)) AND end_datetime < DATE('2021-01-01')"
    assert found(hub, filter=within) == ["dataset"]
    assert found(hub, rita, filter=within) == []
    json = '{"op":"=","args":[{"property":"id"},"dataset"]}'
    assert found(hub, filter=json, **{"filter-lang": "cql2-json"}) == ["dataset"]


def test_what_a_filter_of_collections_may_ask_is_said(placed: tuple[LittleWorld, RunningHub]) -> None:
    _, hub = placed
    links = {link["rel"]: link["href"] for link in hub.get("/stac/collections").json()["links"]}
    schema = hub.http.get(links[QUERYABLES].replace(hub.url, hub.address)).json()
    Draft201909Validator.check_schema(schema)
    assert schema["$id"] == links[QUERYABLES]
    for name in schema["properties"]:
        assert hub.get("/stac/collections", filter=f"{name} IS NOT NULL").status_code == 200, name


def test_summaries_are_of_what_the_caller_sees(placed: tuple[LittleWorld, RunningHub]) -> None:
    world, hub = placed
    public = hub.get("/stac/collections/dataset").json()["summaries"]
    mine = hub.get("/stac/collections/dataset", world.token("rita")).json()["summaries"]
    assert public["license"] == ["MIT"]
    assert mine["license"] == ["Apache-2.0", "MIT"]
    assert public["sharinghub:stars"] == {"minimum": 0, "maximum": 0}
    assert mine["created"]["minimum"] <= public["created"]["minimum"] <= public["created"]["maximum"]


def test_pages_of_collections(placed: tuple[LittleWorld, RunningHub]) -> None:
    _, hub = placed
    first = hub.get("/stac/collections", limit=1).json()
    links = {link["rel"]: link["href"] for link in first["links"]}
    assert ([one["id"] for one in first["collections"]], first["numberMatched"]) == (["ai-model"], 2)
    assert "prev" not in links
    second = hub.http.get(links["next"].replace(hub.url, hub.address)).json()
    links = {link["rel"]: link["href"] for link in second["links"]}
    assert [one["id"] for one in second["collections"]] == ["dataset"]
    assert "next" not in links
    assert hub.http.get(links["prev"].replace(hub.url, hub.address)).json()["collections"] == first["collections"]
    token = links["prev"].rpartition("token=")[2]
    for path, asked in (("/stac/collections", {"q": "data"}), ("/stac/search", {})):
        assert hub.http.get(path, params={"token": token, **asked}).status_code == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bbox", "1,2"),
        ("datetime", "now"),
        ("limit", "0"),
        ("q", ",".join("a" * 60)),
        ("token", "x"),
        ("ids", "1"),
        ("filter", "((("),
    ],
)
def test_what_is_wrong_is_told(placed: tuple[LittleWorld, RunningHub], name: str, value: str) -> None:
    answer = placed[1].http.get("/stac/collections", params={name: value})
    assert answer.status_code == 400
    assert answer.json()["parameter"] == name
