"""What the visible items of a collection add up to: how many, where, when, and how often each value occurs.

The part that a level of visibility shows is the same for every viewer and is kept until something is written.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cachetools import LRUCache
from sqlalchemy import ColumnElement, Connection, Row, case, func, select

from stac_ext.model import Viewer
from stac_ext.query import SearchQuery
from stac_ext.store.narrowing import narrow
from stac_ext.store.schema import item, meta
from stac_ext.times import EARLIEST, LATEST, to_micros
from stac_ext.visibility import arms

TERMS: Final[dict[str, ColumnElement[Any]]] = {"collection": item.c.collection, "license": item.c.license}
_KEPT: Final = 256
MAX_LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class Extent:
    """What the visible items of a collection cover. `start` and `end` are in microseconds, None where open."""

    count: int
    bbox: tuple[float, float, float, float] | None
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What the visible items of a collection have in common: licences, the most used first, and the least and the most
    of numbers and times (in microseconds), None where no item has one.
    """

    extent: Extent
    licences: tuple[str, ...]
    stars: tuple[int, int] | None
    created: tuple[int, int] | None
    updated: tuple[int, int] | None


_Part = tuple[Row[Any], ...]  # one row for each licence; see `_measure`


class Summaries:
    """Extents and summaries, added up over the arms of a viewer."""

    def __init__(self) -> None:
        self._shared: LRUCache[tuple[str, str, int], _Part] = LRUCache(_KEPT)

    def of(self, conn: Connection, viewer: Viewer, collection: str) -> Summary:
        """What the visible items of a collection add up to."""
        rows = self._rows(conn, viewer, collection)
        licences: Counter[str] = Counter()
        for row in rows:
            if row.license is not None:
                licences[row.license] += row.n
        most_used = sorted(licences, key=lambda name: (-licences[name], name))[:MAX_LISTED]
        return Summary(
            _extent(rows), tuple(most_used), *(_range(rows, name) for name in ("stars", "created", "updated"))
        )

    def _rows(self, conn: Connection, viewer: Viewer, collection: str) -> list[Row[Any]]:
        seq = str(conn.execute(select(meta.c.value).where(meta.c.key == "seq")).scalar_one())
        parts = [
            self._part(conn, seq, collection, n if n < _levels(viewer) else None, arm)
            for n, arm in enumerate(arms(viewer, item))
        ]
        return [row for part in parts for row in part]

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
    """In one pass: for each licence, how many items, where, when, and the ends of what is summarised."""
    columns = [item.c.license, func.count().label("n")]
    columns += [func.min(item.c[name]).label(name) for name in ("west", "south", "start")]
    columns += [func.max(item.c[name]).label(name) for name in ("east", "north", "end")]
    columns.append(func.max(case((item.c.west > item.c.east, 1), else_=0)).label("crossing"))
    for name in ("stars", "created", "updated"):
        columns += [func.min(item.c[name]).label(f"{name}_least"), func.max(item.c[name]).label(f"{name}_most")]
    rows = select(*columns).where(arm, item.c.collection == collection, item.c.version.is_(None))
    return tuple(conn.execute(rows.group_by(item.c.license)))


def _extent(rows: Sequence[Row[Any]]) -> Extent:
    west, south, start = (_least(rows, name) for name in ("west", "south", "start"))
    east, north, end = (_most(rows, name) for name in ("east", "north", "end"))
    whole = west is not None and south is not None and east is not None and north is not None
    if any(row.crossing for row in rows):
        west, east = -180.0, 180.0
    return Extent(
        count=sum(row.n for row in rows),
        bbox=(west, south, east, north) if whole else None,
        start=None if start is None or start <= to_micros(EARLIEST) else start,
        end=None if end is None or end >= to_micros(LATEST.replace(microsecond=0)) else end,
    )


def _range(rows: Sequence[Row[Any]], name: str) -> tuple[int, int] | None:
    least = _least(rows, f"{name}_least")
    return None if least is None else (least, _most(rows, f"{name}_most"))


def _least(rows: Sequence[Row[Any]], name: str) -> Any:
    return min((value for row in rows if (value := getattr(row, name)) is not None), default=None)


def _most(rows: Sequence[Row[Any]], name: str) -> Any:
    return max((value for row in rows if (value := getattr(row, name)) is not None), default=None)
