"""Array functions of properties that are lists and lists of values, in either order; lists are taken as sets.

Source: https://docs.ogc.org/is/21-065r2/21-065r2.html#array-functions
"""

from typing import Any, Final

from stac_ext.cql2.terms import is_property, literal, named
from stac_ext.cql2.tree import Always, And, Condition, HeldBy, Holds, HoldsOf, Property, Value
from stac_ext.cql2.wrong import Parts, wrong

FUNCTIONS: Final = frozenset({"a_contains", "a_containedby", "a_equals", "a_overlaps"})
_EXAMPLE: Final = "A_CONTAINS(keywords, ('flood'))"
_Side = Property | tuple[Value, ...]


def listed(op: str, left: Any, right: Any, parts: Parts) -> Condition:
    """The condition that an array function is. Raises InvalidParameter."""
    one, other = _side(left, op, parts), _side(right, op, parts)
    match op:
        case "a_contains":
            return _holds(one, other)
        case "a_containedby":
            return _holds(other, one)
        case "a_equals":
            return And((_holds(one, other), _holds(other, one)))
        case _:
            return _overlaps(one, other)


def _holds(one: _Side, other: _Side) -> Condition:
    match one, other:
        case Property(), Property():
            return HoldsOf(one, other, every=True)
        case Property(), tuple():
            return Holds(one, other, every=True)
        case tuple(), Property():
            return HeldBy(other, one)
    assert isinstance(one, tuple)
    assert isinstance(other, tuple)
    return Always(set(other) <= set(one))


def _overlaps(one: _Side, other: _Side) -> Condition:
    match one, other:
        case Property(), Property():
            return HoldsOf(one, other, every=False)
        case Property(), tuple():
            return Holds(one, other, every=False)
        case tuple(), Property():
            return Holds(other, one, every=False)
    assert isinstance(one, tuple)
    assert isinstance(other, tuple)
    return Always(not set(one).isdisjoint(other))


def _side(node: Any, op: str, parts: Parts) -> _Side:
    if is_property(node):
        return named(node, op)
    if not isinstance(node, list):
        raise wrong(f"{op.upper()} needs properties that are lists, or lists of values", _EXAMPLE)
    for _ in node:
        parts.add(0)
    return tuple(dict.fromkeys(literal(one, None) for one in node))
