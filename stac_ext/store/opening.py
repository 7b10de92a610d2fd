"""Which engine a database URL names, and that its tables are those that this program knows."""

from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from stac_ext.store.database import Database, StoreError, StoreOptions
from stac_ext.store.migrations import migrate, require_current
from stac_ext.store.postgres import PostgresDatabase
from stac_ext.store.sqlite import SqliteDatabase

_EXAMPLES = "use sqlite:///path/to/sharinghub.db or postgresql+psycopg://user@host/database"
DEFAULTS = StoreOptions()


def connect(url: str, options: StoreOptions = DEFAULTS) -> Database:
    """The store at `url`, its tables not looked at yet. Raises StoreError."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(f"SHARINGHUB_DATABASE_URL is not a database URL: {_EXAMPLES}") from error
    match parsed.drivername, parsed.database:
        case (("sqlite" | "sqlite+pysqlite"), str() as path) if path and path != ":memory:":
            return SqliteDatabase(Path(path), options)
        case (("postgresql" | "postgresql+psycopg"), str() as name) if name:
            return PostgresDatabase(parsed.set(drivername="postgresql+psycopg"), options)
        case other, _:
            raise StoreError(f"SHARINGHUB_DATABASE_URL: {other!r} without a database, or unknown: {_EXAMPLES}")


def open_store(url: str, options: StoreOptions = DEFAULTS, *, migrating: bool = True) -> Database:
    """The store at `url`, ready for use: made or migrated, or refused where `migrating` is false. Raises StoreError."""
    database = connect(url, options)
    try:
        if migrating:
            migrate(database)
        else:
            require_current(database)
    except BaseException:
        database.close()
        raise
    return database
