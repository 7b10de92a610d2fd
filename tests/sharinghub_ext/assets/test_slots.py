"""Proves that nobody keeps others from their downloads: not one client, not all strangers together."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from sharinghub_ext.assets.slots import Slots
from sharinghub_ext.problems import Problem
from tests.sharinghub_ext.assets.conftest import PUBLIC, Scene
from tests.support.waiting import wait_until

STRANGERS = [f"192.0.2.{number}" for number in range(1, 9)]


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return {"asset_downloads": 10, "trusted_proxies": ["127.0.0.0/8"]}


@pytest.fixture
def running() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def begun(scene: Scene, running: ExitStack, client: str, token: str | None = None) -> httpx.Response:
    """The head of a download without an end, which goes on until the test ends."""
    scene.gitlab.faults.add(r"/packages/", endless=True)
    headers = {"X-Forwarded-For": client, **({"Authorization": f"Bearer {token}"} if token else {})}
    return running.enter_context(scene.hub.http.stream("GET", scene.address("package", PUBLIC), headers=headers))


def test_a_hundred_slow_readers_keep_nobody_from_their_download(scene: Scene, running: ExitStack) -> None:
    """They took all connections of the pool of downloads, and everybody was told that GitLab is away."""
    found = [begun(scene, running, client).status_code for client in STRANGERS]
    assert found == [200] * 6 + [503] * 2
    refused = begun(scene, running, STRANGERS[0])
    assert "Try again soon" in refused.read().decode()
    assert refused.headers["retry-after"] == "5"
    assert "GitLab" not in refused.text
    known = [begun(scene, running, "198.51.100.7", scene.little.token("maya")).status_code for _ in range(3)]
    assert known == [200, 200, 429]


def test_room_is_given_back_however_a_download_ends(scene: Scene) -> None:
    slots = scene.hub.hub.assets._upstream.slots
    wait_until(lambda: not slots._running, "those before have ended")
    with ExitStack() as stack:
        assert begun(scene, stack, STRANGERS[0]).status_code == 200
        assert slots._running == 1
    wait_until(lambda: not slots._running, "the client has gone")
    scene.gitlab.faults.add(r"/packages/", status=404)
    assert scene.get(scene.address("package")).status_code == 404
    assert scene.get(scene.address("README.html")).status_code == 200
    assert scene.get(scene.address("package"), method="HEAD").status_code == 200
    wait_until(lambda: not slots._running and not slots._clients, "all have ended")


def test_a_client_is_a_network() -> None:
    slots = Slots(10)
    with ExitStack() as stack:
        for number in (1, 2):
            stack.enter_context(slots.held(f"2001:db8::{number}", stranger=False))
        with pytest.raises(Problem) as refused:
            stack.enter_context(slots.held("2001:db8::3", stranger=False))
        assert refused.value.status == 429
        stack.enter_context(slots.held("2001:db8:0:1::3", stranger=False))
