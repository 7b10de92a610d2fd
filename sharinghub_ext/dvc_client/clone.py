"""A clone in which DVC runs: its configuration files, and what git would do with them.

Secrets go into `.dvc/config.local` alone, readable by nobody else, and only where git leaves that file out.
"""

import os
import secrets
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sharinghub_ext.dvc_client.errors import SetupError

SHARED: Final = "config"
LOCAL: Final = "config.local"


class Clone:
    """The folder that holds `.dvc`, at or above `start`. Raises SetupError where there is none."""

    def __init__(self, start: Path) -> None:
        above = [start.resolve(), *start.resolve().parents]
        found = next((folder for folder in above if (folder / ".dvc").is_dir()), None)
        if found is None:
            raise SetupError(2, "there is no DVC here: run `dvc init` in the clone first")
        self.top, self._dvc = found, found / ".dvc"
        if self._dvc.is_symlink():
            raise SetupError(2, f"{self._dvc} is a link: what is written there would land somewhere else")

    def read(self, name: str) -> str:
        """A configuration file, empty where it is missing."""
        if (self._dvc / name).is_symlink():
            raise SetupError(2, f"{self._dvc / name} is a link: what it leads to would become part of the clone")
        try:
            return (self._dvc / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise SetupError(2, f"{self._dvc / name} cannot be read: {error}") from error

    def write(self, name: str, text: str) -> None:
        """Replace a configuration file at once; a link is replaced and not followed."""
        path = self._dvc / name
        made = path.with_name(f".{name}.{secrets.token_hex(4)}")
        try:
            mode = 0o600 if name == LOCAL else 0o644
            descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(text)
                made.replace(path)
            except BaseException:
                made.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise SetupError(2, f"{path} cannot be written: {error.strerror or error}") from error

    def keep_local_out_of_git(self) -> None:
        """See to it that git ignores `.dvc/config.local`. Raises SetupError where it is committed already."""
        name = str((self._dvc / LOCAL).relative_to(self.top))
        if self._git("ls-files", "--error-unmatch", "--", name) is not None:
            raise SetupError(2, f"{name} is in git, so a token in it would be published: git rm --cached {name}")
        if self._git("rev-parse", "--git-dir") is None or self._git("check-ignore", "-q", "--", name) is not None:
            return
        ignored = self.read(".gitignore")
        self.write(".gitignore", f"{ignored}{'' if not ignored or ignored.endswith(chr(10)) else chr(10)}/{LOCAL}\n")
        if self._git("check-ignore", "-q", "--", name) is None:
            raise SetupError(2, f"git does not ignore {name}: a line of a .gitignore takes it in again")

    def project_path(self) -> str | None:
        """The path of the project at GitLab that `origin` names, None where it names none."""
        url = (self._git("config", "--get", "remote.origin.url") or "").strip()
        parts = urlsplit(url)
        path = parts.path if parts.scheme else url.partition(":")[2]
        return path.strip("/").removesuffix(".git") or None

    def _git(self, *arguments: str) -> str | None:
        """What git prints, None where it says no."""
        try:
            done = subprocess.run(["git", *arguments], cwd=self.top, capture_output=True, text=True, check=False)  # noqa: S603, S607
        except FileNotFoundError:
            return None
        return done.stdout if done.returncode == 0 else None
