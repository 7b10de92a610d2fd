"""Proves that each step brings a store that the program before it filled to what this program needs, loses nothing,
and leaves the program before it working.
"""

import json
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from stac_ext.model import ANONYMOUS, Viewer, Visibility
from stac_ext.query import SearchQuery, SortKey, parse_search
from stac_ext.store import migrations
from stac_ext.store.database import Database, StoreError, StoreOptions, StoreUnavailable
from stac_ext.store.grants import GrantTable
from stac_ext.store.inbox import Inbox
from stac_ext.store.migrations import CURRENT, STEPS, Step, migrate, pending, require_current, version_of
from stac_ext.store.opening import connect, open_store
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.writer import CatalogueWriter, Put
from tests.stac_ext.store import old_programs
from tests.stac_ext.store.rows import put

pytestmark = pytest.mark.filterwarnings("ignore:Did not recognize type 'geometry'")
MEMBER = Viewer(Visibility.INTERNAL, "user:7")
EARLIER = range(1, CURRENT)
FILL_ROWS = 20_000


def filled(database: Database, version: int) -> None:
    """A store of this version with the projects 1 (public), 2 (private) and 3 (public), written by its program."""
    migrate(database, upto=version)
    with database.write() as conn:
        for number, visibility in ((1, 0), (2, 2), (3, 0)):
            old_programs.put(conn, number, version, visibility)
        old_programs.remember(conn)


def ids(database: Database, viewer: Viewer = ANONYMOUS, query: SearchQuery | None = None, **asked: Any) -> list[str]:
    found = CatalogueReader(database).search(viewer, query or parse_search(**asked)).docs
    listed = [json.loads(doc)["id"] for doc in found]
    return listed if query is not None and query.sort else sorted(listed)


def words(*phrase: str) -> SearchQuery:
    return SearchQuery(phrases=(phrase,), sort=())


def require_whole(database: Database) -> None:
    """The engine's own indexes say what the rows say."""
    with database.write() as conn:
        if conn.dialect.name != "sqlite":
            return
        assert conn.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
        assert conn.execute(text("PRAGMA foreign_key_check")).all() == []
        conn.execute(text("INSERT INTO item_text(item_text) VALUES ('integrity-check')"))
        if not conn.execute(text("SELECT count(*) FROM item WHERE words IS NULL")).scalar_one():
            conn.execute(text("INSERT INTO item_text(item_text, rank) VALUES ('integrity-check', 1)"))  # with the rows
        stored = set(conn.execute(text("SELECT pk FROM item")).scalars())
        assert set(conn.execute(text("SELECT id FROM item_time")).scalars()) == stored
        assert set(conn.execute(text("SELECT id >> 1 FROM item_box")).scalars()) <= stored
        found = conn.execute(text("SELECT rowid FROM item_text WHERE item_text MATCH 'wheat'")).scalars().all()
        assert set(found) <= stored


class TestSteps:
    @pytest.mark.parametrize("version", EARLIER)
    def test_nothing_is_lost_and_the_new_columns_are_filled(self, bare: Database, version: int) -> None:
        filled(bare, version)
        secret = bare.secret()
        migrate(bare)
        assert version_of(bare) == CURRENT
        assert bare.secret() == secret
        assert bare.seq() == 2
        assert bare.get_note("anonymous") == "yes"
        assert ids(bare) == ["1", "3"]
        assert ids(bare, MEMBER) == ["1", "2", "3"]
        assert ids(bare, query=words("wheat", "angstrom")) == ["1", "3"]
        assert ids(bare, query=words("rare1")) == (["1"] if version == 1 else [])  # as that program wrote its words
        assert ids(bare, bbox=[0.5, 0.5, 1.5, 1.5]) == ["1"]
        assert ids(bare, datetime="2023-11-14T22:13:20Z") == ["1", "3"]
        assert ids(bare, datetime="2024-01-01T00:00:00Z/..") == []
        assert ids(bare, query=SearchQuery(sort=(SortKey("sharinghub:stars", True),))) == ["3", "1"]
        assert CatalogueReader(bare).terms(ANONYMOUS, parse_search(), "license") == {"MIT": 2}
        assert CatalogueReader(bare).item_id_of_path(ANONYMOUS, "ai-model", "group/old") == "1"
        assert GrantTable(bare).find("user:7") is not None
        assert Inbox(bare).counts() == {"queued": 1}
        require_whole(bare)

    @pytest.mark.parametrize("version", EARLIER)
    def test_this_program_writes_over_what_an_earlier_one_wrote(self, bare: Database, version: int) -> None:
        filled(bare, version)
        migrate(bare)
        writer = CatalogueWriter(bare)
        assert put(writer, 1) is Put.CHANGED
        assert writer.drop(3, bare.seq()) is Put.CHANGED
        assert ids(bare) == ["1"]
        assert ids(bare, query=words("wheat")) == []
        require_whole(bare)

    @pytest.mark.parametrize("version", EARLIER)
    def test_the_program_before_goes_on_working(self, bare: Database, version: int) -> None:
        """Its statements are done on the migrated store, and leave nothing behind in the indexes."""
        filled(bare, version)
        migrate(bare)
        with bare.write() as conn:
            old_programs.put(conn, 4, version)
            old_programs.lower(conn, 1)
            old_programs.drop(conn, 3)
        require_whole(bare)
        assert ids(bare) == ["4"]
        assert ids(bare, query=words("wheat")) == ([] if version == 1 else ["4"])
        assert ids(bare, bbox=[3.5, 0.5, 4.5, 1.5]) == ["4"]
        assert ids(bare, datetime="2023-11-14T22:13:20Z") == ["4"]
        with bare.write() as conn:
            old_programs.drop(conn, 4)
            old_programs.put(conn, 4, version)
        require_whole(bare)
        assert put(CatalogueWriter(bare), 4) is Put.CHANGED
        require_whole(bare)

    @pytest.mark.parametrize("version", EARLIER)
    def test_the_statements_of_the_program_before_can_still_be_read_with(self, bare: Database, version: int) -> None:
        filled(bare, version)
        with bare.read() as conn:
            columns = [str(column["name"]) for column in inspect(conn).get_columns("item")]
            names = {str(name) for name in inspect(conn).get_table_names()}
        migrate(bare)
        with bare.read() as conn:
            assert set(columns) <= {str(column["name"]) for column in inspect(conn).get_columns("item")}
            assert names <= set(inspect(conn).get_table_names())

    def test_the_file_of_the_first_version_is_migrated(self, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "first.db") as first:
            first.executescript(old_programs.FIRST_TABLES)
            first.execute("INSERT INTO meta VALUES ('version', '1'), ('seq', '1'), ('secret', 'abcd')")
            first.execute(f"PRAGMA application_id = {old_programs.FIRST_MARK}")
        database = open_store(f"sqlite:///{tmp_path}/first.db")
        assert database.secret() == b"\xab\xcd"
        with database.write() as conn:
            old_programs.put(conn, 1, 1)
        assert ids(database) == ["1"]
        require_whole(database)
        database.close()

    def test_many_rows_are_filled(self, bare: Database) -> None:
        migrate(bare, upto=1)
        with bare.write() as conn:
            old_programs.put_all(conn, range(1, FILL_ROWS + 1), 1)
        migrate(bare)
        assert ids(bare, query=words(f"rare{FILL_ROWS}")) == [str(FILL_ROWS)]
        require_whole(bare)


class TestFailures:
    """A step is done as a whole or not at all, whatever goes wrong."""

    @pytest.mark.parametrize("version", range(CURRENT))
    def test_a_step_that_fails_is_undone_and_can_be_repeated(
        self, bare: Database, bare_url: str, monkeypatch: pytest.MonkeyPatch, version: int
    ) -> None:
        if version:
            filled(bare, version)
        before = shape(bare)

        def failing(conn: Connection) -> None:
            STEPS[version].apply(conn)
            conn.execute(text("INSERT INTO no_such_table VALUES (1)"))

        broken = (*STEPS[:version], Step(version + 1, "Fails.", failing), *STEPS[version + 1 :])
        monkeypatch.setattr(migrations, "STEPS", broken)
        with pytest.raises(StoreError, match=rf"step {version + 1} cannot be applied: .*no_such_table"):
            migrate(bare)
        assert version_of(bare) == version
        assert shape(bare) == before
        monkeypatch.undo()
        assert migrate(bare) == CURRENT - version
        assert ids(bare) == (["1", "3"] if version else [])
        require_whole(bare)

    def test_an_interrupted_step_is_undone(self, bare: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        filled(bare, 1)
        before = shape(bare)

        def interrupted(conn: Connection) -> None:
            STEPS[1].apply(conn)
            raise KeyboardInterrupt

        monkeypatch.setattr(migrations, "STEPS", (STEPS[0], Step(2, "Is interrupted.", interrupted)))
        with pytest.raises(KeyboardInterrupt):
            migrate(bare, upto=2)
        assert shape(bare) == before

    def test_a_killed_process_leaves_the_version_before(self, bare: Database, bare_url: str) -> None:
        """`kill -9` in the middle of a step: what it had done is gone, and the next process begins it anew."""
        filled(bare, 1)
        before = shape(bare)
        running = subprocess.Popen([sys.executable, "-c", _STOPPING, bare_url], stdout=subprocess.PIPE)
        assert running.stdout is not None
        assert running.stdout.readline() == b"applied\n"
        running.kill()
        running.wait()
        assert shape(bare) == before
        assert migrate(bare) == CURRENT - 1
        require_whole(bare)

    def test_what_is_not_migrated_is_refused_where_nobody_may(self, bare: Database, bare_url: str) -> None:
        filled(bare, 1)
        with pytest.raises(StoreError, match=f"has schema version 1, this program needs {CURRENT}: run `sharinghub"):
            require_current(bare)
        with pytest.raises(StoreError, match="run `sharinghub migrate`"):
            open_store(bare_url, migrating=False)
        assert [step.number for step in pending(bare)] == list(range(2, CURRENT + 1))
        open_store(bare_url).close()
        open_store(bare_url, migrating=False).close()


_STOPPING = """
import sys, time
from stac_ext.store import migrations
from stac_ext.store.opening import connect

def stopping(conn):
    migrations.STEPS[1].apply(conn)
    print("applied", flush=True)
    time.sleep(60)

database = connect(sys.argv[1])
steps = migrations.STEPS
with database.write() as conn:
    stopping(conn)
"""


def shape(database: Database) -> list[tuple[str, ...]]:
    """Every table, column, index and trigger, and the rows of the main tables."""
    with database.read() as conn:
        if conn.dialect.name == "sqlite":
            made = conn.execute(text("SELECT type, name, sql FROM sqlite_master WHERE type <> 'shadow'")).all()
        else:
            made = conn.execute(
                text(
                    "SELECT table_name, column_name, data_type FROM information_schema.columns "
                    "WHERE table_schema = current_schema() UNION ALL "
                    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
                )
            ).all()
        rows = list(conn.execute(text("SELECT * FROM item")).all()) if inspect(conn).has_table("item") else []
    return sorted(tuple(str(value) for value in row) for row in [*made, *rows])


class TestBesideOthers:
    def test_processes_that_migrate_at_once_apply_each_step_once(self, bare: Database, bare_url: str) -> None:
        filled(bare, 1)
        program = (
            "import sys; from stac_ext.store.opening import open_store;"
            f"open_store({bare_url!r}, told=lambda step: print(step.number)).close()"
        )
        running = [
            subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        ended = [(*one.communicate(timeout=100), one.returncode) for one in running]
        assert [(failed, code) for _, failed, code in ended] == [("", 0)] * 4
        told = sorted(int(number) for out, _, _ in ended for number in out.split())
        assert told == list(range(2, CURRENT + 1))
        assert ids(bare) == ["1", "3"]
        require_whole(bare)

    def test_readers_go_on_while_it_is_migrated(self, bare: Database, bare_url: str) -> None:
        """They wait for nothing with SQLite, and for the end of a step at most with PostgreSQL; none fails."""
        migrate(bare, upto=1)
        with bare.write() as conn:
            old_programs.put_all(conn, range(1, 2_001), 1)
        seen: list[int] = []
        failures: list[BaseException] = []
        ended = threading.Event()

        def reading() -> None:
            try:
                while not ended.is_set():
                    with bare.read() as conn:
                        sql = "SELECT count(*) FROM item WHERE visibility = 0 AND collection = 'ai-model'"
                        seen.append(conn.execute(text(sql)).scalar_one())
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=reading) for _ in range(3)]
        for one in threads:
            one.start()
        other = connect(bare_url)
        counts = [len(seen)]
        migrate(other, lambda step: counts.append(len(seen)))
        other.close()
        ended.set()
        for one in threads:
            one.join()
        assert failures == []
        assert set(seen) == {2_000}
        if bare_url.startswith("sqlite"):
            assert len(seen) > counts[-1], "reads ended while steps were applied"

    def test_a_reader_sees_the_tables_as_they_were(self, bare: Database, bare_url: str) -> None:
        """With SQLite a read that began before is not disturbed, and holds nothing up."""
        filled(bare, 1)
        if not bare_url.startswith("sqlite"):
            pytest.skip("PostgreSQL lets a step wait until the reads before it have ended")
        with bare.read() as conn:
            assert conn.execute(text("SELECT count(*) FROM item")).scalar_one() == 3
            migrate(bare)
            assert "words" not in {column["name"] for column in inspect(conn).get_columns("item")}
            assert conn.execute(text("SELECT count(*) FROM item")).scalar_one() == 3

    def test_another_that_writes_is_waited_for(self, bare: Database, bare_url: str) -> None:
        filled(bare, 1)
        other = connect(bare_url, StoreOptions(patience=0.1))
        with bare.write():
            with pytest.raises(StoreUnavailable):
                migrate(other, wait=0.3)
            waiting = threading.Thread(target=migrate, args=(other,))
            waiting.start()
            waiting.join(0.5)
            assert waiting.is_alive()
        waiting.join(60)
        assert version_of(bare) == CURRENT
        other.close()


def test_each_step_says_what_it_is_for() -> None:
    assert [step.number for step in STEPS] == list(range(1, CURRENT + 1))
    assert [step.purpose for step in STEPS if not step.purpose.endswith(".")] == []
