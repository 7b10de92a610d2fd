"""Tokens of sessions that have ended are ended at GitLab, too: at once where it answers, else as soon as it does.

What has to be ended is a list in the store, so that neither a GitLab that is away nor a restart leaves tokens alive. It
is worked off by whichever process comes first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

import structlog

from gitlab_hooks.gateway.errors import GitLabError
from stac_ext.clock import Clock
from stac_ext.store.revocations import Revocation, RevocationTable
from stac_ext.times import to_micros

if TYPE_CHECKING:
    from gitlab_hooks.gateway.oauth import OAuthTokens, SignIn

_SECOND: Final = 1_000_000  # microseconds
_EVERY: Final = 60  # seconds between looks at the list that nothing woke
_TURN: Final = 60  # seconds that a process has for what it took
_AT_ONCE: Final = 5
_PAUSE: Final = 0.05
_LONGEST_WAIT: Final = 3600
_GIVEN_UP: Final = 30 * 86_400  # seconds; an operator has been told by then
log = structlog.get_logger()


class Revoker:
    """Works the list off. `opened` decrypts tokens, None for those that no present key opens."""

    def __init__(
        self, table: RevocationTable, opened: Callable[[bytes], OAuthTokens | None], sign_in: SignIn, clock: Clock
    ) -> None:
        self._table, self._opened, self._sign_in, self._clock = table, opened, sign_in, clock
        self._woken = asyncio.Event()

    async def end(self, ids: Collection[int], patience: float) -> bool:
        """Whether these are ended at GitLab within `patience` seconds; what is not is gone on with later."""
        if not ids:
            return True
        try:
            async with asyncio.timeout(patience):
                while await asyncio.to_thread(self._table.left, ids):
                    if not await self.work_off():
                        return False
                    await asyncio.sleep(_PAUSE)  # for another process that is at it
        except TimeoutError:
            return False
        return True

    def wake(self) -> None:
        """Look at the list soon."""
        self._woken.set()

    async def run(self) -> None:
        """Work the list off for ever."""
        while True:
            try:
                await self.work_off()
            except Exception:  # the store may be away: what is on the list stays there
                log.exception("tokens of ended sessions could not be ended")
            self._woken.clear()
            try:
                async with asyncio.timeout(_EVERY):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def work_off(self) -> bool:
        """End what is due, a few at a time, until nothing is; False as soon as GitLab does not answer."""
        while True:
            now = self._now()
            taken = await asyncio.to_thread(self._table.take, now, now + _TURN * _SECOND, _AT_ONCE)
            if not taken:
                return True
            if not all(await asyncio.gather(*(self._end(one) for one in taken))):
                return False

    async def _end(self, one: Revocation) -> bool:
        """End one pair of tokens. False where that has to be tried again."""
        tokens = self._opened(one.sealed)
        try:
            if tokens is not None:
                await self._sign_in.revoke(tokens)
                await asyncio.to_thread(self._table.settle, [one.id])
                return True
            reason = "no secret key of this process opens them"
        except GitLabError as error:
            reason = str(error)
        now = self._now()
        if now - one.since > _GIVEN_UP * _SECOND:
            log.error("tokens of an ended session live on at GitLab: they are given up", reason=reason)
            await asyncio.to_thread(self._table.settle, [one.id])
            return True
        wait = min(_LONGEST_WAIT, 5 * 2 ** min(one.tries, 10))
        log.warning("tokens of an ended session live on at GitLab", reason=reason, again_in=wait)
        await asyncio.to_thread(self._table.postpone, one, now + wait * _SECOND)
        return False

    def _now(self) -> int:
        return to_micros(self._clock.now())
