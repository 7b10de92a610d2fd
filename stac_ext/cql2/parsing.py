"""From a filter as it was sent to its tree: parsed by `cql2`, bounded before and checked after, with errors that say
what would be right.

Of CQL2 are understood: comparisons of a property with a value, AND, OR, NOT, IS NULL, LIKE, BETWEEN, IN, S_INTERSECTS
of the geometry, T_BEFORE, T_AFTER, T_DURING, T_EQUALS of a property that is a time, A_CONTAINS and A_OVERLAPS.
Source: https://docs.ogc.org/is/21-065r2/21-065r2.html
"""

import math
import re
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, cast

import cql2
import orjson
import shapely

from stac_ext.cql2.names import GEOMETRY, MOMENTS, property_of
from stac_ext.cql2.tree import (
    Always,
    And,
    Compared,
    Comparison,
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
from stac_ext.query import InvalidParameter, parse_bbox, parse_intersects
from stac_ext.times import parse_rfc3339, to_micros

TEXT: Final = "cql2-text"
JSON: Final = "cql2-json"
MAX_LENGTH: Final = 10_000
MAX_DEPTH: Final = 32
MAX_PARTS: Final = 200
MAX_WILDCARDS: Final = 8
_EXAMPLE: Final = "\"eo:cloud_cover\" < 10 AND license = 'MIT'"
_CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_SWAPPED: Final[dict[str, Comparison]] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NESTING: Final = re.compile(r"\bNOT\b|\^|-\s*(?=-)", re.IGNORECASE)  # what nests without a bracket
_WILDCARDS: Final = re.compile(r"(?<!\\)(?:\\\\)*[%_]")
_DAY: Final = 86_400_000_000
_MOST: Final = 2**62


def parse_filter(value: object, language: object = None, crs: object = None) -> Condition:
    """The tree of a filter, a text or a JSON object. Raises InvalidParameter."""
    if language not in (None, TEXT, JSON):
        raise InvalidParameter("filter-lang", f"must be {TEXT} or {JSON}", TEXT)
    if crs not in (None, _CRS84):
        raise InvalidParameter("filter-crs", f"must be {_CRS84}", _CRS84)
    if isinstance(value, str) and language == JSON:
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise _wrong("is not JSON", '{"op":"<","args":[{"property":"eo:cloud_cover"},10]}') from None
    if not isinstance(value, str | dict) or (isinstance(value, dict) and language == TEXT):
        raise _wrong(f"must be a text ({TEXT}) or an object ({JSON})")
    _bound(value)
    try:
        parsed = cql2.Expr(value).to_json()
    except Exception as error:  # the parser raises plain exceptions
        raise _wrong(f"is not CQL2: {' '.join(str(error).split())[:300]}") from None
    return _Checker().condition(parsed)


def _wrong(message: str, example: str = _EXAMPLE) -> InvalidParameter:
    return InvalidParameter("filter", message, example)


def _bound(value: str | dict[str, Any]) -> None:
    """Refuse what is too long or nested too deeply before the parser sees it: deep nesting would end the process."""
    if isinstance(value, str):
        if len(value) > MAX_LENGTH:
            raise _wrong(f"is longer than {MAX_LENGTH} characters")
        # All of them, wherever they stand: what is in quotes is for the parser to say, and a mistake would end the hub.
        if value.count("(") > MAX_PARTS or len(_NESTING.findall(value)) > MAX_PARTS:
            raise _wrong(f"has more than {MAX_PARTS} brackets, or is nested too deeply")
        return
    try:
        if len(orjson.dumps(value)) > MAX_LENGTH * 2:
            raise _wrong(f"is longer than {MAX_LENGTH * 2} bytes")
    except (TypeError, orjson.JSONEncodeError):
        raise _wrong("holds a number, text or nesting that JSON readers do not take") from None
    if _depth(value) > 2 * MAX_DEPTH:
        raise _wrong("is nested too deeply")


def _depth(value: object) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return depth


class _Checker:
    """Turns CQL2 JSON into conditions, and counts them."""

    def __init__(self) -> None:
        self._parts = 0

    def condition(self, node: Any, depth: int = 0) -> Condition:
        self._parts += 1
        if self._parts > MAX_PARTS or depth > MAX_DEPTH:
            raise _wrong(f"has more than {MAX_PARTS} conditions, or is nested too deeply")
        if isinstance(node, bool):
            return Always(node)
        if not isinstance(node, dict) or not isinstance(node.get("op"), str) or not isinstance(node.get("args"), list):
            raise _wrong("must be a condition, such as a comparison")
        op, args = node["op"].lower(), node["args"]
        match op:
            case "and" | "or" if args:
                parts = tuple(self.condition(one, depth + 1) for one in args)
                return And(parts) if op == "and" else Or(parts)
            case "not" if len(args) == 1:
                return Not(self.condition(args[0], depth + 1))
            case "isnull" if len(args) == 1:
                return IsNull(_property(args[0], op))
            case "=" | "<>" | "<" | "<=" | ">" | ">=" if len(args) == 2:
                return _compared(cast("Comparison", op), args[0], args[1])
            case "between" if len(args) == 3:
                return And((_compared(">=", args[0], args[1]), _compared("<=", args[0], args[2])))
            case "between" if len(args) == 2 and isinstance(args[1], list) and len(args[1]) == 2:  # as in older drafts
                return self.condition({"op": op, "args": [args[0], *args[1]]}, depth)
            case "in" if len(args) == 2 and isinstance(args[1], list) and args[1]:
                return _one_of(_property(args[0], op), args[1])
            case "like" if len(args) == 2 and isinstance(args[1], str):
                return Like(_property(args[0], op), _pattern(args[1]))
            case "a_contains" | "a_overlaps" if len(args) == 2 and isinstance(args[1], list) and args[1]:
                left = _property(args[0], op)
                return Holds(left, tuple(_value(one, None) for one in args[1]), every=op == "a_contains")
            case "s_intersects" if len(args) == 2:
                return _meets(args[0], args[1])
            case "t_before" | "t_after" | "t_equals" | "t_during" if len(args) == 2:
                return _timed(op, args[0], args[1])
        raise _wrong(
            f"uses {op[:50]!r} in a way that is not understood here; understood are comparisons of a property with a "
            "value, AND, OR, NOT, IS NULL, LIKE, BETWEEN, IN, S_INTERSECTS, T_BEFORE, T_AFTER, T_DURING, T_EQUALS, "
            "A_CONTAINS and A_OVERLAPS"
        )


def _is_property(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("property"), str)


def _property(node: Any, op: str) -> Property:
    if not _is_property(node):
        raise _wrong(f"needs a property as the first argument of {op.upper()}")
    try:
        found = property_of(node["property"])
    except ValueError as error:
        raise _wrong(f"{node['property'][:100]!r} {error}") from None
    if found.name == GEOMETRY:
        raise _wrong("compares the geometry, which only S_INTERSECTS can", "S_INTERSECTS(geometry, POINT(7 46))")
    return found


def _compared(op: Comparison, left: Any, right: Any) -> Condition:
    if _is_property(right) and not _is_property(left):
        return _compared(_SWAPPED[op], right, left)
    if _is_property(left):
        found = _property(left, op)
        return Compared(op, found, _value(right, found))
    one, other = _value(left, None), _value(right, None)
    if one.kind != other.kind:
        raise _wrong("compares two values of different types")
    return Always(_holds(op, one.value, other.value))


def _holds(op: Comparison, left: Any, right: Any) -> bool:
    compare = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}[op]
    return bool(compare(left, right))


def _value(node: Any, about: Property | None) -> Value:
    """A literal, read as a moment where it is compared with one."""
    if isinstance(node, dict) and ("timestamp" in node or "date" in node):
        return Value("moment", _moment(node.get("timestamp", node.get("date"))))
    if about is not None and about.name in MOMENTS:
        return Value("moment", _moment(node))
    if isinstance(node, bool):
        return Value("boolean", node)
    if isinstance(node, str):
        if "\0" in node:
            raise _wrong("holds a text with a null character")
        return Value("text", node)
    if isinstance(node, int | float) and math.isfinite(node):
        return Value("number", float(node))
    if _is_property(node):
        raise _wrong("compares two properties, which is not understood here: one side must be a value")
    raise _wrong("has something else than a text, number, boolean, TIMESTAMP or DATE where a value is needed")


def _moment(text: Any) -> int:
    example = "created > TIMESTAMP('2024-01-01T00:00:00Z')"
    if not isinstance(text, str):
        raise _wrong("compares a time with something that is none", example)
    try:
        return to_micros(parse_rfc3339(f"{text}T00:00:00Z" if len(text) == 10 else text))
    except ValueError as error:
        raise _wrong(f"holds a time that is none: {error}", example) from None


def _one_of(left: Property, options: list[Any]) -> Condition:
    kinds: dict[str, list[Value]] = {}
    for one in options:
        value = _value(one, left)
        kinds.setdefault(value.kind, []).append(value)
    parts = tuple(OneOf(left, tuple(values)) for values in kinds.values())
    return parts[0] if len(parts) == 1 else Or(parts)


def _pattern(text: str) -> str:
    if "\0" in text or len(text) > 1_000 or text.replace("\\\\", "").endswith("\\"):
        raise _wrong("has a LIKE pattern that is too long or ends in a backslash", "title LIKE 'Flood%'")
    if len(_WILDCARDS.findall(text)) > MAX_WILDCARDS:
        raise _wrong(f"has a LIKE pattern with more than {MAX_WILDCARDS} wildcards", "title LIKE 'Flood%'")
    return text


def _meets(left: Any, right: Any) -> Condition:
    example = "S_INTERSECTS(geometry, POLYGON((5 45, 11 45, 11 48, 5 48, 5 45)))"
    if _is_property(right) and not _is_property(left):
        left, right = right, left
    if not _is_property(left) or property_of(left["property"]).name != GEOMETRY:
        raise _wrong("S_INTERSECTS needs the property geometry and a geometry", example)
    try:
        boxed = isinstance(right, dict) and "bbox" in right
        area = parse_bbox(right["bbox"]) if boxed else parse_intersects(right)
    except InvalidParameter as error:
        raise _wrong(error.message, example) from None
    return Meets(bytes(shapely.to_wkb(area)))


def _timed(op: str, left: Any, right: Any) -> Condition:
    found = _property(left, op)
    if found.name not in MOMENTS:
        raise _wrong(f"{op.upper()} needs one of {', '.join(sorted(MOMENTS))}", "T_AFTER(created, DATE('2024-01-01'))")
    start, end = _span(right)
    first, last = Value("moment", start), Value("moment", end)
    match op:
        case "t_before":
            return Compared("<", found, first)
        case "t_after":
            return Compared(">", found, last)
        case "t_equals":
            return And((Compared("=", found, first), Always(start == end)))
        case _:
            return And((Compared(">", found, first), Compared("<", found, last)))


def _span(node: Any) -> tuple[int, int]:
    """From when to when a time literal goes; a day goes to its last microsecond, an open end as far as can be."""
    if isinstance(node, dict) and isinstance(node.get("interval"), list) and len(node["interval"]) == 2:
        ends = [one.get("timestamp", one.get("date")) if isinstance(one, dict) else one for one in node["interval"]]
        start = -_MOST if ends[0] == ".." else _moment(ends[0])
        end = _MOST if ends[1] == ".." else _moment(ends[1])
        if start > end:
            raise _wrong("has an interval that ends before it starts", "INTERVAL('2024-01-01', '2024-12-31')")
        return start, end
    if isinstance(node, dict) and "date" in node:
        start = _moment(node["date"])
        return start, start + _DAY - 1
    moment = int(_value(node, property_of("datetime")).value)
    return moment, moment
