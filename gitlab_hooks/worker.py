"""What happens after a delivery was answered: the worker re-reads what it hints at, and tries again until it can."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace

import structlog
from structlog.contextvars import bound_contextvars

from gitlab_hooks.breaker import Breaker
from gitlab_hooks.gateway.errors import GitLabError, GitLabUnavailable
from gitlab_hooks.indexer import Indexer
from stac_ext.clock import Clock
from stac_ext.store.inbox import Inbox, Work
from stac_ext.store.writer import CatalogueWriter
from stac_ext.times import to_micros

MAX_TRIES = 12
MAX_BACKOFF = 300.0
_POLL_SECONDS = 1.0
_QUIET_SECONDS = 0.05  # deliveries come in bursts, and many of one burst ask for the same
_PATIENCE_SECONDS = 2.0
log = structlog.get_logger()


class Worker:
    """Drains the inbox: several scopes at once, one at a time for each scope, so that one bad project blocks none.

    Of several workers on one store, in whatever process, only one is at a scope.
    """

    def __init__(
        self,
        inbox: Inbox,
        indexer: Indexer,
        writer: CatalogueWriter,
        alone: Callable[[str], AbstractContextManager[bool]],
        clock: Clock,
        concurrency: int = 4,
        refused: Callable[[], float] = lambda: 0.0,
        probe: Callable[[], object] = lambda: None,
    ) -> None:
        """`alone` tells whether nobody else is at a scope, and keeps others away while it is entered. `refused` tells
        the seconds for which GitLab has asked not to be asked; `probe` blocks and raises GitLabError where GitLab as a
        whole does not answer.
        """
        self._probe = probe
        self._breaker = Breaker(clock)
        self._refused = refused
        self._alone = alone
        self._elsewhere: dict[str, float] = {}  # scopes that another worker is at, and when to look again
        self._inbox = inbox
        self._indexer = indexer
        self._writer = writer
        self._clock = clock
        self._concurrency = concurrency
        self._woken = asyncio.Event()
        self._last_woken = self._first_woken = -_PATIENCE_SECONDS
        self._busy: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Say that a delivery has come. While they keep coming, answering them goes before working them off."""
        now = time.monotonic()
        if now - self._last_woken > _QUIET_SECONDS:
            self._first_woken = now
        self._last_woken = now
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self._woken.clear()
                try:
                    started = self._may_start() and await self._start_one()
                except Exception:  # a store that is locked or full now may be well again later
                    log.exception("the inbox could not be read")
                    started = False
                if not started:
                    await self._pause()
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def drain(self) -> None:
        """Do everything that is due now, then return; for tests and for commands that end."""
        while await self._start_one() or self._busy:
            if self._busy:
                await asyncio.wait(self._busy.values(), return_when=asyncio.FIRST_COMPLETED)

    def _may_start(self) -> bool:
        """Whether no more deliveries seem to come just now; if they do for long, one thing at a time."""
        now = time.monotonic()
        if now - self._last_woken >= _QUIET_SECONDS:
            return True
        return now - self._first_woken >= _PATIENCE_SECONDS and not self._busy

    async def _pause(self) -> None:
        """Until a place became free, until deliveries seem to have ended, or until something may be due again."""
        if time.monotonic() - self._last_woken < _QUIET_SECONDS:
            await asyncio.sleep(_QUIET_SECONDS)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), _POLL_SECONDS)

    async def _start_one(self) -> bool:
        if len(self._busy) >= self._concurrency or self._breaker.wait() > 0 or self._refused() > 0:
            return False
        if self._breaker.is_open and not await self._answers():
            return False
        now = time.monotonic()
        self._elsewhere = {scope: until for scope, until in self._elsewhere.items() if until > now}
        passed_over = (*self._busy, *self._elsewhere)
        work = await asyncio.to_thread(self._inbox.claim, to_micros(self._clock.now()), passed_over)
        if work is None:
            return False
        task = asyncio.create_task(self._do(work))
        self._busy[work.scope] = task
        task.add_done_callback(lambda _: self._ended(work.scope))
        return True

    def _ended(self, scope: str) -> None:
        self._busy.pop(scope, None)
        self._woken.set()

    async def _do(self, work: Work) -> None:
        try:
            with ExitStack() as held:
                if not await asyncio.to_thread(held.enter_context, self._alone(work.scope)):
                    self._elsewhere[work.scope] = time.monotonic() + _POLL_SECONDS
                    return
                left = await asyncio.to_thread(self._inbox.waiting, work.scope)
                if left is not None:  # else another worker has done it meanwhile
                    await self._try(left)
        except Exception:  # the store does not take the outcome: the work stays queued
            log.exception("the outcome of a delivery could not be stored", scope=work.scope)
            await asyncio.sleep(_POLL_SECONDS)

    async def _try(self, work: Work) -> None:
        with bound_contextvars(deliveries=list(work.deliveries)):
            await self._acted(work)

    async def _acted(self, work: Work) -> None:
        try:
            await self._act(work)
        except GitLabError as error:
            if self._breaker.failed(work.scope):
                await self._answers()
            await self._later(work, str(error), error.retry_after if isinstance(error, GitLabUnavailable) else None)
        except Exception as error:  # one project's bad data must not end the worker
            log.exception("project could not be indexed", scope=work.scope)
            await self._later(work, f"{type(error).__name__}: {error}", None)
        else:
            if not work.scope.startswith("below:"):  # which asks GitLab nothing
                self._breaker.answered()
            await asyncio.to_thread(self._inbox.done, work)

    async def _answers(self) -> bool:
        """Whether GitLab itself answers."""
        try:
            await asyncio.to_thread(self._probe)
        except GitLabError as error:
            self._breaker.away()
            log.warning("GitLab is away", error=str(error), again_in=round(self._breaker.wait(), 1))
            return False
        self._breaker.answered()
        return True

    async def _act(self, work: Work) -> None:
        kind, _, what = work.scope.partition(":")
        if kind == "below":  # each project is work of its own, so that one that cannot be read holds up no other
            below = sorted(await asyncio.to_thread(self._writer.projects_below, what))
            await asyncio.to_thread(self._inbox.expand, work, [f"project:{one}" for one in below])
            return
        outcome = await self._indexer.refresh(int(what))
        log.info("project refreshed", project_id=int(what), change=outcome.change.value, reason=outcome.reason)

    async def _later(self, work: Work, error: str, retry_after: float | None) -> None:
        if self._breaker.is_open:  # which says nothing of this project
            work = replace(work, tries=work.tries - 1)
        if work.tries + 1 >= MAX_TRIES:
            log.error("delivery given up", scope=work.scope, error=error)
            await asyncio.to_thread(self._inbox.bury, work, error)
            return
        delay = backoff(max(0, work.tries), retry_after)
        log.warning("delivery will be tried again", scope=work.scope, error=error, seconds=round(delay, 1))
        not_before = to_micros(self._clock.now()) + int(delay * 1_000_000)
        await asyncio.to_thread(self._inbox.retry, work, error, not_before)


def backoff(tries: int, retry_after: float | None, jitter: Callable[[], float] = random.random) -> float:
    """Seconds to wait before the next try: doubling with jitter, at least what GitLab asked for, at most 300."""
    doubled = min(MAX_BACKOFF, 2.0**tries) * (0.5 + jitter() / 2)
    return min(MAX_BACKOFF, max(doubled, retry_after or 0.0))
