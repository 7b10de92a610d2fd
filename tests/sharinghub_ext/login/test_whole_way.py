"""Proves that a person signs in on the command line with a code, and that other programs get tokens that work."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sharinghub_ext.cli import login
from tests.sharinghub_ext.login.conftest import DeviceWorld, Program, Said, kept_in, make_due


def test_from_the_code_to_the_end(
    program: Program, place: DeviceWorld, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, hub = place.world, place.hub
    monkeypatch.setattr(login.typer, "launch", lambda _: pytest.fail("a browser was opened"))

    waits: list[float] = []

    def meanwhile(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            place.enter(place.waiting_codes()[-1])

    said = program("login", hub.url, while_waiting=meanwhile)
    assert (said.code, waits) == (0, [5, 5, 5])
    assert f"{place.gitlab}/oauth/device" in said.out
    assert "Signed in as maya" in said.out
    assert str(folder / "credentials.json") in said.out

    token = program("token", hub.url).token
    assert {one for _, one in hub.ids(token)} == {one for _, one in hub.ids(world.token("maya"))}
    assert str(world.samples.projects["earth/models/vessel-detection-sar"]) in {one for _, one in hub.ids(token)}
    assert hub.get("/auth/me", token).json()["by"] == "token"
    assert world.world.tokens[token].scopes == ("read_api",)

    make_due(folder)
    fresh = program("token", hub.url).token
    assert fresh != token
    assert (place.at_gitlab(token), place.at_gitlab(fresh)) == (401, 200)
    assert {one for _, one in hub.ids(fresh)} == {one for _, one in hub.ids(world.token("maya"))}
    assert program("token", hub.url).token == fresh

    gone = program("login", "--forget", hub.url)
    assert (gone.code, gone.out) == (0, "Signed out.\n")
    assert place.at_gitlab(fresh) == 401
    assert kept_in(folder) == {}
    refused = program("token", hub.url)
    assert (refused.code, refused.out) == (1, "")
    assert f"sharinghub login {hub.url}" in refused.err
    again = program("login", "--forget", hub.url)
    assert (again.code, again.out) == (0, f"Nobody is signed in at {hub.url}.\n")


def test_the_token_is_for_its_owner_alone(sign_in: Callable[[], Said], folder: Path) -> None:
    sign_in()
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(folder / "credentials.json").st_mode) == 0o600
    assert sorted(one.name for one in folder.iterdir()) == ["credentials.json", "credentials.lock"]


def test_a_new_sign_in_ends_the_one_before(
    sign_in: Callable[[], Said], program: Program, place: DeviceWorld, folder: Path
) -> None:
    sign_in()
    first = program("token", place.hub.url).token
    sign_in()
    second = program("token", place.hub.url).token
    assert (place.at_gitlab(first), place.at_gitlab(second)) == (401, 200)


def test_a_browser_is_opened_only_where_that_is_asked_for(
    program: Program, place: DeviceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(login.typer, "launch", opened.append)
    program("login", "--open", place.hub.url, while_waiting=lambda _: place.enter(place.waiting_codes()[-1]))
    assert len(opened) == 1
    assert opened[0].startswith(f"{place.gitlab}/oauth/device?user_code=")


def test_processes_that_renew_at_once_get_the_same_token(
    sign_in: Callable[[], Said], place: DeviceWorld, folder: Path, tmp_path: Path
) -> None:
    sign_in()
    make_due(folder)
    given = place.pairs()
    environment = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    command = [sys.executable, "-m", "sharinghub_ext.cli", "token", place.hub.url]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(3)
    ]
    said = [one.communicate() for one in running]
    assert [one.returncode for one in running] == [0] * 3, said
    assert len({out for out, _ in said}) == 1
    assert place.pairs() == given + 1
    assert place.at_gitlab(said[0][0].strip()) == 200


def test_help_teaches(program: Program) -> None:
    for command in ("login", "token"):
        said = program(command, "--help")
        assert said.code == 0
        assert "sharinghub token https://hub.example.org" in said.out.replace("\n", " ")
        assert "Exit code 0" in said.out


def test_a_token_that_is_not_due_costs_no_connection(
    sign_in: Callable[[], Said], place: DeviceWorld, folder: Path
) -> None:
    """Programs ask for it before each request: neither the HTTP library nor a keyring is loaded for it."""
    sign_in()
    script = (
        "import sys\nfrom sharinghub_ext.cli import main\nfrom contextlib import suppress\n"
        f"sys.argv = ['sharinghub', 'token', {place.hub.url!r}]\n"
        "with suppress(SystemExit):\n    main()\n"
        "print([one for one in ('httpx', 'keyring', 'fastapi', 'sqlalchemy') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    token, loaded = done.stdout.splitlines()
    assert token == kept_in(folder)[place.hub.url]["access_token"]
    assert loaded == "[]"
