"""A filter's tree written as CQL2 JSON again, so that other programs can be asked about it."""

from typing import Any

import shapely

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
    Property,
    Related,
    Term,
    Value,
)
from stac_ext.times import format_rfc3339, from_micros


def written(tree: Condition) -> Any:
    """The JSON value. Source: https://docs.ogc.org/is/21-065r2/21-065r2.html, annex B"""
    match tree:
        case Always(told):
            return told
        case And(parts):
            return _op("and", *map(written, parts))
        case Or(parts):
            return _op("or", *map(written, parts))
        case Not(part):
            return _op("not", written(part))
        case Compared(op, left, right):
            return _op(op, _term(left), _term(right))
        case IsNull(left):
            return _op("isNull", _term(left))
        case Like(left, pattern):
            return _op("like", _term(left), pattern)
        case OneOf(left, values):
            return _op("in", _term(left), list(map(_term, values)))
        case Holds(left, values, every):
            return _op("a_contains" if every else "a_overlaps", _term(left), list(map(_term, values)))
        case HeldBy(left, values):
            return _op("a_containedBy", _term(left), list(map(_term, values)))
        case HoldsOf(left, right, every):
            return _op("a_contains" if every else "a_overlaps", _term(left), _term(right))
        case Meets(area):
            return _op("s_intersects", {"property": "geometry"}, _place(area))
        case Related(relation, shape):
            return _op(f"s_{relation}", {"property": "geometry"}, _place(shape))


def _op(name: str, *args: Any) -> dict[str, Any]:
    return {"op": name, "args": list(args)}


def _place(wkb: bytes) -> Any:
    return shapely.geometry.mapping(shapely.from_wkb(wkb))


def _term(term: Term) -> Any:
    match term:
        case Property(name=name):
            return {"property": name}
        case Value("moment", value):
            return {"timestamp": format_rfc3339(from_micros(int(value)))}
        case Value(value=value):
            return value
        case Folded(of, case, marks):
            inner: Any = {"property": of.name}
            for name, wanted in (("casei", case), ("accenti", marks)):
                inner = _op(name, inner) if wanted else inner
            return inner
        case Calculated(op, left, right):
            return _op(op, _term(left), _term(right))
