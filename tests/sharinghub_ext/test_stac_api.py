"""Proves the STAC routes: links, paging, parameters, errors, and that every route that reads has a viewer."""

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from sharinghub_ext.auth.dependency import resolve_viewer
from sharinghub_ext.former.routes import GONE, MOVED
from tests.support.running import HOOK_SECRET, RunningHub, SampleWorld

Standing = tuple[SampleWorld, RunningHub]


def links(document: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    return [link for link in document["links"] if link["rel"] == rel]


def every_href(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("href"), str):
            yield node["href"]
        for value in node.values():
            yield from every_href(value)
    elif isinstance(node, list):
        for value in node:
            yield from every_href(value)


PUBLIC_ROUTES = {
    "/.well-known/oauth-protected-resource": "says where tokens are had; made from settings",
    "/dvc/{project_id}/health": "resolves the caller in its handler, and asks GitLab whether they may push",
    "/dvc/{project_id}/setup": "resolves the caller in its handler, as downloads do, and asks GitLab",
    "/": "a redirect that reads nothing",
    "/api": "the OpenAPI document",
    "/api.html": "a page that shows it",
    "/api.static": "its scripts and styles",
    "/api/stac": "a redirect that reads nothing",
    "/api/check/{project:path}": "resolves the caller in its handler",
    "/api/download/{rest:path}": "resolves the caller in its handler, as downloads do",
    **dict.fromkeys(MOVED, "a redirect that reads nothing"),
    **dict.fromkeys(GONE, "says that it is not kept"),
    "/api/stac/{rest:path}": "a redirect that reads nothing",
    "/browser": "a redirect that reads nothing",
    "/browser/{path:path}": "files of STAC Browser, the same for all",
    **dict.fromkeys(("/auth/login", "/auth/callback", "/auth/logout"), "says that nobody can sign in here"),
    "/healthz": "liveness",
    "/readyz": "readiness, with the state of the index only",
    "/metrics": "asks for a token of its own and names nobody",
    "/hooks/gitlab": "speaks for GitLab by its secret",
    "/assets/sign": "is for a session alone, and reads nothing",
    "/assets/{project_id}/{revision}/{path:path}": "resolves its viewer itself, and asks GitLab live",
    "/assets/{project_id}/archive/{revision}.zip": "as the one above",
    "/assets/{project_id}/packages/{names:path}": "as the one above",
    "/dvc/{project_id}/{key:path}": "asks GitLab live about the right to the code",
}


def test_every_route_has_a_viewer_or_is_named_as_public(standing: Standing) -> None:
    """A new route fails here until it has the viewer dependency, or a reason to need none."""
    _, hub = standing
    app = hub._server.config.loaded_app
    while not hasattr(app, "routes"):
        app = app.app if hasattr(app, "app") else app._app
    without = []

    def walk(routes: list[Any], inherited: bool) -> None:
        for route in routes:
            if hasattr(route, "original_router"):
                dependencies = [one.dependency for one in route.original_router.dependencies]
                walk(route.original_router.routes, inherited or resolve_viewer in dependencies)
            elif isinstance(route, APIRoute):
                mine = [one.dependency for one in route.dependencies]
                if not inherited and resolve_viewer not in mine:
                    without.append(route.path)
            else:
                assert isinstance(route, Route | Mount)
                without.append(route.path)

    walk(list(app.routes), inherited=False)
    assert sorted(set(without) - PUBLIC_ROUTES.keys()) == []


def test_landing_page_has_what_core_and_features_ask_for(standing: Standing) -> None:
    _, hub = standing
    for path in ("/stac", "/stac/"):
        page = hub.get(path).json()
        assert links(page, "self")[0]["href"] == f"{hub.url}/stac"
        assert {link["rel"] for link in page["links"]} >= {
            *("root", "self", "conformance", "data", "search", "service-desc", "service-doc", "child")
        }
        assert {link["method"] for link in links(page, "search")} == {"GET", "POST"}
        assert page["conformsTo"] == hub.get("/stac/conformance").json()["conformsTo"]
    assert hub.get("/api").headers["content-type"].startswith("application/vnd.oai.openapi+json")
    assert hub.get("/api").json()["servers"] == [{"url": hub.url}]
    assert hub.get("/").headers["location"] == f"{hub.url}/stac"
    assert hub.get("/api/stac/search?limit=1").headers["location"] == f"{hub.url}/stac/search?limit=1"


@pytest.mark.parametrize("collections", [None, "ai-model", "dataset", "ai-model,dataset"])
def test_search_without_collections_means_all(standing: Standing, collections: str | None) -> None:
    _, hub = standing
    asked = {"collections": collections} if collections else {}
    found = hub.ids(**asked)
    wanted = (collections or "ai-model,dataset").split(",")
    assert sorted(found) == sorted(one for one in hub.ids() if one[0] in wanted)
    assert len(found) == len(set(found)) > 3


def test_post_pages_carry_the_whole_body_and_end_without_an_empty_page(standing: Standing) -> None:
    _, hub = standing
    body: dict[str, Any] | None = {
        "limit": 5,
        "collections": ["ai-model", "dataset"],
        "datetime": "1900-01-01T00:00:00Z/..",
    }
    seen: list[tuple[str, str]] = []
    while body is not None:
        answer = hub.http.post("/stac/search", json=body).json()
        assert answer["features"]
        assert answer["numberReturned"] == len(answer["features"])
        seen += [(item["collection"], item["id"]) for item in answer["features"]]
        following = links(answer, "next")
        if following:
            assert following[0]["method"] == "POST"
            assert following[0]["merge"] is False
            assert {**following[0]["body"], "token": None} == {**body, "token": None}
        body = following[0]["body"] if following else None
    assert seen == hub.ids()


def test_a_page_token_of_another_search_or_a_forged_one_is_refused(standing: Standing) -> None:
    _, hub = standing
    href = links(hub.get("/stac/search", limit=1).json(), "next")[0]["href"]
    token = dict(httpx.URL(href).params)["token"]
    assert hub.http.get(href).status_code == 200
    for asked in (
        {"token": token, "collections": "dataset"},
        {"token": token[:-2] + "AA"},
        {"token": "é"},
        {"token": "x"},
    ):
        answer = hub.http.get("/stac/search", params=asked)
        assert answer.status_code == 400
        assert answer.json()["parameter"] == "token"


BAD = [
    ("bbox", "1,2,3"),
    ("bbox", "a,b,c,d"),
    ("bbox", "nan,0,1,1"),
    ("bbox", "inf,0,1,1"),
    ("bbox", "0,10,1,-10"),
    ("bbox", "-400,0,1,1"),
    ("bbox", "0,-91,1,1"),
    ("bbox", "0,0,1,91"),
    ("bbox", "0,0,9,1,1,1"),
    ("bbox", "0,0,1,1,1,1,1"),
    ("datetime", "2024-01-01"),
    ("datetime", "yesterday"),
    ("datetime", "2024-01-01T00:00:00"),
    ("datetime", "2024-13-01T00:00:00Z"),
    ("datetime", "2024-01-01T00:00:00+9999"),
    ("datetime", "2025-01-01T00:00:00Z/2024-01-01T00:00:00Z"),
    ("datetime", "../.."),
    ("datetime", "/"),
    ("datetime", "2024-01-01T00:00:00Z/../.."),
    ("datetime", "0001-01-01T00:00:00+23:59"),
    ("limit", "0"),
    ("limit", "-1"),
    ("limit", "ten"),
    ("limit", "1.5"),
    ("intersects", "{"),
    ("intersects", "[]"),
    ("intersects", '{"type":["Point"],"coordinates":[1,2]}'),
    ("intersects", '{"type":{"a":1}}'),
    ("intersects", '{"type":"Point"}'),
    ("intersects", '{"type":"Point","coordinates":[]}'),
    ("intersects", '{"type":"Point","coordinates":[999,0]}'),
    ("intersects", '{"type":"Polygon","coordinates":[[[0,0],[1,1]]]}'),
    ("intersects", '{"type":"Feature","geometry":{"type":"Point","coordinates":[0,0]},"properties":{}}'),
    ("intersects", '{"type":"GeometryCollection","geometries":[]}'),
    ("token", "../../etc/passwd"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_values_get_400_that_names_the_parameter_with_a_right_example(
    standing: Standing, name: str, value: str
) -> None:
    _, hub = standing
    routes = ["/stac/search"] + (["/stac/collections/dataset/items"] if name != "intersects" else [])
    for path in routes:
        answer = hub.http.get(path, params={name: value})
        assert answer.status_code == 400, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["parameter"] == name
        assert problem["example"] in problem["detail"]
        assert problem["code"]
        assert problem["description"] == problem["detail"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bbox", [1, 2, 3]),
        ("bbox", "x"),
        ("bbox", "1,2,3,4"),
        ("limit", "10"),
        ("ids", "42"),
        ("collections", "ai-model"),
        ("intersects", '{"type":"Point","coordinates":[7.4,46.9]}'),
        ("bbox", [0, 0, True, 1]),
        ("bbox", [0, 0, 10**400, 1]),
        ("bbox", {"west": 1}),
        ("datetime", 5),
        ("limit", "ten"),
        ("limit", 0),
        ("limit", 1.5),
        ("limit", True),
        ("ids", 42),
        ("ids", [42]),
        ("ids", [""]),
        ("ids", ["\ud800"]),
        ("ids", ["a/\udfff"]),
        ("collections", ["\ud800"]),
        ("intersects", {"type": ["Point"], "coordinates": [1, 2]}),
        ("intersects", {"type": "GeometryCollection", "geometries": [{"type": {}}]}),
        ("ids", ["x"] * 1001),
        ("collections", {"a": 1}),
        ("intersects", {"type": "Point", "coordinates": [[1, 2]]}),
        ("intersects", {"type": "LineString", "coordinates": [[0, 0]]}),
        ("token", 5),
    ],
)
def test_bad_members_of_a_body_get_the_same_400(standing: Standing, name: str, value: object) -> None:
    _, hub = standing
    content = json.dumps({name: value})
    answer = hub.http.post("/stac/search", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["parameter"] == name


@pytest.mark.parametrize("name", ["field", "queries", "limits", "x" * 500])
def test_a_condition_that_is_not_known_is_refused_and_not_ignored(standing: Standing, name: str) -> None:
    _, hub = standing
    assert hub.http.get("/stac/search", params={name: "x"}).status_code == 400
    assert hub.http.get("/stac/collections/dataset/items", params={name: "x"}).status_code == 400
    answer = hub.http.post("/stac/search", json={name: "x"})
    assert answer.status_code == 400
    assert name[:100] in answer.json()["detail"]


def test_a_parameter_given_twice_is_refused(standing: Standing) -> None:
    _, hub = standing
    assert hub.http.get("/stac/search?collections=a&collections=b").status_code == 400


def test_the_documentation_page_loads_nothing_from_other_hosts(standing: Standing) -> None:
    _, hub = standing
    page = hub.get("/api.html").text
    assert "http" not in page.replace(hub.url, "")
    for path in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert hub.get(path).status_code == 200
    assert hub.get("/api").json()["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 10**24},
        {"intersects": {"type": "Point", "coordinates": [1, 2], "foo": 10**24}},
        {"intersects": {"type": "Point", "coordinates": [1, 2], "foo": "\ud800"}},
        {"intersects": {"type": "Point", "coordinates": [1, 2, 10**24]}},
        {"intersects": {"type": "Point", "coordinates": [1, 2, float("1e308")]}},
    ],
)
def test_a_body_that_cannot_be_written_again_is_no_500(standing: Standing, body: dict[str, Any]) -> None:
    _, hub = standing
    headers = {"Content-Type": "application/json"}
    answer = hub.http.post("/stac/search", content=json.dumps(body), headers=headers)
    assert answer.status_code in (200, 400)
    deep = '{"intersects":{"type":"Point","coordinates":[1,2],"foo":' + "[" * 300 + "]" * 300 + "}}"
    assert hub.http.post("/stac/search", content=deep, headers=headers).status_code in (200, 400)


def test_a_locked_store_is_a_503(tmp_path: Path) -> None:
    with SampleWorld(tmp_path) as world, RunningHub(world.settings(database_timeout=1)) as hub:
        hub.sweep()
        with sqlite3.connect(tmp_path / "hub.db", isolation_level=None) as holder:
            holder.execute("BEGIN IMMEDIATE")
            answer = hub.get("/stac/search", world.token("rita"))
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            hook = {"X-Gitlab-Token": HOOK_SECRET}
            body = b'{"event_name": "project_update", "project_id": 2}'
            assert hub.http.post("/hooks/gitlab", content=body, headers=hook).status_code == 503
            assert hub.get("/stac/search").status_code == 200
            holder.execute("ROLLBACK")
        assert hub.get("/stac/search", world.token("rita")).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_a_400(standing: Standing, body: bytes) -> None:
    _, hub = standing
    answer = hub.http.post("/stac/search", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_is_too_large_is_a_413(standing: Standing) -> None:
    _, hub = standing
    answer = hub.http.post("/stac/search", content=json.dumps({"ids": ["x" * 100] * 20_000}))
    assert answer.status_code == 413


def test_bbox_with_intersects_is_refused(standing: Standing) -> None:
    _, hub = standing
    point = {"type": "Point", "coordinates": [0, 0]}
    assert hub.get("/stac/search", bbox="0,0,1,1", intersects=json.dumps(point)).status_code == 400
    assert hub.http.post("/stac/search", json={"bbox": [0, 0, 1, 1], "intersects": point}).status_code == 400


def test_a_limit_above_the_maximum_is_lowered_and_said(standing: Standing) -> None:
    _, hub = standing
    answer = hub.get("/stac/search", limit=20_000)
    assert answer.status_code == 200
    assert answer.headers["sharinghub-limit"] == "10000"


def test_get_and_post_give_the_same_items(standing: Standing) -> None:
    _, hub = standing
    box = [-180, -90, 180, 90]
    by_get = hub.get("/stac/search", bbox=",".join(map(str, box)), limit=100).json()
    by_post = hub.http.post("/stac/search", json={"bbox": box, "limit": 100}).json()
    assert by_get["features"] == by_post["features"]
    assert by_get["numberMatched"] == by_post["numberMatched"] > 0


@pytest.mark.parametrize(
    "path",
    [
        "/stac/collections/none",
        "/stac/collections/none/items",
        "/stac/x",
        "/x",
        "/stac/collections/ai-model/items/none",
    ],
)
def test_what_does_not_exist_is_one_404(standing: Standing, path: str) -> None:
    _, hub = standing
    answer = hub.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.content == hub.get("/stac/collections/ai-model/items/999999").content


def test_head_answers_as_get_without_a_body(standing: Standing) -> None:
    _, hub = standing
    for path in ("/stac", "/stac/search", "/stac/collections/ai-model/items/1"):
        head = hub.http.head(path)
        assert head.status_code == 200
        assert head.content == b""
        assert head.headers["content-type"] == hub.get(path).headers["content-type"]


def test_other_methods_are_405_problems(standing: Standing) -> None:
    _, hub = standing
    assert hub.http.delete("/stac/search").status_code == 405
    assert hub.http.put("/stac/collections/ai-model/items/1").status_code == 405


def test_answers_are_compressed_for_those_who_can(standing: Standing) -> None:
    _, hub = standing
    plain = hub.http.get("/stac/search?limit=100", headers={"Accept-Encoding": "identity"})
    packed = hub.http.get("/stac/search?limit=100", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["content-encoding"] in ("br", "gzip")
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()


def test_the_openapi_document_is_complete_and_describes_parameters(standing: Standing) -> None:
    _, hub = standing
    document = hub.get("/api").json()
    search = document["paths"]["/stac/search"]
    assert {one["name"] for one in search["get"]["parameters"]} == {
        *("collections", "ids", "bbox", "intersects", "datetime", "limit", "token"),
        *("q", "sortby", "query", "fields", "filter", "filter-lang", "filter-crs"),
    }
    assert all(one["description"] for one in search["get"]["parameters"])
    assert "requestBody" in search["post"]


@pytest.mark.parametrize("prefix_reaches_the_hub", [True, False])
def test_links_are_right_under_a_path_prefix_and_name_no_inner_host(
    standing: Standing, prefix_reaches_the_hub: bool
) -> None:
    world, _ = standing
    public = "https://data.example.org/some/hub"
    settings = world.settings(public_url=public, database_url=f"sqlite:///{world.folder}/prefix.db")
    with RunningHub(settings) as hub:
        hub.sweep()

        def get(url: str) -> httpx.Response:
            assert url.startswith(public), url
            path = url.removeprefix("https://data.example.org" if prefix_reaches_the_hub else public) or "/"
            return hub.http.get(path, headers={"Host": "inner.local", "X-Forwarded-Host": "evil.example"})

        seen: dict[str, Any] = {}
        todo = [f"{public}/stac"]
        while todo:
            url = todo.pop()
            if url in seen:
                continue
            answer = get(url)
            assert answer.status_code == 200, url
            assert "inner.local" not in answer.text
            assert "evil.example" not in answer.text
            outer = (urlsplit(world.gitlab.url).netloc, "registry.127.0.0.1")
            assert "127.0.0.1" not in answer.text.replace(outer[0], "").replace(outer[1], "")
            seen[url] = True
            if "json" not in answer.headers["content-type"]:
                continue
            document = answer.json()
            todo += [href for href in every_href(document) if href.startswith(public) and "/assets/" not in href]
            asset = next((href for href in every_href(document) if "/assets/" in href), None)
            if asset and len(seen) < 20:
                assert get(asset).status_code == 200
        assert len(seen) > 20
        redirect = get(f"{public}/stac/collections/ai-model/items/earth/models/cloud-mask-onnx")
        assert urlsplit(redirect.headers["location"])[:2] == ("https", "data.example.org")
        assert get(f"{public}").headers["location"] == f"{public}/stac"
