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

    def create(self, template: str | None = None, how: str = "ENCODING 'UTF8'") -> str:
        """The URL of a new database, a copy of `template` where one is named; else made as `how` says."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        copied = f' TEMPLATE "{template}"' if template else f" TEMPLATE template0 {how}"
        self.run(f'CREATE DATABASE "{name}"{copied}')
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def run(self, statement: str, url: str | None = None) -> None:
        """Run one statement as administrator, in the database at `url` or in the server's own."""
        with psycopg.connect(psycopg_url(url or self.url), autocommit=True) as connection:
            connection.execute(statement.encode())


def psycopg_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class OwnServer(PostgresServer):
    """A server that was started for the tests, and may be stopped and started again."""

    def __init__(self, url: str, pg_ctl: list[str], folder: Path, options: str) -> None:
        super().__init__(url)
        self._pg_ctl, self._folder, self._options = pg_ctl, folder, options

    def start(self) -> None:
        self._run("-o", self._options, "start")

    def stop(self) -> None:
        """End at once every connection and every transaction."""
        self._run("-m", "fast", "stop")

    def _run(self, *arguments: str) -> None:
        subprocess.run([*self._pg_ctl, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=self._folder)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server for the time of the tests; skips with the reason where there is none."""
    if given := os.environ.get(GIVEN):
        yield PostgresServer(given)
        return
    with own_server() as server:
        yield server


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """A server of the tests' own, with the users `tests` and, by the password `right-password`, `guarded`."""
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
    try:
        initdb = [str(folder / "initdb"), "-D", str(data / "db"), "-U", "tests", "--auth=trust", "-E", "UTF8"]
        subprocess.run(
            [*as_user, *initdb, "--locale=C.UTF-8", "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd=data
        )
        rules = data / "db" / "pg_hba.conf"
        rules.write_text(f"local all guarded scram-sha-256\n{rules.read_text()}")
        server = OwnServer(f"postgresql+psycopg://tests@/postgres?host={data}", pg_ctl, data, options)
        server.start()
        try:
            _require_postgis(server)
            server.run("CREATE ROLE guarded LOGIN PASSWORD 'right-password'")
            yield server
        finally:
            subprocess.run([*pg_ctl, "-m", "immediate", "stop"], check=False, stdout=subprocess.DEVNULL, cwd=data)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _require_postgis(server: PostgresServer) -> None:
    with psycopg.connect(psycopg_url(server.url)) as connection:
        row = connection.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'").fetchone()
    if not row or not row[0]:
        pytest.skip("needs PostGIS: install postgresql-*-postgis-3")
