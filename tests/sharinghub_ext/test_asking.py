"""Proves that filters, free text and orders mean the same by GET and POST, under each viewer, page after page."""

import json
from typing import Any

import httpx
import pytest
from jsonschema import Draft201909Validator
from pystac_client import Client

from stac_ext.queryables import QUERYABLE
from stac_ext.sorting import SORTABLE
from tests.support.running import RunningHub, SampleWorld

Standing = tuple[SampleWorld, RunningHub]
ASKED: list[dict[str, str]] = [
    {"filter": '"sharinghub:stars" > 3'},
    {"filter": "license IS NULL OR license <> 'MIT'", "sortby": "-title"},
    {"filter": "title LIKE '%a%' AND collection = 'ai-model'", "sortby": "title,-id"},
    {"filter": "A_CONTAINS(\"sharinghub:topics\", ('sharinghub:dataset'))", "sortby": "+created"},
    {"filter": "created > DATE('2020-01-01')", "bbox": "-180,-90,180,90"},
    {"filter": "S_INTERSECTS(geometry, BBOX(-10, 35, 30, 60))"},
    {"filter": '"sharinghub:archived" = false', "q": "flood,ship"},
    {"q": "flood", "sortby": "sharinghub:stars"},
    {"sortby": "-properties.license,id"},
    {"query": '{"sharinghub:stars":{"gt":3,"lte":1000},"title":{"contains":"a"}}', "filter": "title <> 'x'"},
    {"query": '{"sharinghub:topics":{"contains":"sharinghub:dataset"}}', "fields": "title,-assets"},
]


def body_of(asked: dict[str, str]) -> dict[str, Any]:
    """The same for POST."""
    body: dict[str, Any] = dict(asked)
    if "q" in body:
        body["q"] = body["q"].split(",")
    if "bbox" in body:
        body["bbox"] = [float(one) for one in body["bbox"].split(",")]
    if "sortby" in body:
        body["sortby"] = [
            {"field": one.lstrip("+-"), "direction": "desc" if one.startswith("-") else "asc"}
            for one in body["sortby"].split(",")
        ]
    if "query" in body:
        body["query"] = json.loads(body["query"])
    if "fields" in body:
        names = body["fields"].split(",")
        body["fields"] = {
            "include": [one for one in names if one[0] != "-"],
            "exclude": [one[1:] for one in names if one[0] == "-"],
        }
    if "filter" in body:
        body["filter-lang"] = "cql2-text"
    return body


def headers(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def pages(hub: RunningHub, token: str | None, answer: httpx.Response) -> list[str]:
    """The ids of all pages, following `next` to the last one and `prev` back to the first."""
    found = [shown(answer)]
    while (following := beside(hub, token, answer, "next")) is not None:
        answer = following
        found.append(shown(answer))
    whole = [one for page in found for one in page]
    assert answer.json()["numberMatched"] == len(whole)
    while (before := beside(hub, token, answer, "prev")) is not None:
        answer = before
        found.pop()
        assert shown(answer) == found[-1]
    assert len(found) == 1
    return whole


def shown(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [f"{one['collection']}/{one['id']}" for one in answer.json()["features"]]


def beside(hub: RunningHub, token: str | None, answer: httpx.Response, rel: str) -> httpx.Response | None:
    """The page that a link of a page leads to."""
    found = next((link for link in answer.json()["links"] if link["rel"] == rel), None)
    if found is None:
        return None
    url = found["href"].replace(hub.url, hub.address)
    if found["method"] == "POST":
        return hub.http.post(url, json=found["body"], headers=headers(token))
    return hub.http.get(url, headers=headers(token))


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: " ".join(asked.values()))
def test_get_and_post_give_the_same_on_any_page(standing: Standing, asked: dict[str, str]) -> None:
    world, hub = standing
    seen = {}
    for person in (None, "rita", "exa"):
        token = world.token(person) if person else None
        whole = pages(hub, token, hub.get("/stac/search", token, limit=100, **asked))
        assert pages(hub, token, hub.get("/stac/search", token, limit=2, **asked)) == whole
        for body in (body_of(asked), body_of(asked) | {"limit": 1}):
            assert pages(hub, token, hub.http.post("/stac/search", json=body, headers=headers(token))) == whole
        assert len(set(whole)) == len(whole)
        seen[person] = set(whole)
    assert seen["rita"] > seen[None] or seen["rita"] == seen[None] != set()


def test_a_collection_is_asked_in_the_same_way(standing: Standing) -> None:
    _, hub = standing
    found = hub.get("/stac/collections/dataset/items", filter="title IS NOT NULL", sortby="title", limit=100).json()
    titles = [one["properties"]["title"].casefold() for one in found["features"]]
    assert titles
    assert titles == sorted(titles)
    assert {one["collection"] for one in found["features"]} == {"dataset"}


def test_only_the_wanted_fields_are_given(standing: Standing) -> None:
    _, hub = standing
    whole = hub.get("/stac/collections/dataset/items", limit=100).json()["features"]
    least = {"id", "type", "collection", "stac_version"}
    for fields, members, properties in (
        ("", least | {"geometry", "bbox", "links", "assets", "properties"}, {"datetime"}),
        ("title,-assets", least | {"properties"}, {"title"}),
        (" properties,-properties.updated,+stac_extensions", least | {"properties", "stac_extensions"}, {"created"}),
    ):
        found = hub.get("/stac/collections/dataset/items", limit=100, fields=fields).json()["features"]
        assert [one["id"] for one in found] == [one["id"] for one in whole]
        for one, all_of_it in zip(found, whole, strict=True):
            assert one.keys() == members & all_of_it.keys()
            assert one["properties"].keys() >= properties
            assert "updated" not in one["properties"]
            for name in one.keys() - {"properties"}:
                assert one[name] == all_of_it[name]
            assert one["properties"].items() <= all_of_it["properties"].items()


def test_a_metric_is_found_by_its_name(world: SampleWorld, hub: RunningHub) -> None:
    for path, value in (("earth/good", 0.93), ("earth/bad", 0.41)):
        results = (
            f"- task: {{type: t}}\n    dataset: {{type: d, name: D}}\n    metrics: [{{type: accuracy, value: {value}}}]"
        )
        card = f"---\nmodel-index:\n- name: M\n  results:\n  {results}\n---\n"
        world.world.add_project(
            path, visibility="public", topics=["sharinghub:aimodel"], files={"README.md": card.encode()}
        )
    hub.sweep()
    for text, paths in (
        ("> 0.9", ["earth/good"]),
        ("< 0.9", ["earth/bad"]),
        ("IS NOT NULL", ["earth/bad", "earth/good"]),
    ):
        found = hub.get("/stac/search", filter=f'"sharinghub:metrics.accuracy" {text}', limit=100).json()["features"]
        assert sorted(one["properties"]["sharinghub:path"] for one in found if "earth/" in str(one)) == paths


def test_a_filter_that_names_the_version_finds_releases(standing: Standing) -> None:
    world, hub = standing
    token = world.token("rita")
    versions = pages(hub, token, hub.get("/stac/search", token, filter="version IS NOT NULL", limit=100))
    assert versions
    assert all("@" in one for one in versions)
    heads = pages(hub, token, hub.get("/stac/search", token, limit=100))
    assert not any("@" in one for one in heads)
    assert set(heads) < set(
        pages(hub, token, hub.get("/stac/search", token, filter="version IS NULL OR true", limit=3))
    )


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"filter": "((("}, "filter: is not CQL2"),
        ({"filter": "title = 1 AND"}, "A right example"),
        ({"filter": "a = 1", "filter-lang": "sql"}, "filter-lang: must be cql2-text or cql2-json"),
        ({"filter": "a = 1", "filter-crs": "EPSG:3857"}, "filter-crs"),
        ({"filter-lang": "cql2-text"}, "filter: is missing"),
        ({"filter": "{", "filter-lang": "cql2-json"}, "filter: is not JSON"),
        ({"sortby": "nowhere"}, "'nowhere' is not sortable; id, collection"),
        ({"sortby": ",".join(["id"] * 9)}, "more than 5 fields"),
        ({"q": ",".join(["a"] * 60)}, "q: must be at most 50 texts"),
        ({"q": " ".join(["a"] * 2000)}, "q: has more than 1000 words"),
        ({"query": "{"}, "query: is not JSON"),
        ({"query": '{"title":{"like":"a"}}'}, "known: eq, neq"),
        ({"query": '{"title":{"startsWith":5}}'}, "query: needs a text"),
        ({"query": '{"title":{"in":"a"}}'}, "does not fit"),
        ({"query": '{"title":"a"}'}, "names operators"),
        ({"query": '{"title":{"eq":null}}'}, "query: has something else"),
        ({"query": '{"a\\"b":{"eq":1}}'}, "query: 'a\"b' is no name"),
        ({"fields": ",".join(["a"] * 201)}, "fields: has more than 200 names"),
        ({"fields": "a" * 400}, "fields: must be lists of names"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told(standing: Standing, asked: dict[str, str], says: str) -> None:
    _, hub = standing
    answer = hub.get("/stac/search", **asked)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"filter": {"op": "nosuch", "args": [1]}},
        {"filter": 5},
        {"filter": "a = 1", "filter-lang": "cql2-json"},
        {"sortby": "title"},
        {"sortby": [{"field": 5}]},
        {"sortby": [{"field": "title", "direction": "down"}]},
        {"q": 5},
        {"q": [5]},
        {"filter_lang": "cql2-text"},
        {"query": "title"},
        {"query": [5]},
        {"query": {"title": {}}},
        {"query_": {}},
        {"fields": None},
        {"fields": "title"},
        {"fields": {"only": []}},
        {"fields": {"include": "title"}},
        {"fields": {"include": [5]}},
    ],
    ids=str,
)
def test_a_wrong_body_is_told(standing: Standing, body: dict[str, Any]) -> None:
    _, hub = standing
    answer = hub.http.post("/stac/search", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_may_be_asked_is_said(standing: Standing) -> None:
    _, hub = standing
    for base, among in (("/stac", ["ai-model", "dataset"]), ("/stac/collections/dataset", ["dataset"])):
        answer = hub.get(f"{base}/queryables")
        assert answer.headers["content-type"] == "application/schema+json"
        schema = answer.json()
        Draft201909Validator.check_schema(schema)
        assert schema["$id"] == f"{hub.url}{base}/queryables"
        assert schema["properties"].keys() > {*QUERYABLE, "collection"}
        assert schema["properties"]["collection"]["enum"] == among
        assert schema["additionalProperties"] is True
        assert hub.get(f"{base}/sortables").json()["properties"].keys() == SORTABLE.keys()
    rels = {link["rel"] for link in hub.get("/stac/collections/dataset").json()["links"]}
    assert rels >= {f"http://www.opengis.net/def/rel/ogc/1.0/{what}" for what in ("queryables", "sortables")}
    assert hub.get("/stac/collections/none/queryables").status_code == 404


def test_every_queryable_can_be_asked_for(standing: Standing) -> None:
    _, hub = standing
    for name in QUERYABLE.keys() - {"geometry"}:
        assert hub.get("/stac/search", filter=f'"{name}" IS NULL', limit=1).status_code == 200, name
    told = hub.get("/stac/queryables").json()["properties"]
    further = told.keys() - {*QUERYABLE, "collection"}
    assert "proj:code" in further
    for name in further:
        answer = hub.get("/stac/search", filter=f'"{name}" IS NOT NULL', limit=1)
        assert answer.json()["features"], name
        assert "sharinghub-near-miss" not in answer.headers, name
    for name in SORTABLE:
        assert hub.get("/stac/search", sortby=f"-{name}", limit=1).status_code == 200, name


def test_pystac_client_filters_and_sorts(standing: Standing) -> None:
    world, hub = standing
    client = Client.open(f"{hub.address}/stac", headers=headers(world.token("rita")))
    filter_ = {"op": ">", "args": [{"property": "sharinghub:stars"}, 3]}
    search = client.search(filter=filter_, filter_lang="cql2-json", sortby=["-properties.title"], limit=3)
    titles = [item.properties["title"].casefold() for item in search.items()]
    assert len(titles) == search.matched() > 3
    assert titles == sorted(titles, reverse=True)
    by_text = client.search(method="GET", filter='"sharinghub:stars" > 3', filter_lang="cql2-text", sortby="-title")
    assert [item.properties["title"].casefold() for item in by_text.items()] == titles
