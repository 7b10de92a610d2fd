"""What a filter says of one document in memory: true, false, or None where it is unknown.

For the few documents that stand in no store, such as collections; the stores have it in SQL.
"""

from collections.abc import Mapping, Sequence
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, NamedTuple

import shapely
from shapely.geometry import shape

from stac_ext.cql2.arithmetic import calculated
from stac_ext.cql2.folding import folded
from stac_ext.cql2.patterns import fits
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
    Kind,
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

_OPERATORS: Final = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


class _Typed(NamedTuple):
    kind: Kind
    value: Any


def holds(tree: Condition, item: Mapping[str, Any]) -> bool | None:
    """Whether a filter holds for an item, or for what is shaped like one."""
    match tree:
        case Always(always):
            return always
        case And(parts):
            return _all([holds(part, item) for part in parts])
        case Or(parts):
            return _any([holds(part, item) for part in parts])
        case Not(part):
            told = holds(part, item)
            return None if told is None else not told
        case IsNull(left):
            return (_raw(left, item) if isinstance(left, Property) else _term(left, item)) is None
        case Compared(op, left, right):
            one, other = _term(left, item), _term(right, item)
            if one is None or other is None or one.kind != other.kind:
                return None
            return bool(_OPERATORS[op](one.value, other.value))
        case OneOf(left, values):
            found = _term(left, item)
            return (
                None if found is None or found.kind != values[0].kind else found.value in [one.value for one in values]
            )
        case Like(left, pattern):
            text = _term(left, item)
            return None if text is None or text.kind != "text" else fits(text.value, pattern)
        case Holds(left, values, every):
            return _held((left,), item, lambda mine: _among(_of(values), mine, every=every))
        case HeldBy(left, values):
            return _held((left,), item, lambda mine: _among(mine, _of(values), every=True))
        case HoldsOf(left, right, every):
            return _held((left, right), item, lambda mine, others: _among(others, mine, every=every))
        case Meets(area):
            return (
                None
                if item["geometry"] is None
                else bool(shapely.intersects(shape(item["geometry"]), shapely.from_wkb(area)))
            )
        case Related(relation, other):
            place = item["geometry"]
            if place is None or place["type"] == "GeometryCollection":
                return None
            return bool(getattr(shapely, relation)(shape(place), shapely.from_wkb(other)))


def _all(found: Sequence[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


def _any(found: Sequence[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def _raw(left: Property, item: Any) -> Any:
    found = item
    for part in left.path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _term(term: Term, item: Mapping[str, Any]) -> _Typed | None:
    match term:
        case Value(kind, value):
            return _Typed(kind, value)
        case Property(name=name):
            raw = _raw(term, item)
            if name in MOMENTS:
                return _Typed("moment", to_micros(parse_rfc3339(raw))) if isinstance(raw, str) else None
            return _typed(raw)
        case Folded(of, case, marks):
            text = None if of.name in MOMENTS else _typed(_raw(of, item))
            if text is None or text.kind != "text":
                return None
            return _Typed("text", folded(text.value, case=case, marks=marks))
        case Calculated(op, left, right):
            one, other = _term(left, item), _term(right, item)
            if one is None or other is None or (one.kind, other.kind) != ("number", "number"):
                return None
            number = calculated(op, one.value, other.value)
            return None if number is None else _Typed("number", number)


def _typed(raw: Any) -> _Typed | None:
    if isinstance(raw, bool):
        return _Typed("boolean", raw)
    if isinstance(raw, str):
        return _Typed("text", raw)
    return _Typed("number", float(raw)) if isinstance(raw, int | float) else None


def _of(values: Sequence[Value]) -> list[_Typed | None]:
    return [_Typed(one.kind, one.value) for one in values]


def _held(lists: Sequence[Property], item: Mapping[str, Any], whether: Any) -> bool | None:
    """What is said of properties that are lists, unknown where one is none."""
    raw = [_raw(one, item) for one in lists]
    if not all(isinstance(one, list) for one in raw):
        return None
    return bool(whether(*([_typed(value) for value in one] for one in raw)))


def _among(some: Sequence[_Typed | None], others: Sequence[_Typed | None], *, every: bool) -> bool:
    found = [one is not None and one in others for one in some]
    return all(found) if every else any(found)
