"""Proves that operators see what became of deliveries, why some were given up, and can have those tried again."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sharinghub_ext.cli import app
from stac_ext.store.database import StoreError
from stac_ext.store.inbox import Inbox
from stac_ext.store.opening import open_store


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store with a delivery that waits, one that is done, and two that were given up."""
    where = f"sqlite:///{tmp_path}/hub.db"
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example")
    monkeypatch.setenv("SHARINGHUB_DATABASE_URL", where)
    database = open_store(where)
    inbox = Inbox(database)
    for number in range(1, 5):
        inbox.receive(f"k{number}", "push", f"project:{number}", (), now=number * 1_000_000)
    for scope in ("project:2", "project:3", "project:4"):
        work = inbox.claim(10_000_000, [f"project:{n}" for n in range(1, 5) if f"project:{n}" != scope])
        assert work is not None
        inbox.done(work) if scope == "project:2" else inbox.bury(work, "GitLab answered 502")
    database.close()
    return where


def test_what_waits_and_what_was_given_up_is_shown(url: str) -> None:
    done = CliRunner().invoke(app, ["hooks", "inbox"])
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "1 wait, the oldest since 1970-01-01T00:00:01Z",
        "2 were given up",
        "  3  1970-01-01T00:00:03Z  push  project:3  after 1 tries: GitLab answered 502",
        "  4  1970-01-01T00:00:04Z  push  project:4  after 1 tries: GitLab answered 502",
    ]
    shortened = CliRunner().invoke(app, ["hooks", "inbox", "--limit", "1"])
    assert "2 were given up, the first 1:" in shortened.output


def test_scripts_read_json(url: str) -> None:
    found = json.loads(CliRunner().invoke(app, ["hooks", "inbox", "--json"]).output)
    assert (found["queued"], found["done"], found["dead"]) == (1, 1, 2)
    assert found["letters"][0] == {
        "id": 3,
        "event": "push",
        "scope": "project:3",
        "tries": 1,
        "error": "GitLab answered 502",
        "received_at": "1970-01-01T00:00:03Z",
    }


def test_one_or_all_are_queued_again(url: str) -> None:
    run = CliRunner().invoke
    assert run(app, ["hooks", "replay", "99"]).exit_code == 1
    assert run(app, ["hooks", "replay", "1"]).exit_code == 1, "what waits was not given up"
    one = run(app, ["hooks", "replay", "3"])
    assert (one.exit_code, one.output) == (0, "1 delivery is queued again\n")
    assert run(app, ["hooks", "replay"]).output == "1 delivery is queued again\n"
    assert run(app, ["hooks", "replay"]).output == "0 deliveries are queued again\n"
    assert run(app, ["hooks", "inbox"]).exit_code == 0
    database = open_store(url)
    assert Inbox(database).counts() == {"queued": 3, "done": 1}
    database.close()


def test_no_store_is_made_by_looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example")
    monkeypatch.setenv("SHARINGHUB_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert isinstance(CliRunner().invoke(app, ["hooks", "inbox"]).exception, StoreError)
    assert list(tmp_path.iterdir()) == []
