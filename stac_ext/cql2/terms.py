"""What stands on the sides of a comparison: properties, literals, folded texts and arithmetic, checked and counted."""

import math
import re
from collections.abc import Callable
from typing import Any, Final, cast

from stac_ext.cql2.folding import folded
from stac_ext.cql2.names import GEOMETRY, property_of
from stac_ext.cql2.tree import MOMENTS, Calculated, Folded, Operator, Property, Term, Value, kinds_of
from stac_ext.cql2.wrong import Parts, wrong
from stac_ext.times import parse_rfc3339, to_micros

MAX_WILDCARDS: Final = 8
OPERATORS: Final = frozenset({"+", "-", "*", "/", "div", "%", "^"})
FOLDS: Final = frozenset({"casei", "accenti"})
_PIECE: Final = re.compile(r"\\(.)|([%_])|([^\\%_]+)", re.DOTALL)


def is_property(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("property"), str)


def operation(node: Any) -> tuple[str, list[Any]] | None:
    """The name in lower case and the arguments of what is a function or an operator."""
    if isinstance(node, dict) and isinstance(node.get("op"), str) and isinstance(node.get("args"), list):
        return node["op"].lower(), node["args"]
    return None


def named(node: Any, op: str) -> Property:
    """The property that stands where one must; not the geometry."""
    if not is_property(node):
        raise wrong(f"needs a property as an argument of {op.upper()}")
    try:
        found = property_of(node["property"])
    except ValueError as error:
        raise wrong(f"{node['property'][:100]!r} {error}") from None
    if found.name == GEOMETRY:
        raise wrong("compares the geometry, which spatial functions do", "S_INTERSECTS(geometry, POINT(7 46))")
    return found


def term(node: Any, parts: Parts, about: Property | None = None, depth: int = 0) -> Term:
    """One side; a literal is read as a moment where the other side, `about`, is one."""
    parts.add(depth)
    if is_property(node):
        return named(node, "a comparison")
    asked = operation(node)
    if asked is None:
        return literal(node, about)
    op, args = asked
    if op in FOLDS and len(args) == 1:
        return _fold(op, term(args[0], parts, None, depth + 1))
    if op in OPERATORS and len(args) == 2:
        left, right = (_number(term(one, parts, None, depth + 1)) for one in args)
        return Calculated(cast("Operator", op), left, right)
    raise wrong(
        f"uses {op[:50]!r} where a property or value is needed; CASEI, ACCENTI, +, -, *, /, %, DIV and ^ can be"
    )


def _fold(op: str, inner: Term) -> Term:
    case, marks = op == "casei", op == "accenti"
    match inner:
        case Property():
            return Folded(inner, case, marks)
        case Folded(of, also_case, also_marks):
            return Folded(of, case or also_case, marks or also_marks)
        case Value("text", str(text)):
            return Value("text", folded(text, case=case, marks=marks))
        case _:
            raise wrong(f"{op.upper()} needs a property or a text", "CASEI(title) = CASEI('Flood')")


def _number(inner: Term) -> Term:
    if "number" not in kinds_of(inner):
        raise wrong("calculates with something that is no number", '"sharinghub:stars" * 2 > 10')
    return inner


def literal(node: Any, about: Property | None) -> Value:
    """A literal, read as a moment where it is compared with one."""
    if isinstance(node, dict) and ("timestamp" in node or "date" in node):
        return Value("moment", moment(node.get("timestamp", node.get("date"))))
    if about is not None and about.name in MOMENTS:
        return Value("moment", moment(node))
    if isinstance(node, bool):
        return Value("boolean", node)
    if isinstance(node, str):
        if "\0" in node:
            raise wrong("holds a text with a null character")
        return Value("text", node)
    if isinstance(node, int | float):
        try:
            number = float(node)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return Value("number", number)
    raise wrong("has something else than a text, number, boolean, TIMESTAMP or DATE where a value is needed")


def moment(text: Any) -> int:
    """Microseconds; a date is its beginning."""
    example = "created > TIMESTAMP('2024-01-01T00:00:00Z')"
    if not isinstance(text, str):
        raise wrong("compares a time with something that is none", example)
    try:
        return to_micros(parse_rfc3339(f"{text}T00:00:00Z" if len(text) == 10 else text))
    except ValueError as error:
        raise wrong(f"holds a time that is none: {error}", example) from None


def pattern(node: Any) -> str:
    """The pattern of a LIKE, with what is folded in it; its wildcards stay wildcards, and no others come."""
    example = "title LIKE 'Flood%'"
    asked = operation(node)
    if asked is not None and asked[0] in FOLDS and len(asked[1]) == 1:
        case, marks = asked[0] == "casei", asked[0] == "accenti"
        return _pieces(pattern(asked[1][0]), lambda text: folded(text, case=case, marks=marks))
    if not isinstance(node, str):
        raise wrong("needs a text as the pattern of LIKE", example)
    if "\0" in node or len(node) > 1_000 or node.replace("\\\\", "").endswith("\\"):
        raise wrong("has a LIKE pattern that is too long or ends in a backslash", example)
    if sum(1 for piece in _PIECE.finditer(node) if piece[2]) > MAX_WILDCARDS:
        raise wrong(f"has a LIKE pattern with more than {MAX_WILDCARDS} wildcards", example)
    return node


def _pieces(text: str, change: Callable[[str], str]) -> str:
    """A pattern with its literal stretches changed."""
    found, stretch = [], ""
    for piece in _PIECE.finditer(text):
        if piece[2]:
            found += [_escaped(change(stretch)), piece[2]]
            stretch = ""
        else:
            stretch += piece[1] or piece[3]
    return "".join([*found, _escaped(change(stretch))])


def _escaped(text: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", text)
