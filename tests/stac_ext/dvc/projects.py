"""Repositories made by the real git and DVC, and the facts that a catalogue would have of them."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stac_ext.model import FileText, ProjectFacts, RepositoryFile, Visibility
from stac_ext.problem_log import ProblemLog
from stac_ext.urls import BuildContext

DVC_URL = "https://hub.example/dvc"
CONTEXT = BuildContext("https://hub.example/stac", "https://hub.example/assets", "GitLab", "https://gl.example")
FILES = f"https://hub.example/assets/42/{'a' * 40}"

_RUN = "import json, sys; from dvc.cli import main; sys.exit(max(main(argv) for argv in json.load(sys.stdin)))"


class Repository:
    """A git repository on disk in which DVC runs."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("git") is None:
            pytest.skip("needs git, which is not installed")
        if importlib.util.find_spec("dvc") is None:
            pytest.skip("needs dvc, which is not installed")
        self.folder = folder
        folder.mkdir(parents=True)
        self._home = folder.parent / "home"
        self._home.mkdir(exist_ok=True)
        self.git("init", "-q")

    def write(self, path: str, content: str | bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.org", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self._env(), check=True, capture_output=True, text=True
        ).stdout

    def dvc(self, *commands: str | Sequence[str], below: str = ".") -> None:
        """Run several commands of DVC in one process."""
        split = [command.split() if isinstance(command, str) else list(command) for command in commands]
        done = subprocess.run(
            [sys.executable, "-c", _RUN],
            input=json.dumps(split),
            cwd=self.folder / below,
            env=self._env(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "Content")

    def facts(self) -> ProjectFacts:
        """What is committed, with the text of every file."""
        listed = self.git("ls-files", "-z").split("\0")[:-1]
        return make_facts({path: (self.folder / path).read_bytes() for path in listed})

    def _env(self) -> dict[str, str]:
        own = {"DVC_NO_ANALYTICS": "1", "HOME": str(self._home), "XDG_CONFIG_HOME": str(self._home), "NO_PROXY": "*"}
        own |= {"DVC_SITE_CACHE_DIR": str(self._home / "site"), "GIT_CONFIG_NOSYSTEM": "1", "DVC_STUDIO_OFFLINE": "1"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        return {**os.environ, **own, "PATH": path}


def make_facts(content: Mapping[str, bytes | str | FileText], **changes: object) -> ProjectFacts:
    """A project that holds these files, all of them read."""
    texts = {
        path: each if isinstance(each, FileText) else FileText(each if isinstance(each, bytes) else each.encode())
        for path, each in content.items()
    }
    listed = tuple(RepositoryFile(path, "b" * 40, len(text.data)) for path, text in texts.items())
    known: dict[str, object] = {"head_sha": "a" * 40, "files": listed, "texts": texts, **changes}
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    return ProjectFacts(
        42,
        "g/p",
        "p",
        "",
        "https://gl.example/g/p",
        "public",
        Visibility.PUBLIC,
        (),
        moment,
        **known,  # type: ignore[arg-type]
    )


def rules(log: ProblemLog) -> list[str]:
    return [problem.rule for problem in log.result()]
