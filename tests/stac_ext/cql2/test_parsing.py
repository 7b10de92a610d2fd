"""Proves that what is no filter, or too much of one, is refused with the parameter, what is wrong, and an example."""

from typing import Any

import pytest

from stac_ext.cql2.parsing import MAX_LENGTH, parse_filter
from stac_ext.cql2.tree import Always
from stac_ext.query import InvalidParameter


def compared(op: str = "=", left: Any = None, right: Any = 1) -> dict[str, Any]:
    return {"op": op, "args": [left or {"property": "p"}, right]}


WRONG: list[Any] = [
    "",
    "(((",
    "p",
    "p =",
    "p = 1 AND",
    "1 = 1; DROP TABLE item",
    "p = q",
    "p + 1 = 2",
    "CASEI(p) = CASEI('a')",
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
    "S_WITHIN(geometry, POINT(1 2))",
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
