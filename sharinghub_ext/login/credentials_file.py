"""The file in which tokens are kept where the system has no keyring: its owner's alone, and never half written.

`~/.config/sharinghub/credentials.json`, or below `XDG_CONFIG_HOME`; 0600 in a folder of 0700. What others could have
read or written is refused, as ssh does. One lock beside it keeps processes from renewing the same token twice.
"""

import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sharinghub_ext.login.errors import Unusable

if sys.platform != "win32":
    import fcntl

_HAS_MODES: Final = os.name == "posix"
_MOST_BYTES: Final = 1024 * 1024


def config_folder() -> Path:
    """Where this user's settings lie (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".config") / "sharinghub"


class CredentialsFile:
    """Texts by name. Every method raises Unusable where the file or its folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "credentials.json"
        self._folder = folder

    def read(self, name: str) -> str | None:
        return self._all().get(name)

    def write(self, name: str, text: str) -> None:
        """Keep a text. To be called inside of `locked`."""
        self._save({**self._all(), name: text})

    def delete(self, name: str) -> None:
        """Forget a text. To be called inside of `locked`."""
        held = self._all()
        if held.pop(name, None) is not None:
            self._save(held)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else, in this or another process, is inside of this; waits. The lock ends with the process."""
        self._make_folder()
        with self._told("its lock cannot be made"):
            lock = os.open(self._folder / "credentials.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if sys.platform != "win32":
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _all(self) -> dict[str, str]:
        try:
            with self._told("it cannot be read"):
                held = os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError:
            return {}
        with open(held, "rb") as file:
            self._refuse_what_others_reach(os.fstat(held), self.path, 0o077, "600")
            text = file.read(_MOST_BYTES)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise Unusable(f"{self.path} is damaged: delete it, and sign in again.")
        return found

    def _save(self, held: dict[str, str]) -> None:
        with self._told("it cannot be written"):
            made, name = tempfile.mkstemp(prefix=".credentials-", dir=self._folder)  # 0600, and nobody else's
            try:
                with open(made, "w", encoding="utf-8") as file:
                    json.dump(held, file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, self.path)
            except BaseException:
                with suppress(OSError):
                    os.unlink(name)
                raise

    def _make_folder(self) -> None:
        with self._told("its folder cannot be made"):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_what_others_reach(self._folder.stat(), self._folder, 0o022, "700")

    def _refuse_what_others_reach(self, found: os.stat_result, path: Path, forbidden: int, right: str) -> None:
        if not _HAS_MODES:
            return
        if found.st_uid != os.geteuid():
            raise Unusable(f"{path} belongs to another account: it is not used.")
        if stat.S_IMODE(found.st_mode) & forbidden:
            raise Unusable(
                f"Others can reach {path}, so what it holds may not be yours alone any more. Sign out and in again, "
                f"after: chmod {right} {path}"
            )

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise Unusable(f"{self.path}: {what} ({error.strerror or type(error).__name__}).") from None
