"""Proves that what is hidden from a caller and what does not exist are one and the same: byte by byte, statement by
statement, call by call, and, by thousands of pairs, in the time that it takes.

PAIRS=5000 measures times, too (`make proof`): two are told apart by the area under the curve of their times, which is
0.5 where a guess by time is no better than a coin. Fewer pairs would say nothing about it.
"""

import asyncio
import gc
import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.authz.pairs import ITEM, SHA, WAYS, Named, Scene, Way, ask
from tests.support.leaks import LEAKS

PAIRS = int(os.environ.get("PAIRS", "200"))
MEASURED = 5_000
CALLERS = ("nobody", "an account without access", "an external user", "a job", "a visitor")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    one = Scene(tmp_path_factory.mktemp("pairs"))
    yield one
    one.end()


def missing(hidden: Named) -> Named:
    """Names of nothing, as long as those of a hidden project."""
    return replace(hidden, id="9" * len(hidden.id), path=hidden.path[:-1] + "_", sha=SHA)


@pytest.mark.parametrize("caller", CALLERS)
def test_hidden_and_missing_are_one_answer_by_the_same_statements(scene: Scene, caller: str) -> None:
    for hidden in scene.callers[caller][2]:
        for way in WAYS:
            found, other = scene.seen(caller, way, hidden), scene.seen(caller, way, missing(hidden))
            assert found.status < 500
            assert found.asked or "queryables" in way.address or way.address.startswith(("/dvc", "/api/stac"))
            assert found.body == other.body, (way, hidden.path)
            assert (found.status, found.headers) == (other.status, other.headers), (way, hidden.path)
            assert found.asked == other.asked, (way, hidden.path)
            assert found.called == other.called, (way, hidden.path)


def test_there_is_something_to_hide(scene: Scene) -> None:
    """Each way leads somewhere for those who may go there, and every hidden project is in the index."""
    maya = {"authorization": f"Bearer {scene.little.token('maya')}"}
    hub, _, hidden = scene.callers["nobody"]
    assert {one.id for one in hidden} <= {item_id for _, item_id in hub.docs()}
    reached = set()
    for way in WAYS:
        answer = scene.runner.run(ask(hub, maya, way, hidden[0]))
        found = b'"features":[]' not in answer.body and answer.status < 400
        reached |= {way.address} if found else set()
    assert {way.address for way in WAYS if "queryables" not in way.address} - reached <= {
        "/stac/collections/dataset/items/{id}",
        "/dvc/{id}/files/md5/00/0123456789abcdef0123456789abcd.dir",
    }


TIMED = (
    Way("GET", f"{ITEM}/{{id}}"),
    Way("GET", f"{ITEM}/{{path}}"),
    Way("GET", "/assets/{id}/{sha}/README.md"),
    Way("GET", "/stac/search?ids={id}"),
)


@pytest.mark.skipif(PAIRS < MEASURED, reason="times say something by 5,000 pairs: PAIRS=5000")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("caller", ["nobody", "an account without access"])
@pytest.mark.parametrize("way", TIMED, ids=str)
def test_no_clock_tells_hidden_from_missing(scene: Scene, caller: str, way: Way) -> None:
    for clock, area in scene.runner.run(measured(scene, caller, way)).items():
        print(f"{way}, {caller}: {clock} {area:.3f}")
        assert abs(area - 0.5) <= 0.03, (clock, area)


async def measured(scene: Scene, caller: str, way: Way) -> dict[str, float]:
    """The area under the curve, of wall time and of processor time."""
    hub, headers, (hidden, *_) = scene.callers[caller]
    both, chance = (hidden, missing(hidden)), random.Random(f"{caller} {way}")
    times: dict[str, tuple[list[float], list[float]]] = {"wall": ([], []), "processor": ([], [])}
    for number in range(PAIRS + 100):
        if number % 100 == 0:
            await hub.ask("/auth/me", headers=headers)
            LEAKS.look()
            gc.collect()
            gc.disable()
        first = chance.random() < 0.5
        for which in (int(first), int(not first)):
            wall, processor = time.perf_counter(), time.process_time()
            await ask(hub, headers, way, both[which])
            processor, wall = time.process_time() - processor, time.perf_counter() - wall
            if number >= 100:  # before that everything is warmed up
                times["wall"][which].append(wall)
                times["processor"][which].append(processor)
        await asyncio.sleep(0)
    gc.enable()
    return {clock: area_under_curve(*both) for clock, both in times.items()}


def area_under_curve(some: list[float], others: list[float]) -> float:
    """How often one of the first is less than one of the others, ties counted half: Mann and Whitney's rank sum."""
    values = np.asarray([*some, *others])
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    less = float(ranks[len(some) :].sum()) - len(others) * (len(others) + 1) / 2
    return less / (len(some) * len(others))


def test_the_area_is_that_of_a_coin_or_of_certainty() -> None:
    assert area_under_curve([1, 2, 3], [1, 2, 3]) == 0.5
    assert area_under_curve([1, 2], [3, 4]) == 1
    assert area_under_curve([3, 4], [1, 2]) == 0
