"""Proves that the examples of the CQL2 standard find on both engines what its truth tables say, as text and as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cql2
import orjson
import pytest
import shapely

from stac_ext.cql2.parsing import parse_filter
from stac_ext.model import ANONYMOUS
from stac_ext.query import InvalidParameter, SearchQuery
from stac_ext.store.opening import open_store
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.records import to_record
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.cql2.evaluator import holds
from tests.stac_ext.cql2.standard import CLAUSES, LISTS, NAMES, PLACES, REFUSED, SPANS
from tests.stac_ext.store.conftest import ENGINES
from tests.stac_ext.store.rows import put, stac_item
from tests.support.postgres import PostgresServer

TIMES = ["2020-05-12T07:59:57Z", "2019-05-12T00:00:00Z", "2020-05-12T00:00:00Z", "2021-04-24T07:59:57Z"]


def item(number: int) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "name": NAMES[number % len(NAMES)],
        "stars": [5, 7, 1, 200, None, 2][number % 6],
        "size": [2.25, 1, 7, 5, 200][number % 5],
        "open": [True, False, None][number % 3],
        "license": ["MIT", "brick", "other"][number % 3],
        "layers": LISTS[number % len(LISTS)],
    }
    if number % 2:
        start, end = SPANS[number // 2 % len(SPANS)]
        properties |= {"datetime": None, "start_datetime": start, "end_datetime": end}
    shape = shapely.from_wkt(PLACES[number % len(PLACES)]) if number % 8 else None
    shown = {} if shape is None else {"bbox": list(shape.bounds)}
    geometry = None if shape is None else shapely.geometry.mapping(shape)
    made = stac_item(str(number), updated=TIMES[number % len(TIMES)], properties=properties, **shown)
    read: dict[str, Any] = json.loads(json.dumps(made | {"geometry": geometry}))
    return read


ITEMS = [orjson.loads(to_record(item(number)).doc) for number in range(1, 61)]


@pytest.fixture(scope="module", params=ENGINES)
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CatalogueReader]:
    folder: Path = tmp_path_factory.mktemp("standard")
    server: PostgresServer | None = None
    url = f"sqlite:///{folder}/store.db"
    if request.param != "sqlite":
        server = request.getfixturevalue("postgres")
        url = server.create()
    database = open_store(url)
    writer = CatalogueWriter(database)
    for number in range(1, 61):
        put(writer, number, item(number))
    yield CatalogueReader(database)
    database.close()
    if server is not None:
        server.drop(url)


@pytest.mark.parametrize("clause", CLAUSES)
def test_the_examples_find_what_the_standard_says(reader: CatalogueReader, clause: str) -> None:
    found = set()
    for text in CLAUSES[clause]:
        tree = parse_filter(text)
        right = {one["id"] for one in ITEMS if holds(tree, one) is True}
        for asked in (tree, parse_filter(cql2.Expr(text).to_json(), "cql2-json")):
            page = reader.search(ANONYMOUS, SearchQuery(filter=asked, limit=100))
            assert {orjson.loads(doc)["id"] for doc in page.docs} == right, text
        found |= right
    assert found, "nothing is found, so nothing is proven"


def test_there_are_all_clauses() -> None:
    assert sum(map(len, CLAUSES.values())) > 200
    assert {clause.partition(" ")[0] for clause in CLAUSES} == {
        *("6.2", "6.3", "7.1", "7.2", "7.3", "7.4", "7.6", "7.8", "7.9", "7.10", "7.11")
    }


@pytest.mark.parametrize("text", REFUSED)
def test_functions_of_ones_own_are_refused(text: str) -> None:
    with pytest.raises(InvalidParameter):
        parse_filter(text)
