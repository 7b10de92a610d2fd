"""Proves that writes are whole, that denials win races, and that grants are a diff of what GitLab said."""

import pytest
from sqlalchemy import func, select

from stac_ext.model import ANONYMOUS, Viewer, Visibility
from stac_ext.query import parse_search
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
from stac_ext.store.schema import grant as grant_rows
from stac_ext.store.writer import CatalogueWriter, Put
from tests.stac_ext.store.rows import put, record, stac_item

BOX = {"geometry": {"type": "Point", "coordinates": [1, 1]}, "bbox": [1, 1, 1, 1]}
USER = Viewer(Visibility.INTERNAL, "user:7")


def count(reader: CatalogueReader, viewer: Viewer = ANONYMOUS, **asked: object) -> int:
    return len(reader.search(viewer, parse_search(**asked)).docs)


def held(database: Database) -> int:
    """How many projects the user is granted."""
    with database.read() as conn:
        return conn.execute(select(func.count()).select_from(grant_rows)).scalar_one()


def deny(inbox: Inbox, *facts: Denial, key: str = "d") -> None:
    assert inbox.receive(key, "event", None, facts, now=0)


def grant(grants: GrantTable, database: Database, *projects: int) -> None:
    grants.confirm("user:7", 7, "seven", False, now=1)
    assert grants.replace("user:7", projects, began=database.seq(), now=2)


def test_put_replaces_all_of_a_project_and_its_boxes(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    assert put(writer, 1, stac_item("1", "ai-model", **BOX), stac_item("1", "dataset", **BOX)) is Put.CHANGED
    assert count(reader, bbox=[0, 0, 2, 2]) == 2
    assert put(writer, 1, stac_item("1", "dataset"), fingerprint="2") is Put.CHANGED
    assert (count(reader), count(reader, bbox=[0, 0, 2, 2])) == (1, 0)


def test_put_again_of_the_same_changes_nothing(database: Database, writer: CatalogueWriter) -> None:
    put(writer, 1)
    before = database.seq()
    assert put(writer, 1) is Put.UNCHANGED
    assert database.seq() == before


def test_a_slow_read_does_not_overwrite_what_a_later_one_wrote(
    database: Database, reader: CatalogueReader, writer: CatalogueWriter
) -> None:
    """A sweep reads a project, a push comes, its hook's read is written first: the sweep's read is old then."""
    put(writer, 1)
    began = database.seq()
    assert writer.put(record(1, stac_item("newer"), fingerprint="2"), began=began, now=0) is Put.CHANGED
    assert writer.put(record(1, stac_item("older"), fingerprint="1"), began=began, now=0) is Put.SUPERSEDED
    assert reader.item(ANONYMOUS, "ai-model", "newer") is not None


def test_a_slow_read_does_not_bring_back_what_was_dropped_meanwhile(
    database: Database, reader: CatalogueReader, writer: CatalogueWriter
) -> None:
    put(writer, 1)
    began = database.seq()
    assert writer.drop(1, began) is Put.CHANGED
    assert writer.put(record(1), began=began, now=0) is Put.SUPERSEDED
    assert count(reader) == 0


def test_a_slow_read_that_found_nothing_does_not_drop_what_a_later_one_wrote(
    database: Database, reader: CatalogueReader, writer: CatalogueWriter
) -> None:
    """The topics were away while the first read looked, and are back when the second does."""
    began = database.seq()
    put(writer, 1)
    assert writer.drop(1, began) is Put.SUPERSEDED
    assert count(reader) == 1


def test_a_stated_visibility_is_applied_at_once_if_it_is_narrower(
    reader: CatalogueReader, writer: CatalogueWriter
) -> None:
    put(writer, 1)
    writer.lower(1, Visibility.PUBLIC)
    assert count(reader) == 1
    writer.lower(1, Visibility.PRIVATE)
    assert count(reader) == 0
    writer.lower(1, Visibility.PUBLIC)
    assert count(reader) == 0


def test_a_failing_write_leaves_the_project_as_it_was(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    put(writer, 1)
    broken = record(1, stac_item("1"), stac_item("1"), fingerprint="2")  # the same key twice
    with pytest.raises(Exception, match=r"(?i)unique"):
        writer.put(broken, began=2**60, now=0)
    assert count(reader) == 1


def test_drop_takes_items_boxes_aliases_and_grants(
    database: Database, reader: CatalogueReader, writer: CatalogueWriter, grants: GrantTable
) -> None:
    put(writer, 1, stac_item("1", **BOX), path="a/old")
    put(writer, 1, stac_item("1", **BOX), path="a/new", fingerprint="2")
    grant(grants, database, 1)
    assert writer.drop(1, database.seq()) is Put.CHANGED
    assert writer.drop(1, database.seq()) is Put.UNCHANGED
    assert count(reader) == 0
    assert held(database) == 0
    put(writer, 2, path="b/other")
    assert reader.item_id_of_path(ANONYMOUS, "ai-model", "a/old") is None


@pytest.mark.parametrize(
    ("fact", "visible", "superseded"),
    [
        (ProjectGone(1), False, True),
        (VisibilityLowered(1, Visibility.PRIVATE), False, True),
        (VisibilityLowered(1, Visibility.INTERNAL), False, True),
        (ProjectMoved(1), True, True),
        (SubtreeDistrusted("GROUP"), True, True),
        (SubtreeDistrusted("GROUP", gone=True), False, True),
        (SubtreeDistrusted("grou", gone=True), True, False),
        (SubtreeDistrusted("gr%", gone=True), True, False),
        (VisibilityLowered(2, Visibility.PRIVATE), True, False),
    ],
)
def test_denials_hide_at_once_and_a_read_that_began_before_writes_nothing(
    database: Database,
    reader: CatalogueReader,
    writer: CatalogueWriter,
    inbox: Inbox,
    fact: Denial,
    visible: bool,
    superseded: bool,
) -> None:
    put(writer, 1)
    began = database.seq()
    deny(inbox, fact)
    assert count(reader) == visible
    late = writer.put(record(1, fingerprint="2"), began=began, now=0)
    assert (late is Put.SUPERSEDED) == superseded
    assert count(reader) == visible
    assert writer.put(record(1, fingerprint="2"), began=database.seq(), now=0) is not Put.SUPERSEDED
    assert count(reader) == 1


def test_a_project_that_is_deleted_while_it_is_read_for_the_first_time_does_not_appear(
    database: Database, reader: CatalogueReader, writer: CatalogueWriter, inbox: Inbox
) -> None:
    began = database.seq()
    deny(inbox, ProjectGone(1))
    assert writer.put(record(1), began=began, now=0) is Put.SUPERSEDED
    assert count(reader) == 0


@pytest.mark.parametrize("fact", [MemberRemoved(1, 7), UserDistrusted(7), ProjectMoved(1), ProjectGone(1)])
def test_a_denial_takes_the_grant_and_a_listing_that_began_before_does_not_bring_it_back(
    database: Database, reader: CatalogueReader, writer: CatalogueWriter, grants: GrantTable, inbox: Inbox, fact: Denial
) -> None:
    put(writer, 1, visibility=Visibility.PRIVATE)
    grant(grants, database, 1)
    assert count(reader, USER) == 1
    began = database.seq()
    deny(inbox, fact)
    assert count(reader, USER) == 0
    assert not grants.replace("user:7", [1], began=began, now=3)
    grants.add("user:7", [1], began=began, asked_seq=began)
    assert count(reader, USER) == 0
    assert grants.replace("user:7", [1], began=database.seq(), now=4)


def test_a_listing_that_began_before_a_denial_still_removes(
    database: Database, grants: GrantTable, inbox: Inbox
) -> None:
    grant(grants, database, 1, 2)
    began = database.seq()
    deny(inbox, UserGained(7), MemberRemoved(9, 7))
    assert not grants.replace("user:7", [2, 3], began=began, now=3)
    assert held(database) == 1


@pytest.mark.parametrize("fact", [UserGained(7), MemberRemoved(9, 7), UserDistrusted(7)])
def test_changes_of_a_member_make_the_next_read_ask_again(
    database: Database, grants: GrantTable, inbox: Inbox, fact: Denial
) -> None:
    grant(grants, database, 1)
    deny(inbox, fact)
    found = grants.find("user:7")
    assert found is not None
    assert found.snapshot_at == 0


def test_what_became_known_or_less_public_later_is_unasked_until_it_was_asked(
    database: Database, writer: CatalogueWriter, grants: GrantTable, inbox: Inbox
) -> None:
    put(writer, 1, visibility=Visibility.PRIVATE, path="a/1")
    put(writer, 2, visibility=Visibility.PUBLIC, path="a/2")
    grant(grants, database, 1)

    def unasked() -> list[int]:
        found = grants.find("user:7")
        assert found is not None
        return [project for project, _ in grants.unasked(found, 100)]

    assert unasked() == []
    put(writer, 3, visibility=Visibility.PRIVATE, path="a/3")
    put(writer, 4, visibility=Visibility.INTERNAL, path="a/4")
    deny(inbox, VisibilityLowered(2, Visibility.PRIVATE))
    assert unasked() == [3, 2]
    grants.add("user:7", [3], began=database.seq(), asked_seq=database.seq())
    assert unasked() == []
    assert held(database) == 2
