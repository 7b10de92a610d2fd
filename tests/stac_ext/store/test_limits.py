"""Proves the limits of a store: no free connection, a slow statement, a lost server, and what is tried again."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from stac_ext.model import ANONYMOUS, Viewer
from stac_ext.query import SearchQuery
from stac_ext.store.database import (
    Database,
    StoreError,
    StoreOptions,
    StoreTimeout,
    StoreUnavailable,
    retried,
)
from stac_ext.store.opening import open_store
from stac_ext.store.postgres import PostgresDatabase
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.processes import line_of, started
from tests.stac_ext.store.rows import put

ENDLESS = text("WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")


def matched(database: Database, viewer: Viewer = ANONYMOUS) -> int | None:
    return CatalogueReader(database).search(viewer, SearchQuery(limit=1)).matched


class TestLimits:
    def test_a_pool_without_a_free_connection_is_an_error_and_no_hang(self, store_url: str, database: Database) -> None:
        store = open_store(store_url, StoreOptions(pool_size=1, patience=0.1))
        with store.read(), pytest.raises(StoreUnavailable, match="in use"):
            matched(store)
        assert matched(store) == 0
        store.close()

    @pytest.mark.parametrize("pool_size", [1, 4])
    def test_a_slow_statement_is_ended_and_its_connection_used_again(
        self, store_url: str, database: Database, pool_size: int
    ) -> None:
        store = open_store(store_url, StoreOptions(pool_size=pool_size, timeout=0.3))
        put(CatalogueWriter(store), 1)
        for _ in range(2):
            with pytest.raises(StoreTimeout, match="too long"), store.read() as conn:
                conn.execute(ENDLESS)
            assert matched(store) == 1
        with ThreadPoolExecutor(2) as threads:
            answers = [threads.submit(matched, store) for _ in range(8)]
            assert [one.result(timeout=60) for one in answers] == [1] * 8
        store.close()

    def test_a_connection_that_the_server_ends_is_replaced(self, store_url: str, database: Database) -> None:
        if not isinstance(database, PostgresDatabase):
            pytest.skip("an embedded store has no server")
        put(CatalogueWriter(database), 1)
        administrator = open_store(store_url)
        end = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

        def ended_between_two_statements() -> None:
            with database.read() as conn:
                conn.execute(text("SELECT 1"))
                with administrator.write() as other:
                    other.execute(end)
                conn.execute(text("SELECT 1"))

        with pytest.raises(StoreUnavailable):
            ended_between_two_statements()
        assert matched(database) == 1
        put(CatalogueWriter(database), 2)
        assert matched(database) == 2
        administrator.close()

    def test_a_write_waits_for_another_program_and_then_succeeds(self, store_url: str, database: Database) -> None:
        hasty = open_store(store_url, StoreOptions(patience=0.2))
        tried = threading.Event()
        with started("hold", store_url) as other:
            assert line_of(other) == "ready"

            def let_go() -> None:
                assert tried.wait(60)
                other.communicate("\n", timeout=60)

            with ThreadPoolExecutor(1) as threads:
                released = threads.submit(let_go)
                failed = 0
                while not released.done():
                    try:
                        with hasty.write():
                            break
                    except StoreUnavailable:
                        failed += 1
                        tried.set()
                released.result(timeout=60)
        assert failed
        put(CatalogueWriter(hasty), 2)
        hasty.close()


class TestTryingAgain:
    @pytest.mark.parametrize(
        ("errors", "calls", "raised"),
        [
            ([], 1, None),
            ([StoreUnavailable("a")], 2, None),
            ([StoreUnavailable("a"), StoreUnavailable("b")], 3, None),
            ([StoreUnavailable("a"), StoreUnavailable("b"), StoreUnavailable("c")], 3, StoreUnavailable),
            ([StoreTimeout("a")], 1, StoreTimeout),
            ([StoreUnavailable("a"), StoreTimeout("b")], 2, StoreTimeout),
            ([StoreError("a")], 1, StoreError),
            ([ValueError("a")], 1, ValueError),
        ],
    )
    def test_what_passes_by_itself_is_tried_again_and_nothing_else(
        self, errors: list[Exception], calls: int, raised: type[Exception] | None
    ) -> None:
        called, left = [], list(errors)

        @retried
        def method(value: int) -> int:
            called.append(value)
            if left:
                raise left.pop(0)
            return value

        if raised is None:
            assert method(7) == 7
        else:
            with pytest.raises(raised):
                method(7)
        assert called == [7] * calls
