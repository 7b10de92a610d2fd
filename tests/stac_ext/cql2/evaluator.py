"""CQL2 in plain Python, by the truth tables of the standard: what a filter says of one item. None is unknown."""

import math
import re
import unicodedata
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import shapely
from shapely.geometry import shape

from stac_ext.cql2.tree import (
    MOMENTS,
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
    Property,
    Related,
    Term,
    Value,
)
from stac_ext.times import parse_rfc3339, to_micros

_OPERATORS = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


def holds(tree: Condition, item: dict[str, Any]) -> bool | None:
    match tree:
        case Always(told):
            return told
        case And(parts):
            found = [holds(part, item) for part in parts]
            return False if False in found else None if None in found else True
        case Or(parts):
            found = [holds(part, item) for part in parts]
            return True if True in found else None if None in found else False
        case Not(part):
            told = holds(part, item)
            return None if told is None else not told
        case IsNull(left):
            return (_raw(left, item) if isinstance(left, Property) else _value(left, item)) is None
        case Compared(op, left, right):
            return _compare(op, left, right, item)
        case OneOf(left, values):
            found = [_compare("=", left, one, item) for one in values]
            return True if True in found else None if None in found else False
        case Like(left, pattern):
            text = _value(left, item)
            return re.fullmatch(_regex(pattern), text, re.DOTALL) is not None if isinstance(text, str) else None
        case Holds(left, values, every):
            listed = _list(left, item)
            if listed is None:
                return None
            there = [any(_same(one, value.kind, value.value) for one in listed) for value in values]
            return all(there) if every else any(there)
        case HeldBy(left, values):
            listed = _list(left, item)
            if listed is None:
                return None
            return all(any(_same(one, value.kind, value.value) for value in values) for one in listed)
        case HoldsOf(left, right, every):
            mine, others = _list(left, item), _list(right, item)
            if mine is None or others is None:
                return None
            there = [any(_same(one, _kind(other), other) for one in mine) for other in others]
            return all(there) if every else any(there)
        case Meets(area):
            geometry = item["geometry"]
            return None if geometry is None else bool(shapely.intersects(shape(geometry), shapely.from_wkb(area)))
        case Related(relation, other):
            geometry = item["geometry"]
            if geometry is None or geometry["type"] == "GeometryCollection":
                return None
            return bool(getattr(shapely, relation)(shape(geometry), shapely.from_wkb(other)))


def _list(left: Property, item: dict[str, Any]) -> list[Any] | None:
    listed = _raw(left, item)
    return listed if isinstance(listed, list) else None


def _same(one: Any, kind: str | None, value: Any) -> bool:
    return kind is not None and _kind(one) == kind and bool(one == value)


def _raw(left: Property, item: dict[str, Any]) -> Any:
    found: Any = item
    for part in left.path:
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Moment):
        return "moment"
    return "text" if isinstance(value, str) else "number" if isinstance(value, int | float) else None


def _value(term: Term, item: dict[str, Any]) -> Any:
    """A text, number or boolean, `Moment`, or None where it is unknown."""
    match term:
        case Value("moment", value):
            return Moment(int(value))
        case Value(value=value):
            return value
        case Folded(of, case, marks):
            text = _raw(of, item)
            return plain(text, case, marks) if isinstance(text, str) and of.name not in MOMENTS else None
        case Calculated(op, left, right):
            one, other = _value(left, item), _value(right, item)
            return calculated(op, one, other) if _kind(one) == _kind(other) == "number" else None
        case Property():
            raw = _raw(term, item)
            if term.name in MOMENTS:
                return None if raw is None else Moment(to_micros(parse_rfc3339(raw)))
            return raw if _kind(raw) else None
    raise AssertionError(term)


class Moment(int):
    """Microseconds, which are no number to compare others with."""


def plain(text: str, case: bool, marks: bool) -> str:
    """Without case or marks, character by character."""
    found = unicodedata.normalize("NFKD", text)
    if marks:
        found = "".join(one for one in found if unicodedata.combining(one) == 0)
    return unicodedata.normalize("NFKC", "".join(one.casefold() for one in found) if case else found)


def calculated(op: str, left: float, right: float) -> float | None:
    """By exact fractions and what the machine makes of them."""
    if any(one != 0 and not 1e-150 <= abs(one) <= 1e150 for one in (left, right)):
        return None
    one, other = float(left), float(right)
    if op == "^":
        if (one == 0 and other < 0) or (one < 0 and other % 1 != 0):
            return None
        if one != 0 and abs(other * math.log10(abs(one))) > 150:
            return None
        return one**other
    if op in ("/", "div", "%"):
        if other == 0:
            return None
        quotient = one / other
        if op == "/":
            return quotient
        whole = float(math.floor(abs(quotient))) * (1 if quotient >= 0 else -1)
        return whole if op == "div" else one - other * whole
    return float({"+": one + other, "-": one - other, "*": one * other}[op])


def _compare(op: str, left: Term, right: Term, item: dict[str, Any]) -> bool | None:
    one, other = _value(left, item), _value(right, item)
    if one is None or other is None or _kind(one) != _kind(other):
        return None
    return bool(_OPERATORS[op](one, other))


def _regex(pattern: str) -> str:
    parts, escaped = [], False
    for char in pattern:
        if char == "\\" and not escaped:
            escaped = True
            continue
        wild = {"%": ".*", "_": "."}.get(char)
        parts.append(wild if wild and not escaped else re.escape(char))
        escaped = False
    return "".join(parts)
