"""Proves that a session lives until it is ended or expires, and that ending one leaves the others."""

from dataclasses import replace

import pytest

from stac_ext.store.sessions import Session, SessionTable

ONE = Session("key", "user:7", b"\0sealed\xff", created_at=1, seen_at=2, expires_at=100)


def test_a_session_is_found_until_it_expires(sessions: SessionTable) -> None:
    sessions.start(ONE)
    assert sessions.find("key", now=99) == ONE
    assert sessions.find("key", now=100) is None
    assert sessions.find("other", now=1) is None
    assert sessions.find("KEY", now=1) is None


def test_tokens_are_renewed(sessions: SessionTable) -> None:
    sessions.start(ONE)
    assert sessions.renew("key", b"", seen_at=50)
    assert sessions.find("key", now=51) == replace(ONE, sealed=b"", seen_at=50)


def test_an_ended_session_stays_ended(sessions: SessionTable) -> None:
    """A request that began before the sign-out must not bring it back."""
    sessions.start(ONE)
    sessions.end("key")
    sessions.end("key")
    assert sessions.find("key", now=1) is None
    assert not sessions.renew("key", b"new", seen_at=3)
    assert sessions.find("key", now=1) is None


def test_all_sessions_of_a_principal_end_together(sessions: SessionTable) -> None:
    for n in range(3):
        sessions.start(replace(ONE, key=f"key {n}"))
    sessions.start(replace(ONE, key="other", principal="user:70"))
    assert sessions.end_all_of("user:7") == 3
    assert sessions.end_all_of("user:7") == 0
    assert sessions.find("other", now=1) is not None


def test_pruning_forgets_what_has_expired(sessions: SessionTable) -> None:
    sessions.start(ONE)
    sessions.start(replace(ONE, key="later", expires_at=101))
    sessions.prune(now=100)
    assert sessions.find("key", now=0) is None
    assert sessions.find("later", now=0) is not None


def test_a_key_is_used_once(sessions: SessionTable) -> None:
    sessions.start(ONE)
    with pytest.raises(Exception, match=r"(?i)unique"):
        sessions.start(replace(ONE, principal="user:8"))
    assert sessions.find("key", now=1) == ONE
