"""Proves that `kill -9` of the hub at any moment, while hooks come and projects are indexed, loses no delivery that was
answered, leaves no item half-written, and that the hub starts again. KILLS says how often.
"""

import os
import random
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest
from sqlalchemy import select

from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import Project, World
from stac_ext.clock import SystemClock
from stac_ext.store.opening import open_store
from stac_ext.store.schema import inbox, item, project
from tests.e2e.test_burst import METERED, state, waiting
from tests.e2e.test_command_line import HUB, environment, free_port
from tests.support.running import HOOK_SECRET
from tests.support.waiting import wait_until

KILLS = int(os.environ.get("KILLS", "3"))
PROJECTS = 12


class Load:
    """Changes projects and tells the hub of it until it is stopped; keeps the keys of what was answered with 200."""

    def __init__(self, world: World, url: str, seed: int) -> None:
        self.answered: set[str] = set()
        self._world, self._parts, self._chance = world, urlsplit(url), random.Random(seed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(60)

    def was_answered(self) -> bool:
        return bool(self.answered)

    def _run(self) -> None:
        projects = list(self._world.projects.values())
        while not self._ended.is_set():
            one = self._chance.choice(projects)
            retitle(self._world, one, f"{self._chance.randrange(10**9)}")
            key = f"{self._chance.randrange(10**15)}"
            connection = HTTPConnection(str(self._parts.hostname), self._parts.port or 80, timeout=10)
            try:
                body = orjson.dumps({"object_kind": "push", "project": {"id": one.id}})
                connection.request(
                    "POST", "/hooks/gitlab", body, {"X-Gitlab-Token": HOOK_SECRET, "Idempotency-Key": key}
                )
                if connection.getresponse().status == 200:
                    self.answered.add(f"key:{key}")
            except (OSError, HTTPException):
                self._ended.wait(0.01)  # it is being started, or was killed
            finally:
                connection.close()


def retitle(world: World, one: Project, stamp: str) -> None:
    """A change that is in two places of one item."""
    readme = f"---\ntitle: {stamp}\nkeywords: [{stamp}]\n---\n{stamp}\n"
    world.commit(one, {"README.md": readme.encode()})


@pytest.fixture
def gitlab(tmp_path: Path) -> Iterator[StandIn]:
    world = World(repositories=tmp_path / "git", clock=SystemClock())
    world.add_token(world.add_user("bot", admin=True), "glpat-bot", scopes=("read_api",))
    world.add_group("g", visibility="public")
    for number in range(PROJECTS):
        one = world.add_project(f"g/p{number}", visibility="public", topics=["sharinghub:dataset"])
        retitle(world, one, "first")
    with StandIn(world) as running:
        yield running


def assert_whole(url: str, answered: set[str]) -> None:
    """What was answered is kept, and each item says one thing everywhere."""
    database = open_store(url)
    with database.read() as conn:
        kept = set(conn.execute(select(inbox.c.delivery)).scalars())
        docs = [orjson.loads(doc) for doc in conn.execute(select(item.c.doc)).scalars()]
        assert set(conn.execute(select(item.c.project_id)).scalars()) == set(
            conn.execute(select(project.c.id)).scalars()
        )
        if conn.dialect.name == "sqlite":
            assert conn.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
    database.close()
    assert answered <= kept, f"{len(answered - kept)} of {len(answered)} deliveries are lost"
    for doc in docs:
        told = doc["properties"]
        assert [told["title"]] == told["keywords"]
        assert told["title"] in told["description"]


def is_done(hub: str) -> bool:
    """Whether nothing waits, and the first comparison has ended, which finds what no delivery told before a kill."""
    return state(hub).get("index") == "ready" and waiting(hub) == {"queued": 0, "dead": 0}


@pytest.mark.timeout(120 + 20 * KILLS)
def test_a_hub_that_is_killed_under_load_loses_nothing(tmp_path: Path, gitlab: StandIn) -> None:
    chance, port, answered = random.Random(), free_port(), set[str]()
    store, hub = f"sqlite:///{tmp_path}/cli.db", f"http://127.0.0.1:{port}"
    settings = {"GITLAB_URL": gitlab.url, "GITLAB_TOKEN": "glpat-bot", "HOOK_SECRET": HOOK_SECRET, "LOG_LEVEL": "error"}
    settings |= METERED
    command = [*HUB, "serve", "--port", str(port)]
    variables = environment(tmp_path, DATABASE_URL=store, SWEEP_SECONDS="1", **settings)
    for number in range(KILLS):
        before = len(answered)
        with (
            subprocess.Popen(command, env=variables, cwd=tmp_path) as process,
            Load(gitlab.world, hub, chance.randrange(10**9)) as load,
        ):
            wait_until(load.was_answered, "the hub answers", 60)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, 1.5))
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        answered |= load.answered
        assert len(answered) > before
        assert_whole(store, answered)
        print(f"kill {number + 1} of {KILLS}: {len(answered) - before} deliveries were answered")
    with subprocess.Popen(command, env=variables, cwd=tmp_path) as process:
        wait_until(lambda: is_done(hub), "all to be done", 60)
        process.terminate()
    assert_whole(store, answered)
    database = open_store(store)
    with database.read() as conn:
        titles = {row.project_id: row.title for row in conn.execute(select(item.c.project_id, item.c.title))}
    database.close()
    for one in gitlab.world.projects.values():
        card = one.repository.entry(one.repository.resolve() or "", "README.md")
        assert card is not None
        assert f"title: {titles[one.id]}\n".encode() in (one.repository.blob(card.sha) or b"")
