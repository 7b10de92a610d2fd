"""Proves that a store is opened only where everything it relies on is there, and that each refusal says what to do."""

import itertools
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from stac_ext.model import ANONYMOUS
from stac_ext.query import parse_search
from stac_ext.store.database import Database, StoreError, StoreMissing, StoreOptions, StoreTimeout, StoreUnavailable
from stac_ext.store.filesystem import filesystem_type, network_filesystem
from stac_ext.store.migrations import CURRENT, version_of
from stac_ext.store.opening import connect, open_store, pending_at
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.rows import put, stac_item
from tests.support.postgres import GIVEN, OwnServer, PostgresServer, psycopg_url

HASTY = StoreOptions(patience=0.1)
SECRET = "pass-word-of-the-tests"


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[str]:
    """An empty database, without PostGIS."""
    url = postgres.create()
    yield url
    postgres.drop(url)


def test_the_store_survives_being_closed_and_opened(store_url: str) -> None:
    first = open_store(store_url)
    put(CatalogueWriter(first), 1)
    secret = first.secret()
    first.close()
    second = open_store(store_url, migrating=False)
    assert len(CatalogueReader(second).search(ANONYMOUS, parse_search()).docs) == 1
    assert second.secret() == secret
    second.close()


def test_errors_show_no_row(database: Database) -> None:
    """Errors are logged, and rows hold the cards of private projects."""
    one = stac_item("1", properties={"title": "private title"})
    with pytest.raises(Exception, match=r"item") as failure:
        put(CatalogueWriter(database), 1, one, one)
    assert "private title" not in str(failure.value)


def test_a_slow_store_is_not_called_another_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that was ended while it looked at the table `meta` said that the table is not ours."""
    url = f"sqlite:///{tmp_path}/hub.db"
    open_store(url).close()
    monkeypatch.setattr("stac_ext.store.sqlite._STEPS_BETWEEN_LOOKS", 1)
    monkeypatch.setattr("stac_ext.store.sqlite.time", SimpleNamespace(monotonic=itertools.count().__next__))
    ended = 0
    for looks in range(400):
        database = connect(url, StoreOptions(timeout=looks))
        try:
            assert version_of(database) == CURRENT
        except StoreTimeout:
            ended += 1
        finally:
            database.close()
    assert 0 < ended < 400, "some looks are enough, others are not"


class TestUrls:
    @pytest.mark.parametrize(
        "url", ["mysql://host/db", "sqlite://", "sqlite:///:memory:", "not a url at all", "postgresql://host", ""]
    )
    def test_another_engine_is_refused(self, url: str) -> None:
        with pytest.raises(StoreError, match="use sqlite:///path"):
            open_store(url)

    @pytest.mark.parametrize(
        "url",
        [
            f"postgresql://user:half@{SECRET}@127.0.0.1:1/db",
            f"postgresql://user:half@{SECRET}:x@127.0.0.1:1/db",
            f"postgresql://user:half@a/{SECRET}@127.0.0.1:1/db",
            f"postgresql://user:{SECRET}@127.0.0.1:port/db",
            f"postgresql://user:{SECRET}@127.0.0.1:1/db",
            f"postgresql://127.0.0.1:1/db?user=u&password={SECRET}",
            f"postgresql://127.0.0.1:1/db?sslpassword={SECRET}",
            f"postgresql://user:{SECRET}@127.0.0.1:1/db?no_such_option={SECRET}",
            f"postgresql+psycopg2://user:{SECRET}@127.0.0.1:1/db",
            f"mysql://user:{SECRET}@host/db",
            f"user:{SECRET}@host",
        ],
    )
    def test_no_message_shows_a_password(self, url: str) -> None:
        with pytest.raises(StoreError) as refusal:
            open_store(url, HASTY)
        seen: BaseException | None = refusal.value
        while seen is not None and not seen.__suppress_context__:
            assert SECRET not in f"{seen} {seen!r}"
            seen = seen.__cause__ or seen.__context__
        assert SECRET not in f"{refusal.value} {refusal.value!r}"

    def test_the_name_of_a_store_holds_neither_user_nor_options(self, postgres: PostgresServer, empty: str) -> None:
        url = make_url(empty).update_query_dict({"application_name": SECRET})
        database = connect(url.render_as_string(hide_password=False))
        assert database.name.startswith("postgresql://")
        assert SECRET not in database.name + repr(database)
        database.close()

    def test_a_server_that_is_not_there_may_come(self) -> None:
        with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1/db does not answer"):
            open_store("postgresql+psycopg://user@127.0.0.1:1/db", HASTY)

    def test_a_missing_driver_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(StoreError, match=r"pip install 'sharinghub\[postgres\]'"):
            open_store("postgresql+psycopg://user@127.0.0.1:1/db")


class TestNotMaking:
    """Neither looking nor refusing makes anything."""

    def test_a_file_is_not_made(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/folder/store.db"
        assert len(pending_at(url)) > 2
        with pytest.raises(StoreMissing, match="run `sharinghub migrate`"):
            open_store(url, migrating=False)
        assert list(tmp_path.iterdir()) == []

    def test_an_empty_file_stays_empty(self, tmp_path: Path) -> None:
        (tmp_path / "store.db").touch()
        assert pending_at(f"sqlite:///{tmp_path}/store.db")
        assert (tmp_path / "store.db").stat().st_size == 0

    def test_an_empty_database_stays_empty(self, empty: str) -> None:
        assert len(pending_at(empty)) > 2
        with pytest.raises(StoreError, match="run `sharinghub migrate`"):
            open_store(empty, migrating=False)
        with psycopg.connect(psycopg_url(empty)) as other:
            assert other.execute("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'").fetchone() == (0,)

    def test_a_complete_store_needs_nothing(self, store_url: str) -> None:
        open_store(store_url).close()
        assert pending_at(store_url) == ()


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE customers (name)")


def newer(path: Path) -> None:
    open_store(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE meta SET value = '99' WHERE key = 'version'")


class TestFiles:
    @pytest.mark.parametrize("making", [True, False])
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (foreign, "another program"),
            (newer, "schema version 99"),
            (lambda path: path.write_bytes(b"not a database, but long enough to look at" * 100), "not a SQLite"),
            (lambda path: path.mkdir(), "not a file"),
            (os.mkfifo, "not a file"),
        ],
    )
    def test_what_is_no_store_is_refused_and_left_alone(
        self, tmp_path: Path, make: Any, message: str, making: bool
    ) -> None:
        path = tmp_path / "store.db"
        make(path)
        before = path.read_bytes() if path.is_file() else b""
        with pytest.raises(StoreError, match=message):
            open_store(f"sqlite:///{path}", HASTY, migrating=making)
        if make is foreign:
            assert path.read_bytes() == before
            assert [one.name for one in tmp_path.iterdir()] == ["store.db"]

    def test_a_locked_file_may_be_free_later(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/store.db"
        open_store(url).close()
        holder = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            open_store(url, HASTY)
        holder.close()
        open_store(url, HASTY).close()

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        with pytest.raises(StoreError, match="cannot"):
            open_store(f"sqlite:///{tmp_path}/file/store.db")
        with pytest.raises(StoreError, match="cannot"):
            open_store(f"sqlite:///{tmp_path}/{'x' * 300}/store.db", migrating=False)

    @pytest.mark.parametrize(
        ("written", "name"),
        [
            ("a%3Fb.db", "a?b.db"),
            ("a#b.db", "a#b.db"),
            ("a%2520b.db", "a%20b.db"),
            ("a b@c:d.db", "a b@c:d.db"),
            ("ä.db", "ä.db"),
        ],
    )
    def test_any_name_of_a_file(self, tmp_path: Path, written: str, name: str) -> None:
        for _ in range(2):
            open_store(f"sqlite:///{tmp_path}/{written}").close()
        assert [one.name for one in tmp_path.iterdir()] == [name]

    def test_many_processes_make_one_store(self, tmp_path: Path) -> None:
        program = f"from stac_ext.store.opening import open_store; open_store('sqlite:///{tmp_path}/store.db')"
        running = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(6)]
        assert [(one.communicate()[1], one.returncode) for one in running] == [(b"", 0)] * 6


class TestFeaturesOfSqlite:
    @pytest.mark.parametrize(("feature", "word"), [("FTS5", "fts5"), ("R*Tree", "rtree")])
    def test_a_build_without_a_module(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, feature: str, word: str
    ) -> None:
        class Lacking(sqlite3.Connection):
            def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
                if word in sql:
                    raise sqlite3.OperationalError(f"no such module: {word}")
                return super().execute(sql, *parameters)

        self._with(monkeypatch, Lacking)
        with pytest.raises(StoreError, match=rf"lacks {feature.replace('*', '.')}: use a Python built with it"):
            open_store(f"sqlite:///{tmp_path}/store.db")
        assert list(tmp_path.iterdir()) == []

    def test_a_file_system_without_wal(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        class Lacking(sqlite3.Connection):
            def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
                return super().execute("SELECT 'delete'" if "journal_mode" in sql else sql, *parameters)

        self._with(monkeypatch, Lacking)
        with pytest.raises(StoreError, match="without WAL support: put it on a local disk"):
            open_store(f"sqlite:///{tmp_path}/store.db")

    def test_an_old_version(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
        with pytest.raises(StoreError, match=r"too old: 3\.35"):
            open_store(f"sqlite:///{tmp_path}/store.db")

    def _with(self, monkeypatch: pytest.MonkeyPatch, kind: type[sqlite3.Connection]) -> None:
        whole = sqlite3.connect
        for module in (sqlite3, sqlite3.dbapi2):
            monkeypatch.setattr(module, "connect", lambda *given, **named: whole(*given, factory=kind, **named))


MOUNTS = """\
21 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
22 21 0:5 / /proc rw - proc proc rw
30 21 0:40 / /data rw - nfs4 server:/export rw,vers=4.2
31 30 254:2 / /data/local rw - xfs /dev/vdb rw
32 21 0:50 / /with\\040blank rw - cifs //server/share rw
33 21 0:60 / /twice rw - ext4 /dev/vdc rw
34 21 0:61 / /twice rw master:1 propagate_from:2 - fuse.sshfs host: rw
not a line of mounts
"""


class TestFileSystems:
    @pytest.mark.parametrize(
        ("folder", "kind"),
        [
            ("/", "ext4"),
            ("/home/hub", "ext4"),
            ("/data", "nfs4"),
            ("/data/hub", "nfs4"),
            ("/database", "ext4"),
            ("/data/local/hub", "xfs"),
            ("/with blank/hub", "cifs"),
            ("/twice/hub", "fuse.sshfs"),
        ],
    )
    def test_the_nearest_mount_counts(self, folder: str, kind: str) -> None:
        assert filesystem_type(MOUNTS, Path(folder)) == kind

    @pytest.mark.parametrize("mounts", ["", "\n\n", " - \n", "1 2 3 4 / - \n"])
    def test_nothing_is_known_without_mounts(self, mounts: str) -> None:
        assert not filesystem_type(mounts, Path("/data"))

    @pytest.fixture
    def mounted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A folder that is told to be on NFS."""
        table = tmp_path / "mountinfo"
        (tmp_path / "remote").mkdir()
        table.write_text(f"1 0 254:1 / / rw - ext4 /dev/vda1 rw\n2 1 0:40 / {tmp_path}/remote rw - nfs4 server:/ rw\n")
        monkeypatch.setattr("stac_ext.store.filesystem._MOUNTS", table)
        return tmp_path / "remote"

    def test_a_network_file_system_is_refused(self, mounted: Path) -> None:
        with pytest.raises(StoreError, match=r"network file system \(nfs4\).*or use PostgreSQL"):
            open_store(f"sqlite:///{mounted}/store.db")
        assert list(mounted.iterdir()) == []
        open_store(f"sqlite:///{mounted.parent}/local.db").close()

    def test_a_link_to_one_is_refused(self, mounted: Path) -> None:
        (mounted.parent / "store.db").symlink_to(mounted / "store.db")
        with pytest.raises(StoreError, match="network file system"):
            open_store(f"sqlite:///{mounted.parent}/store.db")

    def test_a_system_that_tells_nothing_is_trusted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("stac_ext.store.filesystem._MOUNTS", tmp_path / "absent")
        assert network_filesystem(tmp_path) is None


class TestServers:
    def role(self, postgres: PostgresServer, url: str, name: str) -> str:
        """The URL for a role that owns the database and is nobody's administrator."""
        postgres.run(f"DROP ROLE IF EXISTS {name}")
        postgres.run(f"CREATE ROLE {name} LOGIN")
        postgres.run(f'ALTER DATABASE "{make_url(url).database}" OWNER TO {name}')
        return make_url(url).set(username=name).render_as_string(hide_password=False)

    def test_postgis_that_the_role_may_not_make(self, postgres: PostgresServer, empty: str) -> None:
        url = self.role(postgres, empty, "plain_role")
        with pytest.raises(StoreError, match=r"has no PostGIS.*CREATE EXTENSION postgis"):
            open_store(url)
        postgres.run("CREATE EXTENSION postgis", empty)
        open_store(url).close()

    def test_a_role_that_may_make_no_tables(self, postgres: PostgresServer, empty: str) -> None:
        postgres.run("CREATE EXTENSION postgis", empty)
        postgres.run("DROP ROLE IF EXISTS reading_role")
        postgres.run("CREATE ROLE reading_role LOGIN")
        url = make_url(empty).set(username="reading_role").render_as_string(hide_password=False)
        with pytest.raises(StoreError, match="permission denied for schema public"):
            open_store(url)

    def test_a_server_without_postgis(self, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._told(monkeypatch, "FROM pg_available_extensions", "SELECT 0")
        with pytest.raises(StoreError, match="has no PostGIS: install it"):
            open_store(empty)

    def test_postgis_out_of_sight(self, postgres: PostgresServer, empty: str) -> None:
        postgres.run("CREATE SCHEMA hidden", empty)
        postgres.run("CREATE EXTENSION postgis SCHEMA hidden", empty)
        with pytest.raises(StoreError, match="PostGIS in the schema hidden: put that schema on"):
            open_store(empty)

    @pytest.mark.parametrize(
        ("asked", "answer", "message"),
        [
            ("server_version_num", "SELECT '140011'", "is PostgreSQL 14: 15 or newer"),
            ("pg_is_in_recovery", "SELECT true", "name the primary"),
        ],
    )
    def test_a_server_that_is_unfit(
        self, empty: str, monkeypatch: pytest.MonkeyPatch, asked: str, answer: str, message: str
    ) -> None:
        self._told(monkeypatch, asked, answer)
        with pytest.raises(StoreError, match=message):
            open_store(empty)

    @pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
    def test_another_encoding(self, postgres: PostgresServer, encoding: str) -> None:
        url = postgres.create(how=f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
        with pytest.raises(StoreError, match=f"has the encoding {encoding}: create the database with ENCODING 'UTF8'"):
            open_store(url)
        postgres.drop(url)

    def test_a_database_that_is_not_there(self, postgres: PostgresServer) -> None:
        url = make_url(postgres.url).set(database="no_such_database").render_as_string(hide_password=False)
        with pytest.raises(StoreError, match="no_such_database refuses") as refusal:
            open_store(url, HASTY)
        assert not isinstance(refusal.value, StoreUnavailable)

    @pytest.mark.parametrize("password", [SECRET, None])
    def test_a_wrong_password(self, postgres: PostgresServer, empty: str, password: str | None) -> None:
        if not isinstance(postgres, OwnServer):
            pytest.skip(f"the server of {GIVEN} may trust everybody")
        url = make_url(empty).set(username="guarded", password=password).render_as_string(hide_password=False)
        with pytest.raises(StoreError, match="check user, password, database and rights") as refusal:
            open_store(url, HASTY)
        assert not isinstance(refusal.value, StoreUnavailable)
        assert SECRET not in str(refusal.value)

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE project (id int)",
            "CREATE TABLE customers (name text)",
            "CREATE VIEW item AS SELECT 1",
            "CREATE TABLE meta (version int)",
            "CREATE TABLE meta (key int, value int)",
            "CREATE TABLE meta (key text, value text)",
            "CREATE TABLE meta AS SELECT 'version' AS key, '1' AS value",
        ],
    )
    @pytest.mark.parametrize("migrating", [True, False])
    def test_a_database_of_another_program(
        self, postgres: PostgresServer, empty: str, statement: str, migrating: bool
    ) -> None:
        postgres.run(statement, empty)
        with pytest.raises(StoreError, match=r"(another program|not ours).*a database of its own"):
            open_store(empty, migrating=migrating)
        with psycopg.connect(psycopg_url(empty)) as other:
            row = other.execute("SELECT count(*) FROM pg_tables WHERE tablename IN ('grant_', 'inbox')").fetchone()
        assert row == (0,)

    def test_a_schema_of_its_own_in_a_shared_database(self, postgres: PostgresServer, empty: str) -> None:
        postgres.run("CREATE EXTENSION postgis", empty)
        postgres.run("CREATE TABLE project (id int)", empty)
        postgres.run('CREATE SCHEMA "Hub"', empty)
        url = make_url(empty).update_query_dict({"options": '-csearch_path="Hub",public'})
        database = open_store(url.render_as_string(hide_password=False))
        put(CatalogueWriter(database), 1)
        with database.read() as conn:
            assert conn.execute(text('SELECT count(*) FROM "Hub".project')).scalar_one() == 1
        database.close()

    @pytest.mark.parametrize("version", ["99", "", "0", "-1", "1.5", "٣", "9" * 5000])
    def test_an_unknown_version(self, store_url: str, version: str) -> None:
        database = open_store(store_url)
        with database.write() as conn:
            conn.execute(text("UPDATE meta SET value = :version WHERE key = 'version'"), {"version": version})
        database.close()
        with pytest.raises(StoreError, match="use the program that wrote it"):
            open_store(store_url)

    def _told(self, monkeypatch: pytest.MonkeyPatch, asked: str, answer: str) -> None:
        """Let the server answer one question of the checks otherwise."""
        monkeypatch.setattr(
            "stac_ext.store.postgres.text", lambda statement: text(answer if asked in statement else statement)
        )
