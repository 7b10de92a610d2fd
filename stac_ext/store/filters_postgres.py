"""How a filter reads a document in PostgreSQL."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Text,
    bindparam,
    case,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION
from sqlalchemy.dialects.postgresql import JSON as PG_JSON

from stac_ext.cql2.tree import Kind, Operator, Property, Relation, Value
from stac_ext.store.columns import PlainText
from stac_ext.store.filters import Compiler
from stac_ext.store.postgres_expressions import calculating, folding
from stac_ext.store.schema import item

_TYPES: Final = {"text": "string", "number": "number", "boolean": "boolean"}
_KINDS: Final[tuple[Kind, ...]] = ("text", "number", "boolean")


class PostgreSQLCompiler(Compiler):
    """Reads documents with PostgreSQL's JSON functions, and folds, calculates and relates with the server's own."""

    dialect = "postgresql"

    def _json(self, left: Property) -> ColumnElement[Any]:
        doc = cast(func.convert_from(item.c.doc, "UTF8"), PG_JSON)
        path = cast(bindparam(None, list(left.path), type_=ARRAY(Text)), ARRAY(Text))
        return type_coerce(doc.op("#>")(path), PG_JSON)

    def _text(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return type_coerce(value.op("#>>")(cast(bindparam(None, [], type_=ARRAY(Text)), ARRAY(Text))), PlainText)

    def _typed(self, value: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
        text = self._text(value)
        shown: ColumnElement[Any] = text.collate("C")
        if kind == "number":
            shown = cast(text, DOUBLE_PRECISION)
        if kind == "boolean":
            shown = case((text == "true", 1), else_=0)
        return case((func.json_typeof(value) == _TYPES[kind], shown), else_=null())

    def _read(self, left: Property, kind: Kind) -> ColumnElement[Any]:
        return self._typed(self._json(left), kind)

    def _absent(self, left: Property) -> ColumnElement[bool]:
        return func.coalesce(func.json_typeof(self._json(left)), "null") == "null"

    def _is_list(self, left: Property) -> ColumnElement[bool]:
        return func.json_typeof(self._json(left)) == "array"

    def texts(self, left: Property) -> tuple[Any, ColumnElement[Any]]:
        rows = self._elements(left)
        return rows, self._typed(type_coerce(rows.c.value, PG_JSON), "text")

    def _elements(self, left: Property) -> Any:
        listed = case((self._is_list(left), self._json(left)), else_=cast(literal("[]", Text), PG_JSON))
        return func.json_array_elements(listed).table_valued(column("value", JSON)).render_derived()

    def _is(self, rows: Any, value: Value) -> ColumnElement[bool]:
        if value.kind == "moment":
            return false()
        return self._typed(type_coerce(rows.c.value, PG_JSON), value.kind) == self._literal(value)

    def _holds(self, left: Property, value: Value) -> ColumnElement[bool]:
        rows = self._elements(left)
        return exists(select(literal(1)).select_from(rows).where(self._is(rows, value)))

    def _held_by(self, left: Property, values: Sequence[Value]) -> ColumnElement[bool]:
        rows = self._elements(left)
        known = func.coalesce(or_(false(), *(func.coalesce(self._is(rows, one), false()) for one in values)), false())
        return not_(exists(select(literal(1)).select_from(rows).where(not_(known))))

    def _holds_of(self, left: Property, right: Property, *, every: bool) -> ColumnElement[bool]:
        mine, others = self._elements(left), self._elements(right)
        one, other = (type_coerce(rows.c.value, PG_JSON) for rows in (mine, others))
        same = func.coalesce(*(self._typed(one, kind) == self._typed(other, kind) for kind in _KINDS), false())
        held = exists(select(literal(1)).select_from(mine).where(same).correlate(item, others))
        if every:
            return not_(exists(select(literal(1)).select_from(others).where(not_(held))))
        return exists(select(literal(1)).select_from(others).where(held))

    def _folded(self, text: ColumnElement[Any], *, case: bool, marks: bool) -> ColumnElement[Any]:
        return folding(text, folds_case=case, folds_marks=marks)

    def _calculated(self, op: Operator, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
        return calculating(op, left, right)

    def _related(self, relation: Relation, shape: bytes) -> ColumnElement[bool]:
        # A relation with a collection of several kinds is an error of PostGIS, which would fail everybody's search.
        related = getattr(func, f"ST_{relation.capitalize()}")(item.c.geometry, literal(shape, item.c.geometry.type))
        return case((func.GeometryType(item.c.geometry) != "GEOMETRYCOLLECTION", related), else_=null())

    def _like(self, text: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
        return text.like(literal(pattern, Text), escape="\\")
