"""How a search becomes statements: its order, its pages, and the form of the authorization that is cheap for it.

A page in the order of an index looks one grant up per row, over so many rows at most; where these do not fill the page
the viewer sees little, and the arms of `stac_ext/visibility.py`, each in order and limited, are merged. Rows that an
index of places, times, words or ids has narrowed down are looked at one by one.
"""

import copy
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, UnaryExpression, false, func, literal, select
from sqlalchemy import union_all as all_of

from stac_ext.keyset import PageKey
from stac_ext.model import Viewer
from stac_ext.query import DEFAULT_SORT, SearchQuery, SortKey
from stac_ext.store.narrowing import narrow
from stac_ext.store.ordering import SORTABLES, behind, is_nullable, order_of
from stac_ext.store.schema import item
from stac_ext.visibility import arms, visible

MAX_COUNT: Final = 10_000
MAX_PAGE_BYTES: Final = 64 * 1024 * 1024  # of documents: ten thousand usual ones, or the few that are very large
_PROBED: Final = 1_000
_PROBED_PER_ROW: Final = 20
_full = item.alias("full")


class Search:
    """One search of one viewer, in one read transaction."""

    def __init__(self, viewer: Viewer, query: SearchQuery, conn: Connection) -> None:
        self._viewer = viewer
        self._limit = query.limit
        self._order = order_of(query)
        self._is_newest_first = query.sort == DEFAULT_SORT
        self._conn = conn
        narrowed = narrow(query, conn)
        self._conditions, self._selective = narrowed.conditions, narrowed.selective

    def page(self, at: PageKey | None) -> tuple[list[Row[Any]], PageKey | None, PageKey | None]:
        """The rows of a page (the document, its references, then the values of the order), and where the next and the
        previous page are, if a visible row is there.
        """
        if at is not None and at.back:
            rows, more = self._turned()._found(at)
            rows.reverse()
            return rows, self._beside(rows[-1:], back=False), _key(rows[0], back=True) if more else None
        rows, more = self._found(at)
        before = self._beside(rows[:1], back=True) if at is not None else None
        return rows, _key(rows[-1], back=False) if more else None, before

    def _beside(self, row: list[Row[Any]], *, back: bool) -> PageKey | None:
        """Where the rows are beside one, or, beside an empty page, those from an end on; None if there is none."""
        key = _key(row[0], back=back) if row else PageKey((), back)
        one = self._turned() if back else copy.copy(self)
        one._limit = 1
        return key if one._found(key)[0] else None

    def _turned(self) -> "Search":
        """The same search in the opposite order."""
        other = copy.copy(self)
        other._order = tuple(SortKey(key.name, not key.descending) for key in self._order)
        return other

    def _found(self, at: PageKey | None) -> tuple[list[Row[Any]], bool]:
        """The rows behind a place, and whether more follow."""
        after = at if at is not None and at.values else None
        if self._selective:
            return self._rows(self.plain(visible(self._viewer, item), after))
        if self._viewer.principal is None and self._is_newest_first:
            return self._rows(self.merged(after))  # in the order of an index that begins with the visibility
        found, more = self._rows(self.probed(after))
        return (found, more) if more else self._rows(self.merged(after))

    def count(self) -> int:
        """How many rows match; exact up to `MAX_COUNT`, a larger number says that there are more.

        The last arm, that of the grants, is the dearest by far: it is asked for what the others leave to be counted.
        """
        found = self._looked_up()
        counted = self._counted(found[:-1], MAX_COUNT + 1) if len(found) > 1 else 0
        if counted > MAX_COUNT:
            return counted
        return counted + self._counted(found[-1:], MAX_COUNT + 1 - counted)

    def plain(self, condition: ColumnElement[bool], after: PageKey | None) -> Select[Any]:
        """The rows that meet one condition, in order."""
        rows = select(item.c.doc, item.c.refs, *self._columns()).where(
            condition, *self._conditions, *self._behind(after)
        )
        return rows.order_by(*self._sorting()).limit(self._limit + 1)

    def probed(self, after: PageKey | None) -> Select[Any]:
        """The visible ones among the first so many rows that match: a grant is looked up for each, until all are found.

        SQLite keeps the order of the inner rows by itself; told to sort, it would read all of them first.
        """
        looked_at = _PROBED + _PROBED_PER_ROW * self._limit
        inner = self._keyed(item.c.visibility, item.c.project_id).where(*self._behind(after))
        rows = inner.order_by(*self._sorting()).limit(looked_at).subquery()
        found = self._documents(rows).where(visible(self._viewer, rows)).limit(self._limit + 1)
        return found if self._conn.dialect.name == "sqlite" else found.order_by(*self._sorting(rows))

    def merged(self, after: PageKey | None) -> Select[Any]:
        """The arms of the viewer, each in order and limited, merged: bounded by what the viewer may see."""
        found = arms(self._viewer, item)
        if len(found) < 2:
            return self.plain(found[0] if found else false(), after)
        parts = [
            self._keyed().where(arm, *self._behind(after)).order_by(*self._sorting()).limit(self._limit + 1).subquery()
            for arm in found
        ]
        rows = all_of(*(select(part) for part in parts)).subquery()
        return self._documents(rows).order_by(*self._sorting(rows)).limit(self._limit + 1)

    def counted(self) -> Select[Any]:
        """The number of rows, each arm counted up to a little above `MAX_COUNT`."""
        return _number(self._looked_up(), self._conditions, MAX_COUNT + 1)

    def _looked_up(self) -> tuple[ColumnElement[bool], ...]:
        return (visible(self._viewer, item),) if self._selective else arms(self._viewer, item)

    def _counted(self, looked_up: Sequence[ColumnElement[bool]], most: int) -> int:
        return int(self._conn.execute(_number(looked_up, self._conditions, most)).scalar_one())

    def _rows(self, statement: Select[Any]) -> tuple[list[Row[Any]], bool]:
        """The rows up to the limit, or until they are too large together; a page has at least one."""
        rows: list[Row[Any]] = []
        size = 0
        with self._conn.execute(statement) as found:
            for row in found:
                size += len(row[0])
                if len(rows) == self._limit or (rows and size > MAX_PAGE_BYTES):
                    return rows, True
                rows.append(row)
        return rows, False

    def _columns(self) -> list[ColumnElement[Any]]:
        return [SORTABLES[key.name].label(f"key_{n}") for n, key in enumerate(self._order)]

    def _keyed(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Rows without their documents: mostly these stand in an index as a whole."""
        return select(item.c.pk, *columns, *self._columns()).where(*self._conditions)

    def _documents(self, rows: Any) -> Select[Any]:
        doc, refs = (
            select(column).where(_full.c.pk == rows.c.pk).correlate(rows).scalar_subquery()
            for column in (_full.c.doc, _full.c.refs)
        )
        return select(doc.label("doc"), refs.label("refs"), *(rows.c[f"key_{n}"] for n in range(len(self._order))))

    def _sorting(self, rows: Any = None) -> list[UnaryExpression[Any]]:
        """Absent values are the least on both engines: first when ascending, last when descending."""
        sorting = []
        for n, key in enumerate(self._order):
            column = SORTABLES[key.name]
            shown = column if rows is None else rows.c[f"key_{n}"]
            one = shown.desc() if key.descending else shown.asc()
            if is_nullable(column):
                one = one.nulls_last() if key.descending else one.nulls_first()
            sorting.append(one)
        return sorting

    def _behind(self, after: PageKey | None) -> list[ColumnElement[bool]]:
        return [] if after is None else [behind(self._order, after)]


def _key(row: Row[Any], *, back: bool) -> PageKey:
    return PageKey(tuple(row[2:]), back)


def _number(
    looked_up: Sequence[ColumnElement[bool]], conditions: Sequence[ColumnElement[bool]], most: int
) -> Select[Any]:
    """How many rows meet any of some conditions that share none, each counted up to `most`."""
    total: ColumnElement[int] = literal(0)
    for one in looked_up:
        rows = select(item.c.pk).where(one, *conditions).limit(most).subquery()
        total = total + select(func.count()).select_from(rows).scalar_subquery()
    return select(total)
