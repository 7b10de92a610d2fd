"""Proves what is kept of a principal: who GitLab says it is, when, and exactly the grants of its last listing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from stac_ext.model import Viewer, Visibility
from stac_ext.query import SearchQuery
from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable, Principal
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.schema import grant
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.rows import put

_ids = st.sets(st.integers(1, 2**53), max_size=20) | st.sets(st.integers(1, 30))


def held(database: Database, key: str = "user:7") -> set[int]:
    with database.read() as conn:
        return set(conn.execute(select(grant.c.project_id).where(grant.c.principal == key)).scalars())


def test_a_principal_is_what_was_confirmed_last(grants: GrantTable) -> None:
    assert grants.find("user:7") is None
    first = grants.confirm("user:7", 7, "seven", False, now=1)
    assert first == Principal("user:7", 7, "seven", False, confirmed_at=1)
    assert first.level is Visibility.INTERNAL
    again = grants.confirm("user:7", 7, "renamed", True, now=2)
    assert again == grants.find("user:7") == Principal("user:7", 7, "renamed", True, confirmed_at=2)
    assert again.level is Visibility.PUBLIC


def test_confirming_keeps_the_listing(grants: GrantTable, database: Database) -> None:
    grants.confirm("user:7", 7, "seven", False, now=1)
    began = database.seq()
    assert grants.replace("user:7", [1, 2], began=began, now=5)
    after = grants.confirm("user:7", 7, "seven", False, now=9)
    assert (after.snapshot_at, after.snapshot_seq, after.confirmed_at) == (5, began, 9)
    assert held(database) == {1, 2}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(listings=st.lists(_ids, min_size=1, max_size=4))
def test_a_listing_replaces_the_one_before(grants: GrantTable, database: Database, listings: list[set[int]]) -> None:
    grants.confirm("user:7", 7, "seven", False, now=1)
    grants.confirm("user:8", 8, "eight", False, now=1)
    assert grants.replace("user:8", [5], began=database.seq(), now=1)
    for listing in listings:
        assert grants.replace("user:7", [*listing, *listing], began=database.seq(), now=2)
        assert held(database) == listing
    assert held(database, "user:8") == {5}


def test_many_grants_come_and_go(grants: GrantTable, database: Database) -> None:
    grants.confirm("user:7", 7, "seven", False, now=1)
    for listing in (range(1, 5_001), range(2_500, 7_500), range(0)):
        assert grants.replace("user:7", listing, began=database.seq(), now=2)
        assert held(database) == set(listing)


def test_an_unknown_principal_is_given_nothing(grants: GrantTable, database: Database) -> None:
    assert not grants.replace("user:7", [1], began=database.seq(), now=1)
    grants.add("user:7", [1], began=database.seq(), asked_seq=1)
    assert grants.standing("user:7") is None
    assert held(database) == set()


@pytest.mark.parametrize("way", ["forget", "prune"])
def test_a_forgotten_principal_leaves_nothing(
    grants: GrantTable, writer: CatalogueWriter, reader: CatalogueReader, database: Database, way: str
) -> None:
    put(writer, 1, visibility=Visibility.PRIVATE)
    for user, now in ((7, 1), (8, 2)):
        grants.confirm(f"user:{user}", user, "somebody", False, now=now)
        assert grants.replace(f"user:{user}", [1], began=database.seq(), now=3)
    if way == "forget":
        grants.forget("user:7")
    else:
        grants.prune(before=2)
    assert grants.find("user:7") is None
    assert held(database) == set()
    for user, count in ((7, 0), (8, 1)):
        assert reader.search(Viewer(Visibility.INTERNAL, f"user:{user}"), SearchQuery()).matched == count


def test_standing_tells_whether_something_is_to_be_asked(
    grants: GrantTable, writer: CatalogueWriter, database: Database
) -> None:
    def unasked(key: str = "user:7") -> bool:
        found = grants.standing(key)
        assert found is not None
        return found[1]

    grants.confirm("user:7", 7, "seven", False, now=1)
    grants.confirm("user:8", 8, "external", True, now=1)
    for key in ("user:7", "user:8"):
        assert grants.replace(key, [], began=database.seq(), now=2)
    put(writer, 1)
    assert not unasked()
    put(writer, 2, visibility=Visibility.INTERNAL)
    assert (unasked(), unasked("user:8")) == (False, True)
    put(writer, 3, visibility=Visibility.PRIVATE)
    assert unasked()
    found = grants.find("user:7")
    assert found is not None
    assert [project for project, _ in grants.unasked(found, 100)] == [3]
    grants.add("user:7", [], began=database.seq(), asked_seq=database.seq())
    assert not unasked()
    writer.lower(1, Visibility.PRIVATE)
    assert unasked()
    with database.write() as conn:
        conn.execute(text("UPDATE principal SET denied_seq = 2000000000"))
    grants.add("user:7", [1], began=database.seq(), asked_seq=database.seq())
    assert held(database) == set()


@pytest.mark.parametrize("what", ["of the project", "of the person", "forgotten"])
def test_a_denial_between_the_pieces_of_a_large_listing_wins(
    grants: GrantTable, writer: CatalogueWriter, database: Database, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr("stac_ext.store.grants._AT_ONCE", 2)
    for number in range(1, 7):
        put(writer, number)
    grants.confirm("user:7", 7, "seven", False, now=1)
    began, truth = database.seq(), GrantTable._add_some

    def denied(table: GrantTable, key: str, project_ids: set[int], began: int) -> bool:
        done = truth(table, key, project_ids, began)
        if project_ids == {1, 2}:
            if what == "of the project":
                writer.lower(1, Visibility.PRIVATE)
            elif what == "of the person":
                with database.write() as conn:
                    conn.execute(text("UPDATE principal SET denied_seq = 2000000000"))
                    conn.execute(text("DELETE FROM grant_"))
            else:
                grants.forget("user:7")
        return done

    monkeypatch.setattr(GrantTable, "_add_some", denied)
    done = grants.replace("user:7", range(1, 7), began=began, now=5)
    found = grants.find("user:7")
    assert not done
    assert found is None or found.snapshot_at == 0
    assert held(database) == ({1, 2, 3, 4, 5, 6} if what == "of the project" else set())


def test_what_another_process_writes_between_the_pieces_does_not_stay(
    grants: GrantTable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stac_ext.store.grants._AT_ONCE", 2)
    grants.confirm("user:7", 7, "seven", False, now=1)
    truth = GrantTable._add_some

    def meanwhile(table: GrantTable, key: str, project_ids: set[int], began: int) -> bool:
        truth(table, key, {90, 91}, began)
        return truth(table, key, project_ids, began)

    monkeypatch.setattr(GrantTable, "_add_some", meanwhile)
    assert grants.replace("user:7", range(1, 7), began=database.seq(), now=5)
    assert held(database) == set(range(1, 7))
