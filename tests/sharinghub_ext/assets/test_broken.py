"""Proves that a body which stalls, breaks off, lies about its length or never ends is never taken for a whole file, and
that none of them holds anything for long.
"""

import tracemalloc
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.sharinghub_ext.assets.conftest import DATA, Scene
from tests.support.waiting import wait_until

LIMIT = 300_000


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return {"asset_limit": str(LIMIT), "gitlab_timeout": 1}


def broken(scene: Scene, kind: str = "package", **headers: str) -> str:
    """Read a download to its end, which must not be a good one; why the hub broke it off."""
    with capture_logs() as logged, pytest.raises(httpx.RemoteProtocolError):
        scene.get(scene.address(kind), **headers)
    told: list[str] = [one["reason"] for one in logged if one["event"] == "a download was broken off"]
    assert len(told) == 1
    return told[0]


@pytest.mark.parametrize("kind", ["plain", "large", "package", "archive"])
def test_half_a_file_is_not_taken_for_a_whole_one(scene: Scene, kind: str) -> None:
    scene.gitlab.faults.add(r"/raw|/packages/|archive", truncate=True)
    assert broken(scene, kind) == "RemoteProtocolError"


def test_half_a_part_is_not_taken_for_a_whole_one(scene: Scene) -> None:
    scene.gitlab.faults.add(r"/packages/", truncate=True)
    assert broken(scene, Range="bytes=0-50000") == "RemoteProtocolError"


def test_a_file_without_a_length_that_ends_too_early_by_what_gitlab_says_of_it(scene: Scene) -> None:
    scene.gitlab.faults.add(r"/raw", headers={"Content-Length": None, "X-Gitlab-Size": str(len(DATA) + 1)})
    assert broken(scene, "plain") == "it is shorter than was told"


def test_a_file_that_is_longer_than_was_told_is_not_cut(scene: Scene) -> None:
    scene.gitlab.faults.add(r"/raw", headers={"Content-Length": None, "X-Gitlab-Size": str(len(DATA) - 1)})
    assert broken(scene, "plain") == "it is longer than was told"


def test_a_file_whose_length_nobody_tells_arrives(scene: Scene) -> None:
    scene.gitlab.faults.add(r"/packages/", headers={"Content-Length": None})
    answer = scene.get(scene.address("package"), Range="bytes=1-")
    assert answer.content in (DATA, DATA[1:])
    scene.gitlab.faults.add(r"/packages/", headers={"Content-Length": None})
    answer = scene.get(scene.address("package"))
    assert (answer.status_code, answer.content) == (200, DATA)
    assert "content-length" not in answer.headers


def test_a_body_that_stalls_ends(scene: Scene) -> None:
    scene.gitlab.faults.add(r"/packages/", hangs=True)
    assert broken(scene) == "ReadTimeout"


def test_a_body_without_an_end_ends_at_the_limit(scene: Scene) -> None:
    scene.gitlab.faults.add(r"/packages/", endless=True)
    assert "SHARINGHUB_ASSET_LIMIT" in broken(scene)


def test_more_than_the_limit_is_refused_before_the_first_byte(scene: Scene) -> None:
    big = b"x" * (LIMIT + 1)
    scene.world.add_package(scene.project("sea/waves"), "big", "1", {"b": big})
    address = f"/assets/{scene.project('sea/waves').id}/packages/generic/big/1/b"
    for method in ("GET", "HEAD"):
        assert scene.get(address, method=method).status_code == 502
    assert "at most" in scene.get(address).json()["detail"]
    assert scene.get(address, Range="bytes=-9").content == b"x" * 9  # the limit is that of an answer
    assert scene.get(address, Range="bytes=1-").content == big[1:]


@pytest.mark.parametrize("read", [0, 1])
def test_nothing_upstream_is_open_after_the_client_has_gone(scene: Scene, read: int) -> None:
    """However the client left: before the first byte, or in the middle."""
    pool: Any = scene.hub.hub.viewer_client._downloads._transport
    scene.gitlab.faults.add(r"/packages/", endless=True)
    with scene.hub.http.stream(
        "GET", scene.address("package"), headers={"Authorization": "Bearer glpat-maya"}
    ) as answer:
        for _ in range(read):
            next(answer.iter_raw(1024))
    wait_until(lambda: not pool._pool._requests, "the hub lets go of GitLab's answer")


def test_memory_does_not_grow_with_the_file(scene: Scene) -> None:
    scene.gitlab.faults.add(r"/packages/", endless=True)
    limit, scene.hub.hub.assets._limit = scene.hub.hub.assets._limit, 0
    headers = {"Authorization": "Bearer glpat-maya"}
    tracemalloc.start()
    try:
        with scene.hub.http.stream("GET", scene.address("package"), headers=headers) as answer:
            pieces = answer.iter_raw(64 * 1024)
            for _ in range(16):
                next(pieces)
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(320):  # 20 MiB
                next(pieces)
            assert tracemalloc.get_traced_memory()[1] - before < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()
        scene.hub.hub.assets._limit = limit
