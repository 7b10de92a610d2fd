"""What rows are sorted by, and which rows come after a given one."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, or_

from stac_ext.keyset import PageKey
from stac_ext.query import DEFAULT_SORT, SearchQuery, SortKey
from stac_ext.store.schema import item

SORTABLES: Final[dict[str, ColumnElement[Any]]] = {
    "id": item.c.item_id,
    "collection": item.c.collection,
    "datetime": item.c.datetime,
    "created": item.c.created,
    "updated": item.c.updated,
    "title": item.c.title,
    "license": item.c.license,
    "sharinghub:stars": item.c.stars,
}


def order_of(query: SearchQuery) -> tuple[SortKey, ...]:
    """The whole order of a search: what it asks for, then the ids, so that no two rows are equal.

    The ids go in the direction of the last key, so that one index serves both directions; newest first has its own.
    """
    named = {key.name for key in query.sort}
    backwards = query.sort != DEFAULT_SORT and bool(query.sort) and query.sort[-1].descending
    return (*query.sort, *(SortKey(name, backwards) for name in ("id", "collection") if name not in named))


def behind(order: Sequence[SortKey], key: PageKey) -> ColumnElement[bool]:
    """The condition that a row comes after the one with these sort values."""
    reached: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for sort, value in zip(order, key.values, strict=True):
        column = SORTABLES[sort.name]
        reached.append(and_(*equal, _beyond(column, sort, value)))
        equal.append(column.is_(None) if value is None else column == value)
    later = or_(*reached)
    first, value = SORTABLES[order[0].name], key.values[0]
    if value is None or (order[0].descending and is_nullable(first)):
        return later
    # Says nothing new, but lets an index begin there.
    return and_(first <= value if order[0].descending else first >= value, later)


def _beyond(column: ColumnElement[Any], sort: SortKey, value: int | str | None) -> ColumnElement[bool]:
    if not is_nullable(column):
        return column < value if sort.descending else column > value
    if sort.descending:
        return false() if value is None else or_(column < value, column.is_(None))
    return column.is_not(None) if value is None else column > value


def is_nullable(column: ColumnElement[Any]) -> bool:
    """Whether a row may have no value there."""
    return bool(getattr(column, "nullable", True))
