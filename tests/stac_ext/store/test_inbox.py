"""Proves that a delivery is kept until it is settled, is taken once, and is settled with all that ask for the same."""

import pytest
from sqlalchemy import insert

from stac_ext.model import ANONYMOUS, Visibility
from stac_ext.query import SearchQuery
from stac_ext.store.database import Database
from stac_ext.store.denials import UserGained, VisibilityLowered
from stac_ext.store.inbox import Inbox
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.schema import inbox as inbox_rows
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.rows import put


def test_a_delivery_is_received_once_and_deliveries_for_a_scope_are_settled_together(inbox: Inbox) -> None:
    for number in range(5):
        assert inbox.receive(f"k{number}", "push", "project:1", (), now=number)
    assert not inbox.receive("k1", "push", "project:1", (), now=9)
    assert inbox.receive("other", "push", "project:2", (), now=9)
    work = inbox.claim(10, busy=())
    assert work is not None
    assert (work.scope, len(work.ids)) == ("project:1", 5)
    other = inbox.claim(10, busy=("project:1",))
    assert other is not None
    assert other.scope == "project:2"
    inbox.done(work)
    inbox.retry(other, "GitLab is down", not_before=50)
    assert inbox.claim(10, busy=()) is None
    again = inbox.claim(50, busy=())
    assert again is not None
    assert again.tries == 1
    inbox.bury(again, "given up")
    assert inbox.counts() == {"done": 5, "dead": 1}
    inbox.prune(before=100)
    assert inbox.counts() == {}


def test_a_body_without_an_id_is_known_only_while_it_is_queued(inbox: Inbox) -> None:
    """The same body a day later may tell of another change."""
    assert inbox.receive("body:abc", "push", "project:1", (), now=1)
    assert not inbox.receive("body:abc", "push", "project:1", (), now=2)
    work = inbox.claim(3, busy=())
    assert work is not None
    inbox.done(work)
    assert inbox.receive("body:abc", "push", "project:1", (), now=4)
    assert inbox.claim(4, busy=()) is not None


def test_work_is_claimed_oldest_first_once_it_is_due(inbox: Inbox) -> None:
    for number, scope in enumerate(["project:3", "project:1", "below:a/b"]):
        assert inbox.receive(f"{number}", "push", scope, (), now=10 - number)
    assert inbox.claim(7, busy=()) is None
    due = inbox.claim(8, busy=())
    assert due is not None
    assert due.scope == "below:a/b"
    first = inbox.claim(10, busy=())
    assert first is not None
    assert first.scope == "project:3"
    busy = ("project:3", "project:1", "below:a/b")
    assert inbox.claim(10, busy=busy) is None


def test_what_comes_while_work_is_done_is_work_of_its_own(inbox: Inbox) -> None:
    """The project may have been read before the change that the later delivery tells of."""
    assert inbox.receive("1", "push", "project:1", (), now=1)
    work = inbox.claim(1, busy=())
    assert work is not None
    assert inbox.receive("2", "push", "project:1", (), now=2)
    inbox.done(work)
    again = inbox.claim(2, busy=())
    assert again is not None
    assert (again.scope, again.ids == work.ids) == ("project:1", False)


def test_a_subtree_becomes_work_for_each_project_once(inbox: Inbox) -> None:
    assert inbox.receive("1", "group_rename", "below:a", (), now=1)
    work = inbox.claim(1, busy=())
    assert work is not None
    for _ in range(2):  # the second after a crash
        inbox.expand(work, ["project:1", "project:2"])
    inbox.expand(work, [])
    inbox.done(work)
    assert inbox.counts() == {"done": 1, "queued": 2}
    claimed = [one for busy in ((), ("project:1",)) if (one := inbox.claim(1, busy=busy))]
    assert [one.scope for one in claimed] == ["project:1", "project:2"]


def test_a_delivery_with_nothing_to_read_applies_its_denials_and_is_known(
    inbox: Inbox, reader: CatalogueReader, writer: CatalogueWriter, database: Database
) -> None:
    put(writer, 1)
    fact = VisibilityLowered(1, Visibility.PRIVATE)
    assert inbox.receive("1", "event", None, (fact,), now=1)
    assert reader.search(ANONYMOUS, SearchQuery()).matched == 0
    assert inbox.claim(1, busy=()) is None
    before = database.seq()
    assert not inbox.receive("1", "event", None, (fact,), now=2)
    assert database.seq() == before


def test_pruning_keeps_what_is_queued(inbox: Inbox) -> None:
    assert inbox.receive("old", "push", "project:1", (), now=1)
    assert inbox.receive("told", "push", None, (), now=1)
    assert inbox.receive("new", "push", None, (), now=9)
    inbox.prune(before=9)
    assert inbox.counts() == {"done": 1, "queued": 1}
    assert not inbox.receive("new", "push", None, (), now=9)
    assert inbox.receive("told", "push", None, (), now=9)


def test_tries_and_reasons_are_kept(inbox: Inbox) -> None:
    assert inbox.receive("1", "push", "project:1", (), now=1)
    for tries in range(3):
        work = inbox.claim(tries + 1, busy=())
        assert work is not None
        assert work.tries == tries
        inbox.retry(work, "x" * 10_000, not_before=tries + 2)
    assert inbox.receive("2", "push", "project:1", (), now=1)
    both = inbox.claim(9, busy=())
    assert both is not None
    assert (len(both.ids), both.tries) == (2, 3)
    inbox.bury(both, "given up")
    assert inbox.counts() == {"dead": 2}
    assert not inbox.receive("2", "push", "project:1", (), now=1)


def test_any_number_of_deliveries_for_one_scope_is_settled_at_once(database: Database, inbox: Inbox) -> None:
    """PostgreSQL takes 65,535 values in a statement: 70,000 deliveries of one project could never be settled."""
    row = {"event": "push", "scope": "project:1", "received_at": 0, "not_before": 0, "tries": 0, "state": "queued"}
    with database.write() as conn:
        conn.execute(insert(inbox_rows), [{"delivery": str(n), "error": "", **row} for n in range(70_000)])
    work = inbox.claim(1, busy=())
    assert work is not None
    inbox.done(work)
    assert inbox.counts() == {"done": 70_000}


def test_the_oldest_delivery_that_waits_is_known(inbox: Inbox) -> None:
    assert inbox.oldest() is None
    for number in (7, 5, 9):
        inbox.receive(f"k{number}", "push", f"project:{number}", (), now=number)
    assert inbox.oldest() == 5
    work = inbox.claim(10, busy=("project:7", "project:9"))
    assert work is not None
    inbox.done(work)
    assert inbox.oldest() == 7


def test_what_was_given_up_is_told_and_tried_again(inbox: Inbox) -> None:
    for number in (1, 2):
        inbox.receive(f"k{number}", "push", f"project:{number}", (), now=number)
        work = inbox.claim(10, busy=())
        assert work is not None
        inbox.bury(work, "why")
    assert [(one.scope, one.error, one.tries, one.received_at) for one in inbox.dead()] == [
        ("project:1", "why", 1, 1),
        ("project:2", "why", 1, 2),
    ]
    first = inbox.dead(limit=1)[0]
    assert inbox.replay(50, first.id) == 1
    assert inbox.claim(49, busy=()) is None
    again = inbox.claim(50, busy=())
    assert again is not None
    assert (again.scope, again.tries) == ("project:1", 0)
    assert (inbox.replay(50), inbox.replay(50)) == (1, 0)


def test_the_inbox_is_bounded_and_loses_no_work(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stac_ext.store.inbox.WAITING_A_SCOPE", 5)
    monkeypatch.setattr("stac_ext.store.inbox.SETTLED", 7)
    for number in range(4):
        assert inbox.receive(f"a{number}", "push", "project:1", (), now=number)
    assert inbox.receive("b", "push", "project:2", (), now=0)
    work = inbox.claim(9, busy=())
    assert work is not None
    for number in range(4, 20):  # while the project is read
        assert inbox.receive(f"a{number}", "push", "project:1", (), now=number)
    assert inbox.counts() == {"queued": 6}
    inbox.done(work)
    after = inbox.claim(99, busy=("project:2",))
    assert after is not None  # what came while the project was read is not settled by it
    assert not set(after.ids) & set(work.ids)
    inbox.bury(after, "given up")
    for number in range(20):
        inbox.receive(f"c{number}", "user_add_to_group", None, (UserGained(number + 1),), now=50 + number)
    inbox.prune(before=10)
    assert inbox.counts() == {"queued": 1, "dead": 5, "done": 7}
    assert not inbox.receive("c19", "user_add_to_group", None, (), now=99)
