"""Proves that what no specification allows is refused by each parameter, by GET and POST, with a right example."""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from stac_ext.clock import SystemClock
from tests.sharinghub_ext import refusals
from tests.support.in_process import Answer, HubInProcess
from tests.support.running import LittleWorld


def rows() -> Iterator[tuple[str, str, str, Any]]:
    """Method, path, parameter and value of each request."""
    others = ("/stac/collections/dataset/items", "/stac/aggregate", "/stac/collections")
    for name, texts in refusals.GET.items():
        for number, text in enumerate(texts):
            yield "GET", "/stac/search", name, text
            path = others[number % len(others)]
            if number < 12 and name not in _ABSENT.get(path, ()):
                yield "GET", path, name, text
    for name, values in refusals.POST.items():
        for value in values:
            yield "POST", "/stac/search", name, value
    for path in ("/stac/aggregate", "/stac/collections/dataset/aggregate"):
        for name, texts in refusals.AGGREGATE_GET.items():
            for text in texts:
                yield "GET", path, name, text
        for name, values in refusals.AGGREGATE_POST.items():
            for value in values:
                yield "POST", path, name, value


_ABSENT = {
    "/stac/aggregate": ("limit", "sortby", "fields", "token"),
    "/stac/collections": ("intersects", "ids", "collections", "sortby", "fields", "query"),
}
ROWS = list(rows())


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, HubInProcess]]:
    folder = tmp_path_factory.mktemp("refusals")
    with LittleWorld(folder) as world, asyncio.Runner() as runner:
        made = HubInProcess(world.gitlab, folder, SystemClock(), "glpat-service", refusals_per_minute=1_000_000)
        runner.run(made.begin())
        yield runner, made
        runner.run(made.end())


def ask(hub: tuple[asyncio.Runner, HubInProcess], method: str, path: str, values: dict[str, Any]) -> Answer:
    runner, made = hub
    sent: dict[str, Any] = {"params": values} if method == "GET" else {"json": values}
    return runner.run(made.ask(path, method, **sent))


def test_there_are_enough_of_them() -> None:
    distinct = {orjson.dumps(row) for row in ROWS}
    assert len(distinct) == len(ROWS)
    assert len(ROWS) >= 300
    assert {name for _, _, name, _ in ROWS} >= {
        *("datetime", "bbox", "intersects", "ids", "collections", "limit", "sortby", "fields", "query", "filter"),
        *("filter-lang", "filter-crs", "token", "aggregations", "q"),
    }


@pytest.mark.parametrize(("method", "path", "name"), list(dict.fromkeys(row[:3] for row in ROWS)))
def test_it_is_refused_with_a_right_example(
    hub: tuple[asyncio.Runner, HubInProcess], method: str, path: str, name: str
) -> None:
    beside = {"filter": "title = 'x'"} if name.startswith("filter-") else {}
    examples = set()
    for value in (row[3] for row in ROWS if row[:3] == (method, path, name)):
        answer = ask(hub, method, path, {**beside, name: value})
        assert answer.status == 400, (value, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert (told["status"], told["parameter"]) == (400, name), value
        assert told["example"] in told["detail"]
        assert len(told["detail"]) < 1_500
        if not told["detail"].startswith((f"{name}: is not a parameter", "The request is malformed")):
            examples.add(told["example"])
    for example in examples if name != "token" else ():
        right = ask(hub, method, path, {**beside, name: example if method == "GET" else _of_json(example)})
        assert right.status == 200, (example, right.text)


def _of_json(example: str) -> Any:
    try:
        return orjson.loads(example)
    except orjson.JSONDecodeError:
        return example


def test_two_parameters_that_exclude_each_other(hub: tuple[asyncio.Runner, HubInProcess]) -> None:
    point = '{"type":"Point","coordinates":[0,0]}'
    for method, values in (
        ("GET", {"bbox": "0,0,1,1", "intersects": point}),
        ("POST", {"bbox": [0, 0, 1, 1], "intersects": orjson.loads(point)}),
        ("GET", {"filter-lang": "cql2-text"}),
        ("POST", {"filter-crs": refusals.CRS[0]}),
    ):
        answer = ask(hub, method, "/stac/search", values)
        assert answer.status == 400
        assert answer.json()["parameter"] in ("intersects", "filter")
    assert ask(hub, "GET", "/stac/search?limit=1&limit=2", {}).json()["parameter"] == "limit"


def test_a_body_that_is_none_is_refused_with_one_that_is(hub: tuple[asyncio.Runner, HubInProcess]) -> None:
    runner, made = hub
    for content in (b"", b"{", b"[]", b"null", b'"x"', b"limit=1", b"\xff", b"{}{}"):
        answer = runner.run(
            made.ask("/stac/search", "POST", content=content, headers={"content-type": "application/json"})
        )
        assert (answer.status, answer.json()["parameter"]) == (400, "body"), content
        right = runner.run(made.ask("/stac/search", "POST", json=orjson.loads(answer.json()["example"])))
        assert right.status == 200
