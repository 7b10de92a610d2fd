"""Proves that both engines find by a filter what the truth tables of CQL2 say, for any filter over any items.

SEARCH_EXAMPLES=2000 draws more of them.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cql2
import orjson
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stac_ext.cql2 import evaluating
from stac_ext.cql2.names import property_of
from stac_ext.cql2.parsing import parse_filter
from stac_ext.cql2.tree import (
    Always,
    And,
    Calculated,
    Compared,
    Condition,
    Folded,
    HeldBy,
    Holds,
    HoldsOf,
    IsNull,
    Like,
    Meets,
    Not,
    OneOf,
    Or,
    Related,
    Value,
)
from stac_ext.model import ANONYMOUS
from stac_ext.query import SearchQuery
from stac_ext.store.opening import open_store
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.records import to_record
from stac_ext.store.writer import CatalogueWriter
from stac_ext.times import parse_rfc3339, to_micros
from tests.stac_ext.cql2.evaluator import holds
from tests.stac_ext.store.conftest import ENGINES
from tests.stac_ext.store.rows import put, stac_item
from tests.support.postgres import PostgresServer

EXAMPLES = int(os.environ.get("SEARCH_EXAMPLES", "120"))
TEXTS = [
    "É",
    "e\u0301",
    "STRASSE",
    "Straße",
    "ﬁ",
    "İ",
    "ς",
    "Σ",
    "a",
    "a\0b",
    "\\u0000",
    "A",
    "ab",
    "é",
    "100%",
    "a_b",
    "a*b",
    "[x]",
    "a\\b",
    "'",
    "",
    "true",
    "5",
    "日本",
]
NUMBERS = [0, 1, -1, 5, -2.5, 1e-200, 0.5, 1e300, 123456789, 2.0]
TIMES = ["2020-01-01T00:00:00Z", "2020-06-01T12:00:00.5Z", "2024-02-29T00:00:00Z", "1969-12-31T23:59:59Z"]
VALUES: list[Any] = [
    None,
    True,
    False,
    *TEXTS,
    *NUMBERS,
    [],
    ["a", "b"],
    ["b"],
    ["b", "b", 1],
    [1, 2, True],
    [None, ["a"]],
    {"x": 1},
]
NAMES = ["p", "q", "eo:cloud_cover", "with space", "a.b", "sharinghub:metrics.top1", "sharinghub:metrics.f1.macro"]
BOXES = [
    shapely.box(0, 40, 10, 50),
    shapely.box(10, 40, 20, 50),
    shapely.box(2, 42, 8, 48),
    shapely.LineString([(-5, 45), (5, 45)]),
    shapely.LineString([(0, 40), (10, 40)]),
    shapely.MultiPoint([(0, 40), (5, 45)]),
    shapely.box(-5, -5, 5, 5),
    shapely.Point(7, 46),
    shapely.box(170, -10, 180, 10),
]
MIXED = shapely.GeometryCollection([shapely.box(0, 0, 5, 5), shapely.Point(7, 46)])
PLACES = [None, *BOXES, MIXED]


def items() -> list[dict[str, Any]]:
    """Items with every value under some name, with and without intervals and geometry."""
    found = []
    for number, value in enumerate(VALUES):
        properties: dict[str, Any] = {"created": TIMES[number % 4], "p": value, "q": VALUES[(number * 7) % len(VALUES)]}
        if isinstance(value, list) and value:
            properties["q"] = ["b", 1.0, None]
        properties[NAMES[2 + number % 3]] = VALUES[(number * 5) % len(VALUES)]
        properties["sharinghub:metrics"] = {"top1": VALUES[(number * 3) % len(VALUES)], "f1.macro": number / 10}
        if number % 3 == 0:
            properties |= {"datetime": None, "start_datetime": TIMES[number % 4 - 1], "end_datetime": TIMES[2]}
        if number % 5 == 0:
            del properties["created"]
        geometry = PLACES[number % len(PLACES)]
        shown = {} if geometry is None else {"bbox": list(geometry.bounds)}
        mapping = None if geometry is None else shapely.geometry.mapping(geometry)
        collection = "dataset" if number % 2 else "ai-model"
        one = stac_item(f"{number + 1}", collection, TIMES[number % 4], properties=properties, **shown)
        found.append(json.loads(json.dumps(one | {"geometry": mapping})))
    return found


ITEMS = [orjson.loads(to_record(one).doc) for one in items()]


@pytest.fixture(scope="module", params=ENGINES)
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CatalogueReader]:
    folder: Path = tmp_path_factory.mktemp("filters")
    server: PostgresServer | None = None
    url = f"sqlite:///{folder}/store.db"
    if request.param != "sqlite":
        server = request.getfixturevalue("postgres")
        url = server.create()
    database = open_store(url)
    for number, one in enumerate(items(), 1):
        put(CatalogueWriter(database), number, one)
    yield CatalogueReader(database)
    database.close()
    if server is not None:
        server.drop(url)


def found_by(reader: CatalogueReader, tree: Condition) -> set[str]:
    page = reader.search(ANONYMOUS, SearchQuery(filter=tree, limit=1_000))
    ids = {orjson.loads(doc)["id"] for doc in page.docs}
    assert page.matched == len(ids)
    return ids


def right(tree: Condition) -> set[str]:
    return {one["id"] for one in ITEMS if holds(tree, one) is True}


names = st.sampled_from([*NAMES, "id", "collection", "title", "nowhere"]).map(property_of)
moments = st.sampled_from(["datetime", "start_datetime", "end_datetime", "created", "updated"]).map(property_of)
ASKED = [*(text for text in TEXTS if "\0" not in text), "a\ufffdb", "1", "dataset"]  # a filter with NUL is refused
texts = st.sampled_from(ASKED).map(lambda text: Value("text", text))
numbers = st.sampled_from(NUMBERS).map(lambda number: Value("number", float(number)))
booleans = st.booleans().map(lambda told: Value("boolean", told))
times = st.sampled_from(TIMES).map(lambda time: Value("moment", to_micros(parse_rfc3339(time))))
values = st.one_of(texts, numbers, booleans)
operators = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
PIECES = [*"ab%_*?[]é5", "\\\\", "\\%", "\\_"]
patterns = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)


def some(kind: Any) -> Any:
    return st.lists(kind, min_size=1, max_size=3).map(tuple)


properties = st.one_of(names, moments)
terms = st.recursive(
    st.one_of(names, numbers, st.builds(Folded, properties, st.booleans(), st.booleans())),
    lambda inner: st.builds(
        Calculated,
        st.sampled_from(["+", "-", "*", "/", "div", "%", "^"]),
        st.one_of(names, numbers, inner.filter(lambda term: isinstance(term, Calculated))),
        st.one_of(names, numbers),
    ),
    max_leaves=4,
)
folds = st.builds(Folded, names, st.booleans(), st.booleans())
relations = st.sampled_from(["equals", "touches", "within", "overlaps", "crosses", "contains"])
leaves = st.one_of(
    st.builds(Compared, operators, names, st.one_of(values, times)),
    st.builds(Compared, operators, properties, properties),
    st.builds(Compared, operators, terms, st.one_of(terms, values)),
    st.builds(IsNull, terms.filter(lambda term: not isinstance(term, Value))),
    st.builds(Like, folds, patterns),
    st.builds(OneOf, folds, some(texts)),
    st.builds(HeldBy, names, some(values)),
    st.builds(HoldsOf, names, names, st.booleans()),
    st.builds(Related, relations, st.sampled_from(BOXES).map(lambda box: bytes(shapely.to_wkb(box)))),
    st.builds(Compared, operators, moments, times),
    st.builds(IsNull, st.one_of(names, moments)),
    st.builds(Like, names, patterns),
    st.builds(OneOf, names, st.one_of(some(texts), some(numbers))),
    st.builds(OneOf, moments, some(times)),
    st.builds(Holds, names, some(values), st.booleans()),
    st.sampled_from(BOXES).map(lambda box: Meets(bytes(shapely.to_wkb(box)))),
    st.booleans().map(Always),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Or(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)


@given(tree=trees)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_filter_finds_what_the_truth_tables_say(reader: CatalogueReader, tree: Condition) -> None:
    assert found_by(reader, tree) == right(tree)


@given(tree=trees)
@settings(max_examples=EXAMPLES * 2, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_filter_says_of_a_document_what_the_truth_tables_say(tree: Condition) -> None:
    for one in ITEMS:
        assert evaluating.holds(tree, one) is holds(tree, one)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("op", ["=", "<"])
def test_every_value_against_every_value(reader: CatalogueReader, name: str, op: Any) -> None:
    for value in VALUES:
        if isinstance(value, str | bool | int | float) and value != "a\0b":
            kind: Any = "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
            tree = Compared(op, property_of(name), Value(kind, value))
            assert found_by(reader, tree) == right(tree), value
            assert found_by(reader, Not(tree)) == right(Not(tree)), value


WRITTEN = [
    "p = 'a'",
    "q > 1 AND p IS NOT NULL",
    "q BETWEEN 0 AND 5",
    "p IN ('a', 5, true)",
    "NOT (p = 5 OR id = '1')",
    "p LIKE 'a%'",
    "'a' = p",
    "1 < q",
    '"sharinghub:metrics.f1.macro" >= 1.5',
    "A_CONTAINS(p, ('a', 'b'))",
    "S_INTERSECTS(geometry, BBOX(0, 40, 10, 50))",
    "created > TIMESTAMP('2020-03-01T00:00:00Z')",
    "T_BEFORE(updated, DATE('2020-06-02'))",
    "T_DURING(datetime, INTERVAL('2020-01-01', '2020-12-31'))",
    "T_AFTER(created, DATE('2020-01-01'))",
    "properties.p = 'a'",
    "id IN ('1', '2', '3')",
    "CASEI(p) = CASEI('A')",
    "CASEI(p) = CASEI('STRASSE')",
    "ACCENTI(CASEI(p)) = ACCENTI(CASEI('É'))",
    "ACCENTI(p) = 'E'",
    "CASEI(p) LIKE CASEI('%SS%')",
    "CASEI(p) IN (CASEI('STRASSE'), CASEI('Σ'))",
    "CASEI(p) = p",
    "p = q",
    "created = updated",
    "q + 1 > p * 2",
    "q / 2 = 0.5 OR 2 ^ q = 32",
    "q div 2 = -1 OR q % 2 = 1",
    "5 IN (p, q)",
    "q BETWEEN p - 1 AND p + 1",
    "-q = 1",
    "(p + 1) IS NULL",
    "geometry IS NULL",
    "A_EQUALS(p, ('b', 'a'))",
    "A_CONTAINEDBY(p, ('a', 'b', 'c'))",
    "A_CONTAINS(('a', 'b'), p)",
    "A_OVERLAPS(p, q)",
    "A_CONTAINS(p, p)",
    "S_WITHIN(geometry, BBOX(0, 40, 10, 50))",
    "S_CONTAINS(geometry, POINT(5 45))",
    "S_CONTAINS(BBOX(0, 40, 10, 50), geometry)",
    "S_DISJOINT(geometry, POINT(5 45))",
    "S_TOUCHES(geometry, POINT(0 40))",
    "S_EQUALS(geometry, POLYGON((0 40, 10 40, 10 50, 0 50, 0 40)))",
    "S_CROSSES(geometry, LINESTRING(5 30, 5 60))",
    "S_OVERLAPS(geometry, BBOX(5, 45, 15, 55))",
    "S_WITHIN(geometry, GEOMETRYCOLLECTION(POLYGON((0 40, 10 40, 10 50, 0 50, 0 40))))",
    "S_EQUALS(geometry, geometry)",
    "T_INTERSECTS(INTERVAL(start_datetime, end_datetime), INTERVAL('2020-01-01', '..'))",
    "T_EQUALS(updated, TIMESTAMP('2020-01-01T00:00:00Z'))",
    "T_AFTER(updated, created) OR T_EQUALS(updated, created)",
    "T_DISJOINT(updated, DATE('2020-01-01'))",
]


def test_between_as_in_older_drafts() -> None:
    old = {"op": "between", "args": [{"property": "q"}, [0, 5]]}
    assert parse_filter(old) == parse_filter("q BETWEEN 0 AND 5")


@pytest.mark.parametrize("text", WRITTEN)
def test_text_and_json_mean_the_same(reader: CatalogueReader, text: str) -> None:
    tree = parse_filter(text)
    assert parse_filter(cql2.Expr(text).to_json()) == tree
    assert found_by(reader, tree) == right(tree)
    assert right(tree), "nothing is found, so nothing is proven"
