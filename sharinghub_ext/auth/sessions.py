"""Who is signed in with a browser: how a session begins, lasts, is renewed and ends.

1. The cookie holds 256 random bits; the store holds their hash, and GitLab's tokens encrypted under the secret key.
2. A session ends by signing out, when it was not used for some hours, and after some days in any case.
3. An access token lives two hours. Its renewal ends the old tokens at GitLab, so one request of one process asks for it
   and all others wait for what it writes. Where GitLab refuses the renewal, the session ends.
4. Tokens of a session that has ended are ended at GitLab, too (`revoking.py`).
5. A process that has not got the key yet with which another sealed a session ends nothing: it cannot read it.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from gitlab_hooks.gateway.errors import CredentialRefused, GitLabUnavailable
from gitlab_hooks.gateway.viewer import Credential
from gitlab_hooks.single_flight import SingleFlight
from sharinghub_ext.auth.identities import unavailable
from sharinghub_ext.auth.revoking import Revoker
from sharinghub_ext.problems import Problem
from stac_ext.clock import Clock
from stac_ext.store.revocations import RevocationTable
from stac_ext.store.sessions import Session, SessionTable
from stac_ext.times import to_micros

if TYPE_CHECKING:
    from gitlab_hooks.gateway.oauth import OAuthTokens, SignIn
    from sharinghub_ext.auth.sealing import Sealer

_SECOND: Final = 1_000_000  # microseconds
_EARLY: Final = 60  # seconds before its end at which an access token is renewed
_SEEN_EVERY: Final = 60
_RENEWAL: Final = 30  # seconds that a process has for it
_PAUSE: Final = 0.05
_REVOCATION: Final = 5.0  # seconds that signing out waits for GitLab
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Seconds after which an unused session ends, and any."""

    idle: int
    most: int


class Sessions:
    """The sessions of all browsers, in the store."""

    def __init__(
        self,
        table: SessionTable,
        revocations: RevocationTable,
        sealer: Sealer,
        sign_in: SignIn,
        lifetimes: Lifetimes,
        clock: Clock,
    ) -> None:
        self._table, self._revocations, self._sealer, self._sign_in = table, revocations, sealer, sign_in
        self.revoker = Revoker(revocations, self._opened, sign_in, clock)
        self._lifetimes, self._clock = lifetimes, clock
        self._renewing: SingleFlight[Credential | None] = SingleFlight()

    async def begin(self, principal: str, tokens: OAuthTokens) -> str:
        """Begin a session and return what its cookie holds."""
        cookie, now = secrets.token_urlsafe(32), self._now()
        one = Session(key_of(cookie), principal, self._seal(tokens), now, now, now + self._lifetimes.most * _SECOND)
        await asyncio.to_thread(self._table.start, one)
        return cookie

    async def find(self, key: str) -> Session | None:
        """The session of a key that has not ended."""
        now = self._now()
        one = await asyncio.to_thread(self._table.find, key, now, now - self._lifetimes.idle * _SECOND)
        if one is not None and now - one.seen_at >= _SEEN_EVERY * _SECOND:
            await asyncio.to_thread(self._table.see, key, now)
        return one

    async def credential(self, key: str) -> Credential | None:
        """The token to ask GitLab with for a session, renewed where it is about to end; None where the session ended.

        Raises Problem: 503 where it has to be renewed and GitLab does not answer, 401 where it cannot be read.
        """
        one = await self.find(key)
        if one is None:
            return None
        tokens = self._read(one)
        return await self._renewal(key, tokens.access) if self._is_due(tokens) else Credential(tokens.access)

    async def refused(self, key: str, credential: Credential) -> Credential | None:
        """GitLab refused the token of a session: the one that follows, None where the session has ended by it."""
        return await self._renewal(key, credential.token)

    async def end(self, key: str) -> bool:
        """Sign out: the session ends here, and its tokens at GitLab as soon as that answers. Whether it did already."""
        return await self.revoker.end(await asyncio.to_thread(self._table.end, key, self._now()), _REVOCATION)

    async def end_everywhere(self, key: str) -> bool:
        """Sign out of every browser of the same account; as `end`."""
        one = await self.find(key)
        if one is None:
            return await self.end(key)
        ended = await asyncio.to_thread(self._table.end_all_of, one.principal, self._now())
        return await self.revoker.end(ended, _REVOCATION)

    async def give_up(self, tokens: OAuthTokens) -> None:
        """Let tokens be ended at GitLab that belong to no session."""
        await asyncio.to_thread(self._revocations.add, self._seal(tokens), self._now())
        self.revoker.wake()

    async def prune(self) -> None:
        """End sessions that have ended by time."""
        now = self._now()
        if await asyncio.to_thread(self._table.prune, now, now - self._lifetimes.idle * _SECOND):
            self.revoker.wake()

    async def close(self) -> None:
        """Stop what is under way."""
        await self._renewing.close()
        await self._sign_in.close()

    async def _renewal(self, key: str, spent: str) -> Credential | None:
        return await asyncio.shield(self._renewing.start(key, lambda: self._renewed(key, spent)))

    async def _renewed(self, key: str, spent: str) -> Credential | None:
        """The token that follows a spent one: by this request, or by another process."""
        for _ in range(int(_RENEWAL / _PAUSE)):
            one = await self.find(key)
            if one is None:
                return None
            tokens = self._read(one)
            if tokens.access != spent and not self._is_due(tokens):
                return Credential(tokens.access)
            if (found := await self._renew(one, tokens)) is not None:
                return Credential(found.access)
            await asyncio.sleep(_PAUSE)
        raise unavailable("another process renews it", None)

    async def _renew(self, one: Session, tokens: OAuthTokens) -> OAuthTokens | None:
        """New tokens for a session; None where another process is at it, or the session ended by it."""
        now = self._now()
        if not await asyncio.to_thread(self._table.take_renewal, one, now, now + _RENEWAL * _SECOND):
            return None
        try:
            if tokens.refresh is None:
                raise CredentialRefused("GitLab gave no refresh token")
            fresh = await self._sign_in.refresh(tokens.refresh)
        except CredentialRefused:
            await asyncio.to_thread(self._table.end, one.key, now)
            return None
        except BaseException as error:
            await asyncio.to_thread(self._table.give_renewal_back, one)
            if isinstance(error, GitLabUnavailable):
                raise unavailable(str(error), error.retry_after) from error
            raise
        if not await asyncio.to_thread(self._table.renew, one, self._seal(fresh)):
            await self.give_up(fresh)  # signed out meanwhile
            return None
        return fresh

    def _is_due(self, tokens: OAuthTokens) -> bool:
        return tokens.expires_at - _EARLY <= self._now() // _SECOND

    def _seal(self, tokens: OAuthTokens) -> bytes:
        return self._sealer.seal({"access": tokens.access, "refresh": tokens.refresh, "ends": tokens.expires_at})

    def _read(self, one: Session) -> OAuthTokens:
        tokens = self._opened(one.sealed)
        if tokens is None:
            log.warning("a session cannot be read: it was sealed with a key that this process does not have")
            detail = "This hub cannot read your session: its secret key was changed. Sign in again at /auth/login."
            raise Problem(401, detail, {"WWW-Authenticate": 'Bearer realm="SharingHub"'})
        return tokens

    def _opened(self, sealed: bytes) -> OAuthTokens | None:
        from gitlab_hooks.gateway.oauth import OAuthTokens

        found = self._sealer.open(sealed)
        return OAuthTokens(found["access"], found["refresh"], found["ends"]) if found is not None else None

    def _now(self) -> int:
        return to_micros(self._clock.now())


def key_of(cookie: str) -> str:
    """The key of the session that a cookie names. The cookie is random: nothing but its hash need be kept."""
    return hashlib.sha256(b"session\0" + cookie.encode()).hexdigest()
