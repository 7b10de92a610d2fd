"""What a caller may do at the DVC remote of a project: GitLab's verdict of at most ten seconds ago.

1. The right to download code opens reading, the right to push code opens writing; who may not read may not write.
2. GitLab is asked once for requests that come together, as `dvc` sends them; its verdict counts from the question on.
3. Only projects that carry a topic of the catalogue have a remote.
4. Callers without a token are asked about only for projects that the index shows to everybody, so that counting ids up
   sends GitLab no calls.
5. Anything but a verdict is an error: a refused token 401 or 403, no answer of GitLab 503.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cachetools import LRUCache, TTLCache

from gitlab_hooks.gateway.errors import (
    AccessDenied,
    CredentialRefused,
    GitLabError,
    GitLabUnavailable,
    InsufficientScope,
)
from gitlab_hooks.gateway.rights import code_rights
from gitlab_hooks.gateway.viewer import Credential, ViewerClient
from gitlab_hooks.single_flight import SingleFlight
from sharinghub_ext.dvc.refusals import Refusals
from sharinghub_ext.problems import Problem
from stac_ext.clock import Clock

KEPT: Final = timedelta(seconds=10)
CHALLENGE: Final = 'Basic realm="SharingHub", charset="UTF-8"'
_MOST: Final = 10_000
_KNOWN_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """What GitLab said at `asked`. `listed`: the project carries a topic of the catalogue."""

    read: bool
    write: bool
    listed: bool
    asked: datetime


class LiveRights:
    """Asks GitLab, and remembers for ten seconds. Credentials are held as keyed hashes only."""

    def __init__(
        self,
        client: ViewerClient,
        topics: frozenset[str],
        refusals: Refusals,
        is_public: Callable[[int], Awaitable[bool]],
        clock: Clock,
    ) -> None:
        """`is_public` says whether the index shows a project to callers without a token."""
        self._client, self._topics, self._refusals, self._clock = client, topics, refusals, clock
        self._is_public = is_public
        self._verdicts: LRUCache[str, Verdict] = LRUCache(_MOST)
        # Tokens that GitLab took lately, so that others with bad ones behind the same address do not hold them up.
        self._good: TTLCache[str, bool] = TTLCache(_MOST, _KNOWN_SECONDS, timer=lambda: clock.now().timestamp())
        self._asking: SingleFlight[Verdict] = SingleFlight()

    async def of(self, credential: Credential | None, project_id: int, client: str) -> Verdict:
        """The verdict for a caller at the address `client`. Raises Problem: 401, 403, 429 or 503."""
        token = self._refusals.name_of(credential)
        name = f"{token}:{project_id}"
        known = self._verdicts.get(name)
        if known is not None and timedelta(0) <= self._clock.now() - known.asked < KEPT:
            return known
        self._refusals.check(token, "" if token in self._good else client)
        task = self._asking.start(name, lambda: self._ask(credential, token, name, project_id, client))
        return await asyncio.shield(task)

    async def _ask(self, credential: Credential | None, token: str, name: str, project_id: int, client: str) -> Verdict:
        asked = self._clock.now()
        if credential is None and not await self._is_public(project_id):
            return self._keep(name, Verdict(False, False, False, asked))
        try:
            rights = await code_rights(self._client, credential, project_id)
        except GitLabUnavailable as error:
            wait = str(max(1, min(300, round(error.retry_after or 5))))
            detail = f"GitLab cannot say at the moment what you may do ({error}). Try again soon."
            raise Problem(503, detail, {"Retry-After": wait}) from error
        except GitLabError as error:
            self._verdicts.pop(name, None)
            self._good.pop(token, None)
            if credential is None:  # a GitLab that shows nothing to anybody who is not signed in
                return self._keep(name, Verdict(False, False, False, asked))
            problem = _refusal(error)
            self._refusals.remember(token, client, problem)
            raise problem from error
        if credential is not None:
            self._good[token] = True
        listed = bool(rights.topics & self._topics)
        return self._keep(name, Verdict(rights.download, rights.download and rights.push, listed, asked))

    def _keep(self, name: str, verdict: Verdict) -> Verdict:
        self._verdicts[name] = verdict
        return verdict

    async def close(self) -> None:
        """Stop what is under way."""
        await self._asking.close()


def unauthorized(detail: str) -> Problem:
    """401 as clients of downloads understand it."""
    return Problem(401, detail, {"WWW-Authenticate": CHALLENGE})


def _refusal(error: GitLabError) -> Problem:
    if isinstance(error, InsufficientScope):
        return Problem(403, f"The token lacks the scope {error.scope}: create one at GitLab that has it.")
    if isinstance(error, AccessDenied):
        return Problem(403, "GitLab refuses this account or token: it may be blocked. Ask your GitLab administrator.")
    if isinstance(error, CredentialRefused):
        return unauthorized(
            "GitLab refuses the token: it is unknown, expired or revoked, or it lacks the scope read_api."
        )
    return unauthorized("GitLab does not know this token: create one with the scope read_api.")
