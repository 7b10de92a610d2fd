"""What the visible items of a collection add up to: how many, where, when, and how often each value occurs.

The part that a level of visibility shows is the same for every viewer and is kept until something is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from cachetools import LRUCache
from sqlalchemy import ColumnElement, Connection, case, func, select

from stac_ext.model import Viewer
from stac_ext.query import SearchQuery
from stac_ext.store.narrowing import narrow
from stac_ext.store.schema import item, meta
from stac_ext.times import EARLIEST, LATEST, to_micros
from stac_ext.visibility import arms

TERMS: Final[dict[str, ColumnElement[Any]]] = {"collection": item.c.collection, "license": item.c.license}
_KEPT: Final = 256


@dataclass(frozen=True, slots=True)
class Extent:
    """What the visible items of a collection cover. `start` and `end` are in microseconds, None where open."""

    count: int
    bbox: tuple[float, float, float, float] | None
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class _Part:
    count: int
    west: float | None
    south: float | None
    east: float | None
    north: float | None
    crossing: int | None
    start: int | None
    end: int | None


class Summaries:
    """Extents and counts of values, added up over the arms of a viewer."""

    def __init__(self) -> None:
        self._shared: LRUCache[tuple[str, str, int], _Part] = LRUCache(_KEPT)

    def extent(self, conn: Connection, viewer: Viewer, collection: str) -> Extent:
        """What the visible items of a collection cover in space and time."""
        seq = str(conn.execute(select(meta.c.value).where(meta.c.key == "seq")).scalar_one())
        parts = [
            self._part(conn, seq, collection, n if n < _levels(viewer) else None, arm)
            for n, arm in enumerate(arms(viewer, item))
        ]
        start, end = _least(part.start for part in parts), _most(part.end for part in parts)
        west, south = _least(part.west for part in parts), _least(part.south for part in parts)
        east, north = _most(part.east for part in parts), _most(part.north for part in parts)
        if any(part.crossing for part in parts):
            west, east = -180.0, 180.0
        whole = west is not None and south is not None and east is not None and north is not None
        return Extent(
            count=sum(part.count for part in parts),
            bbox=(west, south, east, north) if whole else None,
            start=None if start is None or start <= to_micros(EARLIEST) else start,
            end=None if end is None or end >= to_micros(LATEST.replace(microsecond=0)) else end,
        )

    def _part(self, conn: Connection, seq: str, collection: str, level: int | None, arm: ColumnElement[bool]) -> _Part:
        if level is None:
            return _measure(conn, collection, arm)
        key = (seq, collection, level)
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = _measure(conn, collection, arm)
        return found


def terms(conn: Connection, viewer: Viewer, query: SearchQuery, name: str) -> dict[str, int]:
    """How many visible items of a search have each value of `name`; items without one are not counted."""
    column, found = TERMS[name], dict[str, int]()
    asked = narrow(query, conn).conditions
    for arm in arms(viewer, item):
        rows = select(column.label("value"), func.count().label("n")).where(arm, column.is_not(None), *asked)
        for row in conn.execute(rows.group_by(column)):
            found[row.value] = found.get(row.value, 0) + row.n
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _levels(viewer: Viewer) -> int:
    return 0 if viewer.level is None else int(viewer.level) + 1


def _measure(conn: Connection, collection: str, arm: ColumnElement[bool]) -> _Part:
    row = conn.execute(
        select(
            func.count(),
            func.min(item.c.west),
            func.min(item.c.south),
            func.max(item.c.east),
            func.max(item.c.north),
            func.max(case((item.c.west > item.c.east, 1), else_=0)),
            func.min(item.c.start),
            func.max(item.c.end),
        ).where(arm, item.c.collection == collection, item.c.version.is_(None))
    ).one()
    return _Part(*row)


def _least(values: Iterable[Any]) -> Any:
    return min((value for value in values if value is not None), default=None)


def _most(values: Iterable[Any]) -> Any:
    return max((value for value in values if value is not None), default=None)
