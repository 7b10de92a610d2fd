"""Proves how searches are carried out among many items: by indexes, with one look-up of a grant per row.

PLAN_ROWS=100000 makes them as many.

Asked of the engines themselves, so that an upgrade of one of them, or of SQLAlchemy, cannot make a look-up a hash of
all grants, or a page a sort of all rows, without being noticed.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, select, text

from stac_ext.keyset import PageKey
from stac_ext.model import ANONYMOUS, Viewer, Visibility
from stac_ext.query import SearchQuery, SortKey, parse_search
from stac_ext.store.database import Database
from stac_ext.store.opening import open_store
from stac_ext.store.schema import item
from stac_ext.store.search import Search
from stac_ext.visibility import visible
from tests.stac_ext.store.conftest import ENGINES
from tests.support.bulk import fill, give
from tests.support.plans import plan_of
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.xdist_group("plans")  # so that each store is filled once

ROWS = int(os.environ.get("PLAN_ROWS", "30000"))
MANY = Viewer(Visibility.INTERNAL, "user:many")
FEW = Viewer(Visibility.INTERNAL, "user:few")
SEARCHES = {
    "newest": parse_search(),
    "one collection": parse_search(collections=["ai-model"]),
    "small box": parse_search(bbox=[5, 5, 9, 9]),
    "rare word": SearchQuery(phrases=(("rare7",),)),
    "short time": parse_search(datetime="1980-01-01T00:00:00Z/1980-01-03T00:00:00Z"),
    "ids": parse_search(ids=["17", "18"]),
}


@pytest.fixture(scope="module", params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        folder: Path = tmp_path_factory.mktemp("plans")
        url = f"sqlite:///{folder}/store.db"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create()
    opened = open_store(url)
    fill(opened, ROWS)
    with opened.read() as conn:
        private = list(conn.execute(text("SELECT id FROM project WHERE visibility = 2 ORDER BY id")).scalars())
    give(opened, "user:many", private[: ROWS // 50])
    give(opened, "user:few", private[:10])
    yield opened
    opened.close()
    if request.param != "sqlite":
        server.drop(url)


def test_a_page_is_read_in_the_order_of_an_index_with_one_look_up_per_row(database: Database) -> None:
    for name, index in (("newest", "item_newest"), ("one collection", "item_collection")):
        with database.read() as conn:
            plan = plan_of(conn, Search(MANY, SEARCHES[name], conn).probed(None))
        assert_looked_up(database, plan)
        assert index in plan
        assert_nothing_is_sorted(plan)


@pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
@pytest.mark.parametrize("name", ["datetime", "created", "updated", "title", "sharinghub:stars"])
def test_every_promoted_order_has_its_index(database: Database, name: str, descending: bool) -> None:
    index = {"updated": "item_newest", "sharinghub:stars": "item_stars"}.get(name, f"item_{name}")
    query = SearchQuery(sort=(SortKey(name, descending),))
    for viewer in (MANY, ANONYMOUS):
        with database.read() as conn:
            plan = plan_of(conn, Search(viewer, query, conn).probed(None))
        assert index in plan
        assert_nothing_is_sorted(plan)


def test_a_later_page_begins_in_the_index(database: Database) -> None:
    query = replace(SEARCHES["newest"], limit=1)
    with database.read() as conn:
        search = Search(MANY, query, conn)
        rows = conn.execute(
            select(item.c.doc, item.c.refs, item.c.updated, item.c.item_id, item.c.collection).limit(1)
        ).all()
        after = PageKey(tuple(rows[0][2:]))
        plan = plan_of(conn, search.probed(after))
    assert "SEARCH item USING COVERING INDEX item_newest (updated<?)" in plan or (
        "using item_newest" in plan and "Index Cond: (updated <=" in plan
    )


def test_an_anonymous_page_begins_at_what_is_public(database: Database) -> None:
    with database.read() as conn:
        plan = plan_of(conn, Search(ANONYMOUS, SEARCHES["newest"], conn).merged(None))
    assert "item_visible (visibility=?)" in plan or ("using item_visible" in plan and "Index Cond: (visibility" in plan)
    assert_nothing_is_sorted(plan)


@pytest.mark.parametrize("name", ["newest", "one collection"])
def test_the_arm_of_the_grants_begins_at_the_grants(database: Database, name: str) -> None:
    """Whoever holds ten grants pays for ten rows, however many rows are hidden from them."""
    with database.read() as conn:
        plan = plan_of(conn, Search(replace(FEW, level=None), SEARCHES[name], conn).merged(None))
    assert_begins_at_the_grants(plan)
    with database.read() as conn:
        counted = plan_of(conn, Search(replace(FEW, level=None), SEARCHES[name], conn).counted())
    assert_begins_at_the_grants(counted)


@pytest.mark.parametrize(
    ("name", "sqlite", "postgresql"),
    [
        ("small box", "SCAN item_box VIRTUAL TABLE", "item_geometry"),
        ("rare word", "SCAN item_text VIRTUAL TABLE", "item_words"),
        ("short time", "SCAN item_time VIRTUAL TABLE", "item_interval"),
        ("ids", "SEARCH item", "item_key"),
    ],
)
def test_what_is_rare_is_found_by_its_index_first(database: Database, name: str, sqlite: str, postgresql: str) -> None:
    with database.read() as conn:
        search = Search(MANY, SEARCHES[name], conn)
        for statement in (search.plain(visible(MANY, item), None), search.counted()):
            plan = plan_of(conn, statement)
            assert (sqlite if conn.dialect.name == "sqlite" else postgresql) in plan
            assert "Seq Scan on item" not in plan


def test_a_count_stays_in_indexes(database: Database) -> None:
    with database.read() as conn:
        plan = plan_of(conn, Search(MANY, SEARCHES["newest"], conn).counted())
    assert "Seq Scan on item" not in plan
    assert "SCAN item\n" not in plan + "\n"
    if is_sqlite(database):
        assert plan.count("COVERING INDEX item_visible") == 2


def test_the_form_that_is_not_used_would_fail_these_tests(database: Database) -> None:
    """`IN (SELECT …)`, which reads as well and was measured to be 26 to 180 times as slow."""
    from stac_ext.store.schema import grant

    held = select(grant.c.project_id).where(grant.c.principal == MANY.principal)
    rows: Select[Any] = select(item.c.pk).where((item.c.visibility <= 1) | item.c.project_id.in_(held))
    with database.read() as conn:
        plan = plan_of(conn, rows.order_by(item.c.updated.desc(), item.c.item_id, item.c.collection).limit(11))
    with pytest.raises(AssertionError):
        assert_looked_up(database, plan)


def is_sqlite(database: Database) -> bool:
    with database.read() as conn:
        return _is_sqlite(conn)


def _is_sqlite(conn: Connection) -> bool:
    return conn.dialect.name == "sqlite"


def assert_looked_up(database: Database, plan: str) -> None:
    """Each row's grant is looked up by its key, and no set of grants is built."""
    if is_sqlite(database):
        assert "SEARCH grant_ USING PRIMARY KEY (principal=? AND project_id=?)" in plan
        assert "LIST SUBQUERY" not in plan
        assert "MATERIALIZE" not in plan
    else:
        assert re.search(r"Index Only Scan using (grant__pkey|grant_project) on grant_", plan)
        assert re.search(
            r"Index Cond: \(\(project_id = .*\) AND \(principal = |Index Cond: \(\(principal = .*project_id = ", plan
        )
        assert "hashed SubPlan" not in plan
        assert "Hash" not in plan


def assert_nothing_is_sorted(plan: str) -> None:
    """Neither all rows nor, beyond rows that are equal in the first key, a part of them."""
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan
    assert "Sort" not in plan.replace("Incremental Sort", "").replace("Sort Key", "").replace("Presorted Key", "")


def assert_begins_at_the_grants(plan: str) -> None:
    if "SEARCH" in plan:
        assert "item_project (project_id=? AND version=? AND visibility>?)" in plan
        assert "SEARCH grant_ USING PRIMARY KEY (principal=?)" in plan
    else:
        assert "grant__pkey" in plan
        assert "Seq Scan on item" not in plan
        assert "using item_project" in plan
