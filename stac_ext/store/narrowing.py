"""Which conditions a query asks for, and which index narrows its rows down first.

PostgreSQL decides that by its statistics. For SQLite it is looked up: what an index of places, times or words finds is
counted up to a limit, and where it is little the rows come from there; otherwise they come in the order of the page,
and the condition is tried on each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import INT8RANGE

from stac_ext.query import SearchQuery
from stac_ext.store.compiling import condition_of
from stac_ext.store.places import intersecting, is_wide, meeting
from stac_ext.store.schema import alias, item, item_box, item_text, item_time, project
from stac_ext.store.text_index import holds_any, matching

_FEW: Final = 1_000  # of an index of places or times: beyond it the order of the page is cheaper
_FEW_WORDS: Final = 20_000  # of the text index: trying one row costs more there
_LARGE_PART: Final[ColumnElement[float]] = literal_column("0.4")

Condition = ColumnElement[bool]


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
    if query.filter is not None:
        found.append(condition_of(query.filter, conn.dialect.name))
    if conn.dialect.name == "sqlite":
        return _by_counting(query, found, conn)
    if query.interval is not None:
        asked = func.int8range(*query.interval, "[]", type_=INT8RANGE)
        found.append(func.int8range(item.c.start, item.c.end, text("'[]'"), type_=INT8RANGE).op("&&")(asked))
    if query.phrases is not None:
        found.append(holds_any(query.phrases))
    if query.area is not None:
        found.append(intersecting(query.area, conn.dialect.name))
    small = query.area is not None and not is_wide(query.area)
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
        near = select(item_box.c.id.bitwise_rshift(1)).where(or_(*meeting(item_box.c, query.area)))
        if not narrowed and not is_wide(query.area) and _is_few(near, _FEW, conn):
            found.append(item.c.pk.in_(near))
            narrowed = True
        found += [item.c.geometry.is_not(None), intersecting(query.area, "sqlite")]
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
