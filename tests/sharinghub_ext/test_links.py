"""Proves that documents have the links by which clients walk on, that each leads to what it says, and HEAD as GET."""

from collections.abc import Iterator
from typing import Any

import pytest

from stac_ext.queryables import QUERYABLES, SORTABLES
from tests.support.running import LittleWorld, RunningHub

PAGE = {"self", "root"}
WALKED = {
    "/stac": {
        *(*PAGE, "conformance", "data", "search", "children", "child", "service-desc", "service-doc"),
        *(QUERYABLES, SORTABLES, "aggregate", "aggregations"),
    },
    "/stac/collections": {*PAGE, QUERYABLES},
    "/stac/children": PAGE,
    "/stac/aggregations": {*PAGE, "aggregate"},
    "/stac/collections/ai-model": {
        *(*PAGE, "canonical", "parent", "items", QUERYABLES, SORTABLES, "aggregate", "aggregations"),
    },
    "/stac/collections/ai-model/items?limit=1": {*PAGE, "collection", "next"},
    "/stac/search?limit=1": {*PAGE, "next"},
    "/stac/collections/ai-model/items/{id}": {
        *(*PAGE, "canonical", "parent", "collection", "alternate", "via", "license"),
    },
}
CARD = b"---\nlicense: MIT\n---\n# A model\n"


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningHub, str]]:
    """A hub, and the id of a public item with a licence."""
    with LittleWorld(tmp_path_factory.mktemp("linked")) as one:
        made = one.world.add_project(
            "sea/licensed", visibility="public", topics=["sharinghub:aimodel"], files={"README.md": CARD}
        )
        with RunningHub(one.settings()) as hub:
            hub.sweep()
            yield hub, str(made.id)


@pytest.mark.parametrize("path", WALKED)
def test_each_link_leads_to_what_it_says(linked: tuple[RunningHub, str], path: str) -> None:
    hub, item_id = linked
    answer = hub.get(path.format(id=item_id))
    links: list[dict[str, Any]] = answer.json()["links"]
    assert WALKED[path] <= {link["rel"] for link in links}
    (itself,) = (link for link in links if link["rel"] == "self")
    assert itself["type"] == answer.headers["content-type"]
    assert hub.http.get(itself["href"].replace(hub.url, hub.address)).json()["links"] == links
    for link in links:
        if link["href"].startswith(hub.url) and link.get("method", "GET") == "GET":
            there = hub.http.get(link["href"].replace(hub.url, hub.address), headers={"Accept": link["type"]})
            assert there.status_code == 200, link
            assert there.headers["content-type"].partition(";")[0] == link["type"].partition(";")[0], link


def test_head_says_what_get_says_without_the_body(linked: tuple[RunningHub, str]) -> None:
    hub, item_id = linked
    paths = [path.format(id=item_id) for path in WALKED]
    paths += ["/stac/conformance", "/stac/queryables", "/stac/collections/dataset/sortables", "/api", "/api.html"]
    paths += ["/stac/aggregate?aggregations=total_count", "/stac/collections/nosuch", "/stac/search?limit=x", "/stac/"]
    paths += [f"/stac/collections/ai-model/items/{name}" for name in ("sea/licensed", "999999")]
    paths += [f"/assets/{item_id}/HEAD/README.md", "/auth/me", "/healthz"]
    for path in paths:
        said, told = hub.http.head(path), hub.http.get(path)
        assert said.status_code == told.status_code, path
        assert said.content == b""
        for name in ("content-type", "etag", "location", "cache-control", "vary", "content-length"):
            assert said.headers.get(name) == told.headers.get(name), (path, name)
