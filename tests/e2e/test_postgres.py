"""Proves that a hub on PostgreSQL is the same hub: each person's answers byte by byte, hooks, denials, and two hubs on
one database.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from stac_ext.store.postgres import PostgresDatabase
from tests.support.postgres import PostgresServer
from tests.support.running import RunningHub, SampleWorld

PEOPLE = [None, "rita", "maya", "olga", "exa", "gus", "sharinghub-bot"]
SAME: dict[str, Any] = {"public_url": "https://hub.example.org", "secret_key": "a-key-that-both-hubs-share-0123456789"}
CLOUD = "earth/models/cloud-mask-onnx"  # public
SHIPS = "earth/models/vessel-detection-sar"  # private
AREA = '{"type":"Polygon","coordinates":[[[0,40],[30,40],[30,60],[0,60],[0,40]]]}'
SEARCHES: list[dict[str, str]] = [
    {},
    {"limit": "1"},
    {"limit": "7"},
    {"collections": "dataset"},
    {"collections": "ai-model", "limit": "3"},
    {"ids": f"1,2,3,{SHIPS},{CLOUD.upper()}"},
    {"bbox": "-10,35,30,60"},
    {"bbox": "170,-60,-170,60"},
    {"intersects": AREA},
    {"datetime": "2019-01-01T00:00:00Z/2024-06-30T00:00:00Z"},
    {"datetime": "../2023-01-01T00:00:00Z", "bbox": "-180,-90,180,90", "limit": "2"},
]
Hubs = tuple[SampleWorld, RunningHub, RunningHub]


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture(scope="module")
def both(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hubs]:
    """One world, and an indexed hub of each engine on it."""
    url = postgres.create()
    with SampleWorld(tmp_path_factory.mktemp("both")) as world:
        on_postgres = RunningHub(world.settings(database_url=url, **SAME))
        with RunningHub(world.settings(**SAME)) as one, on_postgres as other:
            found, again = one.sweep(), other.sweep()
            assert found.counts == again.counts
            assert sorted(found.skipped) == sorted(again.skipped)
            assert found.failed == again.failed == []
            yield world, one, other
    postgres.drop(url)


@pytest.fixture
def hubs(world: SampleWorld, database_url: str) -> Iterator[Hubs]:
    """Two hubs on one database; the first gets the hooks."""
    settings = world.settings(database_url=database_url, **SAME)
    with RunningHub(settings) as one, RunningHub(settings) as other:
        one.sweep()
        world.hook(one)
        yield world, one, other


def pages(hub: RunningHub, token: str | None, parameters: dict[str, str]) -> list[dict[str, Any]]:
    """The answers of a search, page after page, as they are."""
    found: list[dict[str, Any]] = []
    url, query = f"{hub.address}/stac/search", parameters
    while True:
        answer = hub.get(url, token, **query)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        following = [link["href"] for link in found[-1]["links"] if link["rel"] == "next"]
        if not following:
            return found
        url, query = following[0].replace(hub.url, hub.address), {}


def title(hub: RunningHub, project_id: int, token: str | None = None) -> str | None:
    answer = hub.get(f"/stac/collections/ai-model/items/{project_id}", token)
    assert answer.status_code in (200, 404), answer.text
    return answer.json()["properties"]["title"] if answer.status_code == 200 else None


@pytest.mark.parametrize("person", PEOPLE)
def test_every_answer_is_that_of_a_hub_on_sqlite(both: Hubs, person: str | None) -> None:
    world, one, other = both
    token = world.token(person) if person else None
    assert isinstance(other.hub.database, PostgresDatabase)
    ids = one.ids(token)
    assert ids
    assert other.ids(token) == ids
    for parameters in SEARCHES:
        assert pages(other, token, parameters) == pages(one, token, parameters), parameters
    paths = ["/stac", "/stac/collections", "/stac/collections/ai-model", "/stac/collections/dataset"]
    paths += [f"/stac/collections/{name}/items" for name in ("ai-model", "dataset")]
    paths += [f"/stac/collections/{name}/items/{project}" for name, project in ids]
    paths += [f"/stac/collections/ai-model/items/{path}" for path in (CLOUD, SHIPS, "no/where")]
    for path in paths:
        mine, theirs = one.get(path, token), other.get(path, token)
        assert (theirs.status_code, theirs.headers.get("location")) == (mine.status_code, mine.headers.get("location"))
        assert theirs.content == mine.content, path


def test_some_searches_find_something(both: Hubs) -> None:
    """Else nothing would have been compared."""
    world, _, other = both
    counts = [pages(other, world.token("rita"), one)[0]["numberMatched"] for one in SEARCHES]
    assert sum(count > 0 for count in counts) >= len(SEARCHES) - 1
    assert len(set(counts)) > 3


def test_a_hook_changes_the_item(hubs: Hubs) -> None:
    world, hub, other = hubs
    cloud = world.world.project_at(CLOUD)
    assert cloud is not None
    maya = world.world.user_named("maya")
    world.world.commit(cloud, {"README.md": b"---\ntitle: Renewed\n---\nText"}, message="Renew", author=maya)
    world.world.hooks.drain()
    hub.drain()
    assert title(hub, cloud.id) == title(other, cloud.id) == "Renewed"


def test_work_that_one_hub_accepted_is_done_by_the_other(hubs: Hubs) -> None:
    world, hub, other = hubs
    cloud = world.world.project_at(CLOUD)
    assert cloud is not None
    world.world.set_topics(cloud, ("water",))
    world.world.hooks.drain()
    assert title(hub, cloud.id) is not None
    other.drain()
    assert title(hub, cloud.id) is None


def test_what_takes_away_is_seen_by_the_next_read_of_every_hub(hubs: Hubs) -> None:
    """No worker has run: the hook that one hub has answered is enough."""
    world, hub, other = hubs
    cloud, ships = world.world.project_at(CLOUD), world.world.project_at(SHIPS)
    exa = world.world.user_named("exa")
    assert cloud is not None
    assert ships is not None
    assert exa is not None
    for one in hubs[1:]:
        assert title(one, cloud.id)
        assert title(one, ships.id, world.token("exa"))
    before = {one: extent(one) for one in hubs[1:]}
    world.world.remove_member(ships, exa)
    world.world.hooks.drain()
    for one in hubs[1:]:
        assert title(one, ships.id, world.token("exa")) is None
        assert ("ai-model", str(ships.id)) not in one.ids(world.token("exa"))
    world.world.set_visibility(cloud, "private")
    world.world.hooks.drain()
    for one in hubs[1:]:
        assert title(one, cloud.id) is None
        assert ("ai-model", str(cloud.id)) not in one.ids()
    assert extent(hub) == extent(other)
    assert before[hub] == before[other]
    assert title(other, cloud.id, world.token("rita"))


def extent(hub: RunningHub) -> Any:
    return hub.get("/stac/collections/ai-model").json()["extent"]


def test_hubs_that_sweep_at_the_same_time_end_with_one_index(hubs: Hubs) -> None:
    world, hub, other = hubs
    before = hub.ids(world.token("rita"))
    with hub.hub.database.write() as conn:
        conn.execute(text("UPDATE project SET fingerprint = ''"))
    with ThreadPoolExecutor(2) as threads:
        reports = [threads.submit(one.sweep) for one in (hub, other)]
        assert [one.result(timeout=100).failed for one in reports] == [[], []]
    assert hub.ids(world.token("rita")) == other.ids(world.token("rita")) == before
