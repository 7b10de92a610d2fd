"""The engine for more than one machine: PostgreSQL with PostGIS, checked before it is trusted.

Writes take one lock of the database, so that they go one at a time as with the embedded engine; reads are snapshots
that wait for nobody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from stac_ext.store.database import Database, StoreError, StoreOptions, StoreTimeout, StoreUnavailable

WRITER_LOCK: Final = 0x53484742  # "SHGB"
OLDEST: Final = 15
_WRITERS: Final = 2
_WRITE_SECONDS: Final = 60
_CONNECT_SECONDS: Final = 10
# SQLSTATE classes and codes that pass by themselves.
# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
_PASSING: Final = ("08", "40", "53", "55P03", "57P")
_CANCELLED: Final = "57014"
_DENIED: Final = ("28", "3D000", "42501")


class PostgresDatabase(Database):
    """A store in one database of a PostgreSQL server."""

    def __init__(self, url: URL, options: StoreOptions) -> None:
        """Connect. Raises StoreError for a server that is too old or lacks PostGIS, StoreUnavailable for none."""
        self.name = url.render_as_string(hide_password=True)
        self._reader = _engine(url, options.pool_size, options.timeout, readers=True)
        self._writer = _engine(url, _WRITERS, _WRITE_SECONDS)
        try:
            with self.write() as conn:
                _require_features(conn, self.name)
        except DBAPIError as error:
            raise StoreError(f"{self.name} cannot be used: {_reason(error)}") from error
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with _translated(self.name), self._reader.connect() as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with _translated(self.name), self._writer.begin() as conn:
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER_LOCK})
            yield conn

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()


def _engine(url: URL, pool_size: int, timeout: float, *, readers: bool = False) -> Engine:
    try:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_CONNECT_SECONDS,
            pool_pre_ping=True,
            pool_recycle=1800,
            connect_args={"connect_timeout": _CONNECT_SECONDS, "application_name": "sharinghub"},
            isolation_level="REPEATABLE READ" if readers else "READ COMMITTED",
        )
    except ModuleNotFoundError as error:
        raise StoreError("PostgreSQL needs its driver: pip install 'sharinghub[postgres]'") from error

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        # Custom plans: a generic one would not know how many rows a viewer's conditions leave.
        wanted = {
            "statement_timeout": f"{int(timeout * 1000)}ms",
            "lock_timeout": f"{int(timeout * 1000)}ms",
            "idle_in_transaction_session_timeout": f"{_WRITE_SECONDS}s",
            "default_transaction_read_only": "on" if readers else "off",
            "plan_cache_mode": "force_custom_plan",
            "jit": "off",
            "timezone": "UTC",
        }
        before, connection.autocommit = connection.autocommit, True
        with connection.cursor() as cursor:
            for name, value in wanted.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.autocommit = before

    return engine


def _require_features(conn: Connection, name: str) -> None:
    """What the queries rely on must be there: say so at start, not at the first search."""
    version = int(conn.execute(text("SELECT current_setting('server_version_num')")).scalar_one())
    if version < OLDEST * 10_000:
        raise StoreError(f"{name} is PostgreSQL {version // 10_000}: {OLDEST} or newer is needed")
    encoding = conn.execute(text("SELECT current_setting('server_encoding')")).scalar_one()
    if encoding != "UTF8":
        raise StoreError(f"{name} has the encoding {encoding}: create the database with ENCODING 'UTF8'")
    has = text("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'")
    if not conn.execute(has).scalar_one():
        try:
            with conn.begin_nested():
                conn.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
        except DBAPIError as error:
            raise StoreError(
                f"{name} has no PostGIS ({_reason(error)}): install it on the server and say, as its administrator in "
                "this database, CREATE EXTENSION postgis"
            ) from error


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Say which errors of the server pass by themselves; what is wrong with a statement stays as it is."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable(f"{name}: all connections are in use") from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == _CANCELLED:
            raise StoreTimeout(f"{name}: a statement took too long (SHARINGHUB_DATABASE_TIMEOUT)") from error
        if state is not None and state.startswith(_DENIED):
            raise StoreError(f"{name} refuses: {_reason(error)}") from error
        if error.connection_invalidated or state is None or state.startswith(_PASSING):
            raise StoreUnavailable(f"{name} does not answer: {_reason(error)}") from error
        raise


def _reason(error: DBAPIError) -> str:
    """The first line of what the server said; psycopg tells no password."""
    return (str(error.orig).strip().splitlines() or ["no reason is given"])[0]
