"""Proves that a store that is copied to PostgreSQL is the same store: every row, and every answer."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from stac_ext.store.copying import copy_store
from stac_ext.store.database import Database, StoreError
from stac_ext.store.inbox import Inbox
from stac_ext.store.opening import open_store
from stac_ext.store.schema import item, tables
from stac_ext.store.sessions import Session, SessionTable
from tests.e2e.test_command_line import HUB, environment
from tests.support.postgres import PostgresServer
from tests.support.running import RunningHub, SampleWorld

PEOPLE = [None, "rita", "maya", "olga"]
SEARCHES = [{}, {"q": "flood"}, {"bbox": "-10,35,30,60"}, {"datetime": "2019-01-01T00:00:00Z/.."}, {"sortby": "title"}]


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    one = postgres.create()
    yield one
    postgres.drop(one)


@pytest.fixture
def source(world: SampleWorld) -> Iterator[Database]:
    """The store of a hub that was used: index, grants, sessions, and work that waits."""
    with RunningHub(world.settings()) as hub:
        hub.sweep()
        for person in PEOPLE:
            hub.ids(world.token(person) if person else None)
    database = open_store(f"sqlite:///{world.folder}/hub.db")
    SessionTable(database).start(Session("key", "user:7", b"\0sealed\xff", 1, 2, 3))
    SessionTable(database).start(Session("gone", "user:7", b"ended", 1, 2, 3))
    SessionTable(database).end("gone", now=5)
    Inbox(database).receive("k", "push", "project:1", (), 7)
    yield database
    database.close()


def test_a_copy_is_equal_and_gives_the_same_answers(world: SampleWorld, source: Database, url: str) -> None:
    target = open_store(url)
    told: dict[str, int] = {}
    copied = copy_store(source, target, lambda table, rows: told.__setitem__(table, told.get(table, 0) + rows))
    assert {one.table for one in copied} == {one.name for one in tables.sorted_tables}
    assert all(one.rows > 0 for one in copied if one.table not in ("denial", "alias"))
    assert (target.seq(), target.secret()) == (source.seq(), source.secret())
    target.close()
    settings = {"public_url": "https://hub.example.org"}
    with (
        RunningHub(world.settings(**settings)) as one,
        RunningHub(world.settings(database_url=url, **settings)) as other,
    ):
        for person in PEOPLE:
            token = world.token(person) if person else None
            for asked in SEARCHES:
                here, there = (hub.get("/stac/search", token, limit=100, **asked) for hub in (one, other))
                assert here.json()["features"] == there.json()["features"], (person, asked)
        world.world.set_name(world.world.projects[world.samples.projects["earth/models/cloud-mask-onnx"]], "Renamed")
        assert other.sweep().failed == []  # keys go on behind those that were copied


def test_a_store_that_is_not_empty_is_left_alone(source: Database, url: str) -> None:
    target = open_store(url)
    Inbox(target).receive("mine", "push", "project:9", (), 1)
    with pytest.raises(StoreError, match="is not empty"):
        copy_store(source, target)
    assert Inbox(target).counts() == {"queued": 1}
    target.close()


def test_what_is_not_equal_is_told_and_not_kept(source: Database, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target = open_store(url)
    from stac_ext.store import copying

    whole = copying._write

    def damaging(conn: object, table: object, rows: object) -> None:
        whole(conn, table, rows)  # type: ignore[arg-type]
        if table is item:
            conn.execute(update(item).where(item.c.pk == 1).values(doc=b"{}"))  # type: ignore[attr-defined]

    monkeypatch.setattr(copying, "_write", damaging)
    with pytest.raises(StoreError, match="item is not equal"):
        copy_store(source, target)
    monkeypatch.undo()
    assert copy_store(source, target)
    target.close()


def test_only_from_sqlite_to_postgresql(source: Database, tmp_path: Path) -> None:
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(StoreError, match="from SQLite to PostgreSQL"):
        copy_store(source, other)
    other.close()


def test_the_command_copies_and_refuses_while_a_hub_works(world: SampleWorld, source: Database, url: str) -> None:
    folder = Path(world.folder)
    variables = environment(folder, GITLAB_URL=world.gitlab.url, DATABASE_URL=url)
    command = [*HUB, "copy-store", f"{folder}/hub.db"]
    with source.alone("working"):
        refused = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)
    assert (refused.returncode, "stop it first" in refused.stderr) == (4, True), refused.stderr
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "equal in both" in done.stdout
    with source.write() as conn:
        conn.execute(insert(tables.tables["denial"]).values(project_id=77, seq=1))
    again = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)
    assert (again.returncode, "is not empty" in again.stderr) == (4, True)
