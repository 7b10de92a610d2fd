"""Whom GitLab says a credential acts as: confirmed at most a minute ago, or in the background, and never older than the
hard limit.

1. A credential that GitLab refused stays refused for a minute, and a client with many of them waits, so that nobody
   gets the hub blocked there.
2. An identity older than the soft TTL is confirmed again in the background, older than the hard TTL before the answer;
   if GitLab cannot be asked then, the answer is 503.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from cachetools import TTLCache

from gitlab_hooks.gateway.errors import (
    AccessDenied,
    CredentialRefused,
    GitLabError,
    GitLabUnavailable,
    InsufficientScope,
)
from gitlab_hooks.gateway.viewer import Credential, ViewerClient
from gitlab_hooks.single_flight import SingleFlight
from sharinghub_ext.auth.refusals import Refusals
from sharinghub_ext.problems import Problem
from stac_ext.clock import Clock
from stac_ext.store.grants import GrantTable
from stac_ext.times import to_micros

_MAX_TOKENS = 100_000


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old what GitLab said may be: older than `soft` it is asked again in the background, older than `hard` it does
    not count. A `soft` of nothing asks on every read.
    """

    soft: timedelta
    hard: timedelta

    @classmethod
    def of(cls, soft_seconds: int, hard_seconds: int) -> "Freshness":
        return cls(timedelta(seconds=soft_seconds), timedelta(seconds=hard_seconds if soft_seconds else 0))


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What GitLab said about one token, and when. `key` names the principal."""

    key: str
    user_id: int
    all_visible: bool  # ask for what GitLab shows it, not only for what it is a member of
    at: datetime


class Identities:
    """Confirms credentials. Tokens are held as keyed hashes only."""

    def __init__(
        self,
        client: ViewerClient,
        table: GrantTable,
        refusals: Refusals,
        clock: Clock,
        fresh: Freshness,
        *,
        admins_see_all: bool,
    ) -> None:
        self._client, self._table, self._refusals = client, table, refusals
        self._clock, self._fresh, self._admins_see_all = clock, fresh, admins_see_all
        kept = max(fresh.hard.total_seconds(), 1)
        self._confirmed: TTLCache[str, Confirmed] = TTLCache(_MAX_TOKENS, kept, timer=lambda: clock.now().timestamp())
        self.confirming: SingleFlight[Confirmed] = SingleFlight()

    async def of(self, credential: Credential, client: str) -> Confirmed:
        """Whom a credential of a client (its address) acts as.

        Raises Problem: 401 or 403 refused, 429 after too many refusals, 503 if GitLab cannot be asked.
        """
        name = self._refusals.name_of(credential)
        self._refusals.check(name)
        confirmed = self._confirmed.get(name)
        age = self.age(confirmed.at) if confirmed else None
        if confirmed is None:
            return await asyncio.shield(self.confirming.start(name, lambda: self._ask_first(credential, name, client)))
        if age is None or age > self._fresh.hard or not self._fresh.soft:
            return await self.confirm(credential)
        if age > self._fresh.soft:
            self._confirm_later(credential)
        return confirmed

    async def confirm(self, credential: Credential) -> Confirmed:
        """Ask GitLab now. Raises Problem as `of`."""
        return await asyncio.shield(self._confirm_later(credential))

    def known(self, credential: Credential) -> Confirmed | None:
        """What GitLab lately said about a credential, however old; None for nothing that is remembered."""
        return self._confirmed.get(self._refusals.name_of(credential))

    def age(self, then: datetime) -> timedelta:
        """How long ago that was; a moment in the future means that the clock was set back, and counts as too old."""
        age = self._clock.now() - then
        return age if age >= timedelta(0) else timedelta.max

    def _confirm_later(self, credential: Credential) -> asyncio.Task[Confirmed]:
        name = self._refusals.name_of(credential)
        return self.confirming.start(name, lambda: self._ask(credential, name))

    async def _ask_first(self, credential: Credential, name: str, client: str) -> Confirmed:
        async with self._refusals.asking(client):
            return await self._ask(credential, name)

    async def _ask(self, credential: Credential, name: str) -> Confirmed:
        began = self._clock.now()
        try:
            identity = await self._client.identify(credential)
        except GitLabUnavailable as error:
            raise unavailable(str(error), error.retry_after) from error
        except GitLabError as error:
            problem = refusal(error)
            self._refusals.remember(name, problem)
            gone = self._confirmed.pop(name, None)
            if gone is not None and gone.key == f"token:{name}":
                await asyncio.to_thread(self._table.forget, gone.key)
            raise problem from error
        # What GitLab shows an administrator depends on the mode of the token: such a token has grants of its own.
        alone = identity.narrow or (identity.privileged and self._admins_see_all)
        key = f"token:{name}" if alone else f"user:{identity.user_id}"
        await asyncio.to_thread(
            self._table.confirm, key, identity.user_id, identity.username, identity.external, to_micros(began)
        )
        all_visible = self._admins_see_all if identity.privileged else identity.restricted
        confirmed = Confirmed(key, identity.user_id, all_visible, began)
        self._confirmed[name] = confirmed
        return confirmed


def refusal(error: GitLabError) -> Problem:
    """What a caller is told whose credential GitLab does not take."""
    challenge = {"WWW-Authenticate": 'Bearer realm="SharingHub", error="invalid_token"'}
    if isinstance(error, InsufficientScope):
        challenge["WWW-Authenticate"] = f'Bearer realm="SharingHub", error="insufficient_scope", scope="{error.scope}"'
        return Problem(403, f"The token lacks the scope {error.scope}: create one at GitLab that has it.", challenge)
    if isinstance(error, AccessDenied):
        return Problem(403, "GitLab refuses this account or token: it may be blocked. Ask your GitLab administrator.")
    if isinstance(error, CredentialRefused):
        return Problem(401, "GitLab refuses the token: it is invalid, expired or revoked. Create a new one.", challenge)
    return Problem(401, "GitLab does not know this token: create one with the scope read_api.", challenge)


def unavailable(reason: str, retry_after: float | None) -> Problem:
    """What a caller is told whose credential cannot be confirmed now."""
    wait = str(max(1, min(300, round(retry_after or 5))))
    detail = f"GitLab cannot confirm your token at the moment ({reason}). Try again soon."
    return Problem(503, detail, {"Retry-After": wait})
