"""What the older query extension asks, as a filter: for each property, operators with values that all must hold.

Clients write numbers as texts: pystac-client those of `query=["sharinghub:stars>=3"]`, the public validator all. A text
that reads as a number asks for the number, too; what a value is compared with is of the one kind or of the other.

Source: https://github.com/stac-api-extensions/query
"""

import re
from typing import Any, Final

from stac_ext.cql2.parsing import parse_filter
from stac_ext.cql2.tree import Condition
from stac_ext.query import InvalidParameter

EXAMPLE: Final = '{"eo:cloud_cover":{"lt":10},"license":{"in":["MIT","Apache-2.0"]}}'
_COMPARISONS: Final = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_WRITTEN: Final = {"startsWith": "{}%", "endsWith": "%{}", "contains": "%{}%"}
_WILD: Final = re.compile(r"([%_\\])")
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)


def parse_query(value: object) -> Condition:
    """The condition that a `query` is. Raises InvalidParameter."""
    if not isinstance(value, dict) or not all(isinstance(asked, dict) and asked for asked in value.values()):
        raise _wrong("must be an object that names operators for each property")
    conditions = [
        _condition(name, operator, operand) for name, asked in value.items() for operator, operand in asked.items()
    ]
    try:
        return parse_filter({"op": "and", "args": conditions} if conditions else {"op": "not", "args": [False]})
    except InvalidParameter as error:
        raise _wrong(error.message) from None


def _wrong(message: str) -> InvalidParameter:
    return InvalidParameter("query", message, EXAMPLE)


def _condition(name: Any, operator: Any, operand: Any) -> dict[str, Any]:
    left = {"property": name}
    if operator in _COMPARISONS:
        return _either([{"op": _COMPARISONS[operator], "args": [left, one]} for one in (operand, *_numbers([operand]))])
    if operator == "in" and isinstance(operand, list):
        lists = [one for one in (operand, _numbers(operand)) if one or one is operand]
        any_of_them = {"op": "a_overlaps", "args": [left, operand]}
        return _either([*({"op": "in", "args": [left, one]} for one in lists), any_of_them])
    if operator not in _WRITTEN:
        known = ", ".join((*_COMPARISONS, *_WRITTEN, "in"))
        raise _wrong(
            f"has an operator {str(operator)[:50]!r} that is unknown or does not fit its value; known: {known}"
        )
    listed = {"op": "a_contains", "args": [left, [operand]]}
    if not isinstance(operand, str):
        if operator == "contains":
            return listed
        raise _wrong(f"needs a text for {operator}")
    text = {"op": "like", "args": [left, _WRITTEN[operator].format(_WILD.sub(r"\\\1", operand))]}
    return _either([text, listed]) if operator == "contains" else text


def _numbers(operands: list[Any]) -> list[float]:
    """The numbers that texts read as."""
    return [float(one) for one in operands if isinstance(one, str) and _NUMBER.fullmatch(one)]


def _either(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return conditions[0] if len(conditions) == 1 else {"op": "or", "args": conditions}
