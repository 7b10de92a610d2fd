"""What every test may use: sample worlds, hubs on them, and where the shared material is."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support import certificates, garbage, leak_taps
from tests.support.leaks import LEAKS
from tests.support.leaks_of_programs import look_at_ended_programs
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.running import RunningHub, SampleWorld
from tests.support.s3 import S3Server, s3_server

# The same examples in every run, so that a change is judged by itself; `make proof` draws others, and many.
settings.register_profile("steady", derandomize=True)
if not {"EXAMPLES", "SEARCH_EXAMPLES", "HISTORIES"} & os.environ.keys():
    settings.load_profile("steady")

leak_taps.install()
certificates.share()

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    """Tests and what they import are no garbage."""
    with garbage.all_of_it_stays():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test after which a token or another secret is found where none may be."""
    report = yield
    if call.when == "teardown":
        for name, said in report.sections:
            LEAKS.hear("output", name, said)
        look_at_ended_programs()
        if leaks := LEAKS.take():
            told = "\n".join(["secrets were found where none may be:", *map(str, leaks)])
            report.outcome, report.longrepr = "failed", f"{item.nodeid}: {told}\n\n{report.longreprtext}".strip()
    return report


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
def s3() -> Iterator[S3Server]:
    """An S3 server with one bucket; tests use prefixes of their own."""
    with s3_server() as server:
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
