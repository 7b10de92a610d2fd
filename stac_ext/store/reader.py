"""What a viewer reads: pages of items, one item, extents and counts. No method reads without a viewer."""

from dataclasses import dataclass

import shapely
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from stac_ext.keyset import PageKey
from stac_ext.model import Viewer
from stac_ext.query import SearchQuery
from stac_ext.store.database import Database
from stac_ext.store.schema import alias, item, item_box, project
from stac_ext.times import EARLIEST, LATEST, to_micros
from stac_ext.visibility import visible

MAX_COUNT = 10_000
_MAX_BOXES = 16


@dataclass(frozen=True, slots=True)
class Page:
    """Items as stored JSON, the key to go on from if a further visible row exists, and how many match.

    `matched` is None where more than 10,000 do.
    """

    docs: tuple[bytes, ...]
    next: PageKey | None
    matched: int | None


@dataclass(frozen=True, slots=True)
class Extent:
    """What the visible items of a collection cover. `start` and `end` are in microseconds, None where open."""

    count: int
    bbox: tuple[float, float, float, float] | None
    start: int | None
    end: int | None


class CatalogueReader:
    """Reads of the catalogue, each under a viewer. Methods block: call them from a worker thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def search(self, viewer: Viewer, query: SearchQuery, after: PageKey | None = None) -> Page:
        """The items that match and that the viewer may see: newest `updated` first, then by id and collection."""
        conditions = [visible(viewer, item), *_conditions(query)]
        rows = select(item.c.doc, item.c.updated, item.c.item_id, item.c.collection).where(*conditions)
        if after is not None:
            rows = rows.where(_behind(after))
        rows = rows.order_by(item.c.updated.desc(), item.c.item_id, item.c.collection).limit(query.limit + 1)
        counted = select(func.count()).select_from(select(item.c.pk).where(*conditions).limit(MAX_COUNT + 1).subquery())
        with self._database.read() as conn:
            found = conn.execute(rows).all()
            count = conn.execute(counted).scalar_one()
        page = found[: query.limit]
        more = len(found) > query.limit
        return Page(
            docs=tuple(row.doc for row in page),
            next=PageKey(page[-1].updated, page[-1].item_id, page[-1].collection) if more else None,
            matched=count if count <= MAX_COUNT else None,
        )

    def item(self, viewer: Viewer, collection: str, item_id: str) -> bytes | None:
        """The item's JSON, or None where there is none or the viewer may not see it."""
        statement = select(item.c.doc).where(
            visible(viewer, item), item.c.collection == collection, item.c.item_id == item_id
        )
        with self._database.read() as conn:
            return conn.execute(statement).scalar_one_or_none()

    def shows_project(self, viewer: Viewer, project_id: int) -> bool:
        """Whether any item of a project is visible to the viewer."""
        statement = select(item.c.pk).where(visible(viewer, item), item.c.project_id == project_id).limit(1)
        with self._database.read() as conn:
            return conn.execute(statement).first() is not None

    def item_id_of_path(self, viewer: Viewer, collection: str, path: str) -> str | None:
        """The id of the visible item whose project has, or had, this path. A live project wins over a former path."""
        statement = select(item.c.item_id).where(
            visible(viewer, item), item.c.collection == collection, item.c.project_id.in_(_projects_at((path,)))
        )
        with self._database.read() as conn:
            return conn.execute(statement).scalars().first()

    def extent(self, viewer: Viewer, collection: str) -> Extent:
        """What the visible items of a collection cover in space and time."""
        crosses = func.max(case((item.c.west > item.c.east, 1), else_=0))
        statement = select(
            func.count(),
            func.min(item.c.west),
            func.min(item.c.south),
            func.max(item.c.east),
            func.max(item.c.north),
            crosses,
            func.min(item.c.start),
            func.max(item.c.end),
        ).where(visible(viewer, item), item.c.collection == collection)
        with self._database.read() as conn:
            count, west, south, east, north, crossing, start, end = conn.execute(statement).one()
        if crossing:
            west, east = -180.0, 180.0
        return Extent(
            count=count,
            bbox=None if west is None else (west, south, east, north),
            start=None if start is None or start <= to_micros(EARLIEST) else start,
            end=None if end is None or end >= to_micros(LATEST.replace(microsecond=0)) else end,
        )


def _conditions(query: SearchQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.collections is not None:
        conditions.append(item.c.collection.in_(query.collections))
    if query.ids is not None:
        paths = tuple(name for name in query.ids if "/" in name)
        by_id = item.c.item_id.in_(query.ids)
        conditions.append(or_(by_id, item.c.project_id.in_(_projects_at(paths))) if paths else by_id)
    if query.interval is not None:
        start, end = query.interval
        conditions.append(and_(item.c.start <= end, item.c.end >= start))
    if query.area is not None:
        conditions.append(item.c.pk.in_(_candidates(query.area)))
        conditions.append(func.st_intersects(item.c.geometry, query.area) == 1)
    return conditions


def _candidates(area: bytes) -> Select[tuple[int]]:
    """The items whose box meets the box of the area, part by part: an index look-up before the exact test."""
    geometry = shapely.from_wkb(area)
    parts = shapely.get_parts(geometry)
    boxes = shapely.bounds(parts if len(parts) <= _MAX_BOXES else [geometry]).tolist()
    meets = [
        and_(item_box.c.west <= e, item_box.c.east >= w, item_box.c.south <= n, item_box.c.north >= s)
        for w, s, e, n in boxes
    ]
    return select(item_box.c.id.bitwise_rshift(1)).where(or_(*meets))


def _projects_at(paths: tuple[str, ...]) -> Select[tuple[int]]:
    lowered = [path.lower() for path in paths]
    live = select(project.c.id).where(project.c.path.in_(lowered))
    taken = select(project.c.path).where(project.c.path == alias.c.path).exists()
    former = select(alias.c.project_id).where(alias.c.path.in_(lowered), ~taken)
    return select(live.union_all(former).subquery().c.id)


def _behind(key: PageKey) -> ColumnElement[bool]:
    return or_(
        item.c.updated < key.updated,
        and_(
            item.c.updated == key.updated,
            or_(
                item.c.item_id > key.item_id,
                and_(item.c.item_id == key.item_id, item.c.collection > key.collection),
            ),
        ),
    )
