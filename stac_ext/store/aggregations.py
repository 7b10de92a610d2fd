"""What the visible items of a search add up to: counts, ends of time, terms, and histograms of time, stars and place.

Everything is added up over the arms of a viewer, which share no row.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, Select, case, cast, func, select, true
from sqlalchemy.types import BigInteger

from stac_ext.cql2.tree import Property
from stac_ext.model import Viewer
from stac_ext.query import SearchQuery
from stac_ext.store.compiling import compiler_of
from stac_ext.store.narrowing import narrow
from stac_ext.store.schema import item
from stac_ext.visibility import arms

MAX_TERMS: Final = 10_000  # of one arm: beyond so many different values the least frequent are not counted
_DAY: Final = 86_400_000_000
Cell = tuple[int, int]  # column from the west, row from the south


class Aggregator:
    """One search of one viewer, in one read transaction."""

    def __init__(self, viewer: Viewer, query: SearchQuery, conn: Connection) -> None:
        self._conn = conn
        self._arms = arms(viewer, item)
        self._conditions = narrow(query, conn).conditions
        self._total: int | None = None

    def total(self) -> int:
        """How many items there are."""
        if self._total is None:
            counted = self._each(lambda arm: self._where(select(func.count()), arm))
            self._total = sum(row[0] for row in counted)
        return self._total

    def times(self) -> tuple[int, int] | None:
        """The first and the last moment of any item, in microseconds."""
        rows = self._each(lambda arm: self._where(select(func.min(item.c.start), func.max(item.c.end)), arm))
        found = [row for row in rows if row[0] is not None]
        return (min(row[0] for row in found), max(row[1] for row in found)) if found else None

    def days(self) -> Counter[int]:
        """How many items begin on each day, by its number since 1970-01-01."""
        rest = ((item.c.start % _DAY) + _DAY) % _DAY
        return self._grouped((item.c.start - rest) // _DAY)

    def column(self, name: str) -> Counter[Any]:
        """How many items have each value of a column; items without one are not counted."""
        return self._grouped(item.c[name])

    def text(self, name: str) -> Counter[str]:
        """How many items have each value of a property that is a text."""
        return self._grouped(compiler_of(self._conn.dialect.name).text(Property(("properties", name), name)))

    def listed(self, name: str) -> Counter[str]:
        """How many items have each value in a property that is a list."""
        rows, value = compiler_of(self._conn.dialect.name).texts(Property(("properties", name), name))
        count = func.count(item.c.pk.distinct()).label("n")
        return self._counted(value, lambda arm: self._where(select(value, count), arm).join_from(item, rows, true()))

    def cells(self, columns: int, rows: int) -> Counter[Cell]:
        """How many items have the middle of their box in each cell of a grid over the world; those at the outer edges
        belong to the last cells.
        """
        crossing = (item.c.west + item.c.east + 360.0) / 2.0
        wrapped = case((crossing > 180.0, crossing - 360.0), else_=crossing)
        longitude = case((item.c.west <= item.c.east, (item.c.west + item.c.east) / 2.0), else_=wrapped)
        latitude = (item.c.south + item.c.north) / 2.0
        x = self._floor((longitude + 180.0) / 360.0 * float(columns), columns - 1)
        y = self._floor((latitude + 90.0) / 180.0 * float(rows), rows - 1)
        number = x * rows + y
        return Counter({divmod(cell, rows): count for cell, count in self._grouped(number).items()})

    def _floor(self, number: ColumnElement[Any], most: int) -> ColumnElement[int]:
        if self._conn.dialect.name == "postgresql":  # whose cast rounds
            number = func.floor(number)
        cut = cast(number, BigInteger().with_variant(Integer(), "sqlite"))
        return case((cut > most, most), else_=cut)

    def _grouped(self, value: ColumnElement[Any]) -> Counter[Any]:
        labelled = value.label("value")
        return self._counted(labelled, lambda arm: self._where(select(labelled, func.count().label("n")), arm))

    def _counted(self, value: ColumnElement[Any], asked: Callable[[ColumnElement[bool]], Select[Any]]) -> Counter[Any]:
        found: Counter[Any] = Counter()

        def of(arm: ColumnElement[bool]) -> Select[Any]:
            rows = asked(arm).where(value.is_not(None)).group_by(value)
            return rows.order_by(func.count().desc(), value).limit(MAX_TERMS)

        for row in self._each(of):
            found[row[0]] += row[1]
        return found

    def _where(self, rows: Select[Any], arm: ColumnElement[bool]) -> Select[Any]:
        return rows.select_from(item).where(arm, *self._conditions)

    def _each(self, asked: Callable[[ColumnElement[bool]], Select[Any]]) -> list[Any]:
        return [row for arm in self._arms for row in self._conn.execute(asked(arm))]
