"""Decides where the tests look for secrets that are kept: in settings, to know them, and in every store of a hub."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from sharinghub_ext.config import Settings
from sharinghub_ext.hub import Hub
from stac_ext.store.database import Database, StoreError
from stac_ext.store.schema import tables
from stac_ext.store.sqlite import SqliteDatabase
from tests.support.leaks import LEAKS

_ROWS = 2000


def settings(self: Settings, original: Any, context: Any, /) -> None:
    for name in type(self).model_fields:
        if isinstance(value := getattr(self, name), SecretStr):
            LEAKS.keep(value.get_secret_value(), f"setting {name}")
    keep_password(self.database_url)
    original(self, context)


def keep_password(url: str) -> None:
    try:
        LEAKS.keep(make_url(url).password, "password of the store")
    except (SQLAlchemyError, ValueError):
        return


def own_key(self: Database, original: Any) -> bytes:
    """The key that a store makes for itself lives in it, by design: it is looked for everywhere else."""
    key: bytes = original(self)
    LEAKS.keep(key.hex(), "the store's own key", "database")
    return key


async def closed(self: Hub, original: Any) -> None:
    if not isinstance(self.database, SqliteDatabase):
        _look_into_tables(self.database)
    await original(self)
    if isinstance(self.database, SqliteDatabase):
        look_into_file(self.database.path)


def look_into_file(path: Path) -> None:
    """Pages of deleted rows, too, and what a killed program has left in its log."""
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            LEAKS.hear("database", str(file), file.read_bytes())
        except OSError:
            continue


def _look_into_tables(database: Database) -> None:
    try:
        with database.read() as conn:
            for table in tables.sorted_tables:
                rows = conn.execute(text(f'SELECT t::text FROM "{table.name}" t LIMIT {_ROWS}')).scalars()
                LEAKS.hear("database", f"table {table.name} of {database.name}", "\n".join(rows))
    except (StoreError, SQLAlchemyError):  # a test has stopped it
        return
