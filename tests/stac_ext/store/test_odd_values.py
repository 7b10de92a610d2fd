"""Proves that no text and no number that GitLab or a client sends makes a read or a write fail, on either engine."""

from typing import Any

import pytest

from stac_ext.keyset import PageKey
from stac_ext.model import ANONYMOUS, Problem, Viewer, Visibility
from stac_ext.query import SearchQuery, SortKey, parse_search
from stac_ext.store.database import Database
from stac_ext.store.denials import (
    Denial,
    MemberRemoved,
    ProjectGone,
    ProjectMoved,
    SubtreeDistrusted,
    UserDistrusted,
    UserGained,
    VisibilityLowered,
)
from stac_ext.store.grants import GrantTable
from stac_ext.store.inbox import Inbox
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.records import ItemRecord, ProjectRecord, Searched
from stac_ext.store.sessions import Session, SessionTable
from stac_ext.store.writer import CatalogueWriter, Put
from tests.stac_ext.store.rows import put, record, stac_item

TEXTS = {
    "nul": "a\0b",
    "only nul": "\0",
    "half a pair": "a\ud800b",
    "astral": "\U0001f6a2\U00010428",
    "not normal": "é e\u0301 ﬁ \u200b\u202e",
    "private use": "\ue000 \ue001",
    "quotes": "'\"\\%_;--",
    "long": "x" * 100_000,
    "long and wide": "\U00010428" * 50_000,
    "empty": "",
}
NUMBERS = (0, -1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30)
odd_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
odd_number = pytest.mark.parametrize("number", NUMBERS)


@odd_text
def test_any_text_may_be_asked_for(reader: CatalogueReader, writer: CatalogueWriter, text: str) -> None:
    put(writer, 1)
    viewer = Viewer(Visibility.INTERNAL, text)
    assert reader.item(viewer, "ai-model", text) is None
    assert reader.item(viewer, text, "1") is None
    assert reader.item_id_of_path(viewer, "ai-model", text) is None
    assert reader.extent(viewer, text).count == 0
    for query in (
        SearchQuery(ids=(text,)),
        SearchQuery(ids=(f"a/{text}",)),
        SearchQuery(ids=(f"1@{text}",)),
        SearchQuery(collections=(text,)),
    ):
        assert reader.search(viewer, query).matched == 0
        assert reader.terms(viewer, query, "license") == {}
    by_title = SearchQuery(sort=(SortKey("title"),))
    for key in ((text, "1", "ai-model"), (None, text, text)):
        reader.search(viewer, by_title, PageKey(key))
    assert writer.projects_below(f"a{text}") == frozenset()


@odd_text
def test_any_text_may_be_written(reader: CatalogueReader, writer: CatalogueWriter, text: str) -> None:
    """What no store holds is left out of it; the rest of the project is there, and can be written again and dropped."""
    one = ItemRecord(
        collection="ai-model",
        item_id="1",
        doc=b'{"links":[]}',
        updated=0,
        start=0,
        end=0,
        searched=Searched(title=text, license=text, words=((1, "word"),)),
    )
    version = ItemRecord("ai-model", f"1@{text}"[:500], b'{"links":[]}', 0, 0, 0, version=text[:500], source=text[:500])
    project = ProjectRecord(
        1, f"a/{text}"[:500], Visibility.PUBLIC, text, (one, version), (Problem("rule", text[:500]),)
    )
    assert writer.put(project, began=2**60, now=0) is Put.CHANGED
    assert reader.item(ANONYMOUS, "ai-model", "1") is not None
    assert reader.search(ANONYMOUS, SearchQuery(sort=(SortKey("license"), SortKey("title")), limit=1)).matched == 1
    assert sum(reader.terms(ANONYMOUS, SearchQuery(), "license").values()) == 1
    assert reader.search(ANONYMOUS, SearchQuery(phrases=(("word",),))).matched == 1
    assert len(writer.problems()) == 1
    writer.fingerprint(1)
    writer.versions(1, ["ai-model"])
    assert put(writer, 1, path="a/b") is Put.CHANGED
    assert writer.drop(1, 2**60) is Put.CHANGED


@odd_text
def test_any_text_may_be_a_title(reader: CatalogueReader, writer: CatalogueWriter, text: str) -> None:
    shown = text.replace("\ud800", "")  # no JSON text holds half a pair
    card = {"title": shown, "description": shown, "keywords": [shown], "sharinghub:path": shown, "license": shown}
    put(writer, 1, stac_item("1", properties={**card, "sharinghub:stars": 1}))
    assert reader.search(ANONYMOUS, SearchQuery(sort=(SortKey("title", True),))).matched == 1


@odd_text
def test_any_text_may_come_with_a_delivery(inbox: Inbox, text: str) -> None:
    short = text[:1024]
    facts = (SubtreeDistrusted(short), SubtreeDistrusted(f"a/{short}", gone=True))
    assert inbox.receive(f"k{short}", short, f"below:{short}", facts, now=1)
    assert not inbox.receive(f"k{short}", short, f"below:{short}", facts, now=1)
    work = inbox.claim(2, busy=(f"below:{short}x",))
    assert work is not None
    inbox.expand(work, [f"project:{short}"])
    inbox.retry(work, text, not_before=3)
    inbox.bury(work, text)
    assert inbox.counts() == {"dead": 1, "queued": 1}


@odd_text
def test_any_text_may_be_a_principal(grants: GrantTable, sessions: SessionTable, database: Database, text: str) -> None:
    key = text[:500]
    assert grants.confirm(key, 1, text[:500], False, now=1).user_id == 1
    assert grants.replace(key, [1], began=database.seq(), now=2)
    assert grants.standing(key) is not None
    grants.add(key, [2], began=database.seq(), asked_seq=database.seq())
    sessions.start(Session(key, key, b"", 1, 1, 9))
    assert sessions.find(key, now=1) is not None
    assert len(sessions.end_all_of(key, now=2)) == 1
    grants.forget(key)
    assert grants.find(key) is None


@odd_number
def test_any_number_may_be_a_project(
    reader: CatalogueReader, writer: CatalogueWriter, inbox: Inbox, grants: GrantTable, database: Database, number: int
) -> None:
    assert not reader.shows_project(ANONYMOUS, number)
    assert writer.drop(number, 2**60) is Put.UNCHANGED
    writer.lower(number, Visibility.PRIVATE)
    assert writer.fingerprint(number) is None
    assert writer.versions(number, ["ai-model"]) == {}
    facts: tuple[Denial, ...] = (
        ProjectGone(number),
        ProjectMoved(number),
        VisibilityLowered(number, Visibility.PRIVATE),
        MemberRemoved(number, number),
        UserDistrusted(number),
        UserGained(number),
    )
    assert inbox.receive("k", "event", "project:1", facts, now=1)
    grants.confirm("user:7", 7, "seven", False, now=1)
    assert grants.replace("user:7", [number, 5], began=database.seq(), now=2)
    grants.add("user:7", [number, 6], began=database.seq(), asked_seq=database.seq())
    for one in (5, 6):
        put(writer, one, visibility=Visibility.PRIVATE)
    assert reader.search(Viewer(None, "user:7"), SearchQuery()).matched == 2


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**63) - 1])
def test_a_project_that_no_gitlab_can_have_is_refused(writer: CatalogueWriter, number: int) -> None:
    with pytest.raises(ValueError, match="project id"):
        writer.put(record(number), began=2**60, now=0)


@odd_number
def test_any_number_may_be_a_place_in_the_order(reader: CatalogueReader, writer: CatalogueWriter, number: int) -> None:
    """A token is signed, but its numbers may come from an older store."""
    put(writer, 1)
    reader.search(ANONYMOUS, SearchQuery(), PageKey((max(min(number, 2**63 - 1), -(2**63)), "1", "ai-model")))


@pytest.mark.parametrize(
    "interval", ["0001-01-01T00:00:00Z/..", "../9999-12-31T23:59:59.999999999999Z", "../9999-12-31T23:59:60Z"]
)
def test_any_interval(reader: CatalogueReader, writer: CatalogueWriter, interval: str) -> None:
    put(writer, 1, stac_item("1", properties={"datetime": "9999-12-31T23:59:59.999999Z"}))
    assert reader.search(ANONYMOUS, parse_search(datetime=interval)).matched == 1


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [180, 90]},
        {"type": "Point", "coordinates": [1e-300, -1e-300]},
        {"type": "Point", "coordinates": [1, 2, 3]},
        {"type": "MultiPoint", "coordinates": [[n % 180, n % 90] for n in range(2_000)]},
        {
            "type": "GeometryCollection",
            "geometries": [{"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 1]}]}],
        },
    ],
)
def test_any_area(reader: CatalogueReader, writer: CatalogueWriter, geometry: dict[str, Any]) -> None:
    world = [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]
    place = {"geometry": {"type": "Polygon", "coordinates": world}, "bbox": [-180, -90, 180, 90]}
    put(writer, 1, stac_item("1", **place))
    put(writer, 2, stac_item("2", geometry={"type": "Point", "coordinates": [-99, -9]}, bbox=[-99, -9, -99, -9]))
    assert reader.search(ANONYMOUS, parse_search(intersects=geometry)).matched == 1
