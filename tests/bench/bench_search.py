"""What rights cost, what growth costs, and what a search costs against the same bytes from memory: `make bench`.

ITEMS=10000,1000000 PAIRS=2000 is the full size. Each cell is taken in turns with what it is compared with; the ratio of
the medians stands with its interval of 95 %, from 1,000 resamples. The table is printed, and kept as JSON in
`build/bench/search.json`. Callers are asked in this process, without a network, so that nothing hides a difference; the
bytes from memory go through the hub's own HTTP server, as the search does.
"""

import asyncio
import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pytest
from sqlalchemy import true
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.app import create_app
from sharinghub_ext.cli.serve import address_of, listen, server
from sharinghub_ext.config import Settings
from sharinghub_ext.hub import Hub, build_hub
from stac_ext import visibility
from stac_ext.model import ANONYMOUS, Viewer, Visibility
from stac_ext.store.postgres import PostgresDatabase
from tests.support.bulk import fill, give
from tests.support.in_process import HUB, InProcess
from tests.support.postgres import PostgresServer

ITEMS: Final = [int(one) for one in os.environ.get("ITEMS", "10000,100000").split(",")]
PAIRS: Final = int(os.environ.get("PAIRS", "200"))
GRANTS: Final = (10, 1_000, 20_000)
SEARCHES: Final = {
    "newest 10": "limit=10",
    "newest 100": "limit=100",
    "bbox": "limit=10&bbox=0,40,5,45",
    "words": "limit=10&q=rare7",
    "filter": "limit=10&filter=license%3D'MIT'%20AND%20%22sharinghub:stars%22%3E40",
}
EVERYTHING: Final = Viewer(Visibility.PRIVATE)  # in this file alone
Cell = dict[str, Any]
FOUND: list[Cell] = []


@pytest.fixture(scope="module", autouse=True)
def _kept() -> Iterator[None]:
    yield
    folder = Path("build/bench")
    folder.mkdir(parents=True, exist_ok=True)
    told = {"items": ITEMS, "pairs": PAIRS, "cells": FOUND}
    (folder / "search.json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[int, float], Hub]]:
    """Makes hubs on stores with so many items, a share of them public."""
    urls: list[str] = []
    hubs: list[Hub] = []

    def one(items: int, public: float) -> Hub:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path}/{items}-{public}.db"
        else:
            server: PostgresServer = request.getfixturevalue("postgres")
            urls.append(url := server.create())
        settings = Settings(gitlab_url="http://127.0.0.1:9", database_url=url, requests_per_minute=0, sweep_seconds=0)
        hub = build_hub(settings, HUB)
        fill(hub.database, items, public=public)
        numbers = range(1, items + 1)
        for grants in GRANTS:
            if grants < items:
                give(hub.database, f"user:{grants}", random.Random(grants).sample(numbers, grants))
        hubs.append(hub)
        return hub

    yield one
    for hub in hubs:
        asyncio.run(hub.close())
    for url in urls:
        request.getfixturevalue("postgres").drop(url)


@pytest.fixture(autouse=True)
def _one_may_see_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no viewer may, as what rights are compared with."""
    by_level, arms = visibility._by_level, visibility.arms
    monkeypatch.setattr(
        visibility, "_by_level", lambda viewer, rows: true() if viewer == EVERYTHING else by_level(viewer, rows)
    )
    for module in ("stac_ext.store.search", "stac_ext.store.narrowing", "stac_ext.store.summaries"):
        if hasattr(__import__(module, fromlist=["arms"]), "arms"):
            monkeypatch.setattr(
                f"{module}.arms", lambda viewer, rows: (true(),) if viewer == EVERYTHING else arms(viewer, rows)
            )


def engine_of(hub: Hub) -> str:
    return "postgresql" if isinstance(hub.database, PostgresDatabase) else "sqlite"


def in_process(hub: Hub, viewers: dict[str, Viewer]) -> InProcess:
    """The hub's application, to which a caller's token is the name of a viewer."""

    async def resolve(credential: Credential | None, client: str = "") -> Viewer:
        return viewers[credential.token] if credential else ANONYMOUS

    hub.auth.viewers.resolve = resolve  # type: ignore[method-assign]
    return InProcess(create_app(hub, background=False), HUB.partition("//")[2])


async def taken(asked: dict[str, Callable[[], Any]]) -> dict[str, list[float]]:
    """The seconds of each, taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in asked}
    chance = random.Random(1)
    for number in range(PAIRS + 20):
        for name in chance.sample(list(asked), len(asked)):
            began = time.perf_counter()
            await asked[name]()
            if number >= 20:
                times[name].append(time.perf_counter() - began)
    return times


def compared(what: str, some: list[float], others: list[float], **more: Any) -> None:
    """Print and keep a ratio of medians with its interval."""
    chance = np.random.default_rng(1)
    one, other = np.asarray(some), np.asarray(others)
    draws = [
        np.median(chance.choice(one, len(one))) / np.median(chance.choice(other, len(other))) for _ in range(1_000)
    ]
    low, high = (float(one) for one in np.percentile(draws, [2.5, 97.5]))
    ratio = statistics.median(some) / statistics.median(others)
    print(f"  {what}: {ratio:.2f} times ({low:.2f} to {high:.2f}), {statistics.median(some) * 1000:.2f} ms")
    FOUND.append({"what": what, "ratio": ratio, "low": low, "high": high, "ms": statistics.median(some) * 1000, **more})


@pytest.mark.parametrize("public", [0.01, 0.5])
def test_what_rights_cost(make: Callable[[int, float], Hub], request: pytest.FixtureRequest, public: float) -> None:
    hub = make(ITEMS[-1], public)
    engine = engine_of(hub)
    viewers = {"everything": EVERYTHING, "nothing": Viewer(None)}
    viewers |= {f"grants-{one}": Viewer(Visibility.PUBLIC, f"user:{one}") for one in GRANTS if one < ITEMS[-1]}
    http = in_process(hub, viewers)
    print(f"\n{engine}, {ITEMS[-1]} items, {public:.0%} public, against a viewer of everything")

    async def all_of_them() -> None:
        for name, query in SEARCHES.items():
            asked = {who: _asking(http, query, who) for who in viewers} | {"anonymous": _asking(http, query, None)}
            times = await taken(asked)
            for who in times:
                if who != "everything":
                    about = {"engine": engine, "public": public, "search": name}
                    compared(f"{name}, {who}", times[who], times["everything"], **about)

    asyncio.run(all_of_them())


def test_what_growth_costs(make: Callable[[int, float], Hub]) -> None:
    if len(ITEMS) < 2:
        pytest.skip("needs two sizes in ITEMS")
    small, large = (make(items, 0.5) for items in (ITEMS[0], ITEMS[-1]))
    engine = engine_of(small)
    print(f"\n{engine}, {ITEMS[-1]} items against {ITEMS[0]}")
    both = {"small": in_process(small, {}), "large": in_process(large, {})}

    async def all_of_them() -> None:
        for name, query in SEARCHES.items():
            times = await taken({which: _asking(http, query, None) for which, http in both.items()})
            compared(name, times["large"], times["small"], engine=engine, search=name)

    asyncio.run(all_of_them())


def test_a_search_against_the_same_bytes_from_memory(make: Callable[[int, float], Hub]) -> None:
    hub = make(ITEMS[0], 0.5)
    engine = engine_of(hub)
    app = create_app(hub, background=False)
    print(f"\n{engine}, requests of one client, against the same bytes from memory by the same server")
    for name in ("newest 10", "newest 100"):
        path = f"/stac/search?{SEARCHES[name]}"
        with _served(app) as url:
            body, _ = _get(url, path)
        constant = Response(body, media_type="application/geo+json")

        async def memory(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await constant(scope, receive, send)  # noqa: B023

        with _served(app) as searched, _served(memory) as from_memory:
            times: dict[str, list[float]] = {"search": [], "memory": []}
            for number in range(PAIRS + 20):
                for which, url in (("search", searched), ("memory", from_memory)):
                    _, seconds = _get(url, path)
                    if number >= 20:
                        times[which].append(seconds)
        compared(f"{name}, speed", times["memory"], times["search"], engine=engine, search=name)


def _asking(http: InProcess, query: str, who: str | None) -> Callable[[], Any]:
    headers = {"Authorization": f"Bearer {who}"} if who else {}

    async def ask() -> None:
        answer = await http.ask(f"/stac/search?{query}", headers=headers)
        assert answer.status == 200, answer.text

    return ask


class _served:
    """An application on the hub's own HTTP server, in a thread."""

    def __init__(self, app: Any) -> None:
        self._server, self._socket = server(app), listen("127.0.0.1", 0)
        self._server.config.lifespan = "off"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve(sockets=[self._socket])))

    def __enter__(self) -> str:
        self._thread.start()
        return address_of(self._socket)

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)


_CONNECTIONS: dict[str, HTTPConnection] = {}


def _get(url: str, path: str) -> tuple[bytes, float]:
    """A body, and the seconds until its last byte was there."""
    host = url.partition("//")[2]
    connection = _CONNECTIONS.setdefault(host, HTTPConnection(host, timeout=60))
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200
    return body, time.perf_counter() - began
