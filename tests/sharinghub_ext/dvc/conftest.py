"""Stores in folders of their own, hubs with a remote, and objects to send."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sharinghub_ext.dvc.keys import ObjectKey
from stac_ext.clock import ManualClock
from tests.sharinghub_ext.dvc.places import Bucket, Folder, Place
from tests.support.running import RunningHub, SampleWorld

PRIVATE = "crisis/damage-polygons"  # dan may push, rita may pull, olga sees nothing of it
PUBLIC = "earth/datasets/flood-tiles-garonne"  # maya may push, everybody may pull


def key_of(data: bytes, *, directory: bool = False, legacy: bool = False) -> ObjectKey:
    """The key of these bytes."""
    return ObjectKey(hashlib.md5(data).hexdigest(), directory, legacy)


@dataclass
class Remote:
    """A hub seen as DVC's remote of one project at a time."""

    world: SampleWorld
    hub: RunningHub
    clock: ManualClock
    place: Place

    @property
    def folder(self) -> Path:
        """Where the place is a folder."""
        return self.world.folder / "objects"

    def name(self, project: str, key: ObjectKey) -> str:
        """The object's key in the store."""
        return f"{self.world.samples.projects[project]}/{key.text}"

    def path(self, project: str, key: ObjectKey | str) -> str:
        return f"/dvc/{self.world.samples.projects[project]}/{key if isinstance(key, str) else key.text}"

    def ask(self, method: str, project: str, key: ObjectKey | str, person: str | None, **given: Any) -> httpx.Response:
        headers = {**({"Authorization": f"Bearer {self.world.token(person)}"} if person else {})}
        headers |= given.pop("headers", {})
        return self.hub.http.request(method, self.path(project, key), headers=headers, **given)

    def put(self, project: str, data: bytes, person: str, **given: Any) -> httpx.Response:
        return self.ask("PUT", project, key_of(data), person, content=data, **given)

    def stored(self) -> list[str]:
        """Every object in the store, and every part."""
        return [*self.place.keys(), *(f"part of {one}" for one in self.place.parts())]


@pytest.fixture(scope="module")
def limits() -> dict[str, Any]:
    """Settings of the hub, for a module to override."""
    return {}


@pytest.fixture(scope="module")
def kind() -> str:
    """Where objects are kept; a module that overrides it runs once for each kind."""
    return "folder"


@pytest.fixture(scope="module")
def remote(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, limits: dict[str, Any], kind: str
) -> Iterator[Remote]:
    """One for all tests of a module, which store objects of their own."""
    clock = ManualClock(datetime(2026, 6, 1, tzinfo=UTC))
    folder = tmp_path_factory.mktemp("remote")
    place = Bucket(request.getfixturevalue("s3")) if kind == "s3" else Folder(folder / "objects")
    with SampleWorld(folder, clock) as world:
        settings = world.settings(store_url=place.url, **limits)
        with RunningHub(settings, clock=clock) as hub:
            hub.sweep()
            yield Remote(world, hub, clock, place)
