"""Proves how lists end: by page number, by id, and where GitLab stops counting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gitlab as python_gitlab
import httpx
import pytest

from gitlab_hooks.standin.calls import Call
from gitlab_hooks.standin.paging import paged
from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import World

Ask = Callable[..., httpx.Response]


@pytest.fixture
def many(world: World) -> World:
    for at in range(4):
        world.add_project(f"earth/models/p{at}", visibility="public")
    return world


def test_pages_by_number(many: World, ask: Ask) -> None:
    first = ask("GET", "/projects?per_page=2&order_by=id&sort=asc&topic=")
    assert [p["id"] for p in first.json()] == [1, 2]
    assert {k: first.headers[k] for k in ("X-Total", "X-Total-Pages", "X-Page", "X-Next-Page", "X-Prev-Page")} == {
        "X-Total": "5",
        "X-Total-Pages": "3",
        "X-Page": "1",
        "X-Next-Page": "2",
        "X-Prev-Page": "",
    }
    assert set(first.links) == {"next", "first", "last"}
    last = ask("GET", "/projects?per_page=2&order_by=id&sort=asc&page=3")
    assert [p["id"] for p in last.json()] == [5]
    assert last.headers["X-Next-Page"] == ""
    assert set(last.links) == {"prev", "first", "last"}
    assert ask("GET", "/projects?page=9").json() == []


@pytest.mark.parametrize("query", ["per_page=0", "per_page=x", "per_page=-1", "page=0", "sort=up", "order_by=colour"])
def test_what_cannot_be_is_refused(ask: Ask, query: str) -> None:
    answer = ask("GET", f"/projects?{query}")
    assert answer.status_code == 400
    assert "error" in answer.json()


@pytest.mark.parametrize(("sort", "expected"), [("asc", [1, 2, 3, 4, 5]), ("desc", [5, 4, 3, 2, 1])])
def test_pages_by_id_end_with_an_empty_page_without_a_link(
    many: World, ask: Ask, gitlab: StandIn, sort: str, expected: list[int]
) -> None:
    answer = ask("GET", f"/projects?pagination=keyset&order_by=id&sort={sort}&per_page=5")
    assert [p["id"] for p in answer.json()] == expected
    assert "X-Total" not in answer.headers
    end = httpx.get(answer.links["next"]["url"])
    assert end.json() == []
    assert "Link" not in end.headers
    client = python_gitlab.Gitlab(gitlab.url)
    rows = client.projects.list(iterator=True, pagination="keyset", order_by="id", sort=sort, per_page=2)
    assert [row.id for row in rows] == expected


def test_a_project_made_meanwhile_moves_nothing(many: World, ask: Ask) -> None:
    first = ask("GET", "/projects?pagination=keyset&order_by=id&sort=desc&per_page=2")
    many.add_project("earth/models/late", visibility="public")
    assert [p["id"] for p in httpx.get(first.links["next"]["url"]).json()] == [3, 2]


def test_by_anything_but_the_id_there_is_no_keyset(ask: Ask) -> None:
    for query in ("", "&order_by=name"):
        answer = ask("GET", f"/projects?pagination=keyset{query}")
        assert answer.status_code == 405
        assert answer.json() == {"error": "Keyset pagination is not yet available for this type of request"}


def test_a_deep_offset_is_refused(ask: Ask) -> None:
    assert ask("GET", "/projects?page=500&per_page=100").status_code == 200
    deep = ask("GET", "/projects?page=501&per_page=100")
    assert deep.status_code == 405
    assert "maximum allowed offset of 50000" in deep.json()["error"]


@pytest.mark.parametrize(("rows", "counted"), [(10_000, True), (10_001, False)])
def test_long_lists_are_not_counted(tmp_path: Path, rows: int, counted: bool) -> None:
    call = Call(World(tmp_path), "GET", "http://x.test/api/v4/projects?per_page=500", {}, {}, {"per_page": "500"})
    answer = paged(call, range(rows), lambda row: row)
    assert ("X-Total" in answer.headers) == ("X-Total-Pages" in answer.headers) == counted
    assert ('rel="last"' in answer.headers["Link"]) == counted
    assert answer.headers["X-Per-Page"] == "100"
    assert answer.headers["X-Next-Page"] == "2"


def test_a_tree_by_pages(world: World, ask: Ask) -> None:
    base = "/projects/earth%2Fflood/repository/tree?recursive=true"
    whole = [row["path"] for row in ask("GET", f"{base}&per_page=100").json()]
    assert whole == ["src", "src/deep", "LICENSE", "README.md", "src/deep/x.txt", "src/train.py"]
    found: list[str] = []
    answer = ask("GET", f"{base}&pagination=keyset&per_page=4")
    found += [row["path"] for row in answer.json()]
    last = httpx.get(answer.links["next"]["url"])
    found += [row["path"] for row in last.json()]
    assert found == whole
    assert "next" not in last.links
    assert len(ask("GET", f"{base}&pagination=none").json()) == 6
    assert ask("GET", "/projects/earth%2Fflood/repository/tree?path=none").status_code == 404


def test_a_wrong_page_token(ask: Ask) -> None:
    base = "/projects/earth%2Fflood/repository/tree?pagination=keyset"
    assert ask("GET", f"{base}&page_token=nonsense").status_code == 422
