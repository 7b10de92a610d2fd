"""Two small hubs for all tests of the edge: one with the defaults, one behind a proxy, with every setting used."""

from collections.abc import Iterator

import pytest

from stac_ext.clock import ManualClock
from tests.support.browsing import SigningWorld
from tests.support.running import LittleWorld, RunningHub

ORIGIN = "https://browser.example.org"
PUBLIC = "https://hub.example.org/hub"
QUOTA = 100


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LittleWorld, RunningHub]]:
    """A small world and a hub on it with default settings, which no test changes."""
    with LittleWorld(tmp_path_factory.mktemp("plain")) as world, RunningHub(world.settings()) as hub:
        hub.sweep()
        yield world, hub


@pytest.fixture(scope="session")
def proxied_clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def clock(proxied_clock: ManualClock) -> ManualClock:
    """The clock of the hub behind a proxy, an hour later than in the test before: all buckets are full again."""
    proxied_clock.advance(3600)
    return proxied_clock


@pytest.fixture(scope="session")
def behind_proxy(
    plain: tuple[LittleWorld, RunningHub], proxied_clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHub]:
    settings = plain[0].settings(
        public_url=PUBLIC,
        cors_origins=[ORIGIN],
        trusted_proxies=["127.0.0.0/8"],
        requests_per_minute=QUOTA,
        sweep_seconds=0,
        database_url=f"sqlite:///{tmp_path_factory.mktemp('proxied')}/hub.db",
    )
    with RunningHub(settings, clock=proxied_clock) as hub:
        yield hub


@pytest.fixture
def proxied(behind_proxy: RunningHub, clock: ManualClock) -> RunningHub:
    """An empty hub behind a trusted proxy, for one web origin, with few requests a minute."""
    return behind_proxy


@pytest.fixture(scope="session")
def signing(plain: tuple[LittleWorld, RunningHub], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """An empty hub with the routes of signing in."""
    database = f"sqlite:///{tmp_path_factory.mktemp('signing')}/hub.db"
    settings = SigningWorld(plain[0], sweep_seconds=0, database_url=database).settings
    with RunningHub(settings) as hub:
        yield hub
