"""What runs beside the requests: the first index, the worker, and the sweep every few minutes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from gitlab_hooks.gateway.errors import GitLabError
from gitlab_hooks.worker import backoff
from sharinghub_ext.hub import Hub
from stac_ext.store.grants import GrantTable
from stac_ext.times import to_micros

_KEEP = timedelta(days=30)
log = structlog.get_logger()


@asynccontextmanager
async def running(hub: Hub) -> AsyncIterator[None]:
    """Everything in the background runs inside of this, and has ended after it."""
    tasks = [asyncio.create_task(hub.worker.run()), asyncio.create_task(_sweeping(hub))]
    if hub.auth.sessions is not None:
        tasks.append(asyncio.create_task(hub.auth.sessions.revoker.run()))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _sweeping(hub: Hub) -> None:
    failures = 0
    while True:
        try:
            report = await hub.sweep()
            await _again(hub, [project_id for project_id, _, _ in report.failed])
            await _forget(hub)
            if hub.rounds is not None:
                await hub.rounds.go()
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
        await asyncio.sleep(wait)


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
