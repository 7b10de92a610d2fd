"""Proves that writers block no reader, that a reader sees one state, and that the store is whole and no denial is lost
whoever writes at the same time.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from sqlalchemy import func, select, text

from stac_ext.model import ANONYMOUS, Viewer, Visibility
from stac_ext.query import SearchQuery
from stac_ext.store.database import (
    Database,
    StoreOptions,
    StoreUnavailable,
    next_seq,
)
from stac_ext.store.denials import MemberRemoved, ProjectGone, ProjectMoved, UserDistrusted, VisibilityLowered
from stac_ext.store.grants import GrantTable
from stac_ext.store.inbox import Inbox
from stac_ext.store.opening import open_store
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.schema import grant as grant_rows
from stac_ext.store.schema import item
from stac_ext.store.search import Search
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.processes import WRITES, line_of, started, write_once
from tests.stac_ext.store.rows import put, record
from tests.stac_ext.store.wholeness import assert_whole

MEMBER = Viewer(None, "user:7")
ROUNDS = 20


def matched(database: Database, viewer: Viewer = ANONYMOUS) -> int | None:
    return CatalogueReader(database).search(viewer, SearchQuery(limit=1)).matched


class TestReadersAndAWriter:
    def test_a_writer_of_another_process_blocks_no_reader(self, store_url: str, database: Database) -> None:
        put(CatalogueWriter(database), 1)
        hasty = open_store(store_url, StoreOptions(timeout=1, patience=0.1))
        with started("hold", store_url) as other:
            assert line_of(other) == "ready"
            for store in (database, hasty):
                assert matched(store) == 1
                assert CatalogueReader(store).item(ANONYMOUS, "ai-model", "1") is not None
            with pytest.raises(StoreUnavailable):
                CatalogueWriter(hasty).drop(1, 2**60)
            hasty.close()
            other.communicate("\n", timeout=60)
        assert other.returncode == 0
        assert matched(database) == 0

    def test_a_killed_writer_leaves_the_lock_to_the_next(self, store_url: str, database: Database) -> None:
        put(CatalogueWriter(database), 1)
        with started("hold", store_url) as other:
            assert line_of(other) == "ready"
            other.kill()
        assert matched(database) == 1
        put(CatalogueWriter(database), 2)
        assert matched(database) == 2

    def test_a_read_is_of_one_state(self, store_url: str, database: Database) -> None:
        """A page, its count and the next page would otherwise not fit each other."""
        writer = CatalogueWriter(open_store(store_url))
        put(writer, 1)
        with database.read() as conn:
            search = Search(ANONYMOUS, SearchQuery(), conn)
            assert search.count() == 1
            put(writer, 2)
            writer.lower(1, Visibility.PRIVATE)
            assert search.count() == 1
            assert len(search.page(None)[0]) == 1
            assert conn.execute(select(func.count()).select_from(item)).scalar_one() == 1
        assert matched(database) == 1
        assert CatalogueReader(database).item(ANONYMOUS, "ai-model", "2") is not None
        writer._database.close()

    def test_a_reader_cannot_write(self, database: Database) -> None:
        with pytest.raises(Exception, match=r"(?i)read-?only"), database.read() as conn:
            conn.execute(text("DELETE FROM item"))

    def test_a_failed_write_leaves_nothing(self, database: Database) -> None:
        before = database.seq()

        def failing() -> None:
            with database.write() as conn:
                conn.execute(text("UPDATE meta SET value = '99' WHERE key = 'seq'"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            failing()
        assert database.seq() == before
        put(CatalogueWriter(database), 1)


class TestWritersAtTheSameTime:
    def test_threads_and_processes_end_in_a_whole_store(self, store_url: str, database: Database) -> None:

        def some_writes(seed: int) -> None:
            for number in range(WRITES):
                write_once(database, number, Random(seed * 1_000 + number))
                matched(database)

        with (
            started("write", store_url, 1) as one,
            started("write", store_url, 2) as two,
            ThreadPoolExecutor(3) as threads,
        ):
            assert line_of(one) == line_of(two) == "ready"
            for done in [threads.submit(some_writes, seed) for seed in (3, 4, 5)]:
                done.result(timeout=100)
            for other in (one, two):
                other.communicate(timeout=100)
                assert other.returncode == 0
        assert_whole(database)

    @pytest.mark.parametrize(
        "fact",
        [ProjectGone(1), VisibilityLowered(1, Visibility.PRIVATE), VisibilityLowered(1, Visibility.INTERNAL)],
        ids=repr,
    )
    def test_a_denial_wins_over_a_write_of_what_was_read_before(
        self, store_url: str, database: Database, fact: ProjectGone | VisibilityLowered
    ) -> None:
        """Whichever of the two gets in first: what was read before the denial is never seen after it."""
        hub, other = CatalogueWriter(database), open_store(store_url)
        inbox = Inbox(other)
        for number in range(ROUNDS):
            began = database.seq()
            together(
                lambda began=began, number=number: hub.put(record(1, fingerprint=f"{number}"), began=began, now=0),
                lambda number=number: inbox.receive(f"{number}", "event", None, (fact,), now=0),
            )
            assert matched(database) == 0
            hub.drop(1, 2**60)
        other.close()

    @pytest.mark.parametrize(
        "fact", [MemberRemoved(1, 7), UserDistrusted(7), ProjectMoved(1), ProjectGone(1)], ids=repr
    )
    @pytest.mark.parametrize("way", ["replace", "add"])
    def test_a_denial_wins_over_a_listing_that_began_before(
        self,
        store_url: str,
        database: Database,
        way: str,
        fact: MemberRemoved | UserDistrusted | ProjectMoved | ProjectGone,
    ) -> None:
        grants, other = GrantTable(database), open_store(store_url)
        inbox = Inbox(other)
        put(CatalogueWriter(database), 1, visibility=Visibility.PRIVATE)
        grants.confirm("user:7", 7, "seven", False, now=0)
        for number in range(ROUNDS):
            began = database.seq()
            together(
                lambda began=began: (
                    grants.replace("user:7", [1], began=began, now=1)
                    if way == "replace"
                    else grants.add("user:7", [1], began=began, asked_seq=began)
                ),
                lambda number=number: inbox.receive(f"{number}", "event", None, (fact,), now=0),
            )
            with database.read() as conn:
                assert conn.execute(select(grant_rows)).first() is None
        other.close()

    def test_a_delivery_that_comes_twice_at_once_is_taken_once(self, store_url: str, database: Database) -> None:
        other = open_store(store_url)
        for number in range(ROUNDS):
            taken = together(
                *(
                    lambda inbox=Inbox(store), number=number: inbox.receive(f"{number}", "push", "project:1", (), now=0)
                    for store in (database, other)
                )
            )
            assert sorted(taken) == [False, True]
        other.close()

    def test_the_counter_never_gives_a_number_twice(self, store_url: str, database: Database) -> None:
        other = open_store(store_url)
        given: list[int] = []

        def raised(store: Database) -> Callable[[], None]:
            def several() -> None:
                for _ in range(ROUNDS):
                    with store.write() as conn:
                        given.append(next_seq(conn))

            return several

        before = database.seq()
        together(raised(database), raised(other), raised(database))
        assert given == list(range(before + 1, before + 1 + 3 * ROUNDS))
        other.close()


def together(*methods: Callable[[], object]) -> list[object]:
    """What methods return that begin at the same moment."""
    barrier = threading.Barrier(len(methods))

    def begun(method: Callable[[], object]) -> object:
        barrier.wait(60)
        return method()

    with ThreadPoolExecutor(len(methods)) as threads:
        return [one.result(timeout=100) for one in [threads.submit(begun, method) for method in methods]]
