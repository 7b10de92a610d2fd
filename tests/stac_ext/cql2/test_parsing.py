"""Proves that what is no filter, or too much of one, is refused with the parameter, what is wrong, and an example."""

import re
from typing import Any

import pytest

from stac_ext.cql2.parsing import MAX_LENGTH, parse_filter
from stac_ext.cql2.patterns import fits
from stac_ext.cql2.temporal import FUNCTIONS
from stac_ext.cql2.tree import Always, Like
from stac_ext.query import InvalidParameter
from tests.stac_ext.cql2.evaluator import holds


def compared(op: str = "=", left: Any = None, right: Any = 1) -> dict[str, Any]:
    return {"op": op, "args": [left or {"property": "p"}, right]}


WRONG: list[Any] = [
    "",
    "(((",
    "p",
    "p =",
    "p = 1 AND",
    "1 = 1; DROP TABLE item",
    "p + 'a' = 2",
    "p + created = 2",
    "CASEI(5) = 'a'",
    "CASEI(p + 1) = 'a'",
    "CASEI(p) = 5",
    "5 + 1 = 'a'",
    "p LIKE q",
    "'a' LIKE 'a%'",
    "'a' IS NULL",
    "p = avg(q)",
    "A_EQUALS(p, (1, q))",
    "S_TOUCHES(geometry, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(1 2, 3 4)))",
    "S_WITHIN(p, geometry)",
    "T_MEETS(created, 5)",
    "T_MEETS(created, p + 1)",
    "T_MEETS(INTERVAL(p, '..'), created)",
    "1 + " * 40 + "1 = p",
    "nosuch(p)",
    "p LIKE 'a\\'",
    f"p LIKE '{'%a' * 20}'",
    "p IN ()",
    '"" = 1',
    '"a""b" = 1',
    "geometry = 1",
    "S_INTERSECTS(p, POINT(1 2))",
    "S_INTERSECTS(geometry, POINT(1000 2))",
    "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 0 1, 1 0, 0 0)))",
    "T_AFTER(p, DATE('2020-01-01'))",
    "created > TIMESTAMP('yesterday')",
    "created > 5",
    "T_DURING(created, INTERVAL('2021-01-01', '2020-01-01'))",
    "1 = 'a'",
    f"p = '{'x' * MAX_LENGTH}'",
    " OR ".join(f"p = {n}" for n in range(300)),
    5,
    [],
    {},
    {"op": "nosuch", "args": [1]},
    {"op": "and", "args": []},
    {"op": "=", "args": [{"property": "p"}]},
    {"op": ["="], "args": [1, 2]},
    {"op": "=", "args": {"property": "p"}},
    compared(right={"x": 1}),
    compared(right=None),
    compared(right=float("inf")),
    compared(right="\ud800"),
    compared(right="a\0b"),
    compared(left={"property": 'a"b'}),
    compared(left={"property": "a" * 300}),
    compared("in", right=[]),
    compared("in", right=[[1]]),
    compared("like", right=5),
    compared("a_equals", right=5),
    compared("a_contains", right=[None]),
    compared("a_overlaps", right=[{"property": "q"}]),
    compared("casei"),
    compared("t_meets", {"property": "created"}, {"interval": ["2020-01-01"]}),
    compared("t_meets", {"property": "created"}, {"interval": [5, ".."]}),
    compared("s_within", {"property": "geometry"}, {"type": "Point"}),
    compared("+", 1, 2),
]


@pytest.mark.parametrize("value", WRONG, ids=lambda value: str(value)[:60])
def test_what_is_wrong_is_told_with_an_example(value: Any) -> None:
    with pytest.raises(InvalidParameter) as refused:
        parse_filter(value)
    assert refused.value.name == "filter"
    assert refused.value.message
    assert refused.value.example


@pytest.mark.parametrize("depth", [250, 3_000])
@pytest.mark.parametrize(("open_", "close"), [("(", ")"), ("NOT ", ""), ("-", ""), ("NOT(", ")")])
def test_deep_nesting_does_not_end_the_process(depth: int, open_: str, close: str) -> None:
    """The parser's own recursion has no limit: it ran out of its stack, and the whole process ended."""
    with pytest.raises(InvalidParameter):
        parse_filter(open_ * depth + "p = 1" + close * depth)


@pytest.mark.parametrize(
    "text",
    [
        '"\'" = 1 AND ' + "(" * 3_000 + "p = 1" + ")" * 3_000,
        "('a)' = 'a' AND " * 600 + "true" + ")" * 600,
        "('(' = '\"' OR " * 600 + "true" + ")" * 600,
        "p = " + "^".join(["1"] * 4_900),
        "p = " + "+".join(["1"] * 4_900),
        "p = " + "- " * 4_900 + "1",
        " OR ".join(["p = 1"] * 1_200),
        "(" * 200 + "NOT " * 200 + "p = 1" + ")" * 200,
    ],
    ids=[
        "a quote in a name",
        "brackets in texts",
        "both",
        "powers",
        "sums",
        "signs",
        "alternatives",
        "all that is let in",
    ],
)
def test_quotes_do_not_hide_nesting(text: str) -> None:
    """A name with a quote in it hid the brackets after it from the count."""
    with pytest.raises(InvalidParameter):
        parse_filter(text)


def test_a_place_with_many_negative_positions_is_not_nested() -> None:
    ring = ", ".join(f"-{7 + n / 1000:.3f} -{46 + n / 1000:.3f}" for n in range(250))
    assert parse_filter(f"S_INTERSECTS(geometry, LINESTRING({ring}))")


@pytest.mark.parametrize("depth", [100, 2_000])
def test_deep_json_does_not_end_the_process(depth: int) -> None:
    value: Any = compared()
    for _ in range(depth):
        value = {"op": "not", "args": [value]}
    with pytest.raises(InvalidParameter):
        parse_filter(value)
    geometry: Any = [1, 2]
    for _ in range(depth):
        geometry = [geometry]
    with pytest.raises(InvalidParameter):
        parse_filter({"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "P", "coordinates": geometry}]})


@pytest.mark.parametrize(
    ("language", "crs", "name"),
    [("sql", None, "filter-lang"), (5, None, "filter-lang"), ("cql2-text", "EPSG:4326", "filter-crs")],
)
def test_another_language_or_reference_system_is_refused(language: Any, crs: Any, name: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        parse_filter("p = 1", language, crs)
    assert refused.value.name == name


def test_the_language_must_fit_the_value() -> None:
    assert parse_filter('{"op": "not", "args": [false]}', "cql2-json") == parse_filter("NOT false", "cql2-text")
    assert parse_filter("true") == Always(True)
    for value, language in (("p = 1", "cql2-json"), ({"op": "not", "args": [True]}, "cql2-text")):
        with pytest.raises(InvalidParameter):
            parse_filter(value, language)


MOMENTS = {"a": "2020-01-01T00:00:00Z", "b": "2020-02-01T00:00:00Z", "c": "2020-03-01T00:00:00Z"}
MOMENTS["d"] = "2020-04-01T00:00:00Z"
# Of two spans, which functions hold; drawn from Allen's relations, as the standard draws them.
SPANS = [
    ("ab", "cd", {"t_before", "t_disjoint"}),
    ("cd", "ab", {"t_after", "t_disjoint"}),
    ("ab", "bc", {"t_meets", "t_intersects"}),
    ("bc", "ab", {"t_metby", "t_intersects"}),
    ("ac", "bd", {"t_overlaps", "t_intersects"}),
    ("bd", "ac", {"t_overlappedby", "t_intersects"}),
    ("ab", "ad", {"t_starts", "t_intersects"}),
    ("ad", "ab", {"t_startedby", "t_intersects"}),
    ("bc", "ad", {"t_during", "t_intersects"}),
    ("ad", "bc", {"t_contains", "t_intersects"}),
    ("cd", "ad", {"t_finishes", "t_intersects"}),
    ("ad", "cd", {"t_finishedby", "t_intersects"}),
    ("ad", "ad", {"t_equals", "t_intersects"}),
    ("..d", "ab", {"t_contains", "t_intersects"}),
    ("ab", "..d", {"t_during", "t_intersects"}),
    ("c..", "ab", {"t_after", "t_disjoint"}),
]


@pytest.mark.parametrize(("one", "other", "holding"), SPANS)
@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_temporal_functions_are_the_relations_of_spans(one: str, other: str, holding: set[str], function: str) -> None:
    def span(names: str) -> str:
        ends = re.findall(r"[a-d]|\.\.", names)
        return "INTERVAL(" + ", ".join(f"'{MOMENTS.get(end, end)}'" for end in ends) + ")"

    tree = parse_filter(f"{function}({span(one)}, {span(other)})")
    assert holds(tree, {}) is (function in holding)


def test_literals_alone_are_decided_at_once() -> None:
    for text, told in (
        ("CASEI('STRASSE') = CASEI('straße')", True),
        ("ACCENTI('é') = ACCENTI('è')", True),
        ("ACCENTI('é') = ACCENTI('É')", False),
        ("A_CONTAINS((1, 2, 1), (2, 1))", True),
        ("A_CONTAINEDBY((1, 2), (2, 3))", False),
        ("A_OVERLAPS((1, 2), (2, 3))", True),
        ("S_WITHIN(POINT(1 2), BBOX(0, 0, 5, 5))", True),
        ("S_DISJOINT(POINT(1 2), BBOX(0, 0, 5, 5))", False),
    ):
        assert parse_filter(text) == Always(told), text


def test_a_folded_pattern_has_the_wildcards_of_the_pattern_and_no_others() -> None:
    tree = parse_filter("CASEI(p) LIKE CASEI('\\%É_％%')")
    assert isinstance(tree, Like)
    assert tree.pattern == "\\%é_\\%%"


def test_a_pattern_takes_no_longer_than_its_text() -> None:
    """Backtracking over each `%` would take the age of the world here."""
    assert not fits("a" * 20_000, "%a%a%a%a%a%a%a%b")
    assert fits("a" * 20_000, "%a%a%a%a%a%a%a%")
