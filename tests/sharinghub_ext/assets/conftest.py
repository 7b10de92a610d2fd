"""A small world with files of each kind in a private project, an object store, and a hub where people sign in."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.world import User
from stac_ext.clock import ManualClock
from tests.support.browsing import Browser, SigningWorld
from tests.support.object_store import ObjectStore
from tests.support.running import LittleWorld, RunningHub

PRIVATE, PUBLIC = "earth/models/vessel-detection-sar", "sea/waves"
DATA = random.Random(1).randbytes(100_000)
KINDS = ("plain", "large", "package", "archive")


class Scene:
    """A hub on a GitLab. `maya` and `exa` may read the private project, `olga` may not."""

    def __init__(self, folder: Path, stack: ExitStack, **settings: Any) -> None:
        self.clock = ManualClock()
        self.little = stack.enter_context(LittleWorld(folder, self.clock))
        self.world, self.gitlab = self.little.world, self.little.gitlab
        self.store = stack.enter_context(ObjectStore(self.world))
        self.shas = {path: self._fill(self.project(path)) for path in (PRIVATE, PUBLIC)}
        self.signing = SigningWorld(self.little, **{"asset_hosts": [self.store.host], **settings})
        self.hub = stack.enter_context(RunningHub(self.signing.settings, clock=self.clock))
        self.signing.knows(self.hub)
        self.hub.sweep()

    def _fill(self, project: Project) -> str:
        pointer = self.world.put_lfs_object(project, DATA)
        self.world.add_package(project, "w", "1.0", {"w.bin": DATA})
        return self.world.commit(project, {"data.bin": DATA, "weights.bin": pointer, "a b/ü.csv": b"1,2\n"})

    def project(self, path: str) -> Project:
        found = self.world.project_at(path)
        assert found is not None
        return found

    def person(self, name: str) -> User:
        found = self.world.user_named(name)
        assert found is not None
        return found

    def address(self, kind: str, path: str = PRIVATE, revision: str | None = None) -> str:
        """Where one of the files is had."""
        one, sha = self.project(path).id, revision or self.shas[path]
        return f"/assets/{one}/" + {
            "plain": f"{sha}/data.bin",
            "large": f"{sha}/weights.bin",
            "package": "packages/generic/w/1.0/w.bin",
            "archive": f"archive/{sha}.zip",
        }.get(kind, f"{sha}/{kind}")

    def get(self, address: str, person: str | None = "maya", method: str = "GET", **headers: str) -> httpx.Response:
        token = self.little.token(person) if person else None
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.hub.http.request(
            method, address, headers=sent | ({"Authorization": f"Bearer {token}"} if token else {})
        )

    def asked(self) -> list[str]:
        """What GitLab was asked for since the last look, about files."""
        found = [path for _, path, _ in self.gitlab.calls if "/repository/" in path or "/packages/" in path]
        self.gitlab.reset_calls()
        return found


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    """Settings of the hub, for a module to override."""
    return {}


@pytest.fixture(scope="module")
def scene_of_module(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, Any]) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(tmp_path_factory.mktemp("assets"), stack, **settings)


@pytest.fixture
def scene(scene_of_module: Scene) -> Iterator[Scene]:
    scene_of_module.gitlab.reset_calls()
    yield scene_of_module
    scene_of_module.gitlab.faults.clear()
    scene_of_module.world.object_storage = None
    scene_of_module.store.reset()


@pytest.fixture
def browser(scene: Scene) -> Iterator[Browser]:
    """Maya's browser, signed in."""
    one = Browser(scene.hub)
    one.sign_in("maya")
    yield one
    one.close()
