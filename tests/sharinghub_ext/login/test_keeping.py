"""Proves that tokens lie in the system's keyring, else in a file that nobody else can reach, and never in both."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from sharinghub_ext.login import credentials_file
from sharinghub_ext.login.credentials_file import CredentialsFile
from sharinghub_ext.login.errors import Unusable
from sharinghub_ext.login.kept import Kept, of_text
from tests.sharinghub_ext.login.conftest import DeviceWorld, Program, Said, kept_in


class Ring(KeyringBackend):
    """A keyring in memory, which may be locked, or forget."""

    priority: ClassVar[float] = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.is_locked = self.forgets = False

    def _open(self) -> dict[tuple[str, str], str]:
        if self.is_locked:
            raise KeyringLocked("the password of the keyring is needed")
        return self.held

    def get_password(self, service: str, username: str) -> str | None:
        return self._open().get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()[service, username] = "" if self.forgets else password

    def delete_password(self, service: str, username: str) -> None:
        del self._open()[service, username]


@pytest.fixture
def ring(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Ring:
    one = Ring()
    monkeypatch.setattr(keyring.core, "_keyring_backend", one)
    return one


def test_a_keyring_is_used_where_there_is_one(
    ring: Ring, sign_in: Callable[[], Said], program: Program, place: DeviceWorld, folder: Path
) -> None:
    assert "keyring" in sign_in().out
    assert list(ring.held) == [("sharinghub", place.hub.url)]
    assert not (folder / "credentials.json").exists()
    token = program("token", place.hub.url).token
    assert program("login", "--forget", place.hub.url).code == 0
    assert ring.held == {}
    assert place.at_gitlab(token) == 401


@pytest.mark.parametrize("how", ["locked", "forgets"])
def test_a_keyring_that_fails_is_replaced_by_the_file(
    ring: Ring, sign_in: Callable[[], Said], program: Program, place: DeviceWorld, folder: Path, how: str
) -> None:
    ring.is_locked, ring.forgets = how == "locked", how == "forgets"
    said = sign_in()
    assert str(folder / "credentials.json") in said.out
    assert how == "forgets" or "KeyringLocked" in said.err
    token = program("token", place.hub.url).token
    assert place.at_gitlab(token) == 200
    ring.is_locked = ring.forgets = False
    assert program("token", place.hub.url).token == token
    sign_in()
    assert kept_in(folder) == {}
    assert len(ring.held) == 1


def test_a_keyring_that_is_locked_says_so(
    ring: Ring, sign_in: Callable[[], Said], program: Program, place: DeviceWorld
) -> None:
    sign_in()
    ring.is_locked = True
    for words in (("token",), ("login", "--forget")):
        said = program(*words, place.hub.url)
        assert (said.code, said.out) == (2, "")
        assert "unlock" in said.err


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602])
def test_a_file_that_others_reach_is_refused(
    sign_in: Callable[[], Said], program: Program, place: DeviceWorld, folder: Path, mode: int
) -> None:
    sign_in()
    os.chmod(folder / "credentials.json", mode)
    for words in (("token",), ("login",), ("login", "--forget")):
        said = program(*words, place.hub.url)
        assert said.code == 2
        assert "chmod 600" in said.err


def test_a_folder_in_which_others_write_is_refused(program: Program, place: DeviceWorld, folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    said = program("login", place.hub.url)
    assert said.code == 2
    assert "chmod 700" in said.err


def test_a_link_is_not_followed(program: Program, place: DeviceWorld, folder: Path, tmp_path: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (folder / "credentials.json").symlink_to(tmp_path / "elsewhere")
    assert program("token", place.hub.url).code == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', "[" * 100_000])
def test_a_damaged_file_is_told(program: Program, place: DeviceWorld, folder: Path, text: str) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (folder / "credentials.json").write_text(text)
    (folder / "credentials.json").chmod(0o600)
    said = program("token", place.hub.url)
    assert said.code == 2
    assert "damaged" in said.err


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = CredentialsFile(tmp_path)
    with file.locked():
        file.write("a", "one")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(credentials_file.os, "fsync", full)
    with file.locked(), pytest.raises(Unusable, match="No space left"):
        file.write("a", "two")
    assert file.read("a") == "one"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["credentials.json", "credentials.lock"]


def test_what_was_kept_counts_for_its_own_hub_and_gitlab() -> None:
    gitlab = "https://gitlab.example.org"
    whole = Kept("https://a.example", gitlab, "id", f"{gitlab}/oauth/token", f"{gitlab}/oauth/revoke", "x", None, 1)
    assert of_text(whole.to_text(), "https://a.example") == whole
    assert of_text(whole.to_text(), "https://b.example") is None
    for text in ("", "{}", "[]", whole.to_text().replace(f"{gitlab}/oauth/token", "https://evil.example/token")):
        assert of_text(text, "https://a.example") is None
