"""Proves that comparisons leave the rest of GitLab's rate limit alone, and wait no longer than they must."""

import pytest

from gitlab_hooks.gateway.budget import Budget
from stac_ext.clock import ManualClock


def headers(limit: object, remaining: object, reset: object) -> dict[str, str]:
    return {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(remaining), "RateLimit-Reset": str(reset)}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.mark.parametrize(("used", "waits"), [(0, False), (499, False), (500, True), (1000, True)])
def test_half_is_for_comparisons(clock: ManualClock, used: int, waits: bool) -> None:
    budget = Budget(0.5, clock)
    assert budget.pause() == 0
    now = int(clock.now().timestamp())
    budget.answered(200, headers(1000, 1000 - used, now + 20))
    assert (19 < budget.pause() <= 20) is waits
    clock.advance(21)
    assert budget.pause() == 0


def test_nobody_waits_longer_than_a_minute(clock: ManualClock) -> None:
    budget = Budget(0.5, clock)
    budget.answered(200, headers(10, 0, 10**11))
    assert budget.pause() == 60


@pytest.mark.parametrize(
    "said",
    [{}, headers("", "", ""), headers(10, -1, 5), headers("ten", 0, 5), headers(10, "1" * 400, 5), headers("١", 0, 5)],
    ids=str,
)
def test_what_is_no_number_is_not_learnt(clock: ManualClock, said: dict[str, str]) -> None:
    budget = Budget(0.5, clock)
    budget.answered(200, said)
    assert budget.pause() == 0


def test_all_may_be_for_comparisons(clock: ManualClock) -> None:
    budget = Budget(1, clock)
    now = int(clock.now().timestamp())
    budget.answered(200, headers(10, 1, now + 5))
    assert budget.pause() == 0
    budget.answered(200, headers(10, 0, now + 5))
    assert budget.pause() > 4


@pytest.mark.parametrize(
    ("status", "after", "seconds"), [(429, "7", 7), (429, "9999", 300), (429, "soon", 0), (429, "", 0), (503, "7", 0)]
)
def test_who_is_refused_asks_nothing_until_then(clock: ManualClock, status: int, after: str, seconds: int) -> None:
    budget = Budget(0.5, clock)
    budget.answered(status, {"Retry-After": after})
    assert budget.refused() == pytest.approx(seconds)
    assert budget.pause() == pytest.approx(seconds)
    clock.advance(seconds)
    assert (budget.refused(), budget.pause()) == (0, 0)
