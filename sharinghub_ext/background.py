"""What runs beside the requests: the first index, the worker, and the sweep every few minutes.

Of several processes that work on one store each takes what no other is at, and one at a time sweeps.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog

from gitlab_hooks.gateway.errors import GitLabError
from gitlab_hooks.worker import backoff
from sharinghub_ext.hub import Hub
from sharinghub_ext.roles import Role
from stac_ext.store.grants import GrantTable
from stac_ext.times import to_micros

_KEEP = timedelta(days=30)
WORKING: Final = "working"  # what the first process that works is at, for as long as it lives
_SWEEP: Final = "sweep"
_EARLY: Final = 0.1  # of the time between two sweeps: so much before it is due, one begins
_LOOK_AGAIN: Final = 10.0  # seconds, where another process sweeps
log = structlog.get_logger()


@asynccontextmanager
async def running(hub: Hub, role: Role = Role.ALL) -> AsyncIterator[None]:
    """Everything in the background runs inside of this, and has ended after it."""
    with ExitStack() as held:
        await asyncio.to_thread(hub.standing.look)
        if role.works:
            is_first = await asyncio.to_thread(held.enter_context, hub.database.alone(WORKING))
            if is_first:  # what is told is of a time that has ended
                hub.status.state, hub.status.last_sweep, hub.status.sweep_took = "empty", None, None
                await asyncio.to_thread(hub.standing.tell)
            work = [hub.worker.run(), _sweeping(hub, joining=not is_first), hub.standing.live()]
        else:
            work = [hub.standing.watch()]
        if hub.auth.sessions is not None:
            work.append(hub.auth.sessions.revoker.run())
        tasks = [asyncio.create_task(one) for one in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _sweeping(hub: Hub, *, joining: bool) -> None:
    """Sweep for ever. A process that joins others waits until the next sweep is due."""
    failures = 0
    wait = _left(hub) if joining else 0.0
    while True:
        await asyncio.sleep(wait)
        try:
            if not await _swept(hub):
                wait = _LOOK_AGAIN
                continue
        except GitLabError as error:
            failures += 1
            wait = backoff(failures, None)
            log.warning("the index could not be compared with GitLab", error=str(error), again_in=round(wait))
        except Exception:  # the hub must go on comparing, whatever one comparison met
            failures += 1
            wait = backoff(failures, None)
            log.exception("sweep failed")
        else:
            failures = 0
            wait = float(hub.settings.sweep_seconds)
        if not wait:
            return


async def _swept(hub: Hub) -> bool:
    """Sweep, and do what follows a sweep; False where another process is at it, or has done it."""
    with ExitStack() as held:
        if not await asyncio.to_thread(held.enter_context, hub.database.alone(_SWEEP)):
            await asyncio.to_thread(hub.standing.look)
            return False
        await asyncio.to_thread(hub.standing.look)
        if _left(hub) > hub.settings.sweep_seconds * _EARLY:  # another has just done it, whoever was heard of last
            return False
        report = await hub.sweep()
        await _again(hub, [project_id for project_id, _, _ in report.failed])
        await _forget(hub)
        if hub.rounds is not None:
            await hub.rounds.go()
    return True


def _left(hub: Hub) -> float:
    """Seconds until a sweep is due, by the last one that is known of."""
    if hub.status.last_sweep is None or hub.status.state != "ready":
        return 0.0
    age = (hub.clock.now() - datetime.fromisoformat(hub.status.last_sweep)).total_seconds()
    return max(0.0, hub.settings.sweep_seconds - age)


async def _again(hub: Hub, failed: list[int]) -> None:
    """Hand what a sweep could not read to the worker, which tries again with growing pauses."""
    now = to_micros(hub.clock.now())
    for project_id in failed:
        key = f"sweep:{hub.status.last_sweep}:{project_id}"
        await asyncio.to_thread(hub.inbox.receive, key, "sweep", f"project:{project_id}", (), now)
    if failed:
        hub.worker.wake()


async def _forget(hub: Hub) -> None:
    """Drop settled deliveries and unused principals after a month, and sessions that have ended."""
    before = to_micros(hub.clock.now() - _KEEP)
    await asyncio.to_thread(hub.inbox.prune, before)
    await asyncio.to_thread(GrantTable(hub.database).prune, before)
    if hub.auth.sessions is not None:
        await hub.auth.sessions.prune()
