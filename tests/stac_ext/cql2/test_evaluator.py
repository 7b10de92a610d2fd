"""Proves that the plain evaluation of filters, by which both engines are held, says what the program `cql2` says.

`cql2.Expr.matches` answers where it can decide, and raises where something is unknown; there the truth tables of the
standard alone speak. Left out is what it decides otherwise: that a list is equal to another, that a number divided by
zero is infinite, that a number is not among texts (here that is unknown, which NOT does not turn), and that CASEI
leaves `ß` and ligatures as they are.
"""

import json
import os
from typing import Any

import cql2
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from stac_ext.times import parse_rfc3339, to_micros
from tests.stac_ext.cql2.evaluator import holds
from tests.stac_ext.cql2.writing import written
from tests.stac_ext.store.rows import stac_item

EXAMPLES = int(os.environ.get("SEARCH_EXAMPLES", "30"))
TEXTS = ["a", "A", "ab", "b", "é", "É", "100%", "a_b", "", "x y", "5"]
NUMBERS = [0, 1, -1, 5, -2.5, 0.5, 100, 3]
TIMES = ["2020-01-01T00:00:00Z", "2020-06-01T12:00:00Z", "2024-02-29T00:00:00Z", "1969-12-31T23:59:59Z"]
VALUES: list[Any] = [*TEXTS, *NUMBERS, True, False]
LISTS: list[Any] = [["a", "b"], ["b"], ["a", 1], [1, 5], [], None]
SHAPES = [
    *(shapely.box(0, 40, 10, 50), shapely.box(10, 40, 20, 50), shapely.box(2, 42, 8, 48), shapely.box(-5, -5, 5, 5)),
    *(shapely.LineString([(-5, 45), (5, 45)]), shapely.Point(7, 46)),
]


def item(number: int) -> dict[str, Any]:
    """An item with one value as `p` and another, or none, as `q`; `l` and `m` are lists, or absent."""
    time, shape = TIMES[number % len(TIMES)], SHAPES[number % len(SHAPES)]
    properties: dict[str, Any] = {"p": VALUES[number], "created": TIMES[number // 2 % len(TIMES)]}
    if number % 5:
        properties["q"] = VALUES[number * 7 % len(VALUES)]
    lists = {"l": LISTS[number % 6], "m": LISTS[number // 2 % 6]}
    properties |= {name: values for name, values in lists.items() if values is not None}
    made = stac_item(str(number), "dataset" if number % 2 else "ai-model", time, properties=properties)
    read: dict[str, Any] = json.loads(json.dumps(made | {"geometry": shapely.geometry.mapping(shape)}))
    return read


ITEMS = [item(number) for number in range(len(VALUES))]


def some(kind: Any) -> Any:
    return st.lists(kind, min_size=1, max_size=3).map(tuple)


names = st.sampled_from(["p", "q", "id", "collection"]).map(property_of)
moments = st.sampled_from(["datetime", "created", "updated"]).map(property_of)
texts = st.sampled_from(TEXTS).map(lambda text: Value("text", text))
numbers = st.sampled_from(NUMBERS).map(lambda number: Value("number", float(number)))
values = st.one_of(texts, numbers, st.booleans().map(lambda told: Value("boolean", told)))
times = st.sampled_from(TIMES).map(lambda time: Value("moment", to_micros(parse_rfc3339(time))))
operators = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
folds = st.sampled_from([(True, False), (False, True), (True, True)]).flatmap(
    lambda how: names.map(lambda name: Folded(name, *how))
)
operands = st.sampled_from(["p", "q"]).map(property_of)
calculated = st.one_of(
    st.builds(Calculated, st.sampled_from(["+", "-", "*"]), operands, numbers),
    st.builds(Calculated, st.sampled_from(["/", "div", "%"]), operands, numbers.filter(lambda one: one.value != 0)),
    st.builds(Calculated, st.just("^"), operands, st.sampled_from([1.0, 2.0, 3.0]).map(lambda n: Value("number", n))),
)
patterns = st.lists(st.sampled_from([*"ab%_5"]), max_size=4).map("".join)
shapes = st.sampled_from(SHAPES).map(lambda shape: bytes(shapely.to_wkb(shape)))
relations = st.sampled_from(["equals", "touches", "within", "overlaps", "crosses", "contains"])
lists = st.sampled_from(["l", "m"]).map(property_of)
two = st.lists(names, min_size=2, max_size=2, unique=True)
KINDS: dict[str, Any] = {
    "comparisons": st.builds(Compared, operators, names, values),
    "properties": st.builds(lambda op, both: Compared(op, *both), operators, two),
    "arithmetic": st.builds(Compared, operators, calculated, numbers),
    "null": st.builds(IsNull, names),
    "patterns": st.builds(Like, names, patterns),
    "folded patterns": st.builds(Like, folds, patterns.map(str.lower)),
    "one of": st.builds(OneOf, names, st.one_of(some(texts), some(numbers))),
    "lists": st.builds(Holds, lists, some(values), st.booleans()) | st.builds(HeldBy, lists, some(values)),
    "two lists": st.builds(HoldsOf, lists, lists, st.booleans()),
    "places": shapes.map(Meets) | st.builds(Related, relations, shapes),
    "times": st.builds(Compared, operators, moments, st.one_of(times, moments)),
    "folded texts": st.builds(Compared, operators, folds, st.one_of(texts, folds)),
    "literals": st.booleans().map(Always),
}
of_one_type = st.builds(OneOf, st.sampled_from(["id", "collection"]).map(property_of), some(texts))
trees = st.recursive(
    st.one_of(of_one_type, *(kind for name, kind in KINDS.items() if name != "one of")),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Or(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)


def answered(tree: Condition) -> int:
    """How many items `cql2` decides about, all of them as the evaluator does."""
    asked, count = written(tree), 0
    for one in ITEMS:
        try:
            said = cql2.Expr(asked).matches(one)
        except Exception:  # it raises plain ones for what it cannot decide
            continue
        count += 1
        assert said == (holds(tree, one) is True), (asked, one)
    return count


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_cql2_says(kind: str) -> None:
    counts: list[int] = []

    @given(tree=KINDS[kind])
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    def drawn(tree: Condition) -> None:
        counts.append(answered(tree))

    drawn()
    assert sum(counts) >= 10, "nothing is decided, so nothing is proven"


@given(tree=trees)
@settings(max_examples=EXAMPLES * 4, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_says_what_cql2_says_of_whole_filters(tree: Condition) -> None:
    answered(tree)


@given(tree=trees.filter(lambda tree: not isinstance(tree, Always)))
@settings(max_examples=EXAMPLES * 2, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_written_is_read_as_the_same(tree: Condition) -> None:
    """The trees that both engines are asked are those that callers can send."""
    read = parse_filter(written(tree))
    assert [holds(read, one) for one in ITEMS] == [holds(tree, one) for one in ITEMS]
