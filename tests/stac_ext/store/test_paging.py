"""Proves the order of searches and their pages: absent values, equal values, many keys, writes between pages."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import orjson
import pytest

from stac_ext.keyset import PageKey
from stac_ext.model import ANONYMOUS, Viewer, Visibility
from stac_ext.query import DEFAULT_SORT, SearchQuery, SortKey
from stac_ext.store import search
from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable
from stac_ext.store.ordering import SORTABLES
from stac_ext.store.reader import CatalogueReader, Page
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.evaluator import Entry, Key, ordered
from tests.stac_ext.store.rows import put, stac_item

MEMBER = Viewer(Visibility.INTERNAL, "user:7")
_VALUES: tuple[dict[str, Any], ...] = (
    {"title": "b", "license": "MIT", "sharinghub:stars": 3, "created": "2020-01-01T00:00:00Z"},
    {"title": "B", "license": "MIT", "sharinghub:stars": 3, "created": "2020-01-01T00:00:00Z"},
    {"title": "é", "license": "mit", "sharinghub:stars": 0, "created": "2019-12-31T23:59:59.999999Z"},
    {"title": "z", "license": "é", "sharinghub:stars": 10, "created": "0001-01-01T00:00:00Z"},
    {"title": "水", "license": "\U0001f6a2", "sharinghub:stars": 2**63 - 1, "created": "9999-12-31T23:59:59Z"},
    {"title": "\uffee", "license": "\uffee"},
    {},
    {"datetime": None, "start_datetime": "2020-01-01T00:00:00Z", "end_datetime": "2021-01-01T00:00:00Z"},
)


def filled(database: Database) -> list[Entry]:
    """Sixteen items of eight projects, every third of them only for a member."""
    writer, found = CatalogueWriter(database), []
    for number, values in enumerate(_VALUES, 1):
        updated = f"2024-01-0{1 + number % 3}T00:00:00Z"
        items = [
            stac_item(str(number), collection, updated, properties=values) for collection in ("ai-model", "dataset")
        ]
        put(writer, number, *items, visibility=Visibility.PRIVATE if number % 3 == 0 else Visibility.PUBLIC)
        found += [Entry(one) for one in items]
    grants = GrantTable(database)
    grants.confirm("user:7", 7, "seven", False, 0)
    assert grants.replace("user:7", [3, 6], began=database.seq(), now=1)
    return found


def walked(reader: CatalogueReader, viewer: Viewer, query: SearchQuery) -> list[list[Key]]:
    """The keys of each page."""
    pages, after = [], None
    while True:
        page = reader.search(viewer, query, after)
        pages.append([(doc["collection"], doc["id"]) for doc in map(orjson.loads, page.docs)])
        if page.next is None:
            return pages
        after = page.next


def flat(pages: list[list[Key]]) -> list[Key]:
    return [key for page in pages for key in page]


def test_every_sort_in_both_directions_page_after_page(database: Database) -> None:
    entries, reader = filled(database), CatalogueReader(database)
    for name in SORTABLES:
        for descending in (False, True):
            sort = (SortKey(name, descending),)
            expected = [entry.key for entry in ordered(entries, sort)]
            for limit in (1, 3, 16, 17):
                pages = walked(reader, MEMBER, SearchQuery(sort=sort, limit=limit))
                assert flat(pages) == expected, (name, descending, limit)
                assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
            public = [key for key in expected if int(key[1]) % 3]
            assert flat(walked(reader, ANONYMOUS, SearchQuery(sort=sort, limit=4))) == public


def test_absent_values_are_less_than_every_other(database: Database) -> None:
    filled(database)
    reader = CatalogueReader(database)
    for name in ("title", "license", "sharinghub:stars", "created"):
        first = flat(walked(reader, MEMBER, SearchQuery(sort=(SortKey(name),), collections=("dataset",))))[0]
        last = flat(walked(reader, MEMBER, SearchQuery(sort=(SortKey(name, True),), collections=("dataset",))))[-1]
        assert {first[1], last[1]} <= {"6", "7", "8"}


@pytest.mark.parametrize("directions", [(False, False), (True, False), (False, True), (True, True)])
def test_sorts_by_several_keys(database: Database, directions: tuple[bool, bool]) -> None:
    entries, reader = filled(database), CatalogueReader(database)
    for first, second in permutations(("updated", "title", "sharinghub:stars", "collection"), 2):
        sort = (SortKey(first, directions[0]), SortKey(second, directions[1]))
        expected = [entry.key for entry in ordered(entries, sort)]
        assert flat(walked(reader, MEMBER, SearchQuery(sort=sort, limit=5))) == expected, sort


def test_no_sort_is_by_id(database: Database) -> None:
    filled(database)
    keys = flat(walked(CatalogueReader(database), MEMBER, SearchQuery(sort=(), limit=5)))
    assert keys == sorted(keys, key=lambda key: (key[1], key[0]))


@pytest.mark.parametrize("sort", [DEFAULT_SORT, (SortKey("title"),), (SortKey("sharinghub:stars", True),)])
def test_what_stays_is_given_once_while_others_are_written_moved_and_deleted(
    database: Database, sort: tuple[SortKey, ...]
) -> None:
    """Between two pages: one is deleted, one hidden, one changes its place in the order, one is new."""
    reader, writer = CatalogueReader(database), CatalogueWriter(database)

    def write(number: int, place: int, **values: Any) -> None:
        same = {"title": f"{place:03}", "sharinghub:stars": place}
        item = stac_item(str(number), updated=f"2024-01-{place:02}T00:00:00Z", properties=same)
        put(writer, number, item, fingerprint=f"{place}", **values)

    for number in range(1, 25):
        write(number, number)
    changed = set()
    seen: list[str] = []
    query, after = SearchQuery(sort=sort, limit=4), None
    for step in range(100):
        page = reader.search(ANONYMOUS, query, after)
        seen += [orjson.loads(doc)["id"] for doc in page.docs]
        last = seen[-1]
        if page.next is None:
            break
        after = page.next
        if step < 4:
            gone, hidden, moved = (3 * step + n for n in (1, 2, 3))
            writer.drop(gone if step else int(last), 2**60)  # the row that the next page begins behind, too
            writer.lower(hidden, Visibility.PRIVATE)
            write(moved, 28 - step)
            write(100 + step, 12 + step)
            changed |= {gone if step else int(last), hidden, moved, 100 + step}
    stays = {str(number) for number in range(1, 25)} - {str(one) for one in changed}
    assert stays <= set(seen)
    assert all(seen.count(one) == 1 for one in stays)


def test_a_page_may_begin_where_no_row_is(database: Database) -> None:
    filled(database)
    reader = CatalogueReader(database)
    for values in ((2**62, "", ""), (-(2**62), "zzz", "zzz"), (0, "5", "")):
        page = reader.search(MEMBER, SearchQuery(limit=3), PageKey(values))
        assert len(page.docs) == (3 if values[0] == 2**62 else 0)
    by_title = SearchQuery(sort=(SortKey("title", True),), limit=100)
    assert len(reader.search(MEMBER, by_title, PageKey((None, "7", "dataset"))).docs) == 3 - 2


@pytest.mark.parametrize("sort", [DEFAULT_SORT, (SortKey("title"),), (SortKey("sharinghub:stars", True),)])
@pytest.mark.parametrize("viewer", [ANONYMOUS, MEMBER])
def test_one_can_go_back_and_forth_and_out_of_a_page_that_became_empty(
    database: Database, viewer: Viewer, sort: tuple[SortKey, ...]
) -> None:
    filled(database)
    reader, query = CatalogueReader(database), SearchQuery(sort=sort, limit=3)
    first = reader.search(viewer, query)
    second = reader.search(viewer, query, first.next)
    third = reader.search(viewer, query, second.next)
    assert first.previous is None
    assert reader.search(viewer, query, second.previous) == first
    again = reader.search(viewer, query, third.previous)
    assert (again.docs, again.next, again.previous) == (second.docs, second.next, second.previous)
    kept = orjson.loads(first.docs[0])["id"]
    for number in range(1, 9):
        if str(number) != kept:
            CatalogueWriter(database).drop(number, 2**60)
    behind = reader.search(viewer, query, third.next)
    assert (behind.docs, behind.next) == ((), None)
    assert first.docs[0] in reader.search(viewer, query, behind.previous).docs
    for number in range(1, 9):
        CatalogueWriter(database).drop(number, 2**60)
    put(CatalogueWriter(database), 9, stac_item("9", updated="0001-01-01T00:00:00Z", properties={"title": "\uffff"}))
    before = reader.search(viewer, query, second.previous)
    onward = before if before.docs else reader.search(viewer, query, before.next)
    assert [orjson.loads(doc)["id"] for doc in onward.docs] == ["9"]
    CatalogueWriter(database).drop(9, 2**60)
    for key in (second.next, second.previous, behind.previous):
        assert reader.search(viewer, query, key) == Page((), None, None, 0)


@pytest.mark.parametrize("viewer", [ANONYMOUS, MEMBER])
@pytest.mark.parametrize(
    "query", [SearchQuery(), SearchQuery(sort=(SortKey("title"),)), SearchQuery(phrases=(("word",),))]
)
def test_a_page_ends_where_its_documents_are_too_large_together(
    database: Database, monkeypatch: pytest.MonkeyPatch, viewer: Viewer, query: SearchQuery
) -> None:
    """A page has one document at least, however large, and the walk over all pages misses none."""
    writer = CatalogueWriter(database)
    for number in range(1, 10):
        filling = "x" * (9_000 if number == 5 else 1_000)
        put(writer, number, stac_item(str(number), properties={"title": "word", "filling": filling}))
    grants = GrantTable(database)
    grants.confirm("user:7", 7, "seven", False, 0)
    assert grants.replace("user:7", [], began=database.seq(), now=1)
    reader = CatalogueReader(database)
    whole = walked(reader, viewer, replace(query, limit=100))
    assert len(whole) == 1
    monkeypatch.setattr(search, "MAX_PAGE_BYTES", 4_000)
    pages = walked(reader, viewer, replace(query, limit=100))
    assert flat(pages) == flat(whole)
    assert {len(page) for page in pages} <= {1, 2, 3}
    assert [("ai-model", "5")] in pages
    assert reader.search(viewer, replace(query, limit=100)).matched == 9
