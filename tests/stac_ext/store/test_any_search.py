"""Proves that whatever is written, whoever asks, whatever they search: the store answers as a plain evaluation does.

Both engines are held against `evaluator.py`, page after page, in each form that a search can take, and after any
sequence of writes. `SEARCH_EXAMPLES` says how many stores are drawn.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from stac_ext.aggregations import parse_aggregations
from stac_ext.model import Viewer, Visibility
from stac_ext.query import SearchQuery
from stac_ext.store import narrowing, search
from stac_ext.store import reader as reading
from stac_ext.store.database import Database
from stac_ext.store.denials import ProjectGone, ProjectMoved, VisibilityLowered
from stac_ext.store.grants import GrantTable
from stac_ext.store.inbox import Inbox
from stac_ext.store.opening import open_store
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.records import ProjectRecord, to_record
from stac_ext.store.summaries import TERMS
from stac_ext.store.writer import CatalogueWriter
from stac_ext.words import words_of
from tests.stac_ext.store import drawing
from tests.stac_ext.store.conftest import ENGINES
from tests.stac_ext.store.evaluator import Asked, Key, Model
from tests.support.postgres import PostgresServer

EXAMPLES = int(os.environ.get("SEARCH_EXAMPLES", "12"))
FORMS = ("plain", "probed", "merged")
NOW = 2**60


class Store:
    """A store, what it must hold, and the forms that searches in it took."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.reader, self.writer = CatalogueReader(database), CatalogueWriter(database)
        self.grants, self.inbox = GrantTable(database), Inbox(database)
        self.forms: set[str] = set()
        self.model = Model()
        self._deliveries = 0

    def clear(self) -> None:
        """Empty it, and leave the change counter: what is kept by it must not be used for the next content."""
        with self.database.write() as conn:
            for table in ("item", "alias", "project", "grant_", "principal", "denial", "inbox"):
                conn.execute(text(f"DELETE FROM {table}"))
            if conn.dialect.name == "sqlite":
                conn.execute(text("DELETE FROM item_box"))
            conn.execute(text("UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = 'seq'"))
        self.model = Model()

    def put(self, number: int, path: str, visibility: Visibility, entries: Any) -> None:
        records = tuple(to_record(entry.item, version=entry.version) for entry in entries)
        self._deliveries += 1
        fingerprint = str(self._deliveries)
        self.writer.put(ProjectRecord(number, path, visibility, fingerprint, records), began=NOW, now=0)
        self.model.put(number, path, visibility, entries)

    def drop(self, number: int) -> None:
        self.writer.drop(number, NOW)
        self.model.drop(number)

    def lower(self, number: int, visibility: Visibility) -> None:
        self.writer.lower(number, visibility)
        self.model.lower(number, visibility)

    def grant(self, principal: str, numbers: list[int]) -> None:
        self.grants.confirm(principal, 1, "somebody", False, now=0)
        assert self.grants.replace(principal, numbers, began=self.database.seq(), now=1)
        self.model.grant(principal, numbers)

    def deny(self, fact: ProjectGone | ProjectMoved | VisibilityLowered) -> None:
        self._deliveries += 1
        assert self.inbox.receive(f"delivery {self._deliveries}", "event", None, (fact,), now=0)
        match fact:
            case ProjectGone(number):
                self.model.drop(number)
            case ProjectMoved(number):
                self.model.revoke(number)
            case VisibilityLowered(number, visibility):
                self.model.lower(number, visibility)

    def pages(self, viewer: Viewer, query: SearchQuery) -> tuple[list[Key], set[int | None]]:
        """The keys of all pages in order, and what each said of how many match; the way back has the same pages."""
        found: list[list[Key]] = []
        matched: set[int | None] = set()
        at = None
        while True:
            page = self.reader.search(viewer, query, at)
            assert (page.previous is None) == (at is None)
            found.append([key_of(doc) for doc in page.docs])
            matched.add(page.matched)
            if page.next is None:
                break
            assert len(page.docs) == query.limit
            at = page.next
        for keys in reversed(found[:-1]):
            assert page.previous is not None
            page = self.reader.search(viewer, query, page.previous)
            assert [key_of(doc) for doc in page.docs] == keys
            assert page.next is not None
        assert page.previous is None
        return [key for keys in found for key in keys], matched


def key_of(doc: bytes) -> Key:
    read = orjson.loads(doc)
    return read["collection"], read["id"]


@pytest.fixture(scope="module", params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("any")
    server: PostgresServer | None = None
    url = f"sqlite:///{folder}/store.db"
    if request.param != "sqlite":
        server = request.getfixturevalue("postgres")
        url = server.create(request.getfixturevalue("template"))
    made = Store(open_store(url))
    yield made
    made.database.close()
    if server is not None:
        server.drop(url)


@pytest.fixture(scope="module")
def seen_forms(store: Store) -> Iterator[None]:
    """Note which forms are used, and fail in the end where one never was."""
    with pytest.MonkeyPatch.context() as patched:
        for name in FORMS:
            patched.setattr(search.Search, name, _noting(getattr(search.Search, name), name, store.forms))
        yield
    assert store.forms == set(FORMS)


def _noting(method: Any, name: str, forms: set[str]) -> Any:
    def noted(*args: Any) -> Any:
        forms.add(name)
        return method(*args)

    return noted


numbers = st.sampled_from(drawing.PROJECTS)
visibilities = st.sampled_from(Visibility)
puts = numbers.flatmap(
    lambda number: st.tuples(
        st.just("put"), st.just(number), st.sampled_from(drawing.PATHS), visibilities, drawing.entries(number)
    )
)
grants = st.tuples(
    st.just("grant"), st.sampled_from(drawing.PRINCIPALS), st.lists(numbers, min_size=3, max_size=12, unique=True)
)
others = st.one_of(
    st.tuples(st.just("drop"), numbers),
    st.tuples(st.just("lower"), numbers, visibilities),
    st.tuples(st.just("grant"), st.sampled_from(drawing.PRINCIPALS), st.lists(numbers, max_size=3, unique=True)),
    st.tuples(st.just("deny"), st.builds(ProjectGone, numbers)),
    st.tuples(st.just("deny"), st.builds(ProjectMoved, numbers)),
    st.tuples(st.just("deny"), st.builds(VisibilityLowered, numbers, visibilities)),
)
histories = st.tuples(
    st.lists(puts, min_size=6, max_size=16),
    st.lists(grants, max_size=3),
    st.lists(others | puts, min_size=2, max_size=10),
).map(lambda parts: [one for part in parts for one in part])
# What decides between the forms: so many rows that one of them is always too much, or none ever is.
shapes = st.fixed_dictionaries(
    {
        "_PROBED": st.sampled_from((0, 1_000)),
        "_PROBED_PER_ROW": st.sampled_from((1, 20)),
        "_FEW": st.sampled_from((-1, 2, 1_000)),
        "_FEW_WORDS": st.sampled_from((-1, 2, 20_000)),
        "_WIDE": st.sampled_from((-1, 180 * 360 / 16, 10**6)),
        "_MAX_BOXES": st.sampled_from((1, 16)),
        "MAX_COUNT": st.sampled_from((2, 10_000)),
    }
)
tries = st.lists(st.tuples(drawing.viewers, drawing.searches(), st.sampled_from((1, 2, 3, 5, 100))), min_size=3)


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(history=histories, shape=shapes, asked=tries)
@pytest.mark.timeout(0)
def test_the_store_answers_as_a_plain_evaluation(
    store: Store,
    seen_forms: None,
    history: list[tuple[Any, ...]],
    shape: dict[str, Any],
    asked: list[tuple[Viewer, Asked, int]],
) -> None:
    store.clear()
    for name, *values in history:
        getattr(store, name)(*values)
    with shaped(shape):
        for viewer, one, limit in asked:
            assert_searched(store, viewer, one, limit, shape["MAX_COUNT"])
        assert_read_singly(store, asked[0][0])


class shaped:
    """Other limits between the forms for a while."""

    def __init__(self, shape: dict[str, Any]) -> None:
        self._patches = [
            patch.object(module, name, value)
            for name, value in shape.items()
            for module in (search, narrowing, reading)
            if hasattr(module, name)
        ]

    def __enter__(self) -> None:
        for one in self._patches:
            one.start()

    def __exit__(self, *_: object) -> None:
        for one in self._patches:
            one.stop()


def query_of(asked: Asked, limit: int) -> SearchQuery:
    return SearchQuery(
        collections=asked.collections,
        ids=asked.ids,
        area=None if asked.area is None else shapely.to_wkb(asked.area),
        interval=asked.interval,
        phrases=None if asked.texts is None else tuple(tuple(words_of(text)) for text in asked.texts),
        sort=asked.sort,
        limit=limit,
    )


def assert_searched(store: Store, viewer: Viewer, asked: Asked, limit: int, most: int) -> None:
    expected = [entry.key for entry in store.model.search(viewer, asked)]
    query = query_of(asked, limit)
    found, matched = store.pages(viewer, query)
    assert found == expected
    assert matched == {len(expected) if len(expected) <= most else None}
    (total,) = store.reader.aggregate(viewer, query, parse_aggregations(["total_count"], {}))
    assert total["value"] == len(expected)
    for name in TERMS:
        assert list(store.reader.terms(viewer, query, name).items()) == store.model.terms(viewer, asked, name)


def assert_read_singly(store: Store, viewer: Viewer) -> None:
    model = store.model
    for number in drawing.PROJECTS:
        entries = model.projects[number].entries if number in model.projects else ()
        assert store.reader.shows_project(viewer, number) == (model.sees(viewer, number) and bool(entries))
        for collection in drawing.COLLECTIONS:
            for item_id in (str(number), f"{number}@v1"):
                expected = model.item(viewer, (collection, item_id))
                doc = store.reader.item(viewer, collection, item_id)
                assert (None if doc is None else key_of(doc)) == (None if expected is None else expected.key)
    for collection in drawing.COLLECTIONS:
        assert store.reader.summary(viewer, collection) == model.summary(viewer, collection)
        for path in drawing.PATHS:
            found = store.reader.item_id_of_path(viewer, collection, path)
            assert found == model.id_of_path(viewer, collection, path)
