"""Clones in which the real `dvc` runs with the hub as its remote, and a hub in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.stac_ext.dvc.projects import Repository
from tests.support.running import RunningHub, SampleWorld
from tests.support.waiting import wait_until


class Clone(Repository):
    """Somebody's clone, with the hub's remote of a project and their token."""

    def __init__(self, folder: Path, hub: str, project_id: int, token: str | None, auth: str = "bearer") -> None:
        super().__init__(folder)
        self.remote = f"{hub}/dvc/{project_id}"
        commands: list[Sequence[str]] = [
            ["init"],
            ["config", "core.analytics", "false"],
            ["remote", "add", "-d", "hub", self.remote],
        ]
        modify = ["remote", "modify", "--local", "hub"]
        if token and auth == "basic":
            commands += [[*modify, "auth", "basic"], [*modify, "user", "me"], [*modify, "password", token]]
        elif token:
            header, value = ("Authorization", f"Bearer {token}") if auth == "bearer" else (auth, token)
            commands += [[*modify, "auth", "custom"], [*modify, "custom_auth_header", header]]
            commands += [[*modify, "password", value]]
        self.dvc(*commands)

    def take(self, other: Repository) -> None:
        """Get the pointers of another clone, as `git pull` would."""
        for pointer in other.folder.rglob("*.dvc"):
            if pointer.is_file():
                self.write(str(pointer.relative_to(other.folder)), pointer.read_bytes())

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command of DVC that may fail."""
        command = [sys.executable, "-m", "dvc", *arguments]
        return subprocess.run(command, cwd=self.folder, env=self._env(), capture_output=True, text=True, check=False)

    def content(self, name: str) -> dict[str, bytes]:
        """Every file below a path of the clone."""
        top = self.folder / name
        found = [top] if top.is_file() else [path for path in top.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found}


class Place:
    """The hub, its store, and a place for clones."""

    def __init__(self, world: SampleWorld, hub: RunningHub) -> None:
        self.world, self.hub = world, hub
        self.objects = world.folder / "objects"

    def clone(self, name: str, project: str, person: str | None, auth: str = "bearer") -> Clone:
        token = self.world.token(person) if person else None
        return Clone(self.world.folder / name, self.hub.url, self.world.samples.projects[project], token, auth)

    def of(self, project: str) -> dict[str, bytes]:
        """The objects in the store of a project by key."""
        folder = self.objects / str(self.world.samples.projects[project])
        files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".sha256"]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class Served:
    """`sharinghub serve` in a process of its own, on a stand-in."""

    def __init__(self, world: SampleWorld, port: int, **more: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        settings = {
            "SHARINGHUB_GITLAB_URL": world.gitlab.url,
            "SHARINGHUB_GITLAB_TOKEN": world.samples.service_token,
            "SHARINGHUB_DATABASE_URL": f"sqlite:///{world.folder}/served.db",
            "SHARINGHUB_LOG_LEVEL": "error",
            **more,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHARINGHUB_")}
        command = [sys.executable, "-m", "sharinghub_ext.cli", "serve", "--port", str(port)]
        self.process = subprocess.Popen(command, env={**kept, **settings})
        wait_until(self._ready, "the hub to be ready", 60)

    def _ready(self) -> bool:
        assert self.process.poll() is None
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(how)
        self.process.wait(30)

    def memory(self) -> int:
        """The most memory that the process has had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
