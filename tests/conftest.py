"""What every test may use: sample worlds, hubs on them, and where the shared material is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.postgres import PostgresServer, postgres_server
from tests.support.running import RunningHub, SampleWorld

# The same examples in every run, so that a change is judged by itself; `make proof` draws others, and many.
settings.register_profile("steady", derandomize=True)
if not {"EXAMPLES", "SEARCH_EXAMPLES", "HISTORIES"} & os.environ.keys():
    settings.load_profile("steady")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with public schemas and validators beside the repository; tests that need it skip without."""
    if not SHARED.is_dir():
        pytest.skip("needs the public schemas in ../shared, which are not here")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server with PostGIS; tests that need it skip where there is none."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SampleWorld, RunningHub]]:
    """The sample world and an indexed hub on it that no test changes."""
    with SampleWorld(tmp_path_factory.mktemp("standing")) as world, RunningHub(world.settings()) as hub:
        hub.sweep()
        yield world, hub


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SampleWorld]:
    """A sample world of a test's own, to change."""
    with SampleWorld(tmp_path) as one:
        yield one


@pytest.fixture
def hub(world: SampleWorld) -> Iterator[RunningHub]:
    """An indexed hub of a test's own, with hooks from the world; the worker runs when the test says so."""
    with RunningHub(world.settings()) as one:
        one.sweep()
        world.hook(one)
        yield one
