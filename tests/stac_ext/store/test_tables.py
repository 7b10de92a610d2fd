"""Proves that the tables after all steps are those of `schema.py` on both engines, and those after the first step the
ones that the first program made.
"""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Engine, create_engine, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex

from stac_ext.store.database import Database
from stac_ext.store.migrations import migrate
from stac_ext.store.opening import connect
from stac_ext.store.schema import tables
from tests.stac_ext.store import old_programs

pytestmark = pytest.mark.filterwarnings("ignore:Did not recognize type 'geometry'")


def test_they_have_the_same_columns_indexes_and_keys(bare: Database, bare_url: str) -> None:
    migrate(bare)
    assert described(bare_url) == expected(bare_url)


def test_they_have_the_same_index_expressions(bare: Database, bare_url: str) -> None:
    """What inspection does not tell: directions, places of nulls, conditions."""
    told = {str(index.name): index for table in tables.sorted_tables for index in table.indexes}
    migrate(bare)
    dialect: Any = sqlite.dialect() if bare_url.startswith("sqlite") else postgresql.dialect()
    with bare.read() as conn:
        rows = conn.execute(text(_INDEXES[dialect.name]))
        made = {row.name: _plain(row.sql) for row in rows if row.sql and row.name in told}
    assert made == {name: _plain(str(CreateIndex(one).compile(dialect=dialect))) for name, one in told.items()}


def test_the_file_of_the_first_version_is_what_its_program_made(tmp_path: Path) -> None:
    """Step 1 makes the same tables, so that what holds for one holds for the other."""
    with sqlite3.connect(tmp_path / "first.db") as first:
        first.executescript(old_programs.FIRST_TABLES)
    made = connect(f"sqlite:///{tmp_path}/made.db")
    migrate(made, upto=1)
    made.close()
    assert described(f"sqlite:///{tmp_path}/made.db") == described(f"sqlite:///{tmp_path}/first.db")


_INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE schemaname = current_schema()",
}


def _plain(statement: str) -> str:
    """An index as text, without what differs in writing only."""
    for unwanted in ('"', "USING btree ", "public.", " NULLS FIRST"):
        statement = statement.replace(unwanted, "")
    statement = statement.replace(" ,", ",")
    head, found, condition = " ".join(statement.split()).partition(" WHERE ")
    return (head + found + condition.strip("()")).lower()


def described(url: str) -> dict[str, Any]:
    """What an engine tells of its tables, types by family."""
    engine = create_engine(url)
    try:
        inspector = inspect(engine)
        names = [name for name in inspector.get_table_names() if not name.startswith(("item_", "spatial_ref_sys"))]
        return {
            name: {
                "columns": {
                    column["name"]: (_family(column["type"]), bool(column["nullable"]))
                    for column in inspector.get_columns(name)
                },
                "key": inspector.get_pk_constraint(name)["constrained_columns"],
                "foreign": [
                    (key["constrained_columns"], key["referred_table"], _on_delete(engine, name, key))
                    for key in inspector.get_foreign_keys(name)
                ],
                "unique": [one["column_names"] for one in inspector.get_unique_constraints(name)],
                "indexes": {
                    str(one["name"]): bool(one["unique"])
                    for one in inspector.get_indexes(name)
                    if not one.get("duplicates_constraint")
                },
            }
            for name in names
        }
    finally:
        engine.dispose()


def _on_delete(engine: Engine, table: str, key: Any) -> str | None:
    if engine.dialect.name != "sqlite":
        return str(key["options"].get("ondelete"))
    with engine.connect() as conn:  # inspection tells it only of keys that are written in one of two ways
        return str(conn.execute(text(f"PRAGMA foreign_key_list({table})")).one().on_delete)


def expected(url: str) -> dict[str, Any]:
    """The same of `schema.py`, with the indexes that only PostgreSQL has."""
    server = not url.startswith("sqlite")
    dialect: Any = postgresql.dialect() if server else sqlite.dialect()
    own = {"item": {"item_geometry": False, "item_words": False, "item_interval": False}} if server else {}
    return {
        table.name: {
            "columns": {
                column.name: (_family(column.type.dialect_impl(dialect)), bool(column.nullable))
                for column in table.columns
            },
            "key": [column.name for column in table.primary_key.columns],
            "foreign": [([key.parent.name], key.column.table.name, key.ondelete) for key in table.foreign_keys],
            "unique": [[column.name] for column in table.columns if _is_unique(column)],
            "indexes": {str(one.name): bool(one.unique) for one in table.indexes} | own.get(table.name, {}),
        }
        for table in tables.sorted_tables
    }


def _is_unique(column: Column[Any]) -> bool:
    return bool(column.unique)


def _family(kind: Any) -> str:
    name = str(getattr(kind, "get_col_spec", lambda: kind)() if type(kind).__module__.startswith("stac_ext") else kind)
    for family, words in {
        "number": ("INT", "SERIAL"),
        "float": ("FLOAT", "DOUBLE"),
        "bytes": ("BLOB", "BYTEA", "BINARY"),
        "text": ("TEXT", "VARCHAR"),
        "words": ("TSVECTOR",),
        "geometry": ("GEOMETRY", "NULL"),  # of a type that SQLAlchemy does not know
    }.items():
        if any(word in name.upper() for word in words):
            return family
    return name
