"""Which conditions a query asks for, and which index narrows its rows down first.

PostgreSQL decides that by its statistics. For SQLite it is looked up: what an index of places, times or words finds is
counted up to a limit, and where it is little the rows come from there; otherwise they come in the order of the page,
and the condition is tried on each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import shapely
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import INT8RANGE

from stac_ext.query import SearchQuery
from stac_ext.store.records import simple_parts
from stac_ext.store.schema import alias, item, item_box, item_text, item_time, project
from stac_ext.store.text_index import holds_any, matching

_FEW: Final = 1_000  # of an index of places or times: beyond it the order of the page is cheaper
_FEW_WORDS: Final = 20_000  # of the text index: trying one row costs more there
_MAX_BOXES: Final = 16
_WIDE: Final = 180 * 360 / 16  # square degrees
_LARGE_PART: Final[ColumnElement[float]] = literal_column("0.4")

Condition = ColumnElement[bool]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The conditions of a query, and whether an index leaves so few rows that each may be looked at."""

    conditions: tuple[Condition, ...]
    selective: bool


def narrow(query: SearchQuery, conn: Connection) -> Narrowing:
    """What the query itself asks for, without any authorization."""
    found: list[Condition] = [] if query.versions else [item.c.version.is_(None)]
    if query.collections is not None:
        among = item.c.collection.in_(storable(query.collections))
        # There are few collections, so each holds a large part; without statistics SQLite would take it for ten rows.
        found.append(func.likelihood(among, _LARGE_PART) if conn.dialect.name == "sqlite" else among)
    if query.ids is not None:
        found.append(_named(query.ids))
    if query.phrases is not None and not query.phrases:
        return Narrowing((false(),), True)
    if conn.dialect.name == "sqlite":
        return _by_counting(query, found, conn)
    if query.interval is not None:
        asked = func.int8range(*query.interval, "[]", type_=INT8RANGE)
        found.append(func.int8range(item.c.start, item.c.end, text("'[]'"), type_=INT8RANGE).op("&&")(asked))
    if query.phrases is not None:
        found.append(holds_any(query.phrases))
    if query.area is not None:
        parts = _asked(query.area)
        found.append(or_(*(func.ST_Intersects(item.c.geometry, literal(one, item.c.geometry.type)) for one in parts)))
    small = query.area is not None and not _is_wide(query.area)
    return Narrowing(tuple(found), query.ids is not None or query.phrases is not None or small)


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


def _named(ids: Sequence[str]) -> Condition:
    names = storable(ids)
    paths = tuple(name for name in names if "/" in name)
    by_id = item.c.item_id.in_(names)
    return or_(by_id, item.c.project_id.in_(projects_at(paths))) if paths else by_id


def _by_counting(query: SearchQuery, found: list[Condition], conn: Connection) -> Narrowing:
    narrowed = query.ids is not None
    if query.phrases is not None:
        words = select(item_text.c.rowid).where(matching(query.phrases))
        few = narrowed or _is_few(words, _FEW_WORDS, conn)
        one = exists().where(item_text.c.rowid == item.c.pk, matching(query.phrases))
        found.append(item.c.pk.in_(words) if few and not narrowed else one)
        narrowed = few
    if query.area is not None:
        near = select(item_box.c.id.bitwise_rshift(1)).where(or_(*_meeting(item_box.c, query.area)))
        if not narrowed and not _is_wide(query.area) and _is_few(near, _FEW, conn):
            found.append(item.c.pk.in_(near))
            narrowed = True
        found += [item.c.geometry.is_not(None), or_(*(_in_area(one) for one in _asked(query.area)))]
    if query.interval is not None:
        start, end = query.interval
        when = select(item_time.c.id).where(item_time.c.start <= end, item_time.c.end >= start)
        if not narrowed and _is_few(when, _FEW, conn):
            found.append(item.c.pk.in_(when))
            narrowed = True
        found.append(and_(item.c.start <= end, item.c.end >= start))
    return Narrowing(tuple(found), narrowed)


def _is_few(rows: Select[Any], limit: int, conn: Connection) -> bool:
    counted = select(func.count()).select_from(rows.limit(limit + 1).subquery())
    return int(conn.execute(counted).scalar_one()) <= limit


def _asked(area: bytes) -> list[bytes]:
    """An area as areas to be tested one by one: those of a collection may overlap, which one test of it cannot bear.

    Nothing is computed from the shape that was asked for, as that could take any time.
    """
    geometry = shapely.from_wkb(area)
    if geometry.geom_type != "GeometryCollection":
        return [area]
    parts = simple_parts(geometry)
    points = [part for part in parts if part.geom_type == "Point"]
    lines = [part for part in parts if part.geom_type in ("LineString", "LinearRing")]
    asked: list[Any] = [part for part in parts if part.geom_type == "Polygon"]
    asked += [shapely.multipoints(points)] if points else []
    asked += [shapely.multilinestrings(lines)] if lines else []
    return [bytes(shapely.to_wkb(one)) for one in asked]


def _parts(area: bytes) -> Any:
    geometry = shapely.from_wkb(area)
    parts = shapely.get_parts(geometry)
    return parts if len(parts) <= _MAX_BOXES else shapely.get_parts([geometry.envelope])


def _is_wide(area: bytes) -> bool:
    boxes: list[list[float]] = shapely.bounds(_parts(area)).tolist()
    return sum((east - west) * (north - south) for west, south, east, north in boxes) > _WIDE


def _meeting(columns: Any, area: bytes) -> list[Condition]:
    """The boxes in `columns` that meet the box of a part of the area."""
    return [
        and_(columns.west <= e, columns.east >= w, columns.south <= n, columns.north >= s)
        for w, s, e, n in shapely.bounds(_parts(area)).tolist()
    ]


def _in_area(area: bytes) -> Condition:
    """Exact; cheap where the item's box lies inside a rectangle of the area, or away from all of its boxes."""
    exact = func.st_intersects(item.c.geometry, area) == 1
    uncut = item.c.west <= item.c.east
    inside: list[Condition] = [
        and_(uncut, item.c.west >= w, item.c.east <= e, item.c.south >= s, item.c.north <= n)
        for (w, s, e, n), part in zip(shapely.bounds(_parts(area)).tolist(), _parts(area), strict=True)
        if part.equals(shapely.box(w, s, e, n)) and _is_exact(area)
    ]
    near = or_(item.c.west > item.c.east, *_meeting(item.c, area))
    return or_(*inside, and_(near, exact))


def _is_exact(area: bytes) -> bool:
    """Whether `_parts` gives the area itself and not only the box around it."""
    return len(shapely.get_parts(shapely.from_wkb(area))) <= _MAX_BOXES
