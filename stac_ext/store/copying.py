"""A whole store from the embedded engine to PostgreSQL: every row, in one transaction, proven equal.

What each engine derives for itself (indexes of places, times and words) is made anew there. Two stores are equal where
each table has the same rows, by a digest over all of them in the order of their keys.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Table,
    Text,
    cast,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from stac_ext.store.columns import Geometry, Words
from stac_ext.store.database import Database, StoreError
from stac_ext.store.schema import tables
from stac_ext.store.text_index import positions_of, rendered

_BATCH: Final = 500
_VERSION: Final = "version"  # of the schema: each store has its own
_WORD: Final = re.compile(r"'((?:[^']|'')*)'")
Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """One table: how many rows it has in both stores, and the digest of all of them."""

    table: str
    rows: int
    digest: str


def copy_store(source: Database, target: Database, told: Told = lambda table, rows: None) -> list[Copied]:
    """Copy everything into an empty store and compare. `told` hears of rows as they are written.

    Raises StoreError where the target is not empty, or is not equal afterwards: then nothing is kept.
    """
    with source.read() as old, target.write() as new:
        if old.dialect.name != "sqlite" or new.dialect.name != "postgresql":
            raise StoreError("a store is copied from SQLite to PostgreSQL")
        _require_empty(new, target.name)
        for table in tables.sorted_tables:
            for rows in _batches(old, table):
                _write(new, table, rows)
                told(table.name, len(rows))
            _count_on(new, table)
        copied = []
        for table in tables.sorted_tables:
            here, there = _digest(old, table), _digest(new, table)
            if here != there:
                raise StoreError(f"{table.name} is not equal in both stores ({here[0]} and {there[0]} rows)")
            copied.append(Copied(table.name, *here))
    return copied


def _require_empty(conn: Connection, name: str) -> None:
    for table in tables.sorted_tables:
        if table.name != "meta" and conn.execute(select(func.count()).select_from(table)).scalar_one():
            raise StoreError(f"{name} is not empty ({table.name}): give an empty database, nothing was changed")


def _batches(conn: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    found = conn.execution_options(yield_per=_BATCH).execute(select(table))
    for part in found.mappings().partitions(_BATCH):
        yield [dict(row) for row in part]


def _write(conn: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if table.name == "meta":
        for row in rows:
            if row["key"] != _VERSION:
                statement = insert_or_update(table).values(row)
                conn.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": row["value"]}))
        return
    if table.name == "item":
        for row in rows:
            if row["words"] is not None:
                row["words"] = rendered(positions_of(row["words"]), "postgresql")
    conn.execute(insert(table), rows)


def _count_on(conn: Connection, table: Table) -> None:
    """Let keys that the engine counts up go on behind the last one."""
    (key,) = table.primary_key.columns if len(table.primary_key.columns) == 1 else (None,)
    if key is not None and key.autoincrement is True:
        last = conn.execute(select(func.max(key))).scalar_one()
        if last is not None:
            conn.execute(
                text("SELECT setval(pg_get_serial_sequence(:t, :c), :n)"), {"t": table.name, "c": key.name, "n": last}
            )


def _digest(conn: Connection, table: Table) -> tuple[int, str]:
    """How many rows there are, and a digest of all, in words that do not depend on the engine."""
    found, number = hashlib.sha256(), 0
    for row in conn.execution_options(yield_per=_BATCH).execute(_asked(table, conn.dialect.name)):
        values = {
            str(column.name): _plain(value, column.type, conn.dialect.name)
            for column, value in zip(table.columns, row, strict=True)
        }
        if table.name == "meta" and values["key"] == _VERSION:
            continue
        found.update(orjson.dumps(values) + b"\n")
        number += 1
    return number, found.hexdigest()


def _asked(table: Table, engine: str) -> Select[Any]:
    columns = [_read(one) if engine == "postgresql" else one for one in table.columns]
    return select(*columns).order_by(*table.primary_key.columns)


def _read(column: Column[Any]) -> ColumnElement[Any]:
    """PostgreSQL: a column as it was written."""
    if column.type is Geometry:
        return func.ST_AsBinary(column, type_=LargeBinary())
    return cast(column, Text()) if column.type is Words else column


def _plain(value: Any, kind: object, engine: str) -> Any:
    """A value in the same form from each engine: bytes as hexadecimal digits, of words which there are."""
    if kind is Words and value is not None:
        words = {word for _, word in positions_of(value)} if engine == "sqlite" else set(_WORD.findall(value))
        return sorted(words)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value
