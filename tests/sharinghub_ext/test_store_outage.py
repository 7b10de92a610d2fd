"""Proves that a store that does not answer is one clear error for callers and hooks, that nothing is half stored
meanwhile, and that the hub goes on by itself when the store is back.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import make_url

from stac_ext.store.denials import apply_denial
from tests.support.bulk import fill
from tests.support.postgres import OwnServer, own_server
from tests.support.running import HOOK_SECRET, RunningHub, SampleWorld
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    """A PostgreSQL server that no other test uses, to be stopped and started."""
    with own_server() as one:
        yield one


@pytest.fixture
def on_postgres(world: SampleWorld, server: OwnServer) -> Iterator[RunningHub]:
    url = server.create()
    with RunningHub(world.settings(database_url=url, database_timeout=2)) as hub:
        hub.sweep()
        yield hub


@pytest.fixture
def on_sqlite(world: SampleWorld) -> Iterator[RunningHub]:
    with RunningHub(world.settings(database_timeout=0.2)) as hub:
        hub.sweep()
        yield hub


@pytest.fixture
def lock(world: SampleWorld, on_sqlite: RunningHub) -> Iterator[sqlite3.Connection]:
    """Another program that keeps the store's write lock until it ends."""
    holder = sqlite3.connect(world.folder / "hub.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield holder
    holder.close()


def deliver(world: SampleWorld, hub: RunningHub, key: str) -> httpx.Response:
    """A system hook that says that a public project was deleted."""
    project = world.world.project_at("earth/models/soil-moisture-lstm")
    assert project is not None
    body = {"event_name": "project_destroy", "project_id": project.id, "path_with_namespace": project.path}
    headers = {"X-Gitlab-Token": HOOK_SECRET, "Idempotency-Key": key}
    return hub.http.post("/hooks/gitlab", json=body, headers=headers)


def refused(answer: httpx.Response, *, hides: str) -> None:
    """503 as a problem that says when to come again and nothing of the store."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    problem = answer.json()
    assert (problem["type"], problem["status"]) == ("urn:sharinghub:problem:Unavailable", 503)
    for inner in (hides, "sqlite", "postgres", "psycopg", "Traceback", "SELECT", "tests"):
        assert inner.lower() not in answer.text.lower()


class TestLockedFile:
    def test_reads_go_on_and_hooks_are_told_to_come_again(
        self, world: SampleWorld, on_sqlite: RunningHub, lock: sqlite3.Connection
    ) -> None:
        before = on_sqlite.ids()
        refused(deliver(world, on_sqlite, "one"), hides=str(world.folder))
        assert on_sqlite.get("/readyz").status_code == 200
        assert on_sqlite.ids() == before
        assert on_sqlite.hub.inbox.counts() == {}
        lock.execute("ROLLBACK")
        assert deliver(world, on_sqlite, "one").status_code == 200
        assert len(on_sqlite.ids()) == len(before) - 1
        assert on_sqlite.hub.inbox.counts() == {"queued": 1}

    def test_a_caller_whose_identity_cannot_be_noted_is_told_to_come_again(
        self, world: SampleWorld, on_sqlite: RunningHub, lock: sqlite3.Connection
    ) -> None:
        refused(on_sqlite.get("/stac/search", world.token("rita")), hides=str(world.folder))
        lock.execute("ROLLBACK")
        assert on_sqlite.get("/stac/search", world.token("rita")).status_code == 200


@pytest.mark.parametrize("after", ["removed", "replaced"])
def test_a_file_that_was_removed_under_the_hub_is_said_so_in_every_answer(
    world: SampleWorld, on_sqlite: RunningHub, after: str, tmp_path: Path
) -> None:
    """Connections that were open went on with the removed file, new ones made an empty one: 503 now and then."""
    file = world.folder / "hub.db"
    kept = file.rename(tmp_path / "kept.db")
    if after == "replaced":
        file.touch()
    for _ in range(20):
        refused(on_sqlite.get("/stac/search"), hides=str(world.folder))
    refused(deliver(world, on_sqlite, "one"), hides=str(world.folder))
    assert on_sqlite.get("/readyz").status_code == 503
    assert file.exists() == (after == "replaced")
    kept.replace(file)
    assert on_sqlite.get("/stac/search").status_code == 200


def test_a_read_that_takes_too_long_is_ended_and_said(world: SampleWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stac_ext.store.sqlite._STEPS_BETWEEN_LOOKS", 100)
    with RunningHub(world.settings()) as hub:
        fill(hub.hub.database, 2_000)
        monkeypatch.setattr(hub.hub.database, "_timeout", 0.001)
        answer = hub.get("/stac/search", datetime="1971-01-01T00:00:00Z/..", bbox="-100,-60,100,60")
        refused(answer, hides=str(world.folder))
        assert "too long" in answer.json()["detail"]


class TestStoppedServer:
    def test_the_hub_says_so_and_goes_on_by_itself(
        self, world: SampleWorld, on_postgres: RunningHub, server: OwnServer
    ) -> None:
        rita = world.token("rita")
        before, of_rita = on_postgres.ids(), on_postgres.ids(rita)
        hidden = str(make_url(server.url).query["host"])
        server.stop()
        try:
            for path in ("/stac/search", "/stac/collections", "/stac/collections/ai-model/items"):
                refused(on_postgres.get(path), hides=hidden)
            refused(on_postgres.get("/stac/search", rita), hides=hidden)
            refused(deliver(world, on_postgres, "one"), hides=hidden)
            ready = on_postgres.get("/readyz")
            assert (ready.status_code, ready.json()) == (503, {"status": "the store does not answer"})
            assert on_postgres.get("/healthz").status_code == 200
        finally:
            server.start()
        assert on_postgres.get("/readyz").status_code == 200
        assert on_postgres.ids() == before
        assert on_postgres.ids(rita) == of_rita
        assert deliver(world, on_postgres, "one").status_code == 200
        assert len(on_postgres.ids()) == len(before) - 1

    def test_a_restart_between_two_requests_is_not_noticed(self, on_postgres: RunningHub, server: OwnServer) -> None:
        before = on_postgres.ids()
        server.stop()
        server.start()
        assert on_postgres.ids() == before

    def test_a_delivery_whose_transaction_ends_with_the_server_is_stored_once(
        self, world: SampleWorld, on_postgres: RunningHub, server: OwnServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The server restarts between the denial and the commit: the transaction is done again as a whole."""
        before, calls = len(on_postgres.ids()), [0]

        def restarting(*given: Any) -> None:
            apply_denial(*given)
            calls[0] += 1
            if calls[0] == 1:
                server.stop()
                server.start()

        monkeypatch.setattr("stac_ext.store.inbox.apply_denial", restarting)
        assert deliver(world, on_postgres, "one").status_code == 200
        assert calls[0] == 2
        assert len(on_postgres.ids()) == before - 1
        assert on_postgres.hub.inbox.counts() == {"queued": 1}

    def test_work_in_the_background_goes_on(self, world: SampleWorld, server: OwnServer) -> None:
        settings = world.settings(database_url=server.create(), database_timeout=2, sweep_seconds=1)
        with RunningHub(settings, background=True) as hub:
            wait_until(hub.hub.indexed.is_set, "the first index")
            server.stop()
            server.start()
            world.hook(hub)
            handbook = world.world.project_at("earth/lab-handbook")
            assert handbook is not None
            world.world.set_topics(handbook, ("sharinghub:dataset",))
            wait_until(lambda: ("dataset", str(handbook.id)) in hub.ids(), "the hook has done its work")


def test_the_log_names_the_store_and_no_password(
    world: SampleWorld, server: OwnServer, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    guarded = make_url(server.create()).set(username="guarded", password="right-password")
    server.run(f'ALTER DATABASE "{guarded.database}" OWNER TO guarded')
    server.run("CREATE EXTENSION postgis", guarded.set(username="tests").render_as_string(hide_password=False))
    settings = world.settings(database_url=guarded.render_as_string(hide_password=False), database_timeout=2)
    assert "right-password" not in repr(settings) + str(settings)
    with RunningHub(settings) as hub:
        hub.sweep()
        assert hub.ids()
        server.run(f'ALTER DATABASE "{guarded.database}" ALLOW_CONNECTIONS false')
        server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{guarded.database}'")
        refused(hub.get("/stac/search"), hides=str(guarded.database))
        assert "right-password" not in repr(hub.hub.database) + repr(hub.hub)
    told = "".join(capfd.readouterr())
    assert str(guarded.database) in told
    assert "right-password" not in told
