"""Where tokens are kept on this machine: in the system's keyring, or in a file where that is absent or fails.

A text is at one place: what is written to the one is deleted from the other. The file counts first, because it holds
something only if the keyring could not take it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from sharinghub_ext.login.credentials_file import CredentialsFile
from sharinghub_ext.login.errors import Unusable
from sharinghub_ext.login.kept import Kept, of_text

SERVICE: Final = "sharinghub"
_LEAST_PRIORITY: Final = 1  # what keyring recommends; below it lie backends that fail, forget, or store in clear


def system_keyring() -> Any:
    """The keyring of this system, None where there is none that can be relied on."""
    import keyring  # asks for backends and takes a while

    found = keyring.get_keyring()
    try:
        return found if found.priority >= _LEAST_PRIORITY else None
    except Exception:  # a backend may raise what it likes
        return None


class Keeper:
    """Sign-ins by the address of their hub. `note` is told in one line what a person should know."""

    def __init__(
        self,
        file: CredentialsFile,
        note: Callable[[str], None],
        keyring: Callable[[], Any] = system_keyring,
    ) -> None:
        self._file, self._note, self._keyring = file, note, keyring

    def locked(self) -> AbstractContextManager[None]:
        """Alone on this machine, for reading, renewing and writing in one."""
        return self._file.locked()

    def check(self) -> None:
        """Raise Unusable where nothing could be kept in the file, which must do where a keyring fails."""
        with self.locked():
            self._file.read("")

    def read(self, hub: str) -> Kept | None:
        """What is kept for a hub. Raises Unusable where it cannot be known."""
        text = self._file.read(hub)
        if text is None and (keyring := self._keyring()) is not None:
            try:
                text = keyring.get_password(SERVICE, hub)
            except Exception as error:
                raise Unusable(
                    f"The keyring does not open ({type(error).__name__}): unlock it, and try again."
                ) from None
        return of_text(text, hub) if text is not None else None

    def write(self, kept: Kept) -> str:
        """Keep a sign-in, inside of `locked`; where it is now, in words. Raises Unusable where nothing takes it."""
        keyring, text = self._keyring(), kept.to_text()
        if keyring is not None:
            try:
                keyring.set_password(SERVICE, kept.hub, text)
                is_there = keyring.get_password(SERVICE, kept.hub) == text
            except Exception as error:
                self._note(f"The keyring does not take the token ({type(error).__name__}): it goes into a file.")
                is_there = False
            if is_there:
                self._file.delete(kept.hub)
                return "the keyring of this system"
        self._file.write(kept.hub, text)
        self._delete_from(keyring, kept.hub)
        return str(self._file.path)

    def delete(self, hub: str) -> None:
        """Forget a sign-in, inside of `locked`."""
        self._file.delete(hub)
        self._delete_from(self._keyring(), hub)

    def _delete_from(self, keyring: Any, hub: str) -> None:
        try:
            if keyring is not None and keyring.get_password(SERVICE, hub) is not None:
                keyring.delete_password(SERVICE, hub)
        except Exception as error:
            self._note(f"The keyring does not delete what it may hold for {hub} ({type(error).__name__}).")
