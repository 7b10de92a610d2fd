"""Proves that `sharinghub doctor` names each fault that is put into a hub, and finds none in one that is right."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gitlab_hooks.places import Places, note_places
from gitlab_hooks.standin.server import StandIn
from sharinghub_ext.cli import app
from sharinghub_ext.config import Settings
from sharinghub_ext.doctor.examining import examine
from sharinghub_ext.doctor.finding import Finding, Situation, State
from sharinghub_ext.hook_care import build_admin, build_care
from stac_ext.clock import Clock, ManualClock, SystemClock
from stac_ext.store.inbox import Inbox
from stac_ext.store.migrations import CURRENT, migrate
from stac_ext.store.opening import connect, open_store
from tests.support.running import LittleWorld, RunningHub
from tests.support.s3 import S3Server

ADMIN = "glpat-admin-of-the-hooks"
KEY = "0123456789abcdeffedcba9876543210"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LittleWorld]:
    with LittleWorld(tmp_path_factory.mktemp("world")) as one:
        bot = one.world.add_user("reader")
        one.world.add_token(bot, "glpat-reads", scopes=("read_api",))
        one.world.add_token(bot, "glpat-writes", scopes=("api",))
        one.world.add_token(bot, "glpat-runs", scopes=("read_api", "create_runner"))
        one.world.add_token(bot, "glpat-git-alone", scopes=("read_repository",))
        root = one.world.add_user("root", admin=True)
        one.world.add_token(root, ADMIN, scopes=("api",))
        yield one


@pytest.fixture
def right(world: LittleWorld, tmp_path: Path) -> Iterator[Settings]:
    """The settings of a hub that runs with everything set up as it should be."""
    with RunningHub(world.settings(database_url=f"sqlite:///{tmp_path}/hub.db")) as hub:
        application = world.world.add_application("hub", [f"{hub.address}/auth/callback"])
        settings = world.settings(
            database_url=f"sqlite:///{tmp_path}/hub.db",
            gitlab_token="glpat-reads",
            gitlab_admin_token=ADMIN,
            visitor_token="glpat-reads",
            public_url=hub.address,
            oauth_client_id=application.client_id,
            oauth_client_secret=application.secret,
            secret_key=KEY,
        )
        note_places(hub.hub.database, places := Places(instance=True))
        care = build_care(settings, build_admin(settings), hub.address)
        hub.hub.standing.beat()
        for place in care.places(places, ()):
            care.mend(place)
        yield settings
        world.world.system_hooks.clear()
        world.gitlab.faults.clear()


def looked(settings: Settings, clock: Clock | None = None) -> list[tuple[str, Finding]]:
    return list(examine(Situation(settings, clock or SystemClock())))


def the(found: list[tuple[str, Finding]], name: str) -> Finding:
    (one,) = [finding for check, finding in found if check == name]
    return one


def test_a_hub_that_is_right_has_no_fault(right: Settings) -> None:
    found = looked(right)
    assert [(name, one) for name, one in found if one.state is not State.GOOD] == []
    assert len(found) == 14


@pytest.mark.parametrize(
    ("check", "changed", "seen", "advised"),
    [
        ("settings", {"oauth_client_id": "x", "secret_key": None}, "SHARINGHUB_SECRET_KEY", "change it"),
        ("settings", {"public_url": "http://hub.example.org"}, "SHARINGHUB_PUBLIC_URL: must be https", "change it"),
        ("database", {"database_url": "sqlite:////dev/null"}, "/dev/null", "SHARINGHUB_DATABASE_URL"),
        ("database", {"database_url": "postgresql+psycopg://u:pass-word@127.0.0.1:1/x"}, "127.0.0.1:1", "runs"),
        ("objects", {"store_url": "file:///dev/null"}, "/dev/null", "SHARINGHUB_STORE_URL"),
        ("gitlab", {"gitlab_url": "http://127.0.0.1:1"}, "no GitLab answers", "SHARINGHUB_GITLAB_URL"),
        ("service token", {"gitlab_token": "glpat-unknown"}, "refuses it", "read_api"),
        ("service token", {"gitlab_token": "glpat-git-alone"}, "lacks the scope", "read_api"),
        ("visitor token", {"visitor_token": "glpat-runs"}, "more than read", "read_api alone"),
        ("application", {"oauth_client_id": "unknown"}, "invalid_client", "SHARINGHUB_OAUTH_CLIENT_ID"),
        ("application", {"oauth_client_secret": "wrong"}, "invalid_client", "SHARINGHUB_OAUTH_CLIENT_SECRET"),
        ("hooks", {"gitlab_admin_token": "glpat-unknown"}, "refuses SHARINGHUB_GITLAB_ADMIN_TOKEN", "scope api"),
        ("public url", {"public_url": "http://127.0.0.1:1"}, "does not answer", "proxy"),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    right: Settings, check: str, changed: dict[str, Any], seen: str, advised: str
) -> None:
    values = {name: value for name, value in right.model_dump().items() if name in right.model_fields_set}
    found = the(looked(Settings(**{**values, **changed})), check)
    assert found.state is State.FAULT
    assert seen in found.seen
    assert advised in found.advice
    assert "pass-word" not in found.seen


@pytest.mark.parametrize(
    ("check", "changed", "seen"),
    [
        ("settings", {"hook_secret": None}, "no hooks"),
        ("settings", {"hook_secret": "short"}, "guessed"),
        ("settings", {"gitlab_token": None}, "no service token"),
        ("service token", {"gitlab_token": "glpat-writes"}, "may write"),
        ("service token", {"gitlab_token": "glpat-service"}, "administrator"),
        ("public url", {"public_url": None}, "not set"),
    ],
)
def test_what_is_unwise_is_a_warning(right: Settings, check: str, changed: dict[str, Any], seen: str) -> None:
    values = {name: value for name, value in right.model_dump().items() if name in right.model_fields_set}
    found = the(looked(Settings(**{**values, **changed})), check)
    assert found.state is State.WARNING
    assert seen in found.seen
    assert found.advice


def test_another_server_at_the_public_url(right: Settings, world: LittleWorld) -> None:
    found = the(looked(right.model_copy(update={"public_url": world.gitlab.url})), "public url")
    assert (found.state, "no STAC catalogue" in found.seen) == (State.FAULT, True)


def test_another_public_url_of_the_running_hub(right: Settings) -> None:
    other = str(right.public_url).replace("127.0.0.1", "localhost")
    found = the(looked(right.model_copy(update={"public_url": other})), "public url")
    assert (found.state, "calls itself http://127.0.0.1" in found.seen) == (State.FAULT, True)


def test_a_redirect_that_leads_elsewhere(right: Settings, world: LittleWorld) -> None:
    world.world.applications[str(right.oauth_client_id)].redirect_uris = ("https://old.example.org/auth/callback",)
    found = the(looked(right), "application")
    assert found.state is State.FAULT
    assert found.seen == "GitLab leads back to https://old.example.org/auth/callback"
    assert f"{right.public_url}/auth/callback" in found.advice


def test_clocks_that_are_apart(right: Settings) -> None:
    found = the(looked(right, ManualClock(datetime.now(UTC) + timedelta(minutes=10))), "clock")
    assert found.state is State.FAULT
    assert "signed hooks are refused" in found.seen


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ({"location": "https://gitlab.example.org/"}, "redirects to https://gitlab.example.org/"),
        ({"body": b"<html>another page</html>"}, "is no GitLab"),
    ],
)
def test_an_address_that_is_not_gitlabs(right: Settings, world: LittleWorld, fault: Any, seen: str) -> None:
    world.gitlab.faults.add("/version", times=1, **fault)
    found = looked(right)
    assert the(found, "gitlab").state is State.FAULT
    assert seen in the(found, "gitlab").seen
    assert the(found, "hooks").seen == "not looked at, since gitlab is at fault"


def test_a_gitlab_that_is_too_old(right: Settings, world: LittleWorld) -> None:
    world.gitlab.faults.add("/version", times=1, json_body={"version": "15.11.2-ee", "revision": "0"})
    found = the(looked(right), "gitlab")
    assert (found.state, "15.11.2" in found.seen) == (State.WARNING, True)


def test_hooks_that_gitlab_has_put_to_rest(right: Settings, world: LittleWorld) -> None:
    group = world.world.group_at("earth")
    assert group is not None
    database = open_store(right.database_url)
    note_places(database, places := Places(groups={group.id: "earth"}))
    database.close()
    care = build_care(right, build_admin(right), str(right.public_url))
    care.mend(next(iter(care.places(places, ()))))
    (hook,) = group.hooks.values()
    hook.failures, hook.disabled_until = 40, datetime(2099, 1, 1, tzinfo=UTC)
    found = the(looked(right), "hooks")
    assert found.state is State.FAULT
    assert "put it to rest" in found.seen
    assert "sharinghub hooks repair" in found.advice


def test_hooks_that_are_gone_or_never_were(right: Settings, world: LittleWorld) -> None:
    world.world.system_hooks.clear()
    assert "there is no hook" in the(looked(right), "hooks").seen
    database = open_store(right.database_url)
    note_places(database, Places())
    database.close()
    assert the(looked(right), "hooks").advice == "run `sharinghub hooks install`"


def test_a_store_that_is_not_there_or_not_migrated(right: Settings, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/other.db"
    other = right.model_copy(update={"database_url": url})
    assert "there is no store" in the(looked(other), "database").seen
    assert not (tmp_path / "other.db").exists()
    database = connect(url)
    migrate(database, upto=CURRENT - 1)
    database.close()
    found = the(looked(other), "migrations")
    assert (found.state, "sharinghub migrate" in found.advice) == (State.FAULT, True)


def test_a_store_that_cannot_be_written(right: Settings, tmp_path: Path) -> None:
    with sqlite3.connect(f"{tmp_path}/hub.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        found = the(looked(right.model_copy(update={"database_timeout": 0.1})), "writing")
        other.execute("ROLLBACK")
    other.close()
    assert (found.state, "locked" in found.seen) == (State.FAULT, True)


def test_nobody_who_works(right: Settings) -> None:
    found = the(looked(right, ManualClock(datetime.now(UTC) + timedelta(seconds=90))), "worker")
    assert (found.state, "--role worker" in found.advice) == (State.WARNING, True)


def test_deliveries_that_wait_or_were_given_up(right: Settings) -> None:
    database = open_store(right.database_url)
    inbox = Inbox(database)
    for number in (1, 2):
        inbox.receive(f"k{number}", "push", f"project:{number}", (), now=1_000_000)
    work = inbox.claim(10_000_000, ())
    assert work is not None
    inbox.bury(work, "GitLab answered 502")
    database.close()
    told = [one for name, one in looked(right) if name == "deliveries"]
    assert [one.state for one in told] == [State.WARNING, State.WARNING]
    assert "given up" in told[0].seen
    assert "worker" in told[1].advice


@pytest.mark.parametrize(("bucket", "state"), [("hub-objects", State.GOOD), ("another", State.FAULT)])
def test_a_bucket(right: Settings, s3: S3Server, bucket: str, state: State) -> None:
    url = s3.url("doctor").replace("hub-objects", bucket)
    found = the(looked(right.model_copy(update={"store_url": url})), "objects")
    assert found.state is state
    assert not [one for one in s3.asked if "/doctor/.tried/" in one.path and one.is_("PUT")] or any(
        one.method == "DELETE" and "/doctor/.tried/" in one.path for one in s3.asked
    ), "what was tried is removed"


def test_a_check_that_breaks_hides_no_other(right: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("glpat-secret")

    monkeypatch.setattr("sharinghub_ext.doctor.gitlab.greeting", broken)
    found = looked(right)
    assert the(found, "gitlab").seen == "the check itself failed (ZeroDivisionError)"
    assert the(found, "public url").state is State.GOOD


class TestTheCommand:
    """What a person and a script get."""

    @pytest.fixture(autouse=True)
    def clean(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in [name for name in os.environ if name.startswith("SHARINGHUB_")]:
            monkeypatch.delenv(name)
        monkeypatch.chdir(tmp_path)

    def test_settings_that_cannot_be_read_are_a_finding(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHARINGHUB_GITLAB_URI", "https://gitlab.example.org")
        done = CliRunner().invoke(app, ["doctor", "--json"])
        assert done.exit_code == 1
        report = json.loads(done.output)
        assert report["faults"] == 1
        assert report["checks"][0]["seen"].endswith("did you mean SHARINGHUB_GITLAB_URL?")

    def test_lines_for_people(self, monkeypatch: pytest.MonkeyPatch, world: LittleWorld, tmp_path: Path) -> None:
        monkeypatch.setenv("SHARINGHUB_GITLAB_URL", world.gitlab.url)
        monkeypatch.setenv("SHARINGHUB_GITLAB_TOKEN", "glpat-reads")
        monkeypatch.setenv("SHARINGHUB_HOOK_SECRET", "a-hook-secret-of-the-tests")
        done = CliRunner().invoke(app, ["doctor"])
        assert done.exit_code == 1
        assert "FAULT    database: there is no store at data/sharinghub.db" in done.output
        assert "glpat-reads" not in done.output
        open_store(f"sqlite:///{tmp_path}/data/sharinghub.db").close()
        done = CliRunner().invoke(app, ["doctor"])
        assert done.exit_code == 0, done.output
        assert "good" not in done.output


def test_the_stand_in_lists_applications_for_administrators_alone(world: LittleWorld) -> None:
    from gitlab_hooks.gateway.greeting import applications
    from gitlab_hooks.gateway.transport import Connection

    world.world.add_application("two", ["https://a.example.org/x", "https://b.example.org/y"])
    connection = Connection(world.gitlab.url, retries=0)
    assert applications(connection, "glpat-reads") is None
    assert ("https://a.example.org/x", "https://b.example.org/y") in {
        one.redirects for one in applications(connection, ADMIN) or ()
    }
    assert isinstance(world.gitlab, StandIn)


def test_data_that_a_project_names_and_the_store_lacks_is_named(world: LittleWorld, tmp_path: Path) -> None:
    ships = world.world.project_at("earth/models/vessel-detection-sar")
    assert ships is not None
    data = {name: name.encode() * 100 for name in ("there.bin", "gone.bin")}
    keys = {name: hashlib.md5(one).hexdigest() for name, one in data.items()}
    outs = "".join(f"- md5: {keys[name]}\n  size: {len(data[name])}\n  hash: md5\n  path: {name}\n" for name in data)
    world.world.commit(ships, {"data.dvc": f"outs:\n{outs}".encode()})
    settings = world.settings(database_url=f"sqlite:///{tmp_path}/hub.db")
    with RunningHub(settings) as hub:
        hub.sweep()
        md5 = keys["there.bin"]
        address = f"/dvc/{ships.id}/files/md5/{md5[:2]}/{md5[2:]}"
        headers = {"Authorization": "Bearer glpat-maya-api"}
        assert hub.http.put(address, content=data["there.bin"], headers=headers).status_code == 201
        situation = Situation(settings.model_copy(update={"public_url": hub.address}), SystemClock())
        for named in (ships.full_path, str(ships.id)):
            found = [one for name, one in examine(situation, named) if name == "data"]
            (one,) = found
            assert one.state is State.FAULT
            assert one.seen.startswith("gone.bin (files/md5/")
            assert "dvc push" in one.advice
        md5 = keys["gone.bin"]
        address = f"/dvc/{ships.id}/files/md5/{md5[:2]}/{md5[2:]}"
        assert hub.http.put(address, content=data["gone.bin"], headers=headers).status_code == 201
        for named, state, seen in (
            (ships.full_path, State.GOOD, "all 2 objects"),
            ("sea/waves", State.SKIPPED, "names an object"),
            ("no/such", State.FAULT, "no project no/such"),
        ):
            (one,) = [one for name, one in examine(situation, named) if name == "data"]
            assert (one.state, seen in one.seen) == (state, True), one
