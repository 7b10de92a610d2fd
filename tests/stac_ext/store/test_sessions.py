"""Proves that a session lives until it is ended or expires, and that ending one leaves the others."""

from dataclasses import replace

import pytest

from stac_ext.store.database import Database
from stac_ext.store.revocations import RevocationTable
from stac_ext.store.sessions import Session, SessionTable

ONE = Session("key", "user:7", b"\0sealed\xff", created_at=1, seen_at=2, expires_at=100)


def test_a_session_is_found_until_it_expires(sessions: SessionTable) -> None:
    sessions.start(ONE)
    assert sessions.find("key", now=99) == ONE
    assert sessions.find("key", now=100) is None
    assert sessions.find("other", now=1) is None
    assert sessions.find("KEY", now=1) is None


def test_a_session_that_was_not_used_is_not_found(sessions: SessionTable) -> None:
    sessions.start(ONE)
    assert sessions.find("key", now=9, unseen_since=2) == ONE
    assert sessions.find("key", now=9, unseen_since=3) is None
    sessions.see("key", 5)
    sessions.see("key", 4)
    assert sessions.find("key", now=9, unseen_since=5) == replace(ONE, seen_at=5)


def test_tokens_are_renewed_by_one_at_a_time(sessions: SessionTable) -> None:
    sessions.start(ONE)
    assert sessions.take_renewal(ONE, now=10, until=30)
    assert not sessions.take_renewal(ONE, now=29, until=50)
    assert sessions.renew(ONE, b"new")
    renewed = replace(ONE, sealed=b"new", renewals=1)
    assert sessions.find("key", now=51) == renewed
    assert not sessions.take_renewal(ONE, now=60, until=80)  # who still holds the old ones is late
    assert not sessions.renew(ONE, b"late")
    assert sessions.take_renewal(renewed, now=12, until=32)


def test_a_renewal_that_failed_or_was_never_ended_is_taken_by_another(sessions: SessionTable) -> None:
    sessions.start(ONE)
    assert sessions.take_renewal(ONE, now=10, until=30)
    sessions.give_renewal_back(ONE)
    assert sessions.take_renewal(ONE, now=11, until=31)
    assert sessions.take_renewal(ONE, now=31, until=51)


def test_an_ended_session_stays_ended(sessions: SessionTable) -> None:
    """A request that began before the sign-out must not bring it back."""
    sessions.start(ONE)
    assert len(sessions.end("key", now=5)) == 1
    assert not sessions.end("key", now=5)
    assert sessions.find("key", now=1) is None
    assert not sessions.renew(ONE, b"new")
    sessions.see("key", 90)
    assert sessions.find("key", now=1) is None


def test_all_sessions_of_a_principal_end_together(sessions: SessionTable) -> None:
    for n in range(3):
        sessions.start(replace(ONE, key=f"key {n}"))
    sessions.start(replace(ONE, key="other", principal="user:70"))
    assert len(set(sessions.end_all_of("user:7", now=5))) == 3
    assert not sessions.end_all_of("user:7", now=5)
    assert sessions.find("other", now=1) is not None


def test_pruning_forgets_what_has_expired(sessions: SessionTable) -> None:
    sessions.start(ONE)
    sessions.start(replace(ONE, key="later", expires_at=101))
    sessions.start(replace(ONE, key="unused", seen_at=1, expires_at=101))
    assert len(sessions.prune(now=100, unseen_since=2)) == 2
    assert sessions.find("key", now=0) is None
    assert sessions.find("unused", now=0) is None
    assert sessions.find("later", now=0) is not None


def test_a_key_is_used_once(sessions: SessionTable) -> None:
    sessions.start(ONE)
    with pytest.raises(Exception, match=r"(?i)unique"):
        sessions.start(replace(ONE, principal="user:8"))
    assert sessions.find("key", now=1) == ONE


def test_what_a_session_leaves_is_taken_once_until_it_is_settled(sessions: SessionTable, database: Database) -> None:
    waiting = RevocationTable(database)
    sessions.start(ONE)
    sessions.start(replace(ONE, key="second", sealed=b"second"))
    first, second = *sessions.end("key", now=5), *sessions.end("second", now=6)
    taken = waiting.take(now=10, until=70, most=1)
    assert [(one.id, one.sealed, one.since, one.tries) for one in taken] == [(first, ONE.sealed, 5, 0)]
    assert [one.id for one in waiting.take(now=69, until=99, most=9)] == [second]
    waiting.settle([second])
    waiting.postpone(taken[0], not_before=90)
    assert not waiting.take(now=89, until=99, most=9)
    assert [(one.id, one.tries) for one in waiting.take(now=90, until=99, most=9)] == [(first, 1)]
    assert waiting.left([first, second]) == 1
