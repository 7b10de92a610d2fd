"""A real PostgreSQL with PostGIS for tests: the one that is given, or one that is started from what is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

GIVEN = "SHARINGHUB_TEST_POSTGRES_URL"  # of a database whose user may create databases
_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_numbers = count(1)


class PostgresServer:
    """A server, and databases on it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create(self, template: str | None = None) -> str:
        """The URL of a new database, a copy of `template` where one is named."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        copied = f' TEMPLATE "{template}"' if template else " TEMPLATE template0 ENCODING 'UTF8'"
        self.run(f'CREATE DATABASE "{name}"{copied}')
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        with psycopg.connect(psycopg_url(self.url), autocommit=True) as connection:
            connection.execute(statement.encode())


def psycopg_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server for the time of the tests; skips with the reason where there is none."""
    if given := os.environ.get(GIVEN):
        yield PostgresServer(given)
        return
    folder = next((one for one in _FOLDERS if (one / "initdb").exists()), None)
    if folder is None:
        found = shutil.which("initdb")
        folder = Path(found).parent if found else None
    if folder is None:
        pytest.skip(f"needs PostgreSQL: install postgresql and postgresql-*-postgis-3, or set {GIVEN}")
    if int(folder.parent.name) < 15 if folder.parent.name.isdigit() else False:
        pytest.skip("needs PostgreSQL 15 or newer")
    data = Path(tempfile.mkdtemp(prefix="sharinghub-pg-", dir="/tmp"))
    as_user: list[str] = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        try:
            account = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        os.chown(data, account.pw_uid, account.pw_gid)
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    options = f"-c listen_addresses='' -c unix_socket_directories={data} -c fsync=off -c max_connections=100"
    pg_ctl = [*as_user, str(folder / "pg_ctl"), "-D", str(data / "db"), "-w", "-t", "60", "-l", str(data / "log")]
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": data}
    try:
        initdb = [str(folder / "initdb"), "-D", str(data / "db"), "-U", "tests", "--auth=trust", "-E", "UTF8"]
        subprocess.run([*as_user, *initdb, "--locale=C.UTF-8", "--no-sync"], **quiet)
        subprocess.run([*pg_ctl, "-o", options, "start"], **quiet)
        try:
            server = PostgresServer(f"postgresql+psycopg://tests@/postgres?host={data}")
            _require_postgis(server)
            yield server
        finally:
            subprocess.run([*pg_ctl, "-m", "immediate", "stop"], **quiet)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _require_postgis(server: PostgresServer) -> None:
    with psycopg.connect(psycopg_url(server.url)) as connection:
        row = connection.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'").fetchone()
    if not row or not row[0]:
        pytest.skip("needs PostGIS: install postgresql-*-postgis-3")
