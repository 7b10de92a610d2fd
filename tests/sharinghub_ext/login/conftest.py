"""A hub that offers the device flow, a person who enters codes at the stand-in, and the command as it is typed."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import keyring
import pytest
from keyring.backends import fail

from gitlab_hooks.standin.oauth_model import Application
from sharinghub_ext.cli import login, main
from stac_ext.clock import ManualClock
from tests.support.leaks import LEAKS
from tests.support.running import LittleWorld, RunningHub


class DeviceWorld:
    """A small world, an application for devices in it, and an indexed hub that names that."""

    def __init__(self, world: LittleWorld, hub: RunningHub, application: Application, clock: ManualClock) -> None:
        self.world, self.hub, self.application, self.clock = world, hub, application, clock
        self.gitlab = world.gitlab.url

    def enter(self, code: str, person: str = "maya", decision: str = "allow") -> None:
        """What a person does at GitLab's page."""
        form = {"user_code": code, "username": person, "decision": decision}
        with httpx.Client(timeout=30, trust_env=False) as browser:
            assert browser.get(f"{self.gitlab}/oauth/device").status_code == 200
            answer = browser.post(f"{self.gitlab}/oauth/device", data=form)
        assert answer.status_code == 200, answer.text

    def waiting_codes(self) -> list[str]:
        grants = self.world.world.device_grants.values()
        return [one.user_code for one in grants if one.user is None and not one.denied]

    def at_gitlab(self, token: str) -> int:
        """Whether GitLab takes a token: the status of the question who that is."""
        with httpx.Client(timeout=30, trust_env=False) as client:
            headers = {"Authorization": f"Bearer {token}"}
            return client.get(f"{self.gitlab}/api/v4/user", headers=headers).status_code

    def pairs(self) -> int:
        """How often tokens were given."""
        return len(self.world.world.pairs)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeviceWorld]:
    clock = ManualClock()
    with LittleWorld(tmp_path_factory.mktemp("device"), clock) as world:
        application = world.world.add_application("SharingHub CLI", [], ("read_api",), confidential=False)
        with RunningHub(world.settings(oauth_device_client_id=application.client_id), clock=clock) as hub:
            hub.sweep()
            yield DeviceWorld(world, hub, application, clock)


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def token(self) -> str:
        assert self.code == 0, self.err
        assert re.fullmatch(r"[0-9a-f]{64}\n", self.out)
        return self.out.strip()


Program = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command keeps what it keeps: a home of the test's own, and no keyring."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(keyring.core, "_keyring_backend", fail.Keyring())
    return tmp_path / "config" / "sharinghub"


@pytest.fixture
def program(
    folder: Path, place: DeviceWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Program:
    """The command line in this process. `while_waiting` is called in place of every wait, with its seconds."""

    def run(*words: str, while_waiting: Callable[[float], None] | None = None) -> Said:
        def wait(seconds: float) -> None:
            place.clock.advance(seconds)
            assert while_waiting is not None, "nothing should wait"
            while_waiting(seconds)

        monkeypatch.setattr(login, "time", SimpleNamespace(sleep=wait))
        monkeypatch.setattr(sys, "argv", ["sharinghub", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        LEAKS.hear("output", f"stderr of {words}", err)
        if words[0] != "token":
            LEAKS.hear("output", f"stdout of {words}", out)
        assert "Traceback" not in err
        return Said(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def sign_in(program: Program, place: DeviceWorld) -> Callable[[], Said]:
    """Sign in as Maya, who enters the code at once."""

    def run() -> Said:
        said = program("login", place.hub.url, while_waiting=lambda _: place.enter(place.waiting_codes()[-1]))
        assert said.code == 0, said.err
        return said

    return run


def kept_in(folder: Path) -> dict[str, dict[str, Any]]:
    """What the file holds, by hub."""
    return {name: json.loads(text) for name, text in json.loads((folder / "credentials.json").read_text()).items()}


def make_due(folder: Path, left: int = 0) -> None:
    """Let every access token end in `left` seconds from now, as far as this machine knows."""
    held = {name: json.dumps({**one, "expires_at": int(time.time()) + left}) for name, one in kept_in(folder).items()}
    (folder / "credentials.json").write_text(json.dumps(held))
