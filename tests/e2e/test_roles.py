"""Proves that several processes are one hub: readers and workers on one PostgreSQL, each replaced without a failed
request, and what one of them learns known to all.
"""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.test_command_line import HUB, environment, free_port
from tests.support.browsing import SECRET_KEY, SigningWorld
from tests.support.postgres import PostgresServer
from tests.support.running import HOOK_SECRET, LittleWorld
from tests.support.waiting import wait_until

SHIPS = "earth/models/vessel-detection-sar"  # private; maya and exa are members
pytestmark = pytest.mark.xdist_group("roles")  # four processes are enough
METRICS = "a-token-for-metrics-0123456789"


class Process:
    """One process of the hub."""

    def __init__(self, place: "Place", role: str, port: int | None = None) -> None:
        self.place, self.role, self.port = place, role, port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.begin()

    def begin(self) -> None:
        command = [*HUB, "serve", "--role", self.role, "--port", str(self.port)]
        self._process = subprocess.Popen(command, env=self.place.variables, cwd=self.place.world.folder)
        wait_until(lambda: bool(self.state()), f"{self.role} is there", 60)

    def state(self) -> dict[str, Any]:
        """What `/readyz` says; nothing while the process is not ready."""
        try:
            answer = httpx.get(f"{self.url}/readyz", trust_env=False, timeout=10)
        except httpx.HTTPError:
            return {}
        return dict(answer.json()) if answer.status_code == 200 else {}

    def get(self, path: str, person: str | None = None, **parameters: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.place.world.token(person)}"} if person else {}
        return httpx.get(f"{self.url}{path}", params=parameters, headers=headers, trust_env=False, timeout=30)

    def ids(self, person: str | None = None) -> set[str]:
        answer = self.get("/stac/search", person, limit="1000")
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()["features"]}

    def end(self, *, kill: bool = False) -> None:
        self._process.kill() if kill else self._process.terminate()
        self._process.wait(60)


class Place:
    """A GitLab, and the settings that all processes share."""

    def __init__(self, world: LittleWorld, database_url: str) -> None:
        self.world = world
        signing = SigningWorld(world)
        self.application = signing.application
        settings = {
            "GITLAB_URL": world.gitlab.url,
            "GITLAB_TOKEN": str(world.samples.service_token),
            "DATABASE_URL": database_url,
            "PUBLIC_URL": "http://127.0.0.1:8080",
            "HOOK_SECRET": HOOK_SECRET,
            "SECRET_KEY": SECRET_KEY,
            "OAUTH_CLIENT_ID": signing.application.client_id,
            "OAUTH_CLIENT_SECRET": str(signing.application.secret),
            "METRICS_TOKEN": METRICS,
            "DRAIN_SECONDS": "1",
            "LOG_LEVEL": "error",
        }
        self.variables = environment(Path(world.folder), **settings)

    @property
    def ships(self) -> str:
        return str(self.world.samples.projects[SHIPS])


@pytest.fixture(scope="module")
def place(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    url = postgres.create()
    with LittleWorld(tmp_path_factory.mktemp("roles")) as world:
        yield Place(world, url)
    postgres.drop(url)


@pytest.fixture(scope="module")
def hub(place: Place) -> Iterator[tuple[list[Process], list[Process]]]:
    """Two readers and two workers."""
    with ExitStack() as stack:
        workers, readers = [], []
        for role, some in (("worker", workers), ("worker", workers), ("api", readers), ("api", readers)):
            one = Process(place, role)
            stack.callback(one.end)
            some.append(one)
        for one in readers:
            wait_until(lambda one=one: one.state().get("index") == "ready", "the first index is told", 60)
        hook = f"{readers[0].url}/hooks/gitlab"
        place.world.world.add_system_hook(hook, token=HOOK_SECRET, push_events=True)
        yield readers, workers


def test_readers_serve_what_workers_index(place: Place, hub: tuple[list[Process], list[Process]]) -> None:
    readers, workers = hub
    assert place.ships not in readers[0].ids() == readers[1].ids() != set()
    assert place.ships in readers[0].ids("maya") == readers[1].ids("maya")
    assert [one.state()["worker"] for one in readers] == ["working"] * 2
    for one in workers:
        assert one.get("/stac/search").status_code == 404
        assert one.get("/metrics").status_code == 401
        headers = {"Authorization": f"Bearer {METRICS}"}
        told = httpx.get(f"{one.url}/metrics", headers=headers, trust_env=False)
        assert "sharinghub_worker_age_seconds" in told.text


def test_a_hook_at_one_reader_is_worked_off_and_seen_at_the_other(
    place: Place, hub: tuple[list[Process], list[Process]]
) -> None:
    readers, _ = hub
    world = place.world.world
    waves = world.project_at("sea/waves")
    assert waves is not None
    world.set_name(waves, "Waves that were renamed")
    world.hooks.drain()

    def titles() -> set[str]:
        found = readers[1].get("/stac/search", ids=str(waves.id)).json()["features"]
        return {one["properties"]["title"] for one in found}

    wait_until(lambda: titles() == {"Waves that were renamed"}, "a worker read it")


def test_who_loses_a_right_by_a_hook_at_one_reader_has_lost_it_at_the_other(
    place: Place, hub: tuple[list[Process], list[Process]]
) -> None:
    readers, _ = hub
    world = place.world.world
    ships, exa = world.project_at(SHIPS), world.user_named("exa")
    assert ships is not None
    assert exa is not None
    assert place.ships in readers[1].ids("exa")
    level = ships.members[exa.id].level
    world.remove_member(ships, exa)
    world.hooks.drain()  # the delivery was answered: from here on it is so
    assert place.ships not in readers[1].ids("exa")
    assert place.ships not in readers[0].ids("exa")
    world.add_member(ships, exa, level)


def test_processes_are_replaced_without_a_failed_request(
    place: Place, hub: tuple[list[Process], list[Process]]
) -> None:
    """A proxy that asks for readiness, in a line of code: requests go to those that are ready."""
    readers, workers = hub
    stop, found, failures = threading.Event(), list[int](), list[str]()
    ready = {one.url: True for one in readers}

    def watch() -> None:
        while not stop.wait(0.1):
            for one in readers:
                ready[one.url] = bool(one.state())

    def page() -> None:
        turns = cycle(readers)
        with httpx.Client(trust_env=False, timeout=30) as http:
            while not stop.is_set():
                one = next(turns)
                if not ready[one.url]:
                    continue
                try:
                    url, query = f"{one.url}/stac/search", {"limit": "1"}
                    answer = http.get(url, params=query, headers={"Connection": "close"})
                    found.append(answer.status_code)
                except httpx.HTTPError as error:
                    failures.append(repr(error))

    threads = [threading.Thread(target=watch), *(threading.Thread(target=page) for _ in range(3))]
    for one in threads:
        one.start()
    try:
        for one in readers:
            before = len(found)
            one.end()
            wait_until(lambda: not ready[one.url], "the end is noticed")  # noqa: B023
            one.begin()
            wait_until(lambda: ready[one.url] and len(found) > before + 20, "it is there again")  # noqa: B023
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert set(found) == {200}
    for one in workers:
        one.end(kill=True)
        one.begin()
    assert readers[0].ids() == readers[1].ids() != set()


def test_several_processes_need_their_address(place: Place) -> None:
    variables = {name: value for name, value in place.variables.items() if name != "SHARINGHUB_PUBLIC_URL"}
    done = subprocess.run(
        [*HUB, "serve", "--role", "api", "--port", "0"], env=variables, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "SHARINGHUB_PUBLIC_URL" in done.stderr
