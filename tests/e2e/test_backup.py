"""Proves that the lines on backup and restore lose nothing: back up under a running hub, destroy, restore, compare."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from sharinghub_ext.dvc.building import open_objects
from sharinghub_ext.dvc.keys import ObjectKey, ObjectName
from stac_ext.clock import SystemClock
from stac_ext.store.opening import open_store
from stac_ext.store.schema import tables
from tests.docs.generate import DOCS
from tests.support.postgres import PostgresServer
from tests.support.running import LittleWorld, RunningHub

PAGE = (DOCS / "operations" / "backup.md").read_text()
DATA = b"what somebody pushed" * 1000
NAME = ObjectName(7, ObjectKey(hashlib.md5(DATA).hexdigest()))


def lines(section: str, what: str) -> str:
    """The commands of a section of the page."""
    part = PAGE.partition(f"## {section}")[2].partition("\n## ")[0]
    (found,) = re.findall(rf"```sh\n# {what}\n(.*?)```", part, re.DOTALL)
    return str(found)


def run(commands: str, **variables: str) -> None:
    subprocess.run(["bash", "-euc", commands], env={**os.environ, **variables}, check=True, timeout=60)


def rows(url: str) -> dict[str, list[Any]]:
    """Every row of every table."""
    database = open_store(url, migrating=False)
    try:
        with database.read() as conn:
            return {
                table.name: sorted(map(repr, conn.execute(select(*table.columns)))) for table in tables.sorted_tables
            }
    finally:
        database.close()


async def push(hub: RunningHub) -> None:
    store = open_objects(hub.hub.settings, SystemClock())
    assert store is not None
    part = await store.begin(NAME, len(DATA))
    await part.write(DATA)
    assert await part.commit(hashlib.sha256(DATA).hexdigest())
    await store.close()


def used(world: LittleWorld, hub: RunningHub) -> dict[str | None, list[tuple[str, str]]]:
    """What each sees; their grants are in the store then."""
    hub.sweep()
    return {person: hub.ids(world.token(person) if person else None) for person in (None, "maya", "olga")}


def test_sqlite_and_a_folder(tmp_path: Path) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    data.mkdir()
    backup.mkdir()
    where = {"DATA": str(data), "BACKUP": str(backup)}
    url = f"sqlite:///{data}/sharinghub.db"
    with LittleWorld(tmp_path) as world:
        settings = world.settings(database_url=url, public_url="http://hub.example.org")
        with RunningHub(settings) as hub:
            seen = used(world, hub)
            hub.run(push(hub))
            run(lines("SQLite", "back up"), **where)
            kept = rows(url)
        shutil.rmtree(data)
        data.mkdir()
        run(lines("SQLite", "restore"), **where)
        assert rows(url) == kept
        assert (data / "objects" / NAME.text).read_bytes() == DATA
        with RunningHub(settings) as hub:
            assert used(world, hub) == seen


def test_postgresql(tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgres.create()
    parsed = make_url(url)
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
    monkeypatch.setenv("PATH", os.pathsep.join([*map(str, programs), os.environ["PATH"]]))
    place = {
        "PGHOST": str(parsed.host or parsed.query["host"]),
        "PGPORT": str(parsed.port or parsed.query.get("port", "")),
    }
    where = {
        "BACKUP": str(tmp_path),
        "PGUSER": str(parsed.username),
        "PGDATABASE": str(parsed.database),
        **{name: value for name, value in place.items() if value},
        **({"PGPASSWORD": str(parsed.password)} if parsed.password else {}),
    }
    with LittleWorld(tmp_path) as world:
        settings = world.settings(database_url=url, public_url="http://hub.example.org")
        with RunningHub(settings) as hub:
            seen = used(world, hub)
            run(lines("PostgreSQL", "back up"), **where)
            kept = rows(url)
        postgres.drop(url)
        run(lines("PostgreSQL", "restore"), **where)
        assert rows(url) == kept
        with RunningHub(settings) as hub:
            assert used(world, hub) == seen
    postgres.drop(url)
