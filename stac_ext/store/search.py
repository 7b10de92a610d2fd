"""How a search becomes statements: conditions, order, and the form of the authorization that is cheap for it.

A page in the order of an index looks one grant up per row, over so many rows at most; where these do not fill the page
the viewer sees little, and the arms of `stac_ext/visibility.py`, each in order and limited, are merged. What an index
of places, words or ids narrows down first is looked up row by row.
"""

from collections.abc import Sequence
from typing import Any, Final

import shapely
from sqlalchemy import (
    ColumnElement,
    Dialect,
    Select,
    Subquery,
    UnaryExpression,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)

from stac_ext.keyset import PageKey
from stac_ext.model import Viewer
from stac_ext.query import SearchQuery, SortKey
from stac_ext.store.schema import alias, item, item_box, project
from stac_ext.store.text_index import holds_any
from stac_ext.visibility import arms, visible

MAX_COUNT: Final = 10_000
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
_TIES: Final = (SortKey("id"), SortKey("collection"))
_MAX_BOXES: Final = 16
_WIDE: Final = 180 * 360 / 16  # square degrees; a larger area narrows little down
_PROBED: Final = 1_000
_PROBED_PER_ROW: Final = 20


class Search:
    """One search of one viewer as statements for one engine."""

    def __init__(self, viewer: Viewer, query: SearchQuery, dialect: Dialect) -> None:
        self._viewer = viewer
        self._query = query
        self._conditions = conditions(query, dialect)
        self._order = order_of(query)
        self._selective = _is_selective(query)
        self._dialect = dialect

    def first(self, after: PageKey | None) -> tuple[Select[Any], bool]:
        """The statement to try first, and whether its rows are final even where they do not fill the page."""
        if self._selective:
            return self._plain(visible(self._viewer, item), after), True
        if self._viewer.principal is None:
            return self.merged(after), True
        return self._probed(after), False

    def merged(self, after: PageKey | None) -> Select[Any]:
        """The arms of the viewer, each in order and limited, merged: bounded by what the viewer may see."""
        found = arms(self._viewer, item)
        if len(found) < 2:
            return self._plain(found[0] if found else false(), after)
        wanted = self._query.limit + 1
        parts = [
            select(self._keys(arm, after).order_by(*_sorting(self._order)).limit(wanted).subquery()) for arm in found
        ]
        merged = union_all(*parts).subquery()
        return self._documents(merged).order_by(*self._sorting_of(merged)).limit(wanted)

    def count(self) -> Select[Any]:
        """How many rows match; stops a little above `MAX_COUNT`, or at it for each arm."""
        conditions_of = [visible(self._viewer, item)] if self._selective else arms(self._viewer, item)
        total: ColumnElement[int] = literal(0)
        for one in conditions_of:
            rows = select(item.c.pk).where(one, *self._conditions).limit(MAX_COUNT + 1).subquery()
            total = total + select(func.count()).select_from(rows).scalar_subquery()
        return select(total)

    def key_of(self, row: Any) -> PageKey:
        """Where to go on after this row."""
        return PageKey(tuple(row[1:]))

    def _plain(self, condition: ColumnElement[bool], after: PageKey | None) -> Select[Any]:
        keys = [SORTABLES[key.name] for key in self._order]
        rows = select(item.c.doc, *keys).where(condition, *self._conditions, *self._behind(after))
        return rows.order_by(*_sorting(self._order)).limit(self._query.limit + 1)

    def _probed(self, after: PageKey | None) -> Select[Any]:
        """The visible ones among the first so many rows that match."""
        looked_at = _PROBED + _PROBED_PER_ROW * self._query.limit
        rows = self._keys(None, after).order_by(*_sorting(self._order)).limit(looked_at).subquery()
        found = self._documents(rows).where(visible(self._viewer, rows)).limit(self._query.limit + 1)
        if self._dialect.name == "sqlite":  # keeps the order of the inner rows, and would sort all of them again
            return found
        return found.order_by(*self._sorting_of(rows))

    def _keys(self, condition: ColumnElement[bool] | None, after: PageKey | None) -> Select[Any]:
        """Rows without their documents: mostly these stand in an index as a whole."""
        keys = [SORTABLES[key.name].label(f"key_{n}") for n, key in enumerate(self._order)]
        rows = select(item.c.pk, item.c.visibility, item.c.project_id, *keys).where(*self._conditions)
        return rows.where(*([] if condition is None else [condition]), *self._behind(after))

    def _documents(self, rows: Subquery) -> Select[Any]:
        keys = [rows.c[f"key_{n}"] for n in range(len(self._order))]
        return select(item.c.doc, *keys).select_from(rows.join(item, item.c.pk == rows.c.pk))

    def _sorting_of(self, rows: Subquery) -> list[UnaryExpression[Any]]:
        return [_sorted(rows.c[f"key_{n}"], key) for n, key in enumerate(self._order)]

    def _behind(self, after: PageKey | None) -> list[ColumnElement[bool]]:
        return [] if after is None else [behind(self._order, after)]


def order_of(query: SearchQuery) -> tuple[SortKey, ...]:
    """The whole order of a search: what it asks for, then the ids, so that no two rows are equal."""
    named = {key.name for key in query.sort}
    return (*query.sort, *(tie for tie in _TIES if tie.name not in named))


def conditions(query: SearchQuery, dialect: Dialect) -> list[ColumnElement[bool]]:
    """What the query itself asks for, without any authorization."""
    found: list[ColumnElement[bool]] = []
    if query.collections is not None:
        found.append(item.c.collection.in_(storable(query.collections)))
    if query.ids is not None:
        names = storable(query.ids)
        paths = tuple(name for name in names if "/" in name)
        by_id = item.c.item_id.in_(names)
        found.append(or_(by_id, item.c.project_id.in_(projects_at(paths))) if paths else by_id)
    if query.interval is not None:
        start, end = query.interval
        found.append(and_(item.c.start <= end, item.c.end >= start))
    if query.phrases is not None:
        found.append(holds_any(query.phrases, dialect) if query.phrases else false())
    if query.area is not None:
        found += _in_area(query.area, dialect)
    return found


def storable(names: Sequence[str]) -> tuple[str, ...]:
    """Those that can stand in the store at all: PostgreSQL refuses text with NUL."""
    return tuple(name for name in names if "\0" not in name)


def projects_at(paths: Sequence[str]) -> Select[tuple[int]]:
    """The projects that have one of these paths, or had it where no other has it now."""
    lowered = [path.lower() for path in paths]
    live = select(project.c.id).where(project.c.path.in_(lowered))
    taken = select(project.c.path).where(project.c.path == alias.c.path).exists()
    former = select(alias.c.project_id).where(alias.c.path.in_(lowered), ~taken)
    return select(live.union_all(former).subquery().c.id)


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
    if value is None or getattr(first, "nullable", True):
        return later
    # Says nothing new, but lets an index begin there.
    return and_(first <= value if order[0].descending else first >= value, later)


def _beyond(column: ColumnElement[Any], sort: SortKey, value: int | str | None) -> ColumnElement[bool]:
    if sort.descending:
        return false() if value is None else or_(column < value, column.is_(None))
    return column.is_not(None) if value is None else column > value


def _sorting(order: Sequence[SortKey]) -> list[UnaryExpression[Any]]:
    return [_sorted(SORTABLES[key.name], key) for key in order]


def _sorted(column: ColumnElement[Any], key: SortKey) -> UnaryExpression[Any]:
    """Absent values are the least on both engines: first when ascending, last when descending."""
    nullable = getattr(column, "nullable", True)
    direction = column.desc() if key.descending else column.asc()
    if not nullable:
        return direction
    return direction.nulls_last() if key.descending else direction.nulls_first()


def _is_selective(query: SearchQuery) -> bool:
    return query.ids is not None or query.phrases is not None or (query.area is not None and not _is_wide(query.area))


def _boxes(area: bytes) -> list[tuple[float, float, float, float]]:
    """The boxes of the parts of an area, or the one of the whole where it has many."""
    geometry = shapely.from_wkb(area)
    parts = shapely.get_parts(geometry)
    boxes: list[tuple[float, float, float, float]] = shapely.bounds(
        parts if len(parts) <= _MAX_BOXES else [geometry]
    ).tolist()
    return boxes


def _is_wide(area: bytes) -> bool:
    return sum((east - west) * (north - south) for west, south, east, north in _boxes(area)) > _WIDE


def _in_area(area: bytes, dialect: Dialect) -> list[ColumnElement[bool]]:
    if dialect.name != "sqlite":
        return [func.ST_Intersects(item.c.geometry, literal(area, item.c.geometry.type))]
    exact = func.st_intersects(item.c.geometry, area) == 1
    if _is_wide(area):
        return [item.c.geometry.is_not(None), exact]
    meets = [
        and_(item_box.c.west <= e, item_box.c.east >= w, item_box.c.south <= n, item_box.c.north >= s)
        for w, s, e, n in _boxes(area)
    ]
    return [item.c.pk.in_(select(item_box.c.id.bitwise_rshift(1)).where(or_(*meets))), exact]
