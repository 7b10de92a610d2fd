"""Proves that a burst of hooks is answered soon, none is lost, and each project is read a few times only.

BURST=10000 sends that many, over 500 projects and 64 connections.
"""

import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from gitlab_hooks.standin.app import Front
from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import World
from stac_ext.clock import SystemClock
from stac_ext.store.inbox import Delivery, Inbox
from stac_ext.store.opening import open_store
from tests.e2e.test_command_line import HUB, environment, free_port
from tests.support.running import HOOK_SECRET
from tests.support.waiting import wait_until

BURST = int(os.environ.get("BURST", "400"))
PROJECTS = max(20, BURST // 20)
CONNECTIONS = min(64, BURST // 10)
SLOW = 0.02  # seconds that GitLab takes more for each answer
METERED = {"METRICS_TOKEN": "a-token-for-metrics-0123456789"}
_INBOX = re.compile(r'^sharinghub_inbox_deliveries\{state="(queued|dead)"\} (\S+)$', re.MULTILINE)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(repositories=tmp_path / "git", clock=SystemClock())
    made.add_token(made.add_user("bot", admin=True), "glpat-bot", scopes=("read_api",))
    made.add_group("g", visibility="public")
    for number in range(PROJECTS):
        made.add_project(
            f"g/p{number}", visibility="public", topics=["sharinghub:dataset"], files={"README.md": b"# Data\n"}
        )
    return made


@pytest.fixture
def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the attributes of each project were asked for; every answer takes a while."""
    found: Counter[str] = Counter()
    lock, whole = threading.Lock(), Front.answer

    def answer(front: Front, method: str, path: str, *rest: Any) -> Any:
        threading.Event().wait(SLOW)
        start, _, number = path.rpartition("/")
        if method == "GET" and start == "/api/v4/projects":
            with lock:
                found[number] += 1
        return whole(front, method, path, *rest)

    monkeypatch.setattr(Front, "answer", answer)
    return found


@pytest.fixture
def hub(tmp_path: Path, world: World, asked: Counter[str]) -> Iterator[str]:
    """The address of `sharinghub serve`, a process of its own, with everything indexed."""
    with StandIn(world) as gitlab:
        port = free_port()
        settings = {"GITLAB_URL": gitlab.url, "GITLAB_TOKEN": "glpat-bot", "HOOK_SECRET": HOOK_SECRET, **METERED}
        variables = environment(tmp_path, SWEEP_SECONDS="0", LOG_LEVEL="error", **settings)
        with subprocess.Popen([*HUB, "serve", "--port", str(port)], env=variables, cwd=tmp_path) as process:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: state(url).get("index") == "ready", "the first index", 60 + PROJECTS)
            asked.clear()
            yield url
            process.terminate()


def state(url: str) -> dict[str, Any]:
    """What `/readyz` says; nothing while nobody is there."""
    return dict(orjson.loads(read(url, "/readyz") or b"{}"))


def waiting(url: str) -> dict[str, int]:
    """How many deliveries wait, and were given up, as `/metrics` tells."""
    told = read(url, "/metrics", {"Authorization": f"Bearer {METERED['METRICS_TOKEN']}"}).decode()
    return {name: int(float(number)) for name, number in _INBOX.findall(told)}


def read(url: str, path: str, headers: dict[str, str] | None = None) -> bytes:
    """The body of one answer, empty while nobody is there."""
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port or 80, timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().read()
    except OSError:
        return b""
    finally:
        connection.close()


def deliver(url: str, numbers: range) -> list[float]:
    """Send deliveries one after the other over one connection; the seconds that each took."""
    parts, took = urlsplit(url), []
    connection = HTTPConnection(str(parts.hostname), parts.port or 80, timeout=60)
    for number in numbers:
        body = orjson.dumps({"object_kind": "push", "project": {"id": 1 + number % PROJECTS}, "after": number})
        headers = {"X-Gitlab-Token": HOOK_SECRET, "Idempotency-Key": f"burst-{number}"}
        began = time.perf_counter()
        connection.request("POST", "/hooks/gitlab", body, headers)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        assert answer.status == 200
    connection.close()
    return took


def deliver_all(url: str, parts: list[range]) -> list[float]:
    sys.setswitchinterval(0.0005)
    with ThreadPoolExecutor(len(parts)) as threads:
        return [one for part in threads.map(lambda part: deliver(url, part), parts) for one in part]


def one_write(folder: Path) -> float:
    """The median of a durable write, in seconds: one delivery, stored for good."""
    database, took = open_store(f"sqlite:///{folder}/writes.db"), []
    inbox = Inbox(database)
    for number in range(200):
        began = time.perf_counter()
        inbox.receive_all([Delivery(f"k{number}", "push", f"project:{number % 50}", (), number)])
        took.append(time.perf_counter() - began)
    database.close()
    return statistics.median(took)


@pytest.mark.timeout(600)
def test_a_burst_is_answered_soon_and_loses_nothing(tmp_path: Path, hub: str, asked: Counter[str]) -> None:
    share = BURST // CONNECTIONS
    parts = [range(n * share, (n + 1) * share) for n in range(CONNECTIONS)]
    # A process of its own: this one is GitLab, which must not slow the senders down.
    with ProcessPoolExecutor(1, get_context("spawn")) as senders:
        took = sorted(senders.submit(deliver_all, hub, parts).result(600))
    wait_until(lambda: waiting(hub).get("queued") == 0, "all to be done", 60 + PROJECTS)
    write, last = one_write(tmp_path), took[int(len(took) * 0.99)]
    print(
        f"{len(took)} deliveries over {CONNECTIONS} connections: median {took[len(took) // 2] * 1000:.1f} ms, ", end=""
    )
    print(f"p99 {last * 1000:.1f} ms, ", end="")
    print(f"one write {write * 1000:.2f} ms, ratio {last / write:.1f}; reads {sum(asked.values())}")
    assert waiting(hub) == {"queued": 0, "dead": 0}
    touched = {1 + number % PROJECTS for part in parts for number in part}
    assert set(asked) == {str(one) for one in touched}, "a project was not read"
    assert max(asked.values()) <= 3, asked.most_common(3)
