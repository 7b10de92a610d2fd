"""What a credential may see right now: confirmed by GitLab at most a minute ago, refreshed in the background, and never
older than the hard limit.

1. No credential: the public level, if GitLab itself shows public projects to everybody.
2. A credential that GitLab refused stays refused for a minute, and a client with many of them waits, so that nobody
   gets the hub blocked there.
3. Identity older than the soft TTL is confirmed again in the background, older than the hard TTL before the answer;
   if GitLab cannot be asked then, the answer is 503.
4. Grants follow the same rule; while a first listing is under way, only the level of the identity is seen.
5. What became known or less public after the listing is asked about before the answer, for at most two seconds.
"""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from cachetools import TTLCache

from gitlab_hooks.gateway.errors import (
    AccessDenied,
    CredentialRefused,
    GitLabError,
    GitLabUnavailable,
    InsufficientScope,
)
from gitlab_hooks.gateway.viewer import Credential, ViewerClient
from gitlab_hooks.grants import GrantRefresher
from gitlab_hooks.single_flight import SingleFlight
from sharinghub_ext.problems import Problem
from stac_ext.clock import Clock
from stac_ext.model import ANONYMOUS, Viewer
from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable, Principal
from stac_ext.times import from_micros, to_micros

ANONYMOUS_NOTE = "anonymous"  # "no" where GitLab shows nothing to callers without a credential
LISTING_WAIT = 5.0
NEW_ITEMS_WAIT = 2.0
FILLING = "filling"
_REFUSED_SECONDS = 60
_MAX_TOKENS = 100_000
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Confirmed:
    """What GitLab said about one token, and when."""

    key: str
    all_visible: bool  # ask for what GitLab shows it, not only for what it is a member of
    at: datetime


class Viewers:
    """Turns credentials into viewers. Tokens are held as keyed hashes only."""

    def __init__(
        self,
        client: ViewerClient,
        grants: GrantRefresher,
        database: Database,
        secret: bytes,
        clock: Clock,
        *,
        soft_seconds: int,
        hard_seconds: int,
        admins_see_all: bool,
        refusals_per_minute: int,
    ) -> None:
        self._client = client
        self.grants = grants
        self._database = database
        self._table = GrantTable(database)
        self._secret = hashlib.sha256(b"token hash\0" + secret).digest()
        self._clock = clock
        self._admins_see_all = admins_see_all
        self._refusals_per_minute = refusals_per_minute
        self._soft = timedelta(seconds=soft_seconds)
        self._hard = timedelta(seconds=hard_seconds if soft_seconds else 0)
        seconds = self._seconds
        self._confirmed: TTLCache[str, _Confirmed] = TTLCache(_MAX_TOKENS, hard_seconds, timer=seconds)
        self._refused: TTLCache[str, Problem] = TTLCache(_MAX_TOKENS, _REFUSED_SECONDS, timer=seconds)
        self._refusals: TTLCache[str, list[int]] = TTLCache(_MAX_TOKENS, _REFUSED_SECONDS, timer=seconds)
        self.confirming: SingleFlight[_Confirmed] = SingleFlight()

    async def resolve(self, credential: Credential | None, client: str = "") -> Viewer:
        """The viewer that this credential of a client (its address) is.

        Raises Problem: 401 or 403 refused, 429 after too many refusals, 503 if GitLab cannot be asked.
        """
        if credential is None:
            closed = await asyncio.to_thread(self._database.get_note, ANONYMOUS_NOTE) == "no"
            return Viewer(level=None) if closed else ANONYMOUS
        confirmed = await self._identity(credential, client)
        standing = await asyncio.to_thread(self._table.standing, confirmed.key)
        if standing is None:  # forgotten meanwhile: GitLab is asked who this is, as for a new token
            confirmed = await self._confirm(credential)
            standing = await asyncio.to_thread(self._table.standing, confirmed.key)
        if standing is None:
            raise _unavailable("the identity could not be recorded", None)
        found, unasked = standing
        if not await self._listing(credential, confirmed, found):
            return Viewer(level=found.level, notes=(FILLING,))
        notes = await self._new_items(credential, confirmed, found) if unasked else ()
        return Viewer(level=found.level, principal=found.key, notes=notes)

    async def _identity(self, credential: Credential, client: str) -> _Confirmed:
        token = self._hash(credential)
        if (refused := self._refused.get(token)) is not None:
            raise Problem(refused.status, refused.detail, refused.headers)
        confirmed = self._confirmed.get(token)
        age = self._age(confirmed.at) if confirmed else None
        if confirmed is None or age is None or age > self._hard or not self._soft:
            if confirmed is None:
                self._refuse_flood(client)
            try:
                return await self._confirm(credential)
            except Problem as problem:
                if problem.status in (401, 403):
                    self._refusals.setdefault(client, [0])[0] += 1
                raise
        if age > self._soft:
            self._confirm_later(credential)
        return confirmed

    def _refuse_flood(self, client: str) -> None:
        """GitLab blocks addresses that send many bad tokens: one client must not get the hub blocked for everybody."""
        if self._refusals.get(client, [0])[0] >= self._refusals_per_minute:
            raise Problem(429, "Too many refused tokens: wait a minute.", {"Retry-After": str(_REFUSED_SECONDS)})

    def _confirm_later(self, credential: Credential) -> asyncio.Task[_Confirmed]:
        token = self._hash(credential)
        return self.confirming.start(token, lambda: self._ask_identity(credential, token))

    async def _confirm(self, credential: Credential) -> _Confirmed:
        return await asyncio.shield(self._confirm_later(credential))

    async def _ask_identity(self, credential: Credential, token: str) -> _Confirmed:
        began = self._clock.now()
        try:
            identity = await self._client.identify(credential)
        except GitLabUnavailable as error:
            raise _unavailable(str(error), error.retry_after) from error
        except GitLabError as error:
            problem = _refusal(error)
            self._refused[token] = problem
            gone = self._confirmed.pop(token, None)
            if gone is not None and gone.key == f"token:{token}":
                await asyncio.to_thread(self._table.forget, gone.key)
            raise problem from error
        key = f"token:{token}" if identity.narrow else f"user:{identity.user_id}"
        await asyncio.to_thread(
            self._table.confirm, key, identity.user_id, identity.username, identity.external, to_micros(began)
        )
        all_visible = self._admins_see_all if identity.privileged else identity.restricted
        confirmed = _Confirmed(key, all_visible, began)
        self._confirmed[token] = confirmed
        return confirmed

    async def _listing(self, credential: Credential, confirmed: _Confirmed, found: Principal) -> bool:
        """Whether the principal's listing may be used; refreshes it where it is due."""
        age = self._age(from_micros(found.snapshot_at))
        if found.snapshot_at and age <= self._soft and self._soft:
            return True
        task = self.grants.start(credential, found.key, all_visible=confirmed.all_visible)
        if found.snapshot_at and age <= self._hard and self._soft:
            return True
        try:
            await asyncio.wait_for(asyncio.shield(task), LISTING_WAIT if self._soft else None)
        except TimeoutError:
            return False
        except GitLabUnavailable as error:
            if not self._soft:
                raise _unavailable(str(error), error.retry_after) from error
            log.warning("rights of a caller could not be listed", error=str(error))
            return False
        except GitLabError as error:  # about the token that listed, which may be another one of the same user
            log.warning("rights of a caller could not be listed", error=str(error))
            await self._confirm(credential)
            return False
        return True

    async def _new_items(self, credential: Credential, confirmed: _Confirmed, found: Principal) -> tuple[str, ...]:
        """Ask about what became known after the listing; what could not be asked in time stays hidden, and is said."""
        asked = self.grants.ask_new(credential, found.key, all_visible=confirmed.all_visible)
        try:
            await asyncio.wait_for(asyncio.shield(asked), NEW_ITEMS_WAIT)
        except (TimeoutError, GitLabError) as error:
            log.warning("rights to new projects could not be asked", error=str(error) or "timeout")
            return (FILLING,)
        return ()

    def _age(self, then: datetime) -> timedelta:
        """How long ago that was; a moment in the future means that the clock was set back, and counts as too old."""
        age = self._clock.now() - then
        return age if age >= timedelta(0) else timedelta.max

    def _hash(self, credential: Credential) -> str:
        named = f"{credential.header}\0{credential.token}"
        return hmac.new(self._secret, named.encode(), hashlib.sha256).hexdigest()

    def _seconds(self) -> float:
        return self._clock.now().timestamp()

    async def close(self) -> None:
        """Stop what is under way."""
        await self.confirming.close()
        await self.grants.running.close()


def _refusal(error: GitLabError) -> Problem:
    challenge = {"WWW-Authenticate": 'Bearer realm="SharingHub", error="invalid_token"'}
    if isinstance(error, InsufficientScope):
        challenge["WWW-Authenticate"] = f'Bearer realm="SharingHub", error="insufficient_scope", scope="{error.scope}"'
        return Problem(403, f"The token lacks the scope {error.scope}: create one at GitLab that has it.", challenge)
    if isinstance(error, AccessDenied):
        return Problem(403, "GitLab refuses this account or token: it may be blocked. Ask your GitLab administrator.")
    if isinstance(error, CredentialRefused):
        return Problem(401, "GitLab refuses the token: it is invalid, expired or revoked. Create a new one.", challenge)
    return Problem(401, "GitLab does not know this token: create one with the scope read_api.", challenge)


def _unavailable(reason: str, retry_after: float | None) -> Problem:
    wait = str(max(1, min(300, round(retry_after or 5))))
    detail = f"GitLab cannot confirm your token at the moment ({reason}). Try again soon."
    return Problem(503, detail, {"Retry-After": wait})
