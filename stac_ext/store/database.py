"""How the store is opened: one SQLite file with one writer that never blocks readers, checked before it is trusted."""

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.pool import QueuePool

from stac_ext.store.schema import SCHEMA_VERSION, meta, tables

APPLICATION_ID = 0x53484742  # "SHGB": marks the file as ours, in SQLite's header
BUSY_SECONDS = 5
_READERS = 8


class StoreError(Exception):
    """The store cannot be used; the message says why and what to do next."""


class Database:
    """The embedded engine. Every method blocks: call it from a worker thread.

    Reads go through connections that cannot write; writes go one at a time, each in one transaction.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write_lock = threading.Lock()
        self._writer = _engine(path, readers=False)
        self._reader = _engine(path, readers=True)

    @classmethod
    def open(cls, url: str) -> "Database":
        """Open the store at `url` (`sqlite:///path`), creating it where there is none.

        Raises StoreError for a foreign, locked, newer or unreachable file.
        """
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise StoreError("SHARINGHUB_DATABASE_URL is not a database URL: use sqlite:///path/to/file") from error
        if parsed.get_backend_name() != "sqlite" or not parsed.database:
            raise StoreError(f"{parsed.get_backend_name()!r} is not supported: use sqlite:///path/to/sharinghub.db")
        path = Path(parsed.database)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot create the folder {path.parent}: {error.strerror}") from error
        _refuse_foreign(path)
        database = cls(path)
        try:
            database._prepare()
        except DatabaseError as error:
            raise _explained(path, error) from error
        return database

    def _prepare(self) -> None:
        with self.write() as conn:
            found = conn.exec_driver_sql("PRAGMA application_id").scalar()
            if found == 0:
                tables.create_all(conn)
                conn.exec_driver_sql("CREATE VIRTUAL TABLE item_box USING rtree(id, west, east, south, north)")
                rows = {"version": str(SCHEMA_VERSION), "seq": "1", "secret": secrets.token_hex(32)}
                conn.execute(insert(meta), [{"key": key, "value": value} for key, value in rows.items()])
                conn.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            version = conn.execute(select(meta.c.value).where(meta.c.key == "version")).scalar_one_or_none()
        if version != str(SCHEMA_VERSION):
            raise StoreError(
                f"{self.path} has schema version {version}, this program knows {SCHEMA_VERSION}: "
                "use the program that wrote it, or give another file and let it be indexed anew"
            )

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection inside one read transaction: a stable snapshot that no writer disturbs."""
        with self._reader.connect() as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection inside the one write transaction: committed at the end, rolled back on any error."""
        with self._write_lock, self._writer.begin() as conn:
            yield conn

    def seq(self) -> int:
        """The present value of the change counter: what is written later has a higher one."""
        with self.read() as conn:
            return int(conn.execute(select(meta.c.value).where(meta.c.key == "seq")).scalar_one())

    def secret(self) -> bytes:
        """A random key that lives as long as the store, for installations that configure none."""
        with self.read() as conn:
            return bytes.fromhex(conn.execute(select(meta.c.value).where(meta.c.key == "secret")).scalar_one())

    def get_note(self, key: str) -> str | None:
        """A small fact about the whole index, kept over restarts."""
        with self.read() as conn:
            return conn.execute(select(meta.c.value).where(meta.c.key == f"note:{key}")).scalar_one_or_none()

    def set_note(self, key: str, value: str) -> None:
        with self.write() as conn:
            statement = text("INSERT INTO meta VALUES (:k, :v) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
            conn.execute(statement, {"k": f"note:{key}", "v": value})

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()


def next_seq(conn: Connection) -> int:
    """Raise the change counter inside a write transaction and return the new value."""
    value = int(conn.execute(select(meta.c.value).where(meta.c.key == "seq")).scalar_one()) + 1
    conn.execute(update(meta).where(meta.c.key == "seq").values(value=str(value)))
    return value


def _engine(path: Path, *, readers: bool) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=_READERS if readers else 1,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        if readers:
            connection.execute("PRAGMA query_only = ON")
            connection.create_function("st_intersects", 2, _intersects, deterministic=True)
        else:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode.lower() != "wal":
                raise StoreError(f"{path} is on a file system without WAL support: put it on a local disk")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN" if readers else "BEGIN IMMEDIATE")

    return engine


@lru_cache(maxsize=64)
def _prepared(wkb: bytes) -> Any:
    geometry = shapely.from_wkb(wkb)
    shapely.prepare(geometry)
    return geometry


def _intersects(geometry: bytes | None, area: bytes) -> bool:
    return geometry is not None and bool(shapely.intersects(_prepared(area), shapely.from_wkb(geometry)))


def _refuse_foreign(path: Path) -> None:
    """A file that is not ours is never opened for writing: not even its journal mode is touched."""
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return
    if not path.is_file():
        raise StoreError(f"{path} is not a file: SHARINGHUB_DATABASE_URL must name a SQLite file")
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        try:
            found = connection.execute("PRAGMA application_id").fetchone()[0]
            empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise _explained(path, error) from error
    if found != APPLICATION_ID and not (found == 0 and empty):
        raise StoreError(f"{path} is a database of another program: give SHARINGHUB_DATABASE_URL a file of its own")


def _explained(path: Path, error: Exception) -> StoreError:
    reason = str(error.orig) if isinstance(error, DatabaseError) else str(error)
    if "locked" in reason or "busy" in reason:
        return StoreError(f"{path} is locked by another program: stop it, or give another file")
    if "not a database" in reason or "malformed" in reason:
        return StoreError(f"{path} is not a SQLite database: give SHARINGHUB_DATABASE_URL another file")
    if "readonly" in reason or "unable to open" in reason or isinstance(error, OperationalError):
        return StoreError(f"cannot open {path}: {reason}: check that this user may write there")
    return StoreError(f"cannot use {path}: {reason}")
