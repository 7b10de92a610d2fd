"""The engine for more than one machine: PostgreSQL with PostGIS, checked before it is trusted.

Writes take one lock of the database, so that they go one at a time as with the embedded engine; reads are snapshots
that wait for nobody.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from stac_ext.store.database import Database, StoreError, StoreOptions, StoreTimeout, StoreUnavailable, retried
from stac_ext.store.exclusive import AdvisoryLocks

WRITER_LOCK: Final = 0x53484742  # "SHGB"
OLDEST: Final = 15
_WRITERS: Final = 2
_WRITE_SECONDS: Final = 60
# SQLSTATE classes and codes that pass by themselves; 25006: the server is being replaced by its copy.
# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
_PASSING: Final = ("08", "25006", "40", "53", "55P03", "57P")
_CANCELLED: Final = "57014"
_DENIED: Final = ("28", "3D000", "42501")
# What a server says to a connection that it refuses for good; the driver tells no SQLSTATE for it.
_REFUSED: Final = ("authentication failed", "no password", "does not exist", "pg_hba.conf", "not permitted to log in")


class PostgresDatabase(Database):
    """A store in one database of a PostgreSQL server."""

    def __init__(self, url: URL, options: StoreOptions, *, making: bool = True) -> None:
        """Connect; make the extension PostGIS where it is not and `making` says so, else change nothing.

        Raises StoreError for a server that cannot be used, StoreUnavailable for one that does not answer.
        """
        self.name = _shown(url)
        self._reader = _engine(url, options.pool_size, options.timeout, options.patience, readers=True)
        self._writer = _engine(url, _WRITERS, _WRITE_SECONDS, options.patience)
        self._locker = _engine(url, 1, options.timeout, options.patience)
        self._locks = AdvisoryLocks(self._locker)
        try:
            with self.read() as conn:
                _require_server(conn, self.name)
                complete = _has_postgis(conn, self.name)
            if making and not complete:
                with self.write() as conn:
                    _make_postgis(conn, self.name)
        except DBAPIError as error:
            self.close()
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

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        with _translated(self.name), self._locks.alone(name) as taken:
            yield taken

    @retried
    def size(self) -> int:
        with self.read() as conn:
            return int(conn.execute(text("SELECT pg_database_size(current_database())")).scalar_one())

    def close(self) -> None:
        self._locks.close()
        self._locker.dispose()
        self._reader.dispose()
        self._writer.dispose()


def _shown(url: URL) -> str:
    """Where the database is, for messages: without user, password and options, which may hold secrets, too."""
    host = url.host or url.query.get("host") or "localhost"
    place = host if isinstance(host, str) else ",".join(host)
    return f"postgresql://{place}{f':{url.port}' if url.port else ''}/{url.database}"


def _engine(url: URL, pool_size: int, timeout: float, patience: float, *, readers: bool = False) -> Engine:
    # A server whose machine is gone says nothing: half a minute of silence ends a connection.
    network = {"connect_timeout": max(2, math.ceil(patience)), "keepalives_idle": 10, "keepalives_interval": 5}
    wanted: dict[str, Any] = {"application_name": "sharinghub", **network, "keepalives_count": 4}
    try:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=patience,
            pool_pre_ping=True,
            pool_recycle=1800,
            hide_parameters=True,  # errors are logged, and rows hold what not everybody may read
            connect_args={
                **{name: value for name, value in wanted.items() if name not in url.query},
                "client_encoding": "utf8",
            },
            isolation_level="REPEATABLE READ" if readers else "READ COMMITTED",
        )
    except ModuleNotFoundError as error:
        raise StoreError("PostgreSQL needs its driver: pip install 'sharinghub[postgres]'") from error

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        # Custom plans: a generic one would not know how many rows a viewer's conditions leave.
        wanted = {
            "statement_timeout": f"{max(1, int(timeout * 1000))}ms",
            "lock_timeout": f"{max(1, int((timeout if readers else patience) * 1000))}ms",
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


def _require_server(conn: Connection, name: str) -> None:
    """What the queries rely on must be there: say so at start, not at the first search."""
    version = int(conn.execute(text("SELECT current_setting('server_version_num')")).scalar_one())
    if version < OLDEST * 10_000:
        raise StoreError(f"{name} is PostgreSQL {version // 10_000}: {OLDEST} or newer is needed")
    encoding = conn.execute(text("SELECT current_setting('server_encoding')")).scalar_one()
    if encoding != "UTF8":
        raise StoreError(f"{name} has the encoding {encoding}: create the database with ENCODING 'UTF8'")
    if conn.execute(text("SELECT pg_is_in_recovery()")).scalar_one():
        raise StoreError(f"{name} is a copy that cannot be written: name the primary server")


def _has_postgis(conn: Connection, name: str) -> bool:
    """Whether PostGIS is in the database. Raises StoreError where it cannot be, or where its types are not found."""
    installed = text(
        "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'postgis'"
    )
    schema = conn.execute(installed).scalar_one_or_none()
    if schema is None:
        offered = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'")
        if not conn.execute(offered).scalar_one():
            raise StoreError(f"{name} has no PostGIS: install it on the server (Debian: postgresql-*-postgis-3)")
        return False
    if conn.execute(text("SELECT to_regtype('geometry')")).scalar_one() is None:
        raise StoreError(f"{name} has PostGIS in the schema {schema}: put that schema on the role's search_path")
    return True


def _make_postgis(conn: Connection, name: str) -> None:
    try:
        with conn.begin_nested():
            conn.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
    except DBAPIError as error:
        raise StoreError(
            f"{name} has no PostGIS ({_reason(error)}): say, as the server's administrator in this database, "
            "CREATE EXTENSION postgis"
        ) from error


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Say which errors of the server pass by themselves; what is wrong with a statement stays as it is."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable(f"{name}: all connections are in use") from error
    except DBAPIError as error:
        state, reason = getattr(error.orig, "sqlstate", None), _reason(error)
        if state == _CANCELLED:
            raise StoreTimeout(f"{name}: a statement took too long (SHARINGHUB_DATABASE_TIMEOUT)") from error
        lost = state is None and isinstance(error, OperationalError | InterfaceError)
        if (state or "").startswith(_DENIED) or (lost and any(words in reason for words in _REFUSED)):
            raise StoreError(
                f"{name} refuses: {reason}: check user, password, database and rights (SHARINGHUB_DATABASE_URL)"
            ) from error
        if lost or error.connection_invalidated or (state or "").startswith(_PASSING):
            raise StoreUnavailable(f"{name} does not answer: {reason}") from error
        raise


def _reason(error: DBAPIError) -> str:
    """The first line of what the server said; psycopg tells no password."""
    return (str(error.orig).strip().splitlines() or ["no reason is given"])[0]
