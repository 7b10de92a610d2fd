"""CQL2 in plain Python, by the truth tables of the standard: what a filter says of one item. None is unknown."""

import re
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import shapely
from shapely.geometry import shape

from stac_ext.cql2.names import MOMENTS
from stac_ext.cql2.tree import (
    Always,
    And,
    Compared,
    Condition,
    Holds,
    IsNull,
    Like,
    Meets,
    Not,
    OneOf,
    Or,
    Property,
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
            return _raw(left, item) is None
        case Compared(op, left, right):
            return _compare(op, left, right, item)
        case OneOf(left, values):
            found = [_compare("=", left, one, item) for one in values]
            return True if True in found else None if None in found else False
        case Like(left, pattern):
            text = _raw(left, item)
            return re.fullmatch(_regex(pattern), text, re.DOTALL) is not None if isinstance(text, str) else None
        case Holds(left, values, every):
            listed = _raw(left, item)
            if not isinstance(listed, list):
                return None
            there = [any(_kind(one) == value.kind and one == value.value for one in listed) for value in values]
            return all(there) if every else any(there)
        case Meets(area):
            geometry = item["geometry"]
            return None if geometry is None else bool(shapely.intersects(shape(geometry), shapely.from_wkb(area)))


def _raw(left: Property, item: dict[str, Any]) -> Any:
    found: Any = item
    for part in left.path:
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number" if isinstance(value, int | float) else None


def _compare(op: str, left: Property, right: Value, item: dict[str, Any]) -> bool | None:
    value = _raw(left, item)
    if right.kind == "moment":
        if left.name not in MOMENTS or value is None:
            return None
        value = to_micros(parse_rfc3339(value))
    elif _kind(value) != right.kind:
        return None
    return bool(_OPERATORS[op](value, right.value))


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
