"""A filter's tree as a condition of SQL: values are bound parameters, and unknown is NULL, as in CQL2.

Properties that have a column of their own are read there. All others are read out of the document, each only where it
has the type of what it is compared with, so that both engines answer alike.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, and_, case, false, func, literal, not_, null, or_, true, type_coerce

from stac_ext.cql2.names import GEOMETRY
from stac_ext.cql2.tree import (
    TOP_LEVEL,
    Always,
    And,
    Calculated,
    Compared,
    Comparison,
    Condition,
    Folded,
    HeldBy,
    Holds,
    HoldsOf,
    IsNull,
    Kind,
    Like,
    Meets,
    Not,
    OneOf,
    Operator,
    Or,
    Property,
    Related,
    Relation,
    Term,
    Value,
    kinds_of,
)
from stac_ext.store.columns import PlainText
from stac_ext.store.places import intersecting
from stac_ext.store.schema import item

_COLUMNS: Final[dict[str, ColumnElement[Any]]] = {
    "id": item.c.item_id,
    "collection": item.c.collection,
    "datetime": item.c.datetime,
    "created": item.c.created,
    "updated": item.c.updated,
}
# Of these the column holds what the document does, where that is of this kind.
_OF_KIND: Final[dict[tuple[str, Kind], ColumnElement[Any]]] = {
    ("license", "text"): item.c.license,
    ("sharinghub:stars", "number"): item.c.stars,
}
_ENDS: Final[dict[str, ColumnElement[Any]]] = {"start_datetime": item.c.start, "end_datetime": item.c.end}


class Compiler(ABC):
    """What is the same for every engine."""

    dialect: str

    def condition(self, tree: Condition) -> ColumnElement[bool]:
        """The condition on a row of `item`."""
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
                if isinstance(left, Property):
                    return self._is_absent(left)
                return self._term(left, kinds_of(left)[0]).is_(None)
            case Compared(op, left, right):
                return self._compared(op, left, right)
            case OneOf(left, values):
                return self._term(left, values[0].kind).in_([self._literal(one) for one in values])
            case Like(left, pattern):
                return self._like(self._term(left, "text"), pattern)
            case Holds(left, values, every):
                found = [self._holds(left, one) for one in values]
                return self._of_lists((left,), and_(true(), *found) if every else or_(false(), *found))
            case HeldBy(left, values):
                return self._of_lists((left,), self._held_by(left, values))
            case HoldsOf(left, right, every):
                return self._of_lists((left, right), self._holds_of(left, right, every=every))
            case Meets(area):
                return case((item.c.geometry.is_not(None), intersecting(area, self.dialect)), else_=null())
            case Related(relation, shape):
                return self._related(relation, shape)

    def text(self, left: Property) -> ColumnElement[Any]:
        """A property that is a text, else NULL."""
        return self._value(left, "text")

    @abstractmethod
    def texts(self, left: Property) -> tuple[Any, ColumnElement[Any]]:
        """What a property that is a list holds: rows to join, and the text in each of them, else NULL."""

    def _compared(self, op: Comparison, left: Term, right: Term) -> ColumnElement[bool]:
        """By each type that both sides may have: of one that a side has not in an item, the comparison is unknown."""
        found: list[ColumnElement[bool]] = [
            self._term(left, kind).op(op, is_comparison=True)(self._term(right, kind))
            for kind in kinds_of(left)
            if kind in kinds_of(right)
        ]
        if len(found) > 1:
            return func.coalesce(*found)
        return found[0] if found else type_coerce(null(), Boolean)

    def _of_lists(self, lists: Sequence[Property], whether: ColumnElement[bool]) -> ColumnElement[bool]:
        return case((and_(*(self._is_list(one) for one in lists)), whether), else_=null())

    def _term(self, term: Term, kind: Kind) -> ColumnElement[Any]:
        """The term where it is of this kind, else NULL."""
        if kind not in kinds_of(term):
            return null()
        match term:
            case Value():
                return self._literal(term)
            case Property():
                return self._value(term, kind)
            case Folded(of, folds_case, folds_marks):
                return self._folded(self._value(of, "text"), case=folds_case, marks=folds_marks)
            case Calculated(op, left, right):
                return self._calculated(op, self._term(left, "number"), self._term(right, "number"))

    def _literal(self, value: Value) -> ColumnElement[Any]:
        if value.kind == "text":
            return literal(value.value, PlainText)
        return literal(int(value.value) if value.kind == "boolean" else value.value)

    def _value(self, left: Property, kind: Kind) -> ColumnElement[Any]:
        if kind not in kinds_of(left):
            return null()
        if left.name in _ENDS:  # columns that hold the one moment of an item without an interval, too
            return case((not_(self._absent(left)), _ENDS[left.name]), else_=null())
        known = _COLUMNS.get(left.name, _OF_KIND.get((left.name, kind)))
        return self._read(left, kind) if known is None else known

    def _is_absent(self, left: Property) -> ColumnElement[bool]:
        if left.name == GEOMETRY:
            return item.c.geometry.is_(None)
        return false() if left.name in TOP_LEVEL else self._absent(left)

    @abstractmethod
    def _read(self, left: Property, kind: Kind) -> ColumnElement[Any]:
        """A property out of the document, where it is of this kind."""

    @abstractmethod
    def _absent(self, left: Property) -> ColumnElement[bool]: ...

    @abstractmethod
    def _is_list(self, left: Property) -> ColumnElement[bool]: ...

    @abstractmethod
    def _holds(self, left: Property, value: Value) -> ColumnElement[bool]: ...

    @abstractmethod
    def _held_by(self, left: Property, values: Sequence[Value]) -> ColumnElement[bool]: ...

    @abstractmethod
    def _holds_of(self, left: Property, right: Property, *, every: bool) -> ColumnElement[bool]: ...

    @abstractmethod
    def _like(self, text: ColumnElement[Any], pattern: str) -> ColumnElement[bool]: ...

    @abstractmethod
    def _folded(self, text: ColumnElement[Any], *, case: bool, marks: bool) -> ColumnElement[Any]: ...

    @abstractmethod
    def _calculated(self, op: Operator, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]: ...

    @abstractmethod
    def _related(self, relation: Relation, shape: bytes) -> ColumnElement[bool]: ...
