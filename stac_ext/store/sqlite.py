"""The embedded engine: one SQLite file with one writer that never blocks readers, checked before it is trusted."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from stac_ext.store.database import (
    Database,
    StoreError,
    StoreMissing,
    StoreOptions,
    StoreTimeout,
    StoreUnavailable,
    retried,
)
from stac_ext.store.exclusive import FileLocks
from stac_ext.store.filesystem import network_filesystem
from stac_ext.store.sqlite_functions import add_functions

APPLICATION_ID: Final = 0x53484742  # "SHGB": marks the file as ours, in SQLite's header
_OLDEST: Final = (3, 35)  # RETURNING and UPSERT as they are used
_STEPS_BETWEEN_LOOKS: Final = 20_000  # virtual machine steps between two looks at the clock, well under 10 ms


class SqliteDatabase(Database):
    """A store in one file."""

    def __init__(self, path: Path, options: StoreOptions, *, making: bool = True) -> None:
        """Open the file; make it where there is none and `making` says so, else change nothing.

        Raises StoreError for a foreign, locked or unreachable file, StoreMissing where there is none.
        """
        self.path, self.name = path, str(path)
        self._locks = FileLocks(path.with_name(f"{path.name}-locks"))
        self._file: tuple[int, int] | None = None  # known once the file is there
        self._timeout = options.timeout
        self._write_lock = threading.Lock()
        _require_features()
        if making:
            _make_folder(path)
        _refuse_network(path)
        if not _holds_store(path, options.patience) and not making:
            raise StoreMissing(f"there is no store at {path} yet: run `sharinghub migrate`")
        self._writer = _engine(path, 1, options.patience)
        self._reader = _engine(path, options.pool_size, options.patience, readers=True)
        if making:
            try:
                self._mark()
            except BaseException as error:
                self.close()
                if isinstance(error, DatabaseError):
                    raise _explained(path, error) from error
                raise
        self._file = _file_id(path)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._require_file()
        with _translated(self.name), self._reader.connect() as conn:
            deadline = time.monotonic() + self._timeout
            driver: Any = conn.connection.dbapi_connection
            driver.set_progress_handler(lambda: int(time.monotonic() > deadline), _STEPS_BETWEEN_LOOKS)
            try:
                yield conn
            finally:  # what gives the connection back takes no time and must not fail for a read that did
                driver.set_progress_handler(None, 0)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self._require_file()
        with self._write_lock, _translated(self.name), self._writer.begin() as conn:
            yield conn

    def _require_file(self) -> None:
        """Refuse what would be lost: open connections go on with a removed file, new ones would make another."""
        if self._file is not None and _file_id(self.path) != self._file:
            raise StoreUnavailable(f"{self.path} was removed or replaced under the running program: start it again")

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        with self._locks.alone(name) as taken:
            yield taken

    @retried
    def _mark(self) -> None:
        with self.write() as conn:
            conn.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")

    def size(self) -> int:
        self._require_file()
        log = self.path.with_name(f"{self.path.name}-wal")
        return self.path.stat().st_size + (log.stat().st_size if log.exists() else 0)

    def close(self) -> None:
        self._locks.close()
        self._reader.dispose()
        self._writer.dispose()


def _engine(path: Path, pool_size: int, patience: float, *, readers: bool = False) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        hide_parameters=True,  # errors are logged, and rows hold what not everybody may read
        connect_args={"check_same_thread": False, "timeout": patience},
    )

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        if readers:
            connection.execute("PRAGMA query_only = ON")
            add_functions(connection)
        else:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode.lower() != "wal":
                raise StoreError(f"{path} is on a file system without WAL support: put it on a local disk")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN" if readers else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Say which errors of the driver pass by themselves; what is wrong with a statement stays as it is."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable(f"{name}: all connections are in use") from error
    except DBAPIError as error:
        reason = str(error.orig)
        if reason == "interrupted":
            raise StoreTimeout(f"{name}: a read took too long (SHARINGHUB_DATABASE_TIMEOUT)") from error
        if "locked" in reason or "busy" in reason:
            raise StoreUnavailable(f"{name} is locked by another program: stop it, or give another file") from error
        if "full" in reason or "disk I/O" in reason:
            raise StoreUnavailable(f"{name} cannot be written: {reason}: free some space on its disk") from error
        raise


def _require_features() -> None:
    """What the queries rely on must be in this build of SQLite: say so at start, not at the first search."""
    if sqlite3.sqlite_version_info < _OLDEST:
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed")
    memory = sqlite3.connect(":memory:")
    try:
        for feature, statement in (
            ("R*Tree", "CREATE VIRTUAL TABLE a USING rtree(id, x0, x1)"),
            ("FTS5", "CREATE VIRTUAL TABLE b USING fts5(words)"),
        ):
            try:
                memory.execute(statement)
            except sqlite3.OperationalError as error:
                raise StoreError(f"this Python's SQLite lacks {feature}: use a Python built with it") from error
    finally:
        memory.close()


def _file_id(path: Path) -> tuple[int, int] | None:
    """Which file this is, whatever its name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot create the folder {path.parent}: {error.strerror}") from error


def _refuse_network(path: Path) -> None:
    if kind := network_filesystem(path.resolve().parent):
        raise StoreError(
            f"{path} is on a network file system ({kind}), where SQLite loses data: put it on a local disk, "
            "or use PostgreSQL (SHARINGHUB_DATABASE_URL=postgresql+psycopg://…)"
        )


def _holds_store(path: Path, patience: float) -> bool:
    """Whether there is a file of ours. One that is not ours is never opened for writing: not even its journal mode is
    touched.
    """
    try:
        if not path.exists() or (path.is_file() and path.stat().st_size == 0):
            return False
    except OSError as error:
        raise StoreError(f"cannot look at {path}: {error.strerror}") from error
    if not path.is_file():
        raise StoreError(f"{path} is not a file: SHARINGHUB_DATABASE_URL must name a SQLite file")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=patience)
        try:
            found = connection.execute("PRAGMA application_id").fetchone()[0]
            empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise _explained(path, error) from error
    if found != APPLICATION_ID and not (found == 0 and empty):
        raise StoreError(f"{path} is a database of another program: give SHARINGHUB_DATABASE_URL a file of its own")
    return bool(found == APPLICATION_ID)


def _explained(path: Path, error: Exception) -> StoreError:
    reason = str(error.orig) if isinstance(error, DatabaseError) else str(error)
    if "locked" in reason or "busy" in reason:
        return StoreUnavailable(f"{path} is locked by another program: stop it, or give another file")
    if "not a database" in reason or "malformed" in reason:
        return StoreError(f"{path} is not a SQLite database: give SHARINGHUB_DATABASE_URL another file")
    if isinstance(error, sqlite3.OperationalError | DatabaseError):
        return StoreError(f"cannot open {path}: {reason}: check that this user may write there")
    return StoreError(f"cannot use {path}: {reason}")
