"""Proves what counts as one client that sends bad tokens, and that those who wait behind it get their turn."""

import asyncio

import pytest

from sharinghub_ext.auth.refusals import Refusals
from sharinghub_ext.problems import Problem
from stac_ext.clock import ManualClock

REFUSED = Problem(401, "no")


def refusals(per_minute: int) -> Refusals:
    return Refusals(b"secret", ManualClock(), per_minute)


async def refused(one: Refusals, client: str) -> int:
    """The status that a client with a bad token gets."""
    try:
        async with one.asking(client):
            await asyncio.sleep(0)
            raise REFUSED
    except Problem as problem:
        return problem.status


@pytest.mark.parametrize(
    ("addresses", "counted_together"),
    [
        ([f"2001:db8::{number:x}" for number in range(1, 5)], True),  # one client may have all of a /64
        ([f"2001:db8:0:{number:x}::1" for number in range(1, 5)], False),
        (["192.0.2.1", "::ffff:192.0.2.1"] * 2, True),
        ([f"192.0.2.{number}" for number in range(1, 5)], False),
    ],
)
async def test_addresses_of_one_client_count_together(addresses: list[str], counted_together: bool) -> None:
    one = refusals(per_minute=2)
    found = [await refused(one, address) for address in addresses]
    assert found == ([401, 401, 429, 429] if counted_together else [401] * 4)


async def test_who_waits_has_a_turn_when_those_before_are_done() -> None:
    one, under_way, most = refusals(per_minute=3), 0, 0

    async def taken() -> None:
        nonlocal under_way, most
        async with one.asking("192.0.2.1"):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(taken() for _ in range(50)))
    assert most == 3
    assert sorted(await asyncio.gather(*(refused(one, "192.0.2.1") for _ in range(9)))) == [401] * 3 + [429] * 6


async def test_another_client_waits_for_nobody() -> None:
    one, never = refusals(per_minute=1), asyncio.Event()

    async def slow() -> None:
        async with one.asking("192.0.2.1"):
            await never.wait()

    waiting = asyncio.create_task(slow())
    await asyncio.sleep(0)
    assert await refused(one, "192.0.2.2") == 401
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert await refused(one, "192.0.2.1") == 401  # what was given up holds nobody up
