"""What a caller may do at the DVC remote of a project: GitLab's verdict of at most ten seconds ago.

1. The right to download code opens reading, the right to push code opens writing; who may not read may not write.
2. GitLab is asked once for requests that come together, as `dvc` sends them; its verdict counts from the question on.
3. Only projects that carry a topic of the catalogue have a remote.
4. Callers without a token are asked about only for projects that the index shows to everybody, so that counting ids up
   sends GitLab no calls.
5. The token of a CI job opens reading at most, and no push, whatever GitLab would let the job do.
6. Anything but a verdict is an error: a refused token 401 or 403, no answer of GitLab 503.
7. Requests are not limited here, since `dvc` sends one for each of many thousand files; the questions to GitLab that
   they cost are, as requests are elsewhere.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cachetools import LRUCache, TTLCache

from gitlab_hooks.gateway.errors import (
    GitLabError,
    GitLabUnavailable,
)
from gitlab_hooks.gateway.rights import code_rights
from gitlab_hooks.gateway.viewer import Credential, ViewerClient
from gitlab_hooks.single_flight import SingleFlight
from sharinghub_ext.auth.identities import refusal
from sharinghub_ext.auth.job_reads import JobReads
from sharinghub_ext.auth.refusals import Refusals
from sharinghub_ext.client_address import network_of
from sharinghub_ext.edge.rate_limit import TokenBuckets
from sharinghub_ext.problems import Problem
from stac_ext.clock import Clock

KEPT: Final = timedelta(seconds=10)
CHALLENGE: Final = 'Basic realm="SharingHub", charset="UTF-8"'
_MOST: Final = 10_000
_KNOWN_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """What GitLab said at `asked`, of the account `user`. `listed`: the project carries a topic of the catalogue.

    `public`: the index shows it to everybody.
    """

    read: bool
    write: bool
    listed: bool
    asked: datetime
    user: int | None = None
    public: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the index says of a project by its id, and the topics by which GitLab says that it belongs to it."""

    topics: frozenset[str]
    is_public: Callable[[int], Awaitable[bool]]
    is_listed: Callable[[int], Awaitable[bool]]


class LiveRights:
    """Asks GitLab, and remembers for ten seconds. Credentials are held as keyed hashes only."""

    def __init__(
        self,
        client: ViewerClient,
        catalogue: Catalogue,
        refusals: Refusals,
        job_reads: JobReads,
        questions: TokenBuckets,
        clock: Clock,
    ) -> None:
        self._client, self._catalogue, self._questions, self._clock = client, catalogue, questions, clock
        self._refusals, self._job_reads = refusals, job_reads
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
        self._refusals.check(token)
        if wait := self._questions.take(network_of(client)):
            detail = "Your address asks about more projects than GitLab can be asked for: wait."
            raise Problem(429, detail, {"Retry-After": str(max(1, math.ceil(wait)))})
        task = self._asking.start(name, lambda: self._ask_counted(credential, token, name, project_id, client))
        return await asyncio.shield(task)

    async def _ask_counted(
        self, credential: Credential | None, token: str, name: str, project_id: int, client: str
    ) -> Verdict:
        if not token or token in self._good:
            return await self._ask(credential, token, name, project_id)
        async with self._refusals.asking(client):
            return await self._ask(credential, token, name, project_id)

    async def _ask(self, credential: Credential | None, token: str, name: str, project_id: int) -> Verdict:
        asked = self._clock.now()
        if credential is None and not await self._catalogue.is_public(project_id):
            return self._keep(name, Verdict(False, False, False, asked))
        if credential is not None and credential.is_job:
            reads = await self._job_reads.may_read(credential, project_id)
            listed, public = await self._catalogue.is_listed(project_id), await self._catalogue.is_public(project_id)
            return self._keep(name, Verdict(reads, False, listed, asked, self._job_reads.user_of(credential), public))
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
            problem = refusal(error)
            self._refusals.remember(token, problem)
            raise problem from error
        if credential is not None:
            self._good[token] = True
        listed = bool(rights.topics & self._catalogue.topics)
        public = credential is None or await self._catalogue.is_public(project_id)
        push = rights.download and rights.push
        return self._keep(name, Verdict(rights.download, push, listed, asked, rights.user_id, public))

    def _keep(self, name: str, verdict: Verdict) -> Verdict:
        self._verdicts[name] = verdict
        return verdict

    async def close(self) -> None:
        """Stop what is under way."""
        await self._asking.close()
