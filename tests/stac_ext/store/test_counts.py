"""Proves counts, extents and terms: exact for each viewer, capped where they grow large, never older than a write."""

import pytest
from sqlalchemy import text

from stac_ext.model import ANONYMOUS, Viewer, Visibility
from stac_ext.query import SearchQuery, parse_search
from stac_ext.store import reader as reading
from stac_ext.store import search
from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable
from stac_ext.store.postgres import PostgresDatabase
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.rows import put, stac_item
from tests.support.bulk import fill, give

INTERNAL = Viewer(Visibility.INTERNAL)
MEMBER = Viewer(Visibility.INTERNAL, "user:7")


@pytest.mark.parametrize(("rows", "matched"), [(9, 9), (10, 10), (11, None), (40, None)])
def test_a_count_is_exact_up_to_the_cap(
    database: Database, monkeypatch: pytest.MonkeyPatch, rows: int, matched: int | None
) -> None:
    """Whatever share of the rows comes by the level and by grants."""
    for module in (search, reading):
        monkeypatch.setattr(module, "MAX_COUNT", 10)
    fill(database, rows, public=0.5)
    give(database, "user:7", list(range(1, rows + 1)))
    reader = CatalogueReader(database)
    for query in (SearchQuery(limit=1), parse_search(bbox=[-180, -90, 180, 90], limit=1)):
        assert reader.search(MEMBER, query).matched == matched
    assert reader.search(Viewer(None, "user:7"), SearchQuery(limit=1)).matched == matched
    assert reader.search(Viewer(None), SearchQuery(limit=1)).matched == 0


def test_the_cap_is_ten_thousand(database: Database) -> None:
    fill(database, 10_000, public=1)
    if isinstance(database, PostgresDatabase):  # its counter knows nothing of keys that were given
        with database.write() as conn:
            conn.execute(text("SELECT setval(pg_get_serial_sequence('item', 'pk'), 10000)"))
    reader, writer = CatalogueReader(database), CatalogueWriter(database)
    assert reader.search(ANONYMOUS, SearchQuery(limit=1)).matched == 10_000
    assert reader.extent(ANONYMOUS, "dataset").count == 6_667
    put(writer, 20_000)
    assert reader.search(ANONYMOUS, SearchQuery(limit=1)).matched is None
    put(writer, 20_001, visibility=Visibility.INTERNAL)
    assert reader.extent(ANONYMOUS, "ai-model").count == 3_334
    assert sum(reader.terms(INTERNAL, SearchQuery(), "collection").values()) == 10_002


def test_terms_are_those_of_visible_items_most_first(
    reader: CatalogueReader, writer: CatalogueWriter, grants: GrantTable, database: Database
) -> None:
    for number, licence in enumerate(["MIT", "MIT", "Apache-2.0", None, "Apache-2.0", "AAL"], 1):
        item = stac_item(str(number), "dataset" if number == 1 else "ai-model", properties={"license": licence})
        put(writer, number, item, visibility=Visibility.PRIVATE if number > 4 else Visibility.PUBLIC)
    grants.confirm("user:7", 7, "seven", False, 0)
    assert grants.replace("user:7", [5, 6], began=database.seq(), now=1)

    def terms(viewer: Viewer, name: str = "license", **asked: object) -> list[tuple[str, int]]:
        return list(reader.terms(viewer, parse_search(**asked), name).items())

    assert terms(ANONYMOUS) == [("MIT", 2), ("Apache-2.0", 1)]
    assert terms(MEMBER) == [("Apache-2.0", 2), ("MIT", 2), ("AAL", 1)]
    assert terms(MEMBER, collections=["dataset"]) == [("MIT", 1)]
    assert terms(MEMBER, "collection") == [("ai-model", 5), ("dataset", 1)]
    assert terms(Viewer(None)) == []


@pytest.mark.parametrize("viewer", [ANONYMOUS, INTERNAL, MEMBER, Viewer(None, "user:7"), Viewer(None)])
def test_an_extent_is_never_older_than_a_write(
    database: Database, reader: CatalogueReader, writer: CatalogueWriter, grants: GrantTable, viewer: Viewer
) -> None:
    """The shared part is kept between reads; every write, of this process or another, makes it anew."""
    other = CatalogueWriter(database)
    place = {"geometry": {"type": "Point", "coordinates": [5, 6]}, "bbox": [5, 6, 5, 6]}
    public, granted = viewer.level is not None, viewer.principal is not None
    assert reader.extent(viewer, "ai-model").count == 0
    put(other, 1, stac_item("1", **place))
    assert reader.extent(viewer, "ai-model").count == int(public)
    assert (reader.extent(viewer, "ai-model").bbox == (5, 6, 5, 6)) == public
    put(writer, 1, stac_item("1", updated="2025-01-01T00:00:00Z"), fingerprint="2")
    assert reader.extent(viewer, "ai-model").bbox is None
    other.lower(1, Visibility.PRIVATE)
    assert reader.extent(viewer, "ai-model").count == 0
    grants.confirm("user:7", 7, "seven", False, 0)
    assert grants.replace("user:7", [1], began=database.seq(), now=1)
    assert reader.extent(viewer, "ai-model").count == int(granted)
    other.drop(1, 2**60)
    assert reader.extent(viewer, "ai-model").count == 0


@pytest.mark.parametrize(
    ("start", "end", "open_start", "open_end"),
    [
        ("0001-01-01T00:00:00Z", "2020-01-01T00:00:00Z", True, False),
        ("2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z", False, True),
        ("0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:58Z", False, False),
    ],
)
def test_an_open_end_of_an_item_is_an_open_end_of_the_extent(
    reader: CatalogueReader, writer: CatalogueWriter, start: str, end: str, open_start: bool, open_end: bool
) -> None:
    put(writer, 1)
    put(writer, 2, stac_item("2", properties={"datetime": None, "start_datetime": start, "end_datetime": end}))
    found = reader.extent(ANONYMOUS, "ai-model")
    assert (found.start is None, found.end is None) == (open_start, open_end)
