"""Temporal functions as comparisons of the ends of two spans; an instant is a span whose ends are equal.

A date goes to its last microsecond, an open end as far as can be.
Source: https://docs.ogc.org/is/21-065r2/21-065r2.html#temporal-functions
"""

from typing import Any, Final

from stac_ext.cql2.terms import is_property, literal, moment, named, operation
from stac_ext.cql2.tree import MOMENTS, And, Compared, Comparison, Condition, Or, Property, Term, Value
from stac_ext.cql2.wrong import wrong

_DAY: Final = 86_400_000_000
_MOST: Final = 2**62
_EXAMPLE: Final = "T_INTERSECTS(INTERVAL(start_datetime, end_datetime), INTERVAL('2024-01-01', '..'))"
# (end of the left, comparison, end of the right): all must hold. `s` is where a span starts, `e` where it ends.
_RELATIONS: Final[dict[str, tuple[tuple[str, Comparison, str], ...]]] = {
    "t_after": (("s", ">", "e"),),
    "t_before": (("e", "<", "s"),),
    "t_contains": (("s", "<", "s"), ("e", ">", "e")),
    "t_during": (("s", ">", "s"), ("e", "<", "e")),
    "t_equals": (("s", "=", "s"), ("e", "=", "e")),
    "t_finishedby": (("s", "<", "s"), ("e", "=", "e")),
    "t_finishes": (("s", ">", "s"), ("e", "=", "e")),
    "t_intersects": (("s", "<=", "e"), ("e", ">=", "s")),
    "t_meets": (("e", "=", "s"),),
    "t_metby": (("s", "=", "e"),),
    "t_overlappedby": (("s", ">", "s"), ("s", "<", "e"), ("e", ">", "e")),
    "t_overlaps": (("s", "<", "s"), ("e", ">", "s"), ("e", "<", "e")),
    "t_startedby": (("s", "=", "s"), ("e", ">", "e")),
    "t_starts": (("s", "=", "s"), ("e", "<", "e")),
}
FUNCTIONS: Final = frozenset({*_RELATIONS, "t_disjoint"})


def timed(op: str, left: Any, right: Any) -> Condition:
    """The condition that a temporal function is. Raises InvalidParameter."""
    one, other = _span(left, op), _span(right, op)
    if op == "t_disjoint":
        return Or((_compared(one[1], "<", other[0]), _compared(one[0], ">", other[1])))
    found = tuple(_compared(one["se".index(a)], by, other["se".index(b)]) for a, by, b in _RELATIONS[op])
    return found[0] if len(found) == 1 else And(found)


def _compared(left: Term, op: Comparison, right: Term) -> Condition:
    return Compared(op, left, right)


def _span(node: Any, op: str) -> tuple[Term, Term]:
    ends = node.get("interval") if isinstance(node, dict) else None
    if isinstance(ends, list) and len(ends) == 2:
        start, end = _end(ends[0], op, last=False), _end(ends[1], op, last=True)
        if isinstance(start, Value) and isinstance(end, Value) and start.value > end.value:  # type: ignore[operator]
            raise wrong("has an interval that ends before it starts", _EXAMPLE)
        return start, end
    return _end(node, op, last=False), _end(node, op, last=True)


def _end(node: Any, op: str, *, last: bool) -> Term:
    if node == "..":
        return Value("moment", _MOST if last else -_MOST)
    if is_property(node):
        return _moment_property(node, op)
    if operation(node) is not None or not isinstance(node, str | dict):
        raise wrong(f"{op.upper()} needs times: properties, TIMESTAMP, DATE or INTERVAL", _EXAMPLE)
    text = node if isinstance(node, str) else node.get("date", node.get("timestamp"))
    begins = moment(text) if text is not None else literal(node, None).value
    is_day = isinstance(text, str) and len(text) == 10
    return Value("moment", int(begins) + (_DAY - 1 if last and is_day else 0))


def _moment_property(node: Any, op: str) -> Property:
    found = named(node, op)
    if found.name not in MOMENTS:
        raise wrong(f"{op.upper()} needs one of {', '.join(sorted(MOMENTS))}", "T_AFTER(created, DATE('2024-01-01'))")
    return found
