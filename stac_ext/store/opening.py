"""Which engine a database URL names, and that its tables are those that this program knows."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from stac_ext.store.database import Database, StoreError, StoreMissing, StoreOptions
from stac_ext.store.migrations import STEPS, Step, migrate, pending, require_current
from stac_ext.store.postgres import PostgresDatabase
from stac_ext.store.sqlite import SqliteDatabase

_EXAMPLES: Final = "use sqlite:///path/to/sharinghub.db or postgresql+psycopg://user@host/database"
DEFAULTS: Final = StoreOptions()


def connect(url: str, options: StoreOptions = DEFAULTS, *, making: bool = True) -> Database:
    """The store at `url`, its tables not looked at yet; nothing is changed where `making` is false. Raises StoreError,
    StoreMissing for a file that is not there and not to be made.
    """
    parsed = _parsed(url)
    match parsed.drivername, parsed.database:
        case (("sqlite" | "sqlite+pysqlite"), str() as path) if path and path != ":memory:":
            return SqliteDatabase(Path(path), options, making=making)
        case (("postgresql" | "postgresql+psycopg"), str() as name) if name:
            return PostgresDatabase(parsed.set(drivername="postgresql+psycopg"), options, making=making)
        case other, _:
            raise StoreError(f"SHARINGHUB_DATABASE_URL: {other!r} without a database, or unknown: {_EXAMPLES}")


def open_store(
    url: str,
    options: StoreOptions = DEFAULTS,
    *,
    migrating: bool = True,
    told: Callable[[Step], None] = lambda step: None,
) -> Database:
    """The store at `url`, ready for use: made or migrated, or refused where `migrating` is false. Raises StoreError.

    `told` hears of each step before it is applied.
    """
    database = connect(url, options, making=migrating)
    try:
        if migrating:
            migrate(database, told)
        else:
            require_current(database)
    except BaseException:
        database.close()
        raise
    return database


def pending_at(url: str, options: StoreOptions = DEFAULTS) -> tuple[Step, ...]:
    """The steps that the store at `url` still needs; changes nothing. Raises StoreError."""
    try:
        database = connect(url, options, making=False)
    except StoreMissing:
        return STEPS
    try:
        return pending(database)
    finally:
        database.close()


def _parsed(url: str) -> URL:
    """The parts of a URL. What is wrong with it is told without any of it: it may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"SHARINGHUB_DATABASE_URL is not a database URL: {_EXAMPLES}") from None
    if parsed.get_backend_name() != "sqlite" and "@" in f"{parsed.host}{parsed.database}":
        raise StoreError("SHARINGHUB_DATABASE_URL: write an @ in the password as %40, and / : ? # as %2F %3A %3F %23")
    return parsed
