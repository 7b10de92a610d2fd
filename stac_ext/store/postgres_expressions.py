"""What PostgreSQL is told to compute where SQLite calls Python: folding of texts, and arithmetic that never fails.

Each operand is computed once, in a subquery that the planner may not flatten: nested expressions that repeat their
operands would double with each level.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, case, cast, func, literal_column, null, or_, select
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION

from stac_ext.cql2.arithmetic import LARGEST, MAX_EXPONENT, SMALLEST
from stac_ext.cql2.folding import cases_of_unicode, marks_of_unicode
from stac_ext.cql2.tree import Operator
from stac_ext.store.schema import item

_Numbers = Callable[[Any, Any], ColumnElement[Any]]
_COMPUTED: dict[Operator, _Numbers] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x.op("/")(y),
    "div": lambda x, y: func.trunc(x.op("/")(y)),
    "%": lambda x, y: x - y * func.trunc(x.op("/")(y)),
    "^": lambda x, y: func.power(x, y),
}


def once(build: Callable[..., ColumnElement[Any]], *values: ColumnElement[Any]) -> ColumnElement[Any]:
    """An expression of values, each of which is computed once for a row of `item`."""
    inner = select(*(value.label(f"v{n}") for n, value in enumerate(values))).correlate(item).offset(0).subquery()
    return select(build(*inner.c)).select_from(inner).correlate(item).scalar_subquery()


def folding(text: ColumnElement[Any], *, folds_case: bool, folds_marks: bool) -> ColumnElement[Any]:
    """`stac_ext/cql2/folding.py` in SQL. Text of ASCII alone, which most is, needs no tables."""

    def build(one: ColumnElement[Any]) -> ColumnElement[Any]:
        found: ColumnElement[Any] = func.normalize(one, literal_column("NFKD"))
        if folds_marks:
            found = func.translate(found, marks_of_unicode(), "")
        if folds_case:
            high, low, several = cases_of_unicode()
            found = func.translate(found, high, low)
            for char, become in several:
                found = func.replace(found, char, become)
        whole = func.normalize(found, literal_column("NFKC"))
        ascii_ = func.lower(one.collate("C")) if folds_case else one
        return case((func.octet_length(one) == func.char_length(one), ascii_), else_=whole)

    return once(build, text).collate("C")


def calculating(op: Operator, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
    """`stac_ext/cql2/arithmetic.py` in SQL: NULL where the server would say that a value is out of range."""

    def build(x: ColumnElement[Any], y: ColumnElement[Any]) -> ColumnElement[Any]:
        usable = [_is_usable(x), _is_usable(y)]
        if op in ("/", "div", "%"):
            usable.append(y != 0)
        if op == "^":
            size = func.abs(y * func.log(func.abs(x)))
            zero = and_(x == 0, y >= 0)
            real = or_(x > 0, and_(x < 0, y == func.trunc(y)))
            fits = case((x != 0, size <= MAX_EXPONENT), else_=True)
            usable.append(or_(zero, and_(real, fits)))
        return case((and_(*usable), _COMPUTED[op](x, y)), else_=null())

    return once(build, *(cast(one, DOUBLE_PRECISION) for one in (left, right)))


def _is_usable(number: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(number == 0, func.abs(number).between(SMALLEST, LARGEST))
