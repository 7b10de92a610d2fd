"""From a filter as it was sent to its tree: parsed by `cql2`, bounded before and checked after, with errors that say
what would be right.

Source: https://docs.ogc.org/is/21-065r2/21-065r2.html
"""

import re
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

import cql2
import orjson

from stac_ext.cql2 import arrays, spatial, temporal
from stac_ext.cql2.names import GEOMETRY, property_of
from stac_ext.cql2.terms import is_property, operation, pattern, term
from stac_ext.cql2.tree import (
    Always,
    And,
    Compared,
    Comparison,
    Condition,
    Folded,
    IsNull,
    Like,
    Not,
    OneOf,
    Or,
    Property,
    Value,
    kinds_of,
)
from stac_ext.cql2.wrong import MAX_DEPTH, MAX_PARTS, Parts, wrong
from stac_ext.query import InvalidParameter

TEXT: Final = "cql2-text"
JSON: Final = "cql2-json"
MAX_LENGTH: Final = 10_000
_CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_SWAPPED: Final[dict[str, Comparison]] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NESTING: Final = re.compile(r"\bNOT\b|\^|-\s*(?=-)", re.IGNORECASE)  # what nests without a bracket


def parse_filter(value: object, language: object = None, crs: object = None) -> Condition:
    """The tree of a filter, a text or a JSON object, or true or false. Raises InvalidParameter."""
    if language not in (None, TEXT, JSON):
        raise InvalidParameter("filter-lang", f"must be {TEXT} or {JSON}", TEXT)
    if crs not in (None, _CRS84):
        raise InvalidParameter("filter-crs", f"must be {_CRS84}", _CRS84)
    if isinstance(value, str) and language == JSON:
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise wrong("is not JSON", '{"op":"<","args":[{"property":"eo:cloud_cover"},10]}') from None
    if isinstance(value, bool) and language != TEXT:
        return Always(value)
    if not isinstance(value, str | dict) or (isinstance(value, dict) and language == TEXT):
        raise wrong(f"must be a text ({TEXT}) or an object ({JSON})")
    _bound(value)
    try:
        parsed = cql2.Expr(value).to_json()
    except Exception as error:  # the parser raises plain exceptions
        raise wrong(f"is not CQL2: {' '.join(str(error).split())[:300]}") from None
    return _Checker().condition(parsed)


def _bound(value: str | dict[str, Any]) -> None:
    """Refuse what is too long or nested too deeply before the parser sees it: deep nesting would end the process."""
    if isinstance(value, str):
        if len(value) > MAX_LENGTH:
            raise wrong(f"is longer than {MAX_LENGTH} characters")
        # All of them, wherever they stand: what is in quotes is for the parser to say, and a mistake would end the hub.
        if value.count("(") > MAX_PARTS or len(_NESTING.findall(value)) > MAX_PARTS:
            raise wrong(f"has more than {MAX_PARTS} brackets, or is nested too deeply")
        return
    try:
        if len(orjson.dumps(value)) > MAX_LENGTH * 2:
            raise wrong(f"is longer than {MAX_LENGTH * 2} bytes")
    except (TypeError, orjson.JSONEncodeError):
        raise wrong("holds a number, text or nesting that JSON readers do not take") from None
    if _depth(value) > 2 * MAX_DEPTH:
        raise wrong("is nested too deeply")


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
        self._parts = Parts()

    def condition(self, node: Any, depth: int = 0) -> Condition:
        self._parts.add(depth)
        if isinstance(node, bool):
            return Always(node)
        asked = operation(node)
        if asked is None:
            raise wrong("must be a condition, such as a comparison")
        op, args = asked
        match op:
            case "and" | "or" if args:
                parts = tuple(self.condition(one, depth + 1) for one in args)
                return And(parts) if op == "and" else Or(parts)
            case "not" if len(args) == 1:
                return Not(self.condition(args[0], depth + 1))
            case "isnull" if len(args) == 1:
                return self._is_null(args[0])
            case "=" | "<>" | "<" | "<=" | ">" | ">=" if len(args) == 2:
                return self._compared(op, args[0], args[1])
            case "between" if len(args) == 3:
                return And((self._compared(">=", args[0], args[1]), self._compared("<=", args[0], args[2])))
            case "between" if len(args) == 2 and isinstance(args[1], list) and len(args[1]) == 2:  # as in older drafts
                return self.condition({"op": op, "args": [args[0], *args[1]]}, depth)
            case "in" if len(args) == 2 and isinstance(args[1], list) and args[1]:
                return self._one_of(args[0], args[1])
            case "like" if len(args) == 2:
                return self._like(args[0], args[1])
        if len(args) == 2:
            if op in arrays.FUNCTIONS:
                return arrays.listed(op, args[0], args[1], self._parts)
            if op in spatial.FUNCTIONS:
                return spatial.placed(op, args[0], args[1])
            if op in temporal.FUNCTIONS:
                return temporal.timed(op, args[0], args[1])
        raise wrong(
            f"uses {op[:50]!r} in a way that is not understood here; understood are comparisons, AND, OR, NOT, "
            "IS NULL, LIKE, BETWEEN, IN, CASEI, ACCENTI, arithmetic, and the spatial, temporal and array functions of "
            "CQL2"
        )

    def _is_null(self, node: Any) -> Condition:
        if is_property(node) and node["property"] == GEOMETRY:
            return IsNull(property_of(GEOMETRY))
        left = term(node, self._parts)
        if isinstance(left, Value):
            raise wrong("asks whether a value is null, which none is", "license IS NULL")
        return IsNull(left)

    def _compared(self, op: Comparison, left: Any, right: Any) -> Condition:
        if is_property(right) and not is_property(left):
            op, left, right = _SWAPPED[op], right, left
        one = term(left, self._parts)
        about = one if isinstance(one, Property) else None
        other = term(right, self._parts, about)
        if isinstance(one, Value) and isinstance(other, Value) and one.kind == other.kind:
            return Always(_holds(op, one.value, other.value))
        if not isinstance(one, Property) and not set(kinds_of(one)) & set(kinds_of(other)):
            raise wrong("compares two values of different types")
        return Compared(op, one, other)

    def _one_of(self, left: Any, options: list[Any]) -> Condition:
        one = term(left, self._parts)
        about = one if isinstance(one, Property) else None
        kinds: dict[str, list[Value]] = {}
        parts: list[Condition] = []
        for node in options:
            other = term(node, self._parts, about)
            if isinstance(other, Value) and not isinstance(one, Value):
                kinds.setdefault(other.kind, []).append(other)
            else:
                parts.append(self._compared("=", left, node))
        parts += [OneOf(one, tuple(values)) for values in kinds.values()]
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _like(self, left: Any, right: Any) -> Condition:
        one = term(left, self._parts)
        if not isinstance(one, Property | Folded):
            raise wrong("needs a property before LIKE", "title LIKE 'Flood%'")
        return Like(one, pattern(right))


def _holds(op: Comparison, left: Any, right: Any) -> bool:
    compare = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}[op]
    return bool(compare(left, right))
