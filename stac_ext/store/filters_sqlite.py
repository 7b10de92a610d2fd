"""How a filter reads a document in SQLite."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, case, cast, exists, false, func, literal, not_, null, or_, select

from stac_ext.cql2.tree import Kind, Operator, Property, Relation, Value
from stac_ext.store.filters import Compiler
from stac_ext.store.schema import item

_TYPES: Final = {"text": ("text",), "number": ("integer", "real"), "boolean": ("true", "false")}


class SQLiteCompiler(Compiler):
    """Reads documents with SQLite's JSON functions; the rest are functions that `sqlite_functions.py` brings."""

    dialect = "sqlite"

    def _path(self, left: Property) -> ColumnElement[Any]:
        return literal("$" + "".join(f'."{part}"' for part in left.path), Text)

    def _doc(self) -> ColumnElement[Any]:
        return cast(item.c.doc, Text)

    def _type(self, left: Property) -> ColumnElement[Any]:
        return func.json_type(self._doc(), self._path(left))

    def _read(self, left: Property, kind: Kind) -> ColumnElement[Any]:
        value = func.json_extract(self._doc(), self._path(left))
        return case((self._type(left).in_(_TYPES[kind]), value), else_=null())

    def _absent(self, left: Property) -> ColumnElement[bool]:
        return func.coalesce(self._type(left), "null") == "null"

    def _is_list(self, left: Property) -> ColumnElement[bool]:
        return self._type(left) == "array"

    def texts(self, left: Property) -> tuple[Any, ColumnElement[Any]]:
        rows = self._elements(left)
        return rows, case((and_(self._is_list(left), rows.c.type == "text"), rows.c.value), else_=null())

    def _elements(self, left: Property) -> Any:
        return func.json_each(self._doc(), self._path(left)).table_valued("value", "type")

    def _is(self, rows: Any, value: Value) -> ColumnElement[bool]:
        if value.kind == "moment":
            return false()
        return and_(rows.c.type.in_(_TYPES[value.kind]), rows.c.value == self._literal(value))

    def _holds(self, left: Property, value: Value) -> ColumnElement[bool]:
        rows = self._elements(left)
        return exists(select(literal(1)).select_from(rows).where(self._is(rows, value)))

    def _held_by(self, left: Property, values: Sequence[Value]) -> ColumnElement[bool]:
        rows = self._elements(left)
        known = func.coalesce(or_(false(), *(self._is(rows, one) for one in values)), false())
        return not_(exists(select(literal(1)).select_from(rows).where(not_(known))))

    def _holds_of(self, left: Property, right: Property, *, every: bool) -> ColumnElement[bool]:
        mine, others = self._elements(left), self._elements(right)
        alike = or_(*(and_(mine.c.type.in_(kind), others.c.type.in_(kind)) for kind in _TYPES.values()))
        same = select(literal(1)).select_from(mine).where(alike, mine.c.value == others.c.value)
        held = exists(same.correlate(item, others))
        return (
            not_(exists(select(literal(1)).select_from(others).where(not_(held))))
            if every
            else (exists(select(literal(1)).select_from(others).where(held)))
        )

    def _folded(self, text: ColumnElement[Any], *, case: bool, marks: bool) -> ColumnElement[Any]:
        return func.sh_folded(text, int(case), int(marks))

    def _calculated(self, op: Operator, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.sh_calculated(op, left, right)

    def _related(self, relation: Relation, shape: bytes) -> ColumnElement[bool]:
        return func.sh_related(relation, item.c.geometry, shape)

    def _like(self, text: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
        return text.op("GLOB", is_comparison=True)(literal(_glob(pattern), Text))


def _glob(pattern: str) -> str:
    """A pattern of LIKE as one of GLOB, which heeds letter case."""
    found, escaped = [], False
    for char in pattern:
        if not escaped and char == "\\":
            escaped = True
            continue
        wild = {"%": "*", "_": "?"}.get(char)
        found.append(wild if wild and not escaped else f"[{char}]" if char in "*?[" else char)
        escaped = False
    return "".join(found)
