"""What git knows of a checkout: which files it tracks, its head commit, its branch and its remote.

Only commands that read are run, and none that would fetch, or run what the configuration of a repository names.
Sources: https://git-scm.com/docs/git-ls-files, https://git-scm.com/docs/git-cat-file
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

TIMEOUT: Final = 120

# No monitor or hook of the repository is started, no object is fetched, and a checkout of another user may be read, as
# those of CI jobs often are.
_HARMLESS = (
    *("--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    *("-c", "protocol.allow=never", "-c", "safe.directory=*"),
)
_COMMITTER = re.compile(rb"^committer .*> (\d{1,15}) [+-]\d{4}$", re.MULTILINE)
_TRACKED = re.compile(rb"([A-Za-z]) (\d{6}) ([0-9a-f]{40,64}) \d\t(.+)", re.DOTALL)
_POINTER = b"version https://git-lfs"
_LARGEST_POINTER = 1024


@dataclass(frozen=True, slots=True)
class Tracked:
    """A file that git tracks. `sparse` says that it is not meant to be in the working tree."""

    path: bytes
    blob_id: str
    sparse: bool = False


class GitError(Exception):
    """git is not there, or does not take this folder for a checkout."""


class Git:
    """The git checkout that a folder belongs to."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        """Raises GitError where git is missing, or the folder is in no working tree."""
        found = shutil.which("git")
        if found is None:
            raise GitError("git is not installed")
        inherited = os.environ if environment is None else environment
        # A hook of git, which may be what runs this, tells its commands of another repository.
        self._environment = {name: value for name, value in inherited.items() if not name.startswith("GIT_")} | {
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "LC_ALL": "C",
        }
        self._command = (found, *_HARMLESS)
        self._folder = folder
        self.root = Path(os.path.realpath(os.fsdecode(self._ask("rev-parse", "--show-toplevel").removesuffix(b"\n"))))

    def tracked(self) -> list[Tracked]:
        """The files that git tracks below the folder, by path from there; no symbolic links and no submodules."""
        found: dict[bytes, Tracked] = {}
        for entry in self._ask("ls-files", "-t", "--stage", "-z").split(b"\0"):
            match = _TRACKED.fullmatch(entry)
            if match and match[2] not in (b"120000", b"160000"):
                found.setdefault(match[4], Tracked(match[4], match[3].decode(), match[1] == b"S"))
        return list(found.values())

    def pointers(self, blob_ids: Iterable[str]) -> dict[str, bytes]:
        """Of these blobs those that may be Git LFS pointers, by id; none that git does not have."""
        asked = "".join(f"{one}\n" for one in dict.fromkeys(blob_ids)).encode()
        try:
            told = [line.split() for line in self._ask("cat-file", "--batch-check", given=asked).splitlines()]
            small = [one[0] for one in told if len(one) == 3 and one[1] == b"blob" and int(one[2]) <= _LARGEST_POINTER]
            rest = self._ask("cat-file", "--batch", given=b"".join(one + b"\n" for one in small))
        except GitError:
            return {}
        found = {}
        for blob_id in small:
            header, _, rest = rest.partition(b"\n")
            size = int(header.split()[-1])
            data, rest = rest[:size], rest[size + 1 :]
            if data.startswith(_POINTER):
                found[blob_id.decode()] = data
        return found

    def head(self) -> tuple[str, datetime] | None:
        """The head commit and when it was committed, None before the first."""
        sha = self._perhaps("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        commit = self._perhaps("cat-file", "commit", sha) if sha else ""
        match = _COMMITTER.search(os.fsencode(commit))
        try:
            return (sha, datetime.fromtimestamp(int(match[1]), UTC)) if match else None
        except (OverflowError, OSError, ValueError):
            return sha, datetime.fromtimestamp(0, UTC)

    def branch(self) -> str | None:
        """The default branch of the remote, where the clone knows it, else the branch that is checked out."""
        remote = self._perhaps("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
        return remote.removeprefix("origin/") or self._perhaps("symbolic-ref", "--quiet", "--short", "HEAD") or None

    def remote(self) -> str | None:
        """The address of the remote `origin`, else of the first; it may hold a password."""
        lines = self._perhaps("config", "--get-regexp", r"^remote\..*\.url$").splitlines()
        urls = {name: url for name, _, url in (line.partition(" ") for line in reversed(lines))}
        return urls.get("remote.origin.url") or next(reversed(urls.values()), None)

    def lfs_objects(self) -> Path:
        """The folder in which Git LFS keeps objects; it may not exist."""
        common = self._perhaps("rev-parse", "--git-common-dir")
        return Path(os.path.realpath(self._folder / common)) / "lfs" / "objects"

    def _perhaps(self, *arguments: str) -> str:
        """The answer without its last line end, empty where there is none."""
        try:
            return os.fsdecode(self._ask(*arguments)).removesuffix("\n")
        except GitError:
            return ""

    def _ask(self, *arguments: str, given: bytes = b"") -> bytes:
        try:
            done = subprocess.run(  # noqa: S603
                [*self._command, *arguments],
                cwd=self._folder,
                env=self._environment,
                input=given,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise GitError(f"git cannot be asked ({type(error).__name__})") from error
        if done.returncode:
            raise GitError(os.fsdecode(done.stderr).strip() or f"git ended with {done.returncode}")
        return done.stdout
