"""A filter's tree as a condition of SQL: values are bound parameters, and unknown is NULL, as in CQL2.

Properties that have a column of their own are read there. All others are read out of the document, each only where it
has the type of what it is compared with, so that both engines answer alike.
"""

from abc import ABC, abstractmethod
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Text,
    and_,
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
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION
from sqlalchemy.dialects.postgresql import JSON as PG_JSON

from stac_ext.cql2.tree import (
    Always,
    And,
    Compared,
    Condition,
    Holds,
    IsNull,
    Kind,
    Like,
    Meets,
    Not,
    OneOf,
    Or,
    Property,
    Value,
)
from stac_ext.store.columns import PlainText
from stac_ext.store.places import intersecting
from stac_ext.store.schema import item

_TYPES_SQLITE: Final = {"text": ("text",), "number": ("integer", "real"), "boolean": ("true", "false")}
_TYPES_POSTGRESQL: Final = {"text": "string", "number": "number", "boolean": "boolean"}
_COLUMNS: Final[dict[str, ColumnElement[Any]]] = {
    "id": item.c.item_id,
    "collection": item.c.collection,
    "datetime": item.c.datetime,
    "created": item.c.created,
    "updated": item.c.updated,
}
_ENDS: Final[dict[str, ColumnElement[Any]]] = {"start_datetime": item.c.start, "end_datetime": item.c.end}


def condition_of(tree: Condition, dialect: str) -> ColumnElement[bool]:
    """The condition on a row of `item` that a filter is, for `sqlite` or `postgresql`."""
    return _SQLite().condition(tree) if dialect == "sqlite" else _PostgreSQL().condition(tree)


class _Compiler(ABC):
    """What is the same for every engine."""

    def condition(self, tree: Condition) -> ColumnElement[bool]:
        match tree:
            case Always(holds):
                return true() if holds else false()
            case And(parts):
                return and_(*(self.condition(part) for part in parts))
            case Or(parts):
                return or_(*(self.condition(part) for part in parts))
            case Not(part):
                return not_(self.condition(part))
            case IsNull(left):
                return self._absent(left)
            case Compared(op, left, right):
                return self._value(left, right.kind).op(op, is_comparison=True)(self._literal(right))
            case OneOf(left, values):
                return self._value(left, values[0].kind).in_([self._literal(one) for one in values])
            case Like(left, pattern):
                return self._like(self._value(left, "text"), pattern)
            case Holds(left, values, every):
                found = [self._holds(left, one) for one in values]
                whether = and_(*found) if every else or_(*found)
                return case((self._is_list(left), whether), else_=null())
            case Meets(area):
                return case((item.c.geometry.is_not(None), intersecting(area, self.dialect)), else_=null())

    dialect: str

    def _literal(self, value: Value) -> ColumnElement[Any]:
        if value.kind == "text":
            return literal(value.value, PlainText)
        return literal(int(value.value) if value.kind == "boolean" else value.value)

    def _value(self, left: Property, kind: Kind) -> ColumnElement[Any]:
        """The property where it is of this kind, else NULL."""
        known = _COLUMNS.get(left.name)
        if left.name in _ENDS:  # columns that hold the one moment of an item without an interval, too
            known = case((not_(self._absent(left)), _ENDS[left.name]), else_=null())
        moments = left.name not in ("id", "collection")
        if known is not None:
            return known if (kind == "moment") is moments and kind in ("moment", "text") else null()
        return null() if kind == "moment" else self._read(left, kind)

    @abstractmethod
    def _read(self, left: Property, kind: Kind) -> ColumnElement[Any]: ...

    @abstractmethod
    def _absent(self, left: Property) -> ColumnElement[bool]: ...

    @abstractmethod
    def _is_list(self, left: Property) -> ColumnElement[bool]: ...

    @abstractmethod
    def _holds(self, left: Property, value: Value) -> ColumnElement[bool]: ...

    @abstractmethod
    def _like(self, text: ColumnElement[Any], pattern: str) -> ColumnElement[bool]: ...


class _SQLite(_Compiler):
    dialect = "sqlite"

    def _path(self, left: Property) -> ColumnElement[Any]:
        return literal("$" + "".join(f'."{part}"' for part in left.path), Text)

    def _doc(self) -> ColumnElement[Any]:
        return cast(item.c.doc, Text)

    def _type(self, left: Property) -> ColumnElement[Any]:
        return func.json_type(self._doc(), self._path(left))

    def _read(self, left: Property, kind: Kind) -> ColumnElement[Any]:
        value = func.json_extract(self._doc(), self._path(left))
        return case((self._type(left).in_(_TYPES_SQLITE[kind]), value), else_=null())

    def _absent(self, left: Property) -> ColumnElement[bool]:
        if left.name in ("id", "collection"):
            return false()
        return func.coalesce(self._type(left), "null") == "null"

    def _is_list(self, left: Property) -> ColumnElement[bool]:
        return self._type(left) == "array"

    def _holds(self, left: Property, value: Value) -> ColumnElement[bool]:
        if value.kind == "moment":
            return false()
        rows = func.json_each(self._doc(), self._path(left)).table_valued("value", "type")
        same = rows.c.value == self._literal(value)
        return exists(select(literal(1)).select_from(rows).where(rows.c.type.in_(_TYPES_SQLITE[value.kind]), same))

    def _like(self, text: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
        return text.op("GLOB", is_comparison=True)(literal(_glob(pattern), Text))


class _PostgreSQL(_Compiler):
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
        return case((func.json_typeof(value) == _TYPES_POSTGRESQL[kind], shown), else_=null())

    def _read(self, left: Property, kind: Kind) -> ColumnElement[Any]:
        return self._typed(self._json(left), kind)

    def _absent(self, left: Property) -> ColumnElement[bool]:
        if left.name in ("id", "collection"):
            return false()
        return func.coalesce(func.json_typeof(self._json(left)), "null") == "null"

    def _is_list(self, left: Property) -> ColumnElement[bool]:
        return func.json_typeof(self._json(left)) == "array"

    def _holds(self, left: Property, value: Value) -> ColumnElement[bool]:
        if value.kind == "moment":
            return false()
        listed = case((self._is_list(left), self._json(left)), else_=cast(literal("[]", Text), PG_JSON))
        rows = func.json_array_elements(listed).table_valued(column("value", JSON)).render_derived()
        same = self._typed(type_coerce(rows.c.value, PG_JSON), value.kind) == self._literal(value)
        return exists(select(literal(1)).select_from(rows).where(same))

    def _like(self, text: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
        return text.like(literal(pattern, Text), escape="\\")


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
