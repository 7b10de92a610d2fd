"""Whether a CI job may read one project, as it asks for it: proven by GitLab at most ten seconds ago.

GitLab lists no projects to a job. Its lists hold what is public and its own project; any other project it reads only
where it asks for that one. GitLab is asked whether or not the index holds the project, so that the answer to a hidden
one takes what the answer to a missing one takes.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from cachetools import LRUCache

from gitlab_hooks.gateway.errors import GitLabError, GitLabUnavailable
from gitlab_hooks.gateway.viewer import Credential, ViewerClient
from gitlab_hooks.single_flight import SingleFlight
from sharinghub_ext.auth.identities import refusal, unavailable
from sharinghub_ext.auth.refusals import Refusals
from stac_ext.clock import Clock

KEPT: Final = timedelta(seconds=10)
_MOST: Final = 10_000


class JobReads:
    """Asks GitLab, and remembers for ten seconds. Tokens are held as keyed hashes only."""

    def __init__(self, client: ViewerClient, refusals: Refusals, clock: Clock) -> None:
        self._client, self._refusals, self._clock = client, refusals, clock
        self._proven: LRUCache[str, tuple[bool, datetime]] = LRUCache(_MOST)
        self._users: LRUCache[str, int] = LRUCache(_MOST)
        self._asking: SingleFlight[bool] = SingleFlight()

    async def may_read(self, credential: Credential, project_id: int) -> bool:
        """Whether GitLab lets the job read the code of the project. Raises Problem 401 or 503."""
        name = f"{self._refusals.name_of(credential)}:{project_id}"
        known = self._proven.get(name)
        if known is not None and timedelta(0) <= self._clock.now() - known[1] < KEPT:
            return known[0]
        return await asyncio.shield(self._asking.start(name, lambda: self._ask(credential, project_id, name)))

    def user_of(self, credential: Credential) -> int | None:
        """The id of the account of a job that was asked about, None where it was long ago."""
        return self._users.get(self._refusals.name_of(credential))

    async def _ask(self, credential: Credential, project_id: int, name: str) -> bool:
        asked = self._clock.now()
        try:
            identity = await self._client.identify(
                credential
            )  # a token that GitLab does not know must not count as none
            found = await self._client.job_reads(credential, project_id)
        except GitLabUnavailable as error:
            raise unavailable(str(error), error.retry_after) from error
        except GitLabError as error:
            problem = refusal(error)
            self._refusals.remember(self._refusals.name_of(credential), problem)
            raise problem from error
        self._users[self._refusals.name_of(credential)] = identity.user_id
        self._proven[name] = (found, asked)
        return found

    async def close(self) -> None:
        """Stop what is under way."""
        await self._asking.close()
