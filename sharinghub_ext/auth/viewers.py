"""What a credential may see right now: as GitLab stated it at most a minute ago, and never older than the hard limit.

1. No credential: the public level, if GitLab itself shows public projects to everybody.
2. The identity is confirmed (`sharinghub_ext/auth/identities.py`), and the grants follow the same rule of age; while a
   first listing is under way, only the level of the identity is seen.
3. What became known or less public after the listing is asked about before the answer, for at most two seconds.
"""

import asyncio

import structlog

from gitlab_hooks.gateway.errors import GitLabError, GitLabUnavailable
from gitlab_hooks.gateway.viewer import Credential
from gitlab_hooks.grants import GrantRefresher
from sharinghub_ext.auth.identities import Confirmed, Freshness, Identities, unavailable
from stac_ext.model import ANONYMOUS, Viewer
from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable, Principal
from stac_ext.times import from_micros

ANONYMOUS_NOTE = "anonymous"  # "no" where GitLab shows nothing to callers without a credential
LISTING_WAIT = 5.0
NEW_ITEMS_WAIT = 2.0
FILLING = "filling"
JOB = "job"
log = structlog.get_logger()


class Viewers:
    """Turns credentials into viewers."""

    def __init__(
        self, identities: Identities, grants: GrantRefresher, database: Database, table: GrantTable, fresh: Freshness
    ) -> None:
        self.identities, self.grants = identities, grants
        self._database, self._table, self._fresh = database, table, fresh

    async def resolve(self, credential: Credential | None, client: str = "") -> Viewer:
        """The viewer that this credential of a client (its address) is.

        Raises Problem: 401 or 403 refused, 429 after too many refusals, 503 if GitLab cannot be asked.
        """
        if credential is None:
            closed = await asyncio.to_thread(self._database.get_note, ANONYMOUS_NOTE) == "no"
            return Viewer(level=None) if closed else ANONYMOUS
        confirmed = await self.identities.of(credential, client)
        standing = await asyncio.to_thread(self._table.standing, confirmed.key)
        if standing is None:  # forgotten meanwhile: GitLab is asked who this is, as for a new token
            confirmed = await self.identities.confirm(credential)
            standing = await asyncio.to_thread(self._table.standing, confirmed.key)
        if standing is None:
            raise unavailable("the identity could not be recorded", None)
        found, unasked = standing
        own = (JOB,) if credential.is_job else ()
        if not await self._listing(credential, confirmed, found):
            return Viewer(level=found.level, notes=(FILLING, *own))
        notes = await self._new_items(credential, confirmed, found) if unasked else ()
        return Viewer(level=found.level, principal=found.key, notes=(*notes, *own))

    async def welcome(self, credential: Credential, client: str) -> int:
        """Confirm who just signed in and begin to list what they may see, without waiting for it; the user's id.

        Raises Problem as `resolve`.
        """
        confirmed = await self.identities.of(credential, client)
        self.grants.start(credential, confirmed.key, all_visible=confirmed.all_visible)
        return confirmed.user_id

    async def _listing(self, credential: Credential, confirmed: Confirmed, found: Principal) -> bool:
        """Whether the principal's listing may be used; refreshes it where it is due."""
        soft, hard = self._fresh.soft, self._fresh.hard
        age = self.identities.age(from_micros(found.snapshot_at))
        if found.snapshot_at and age <= soft and soft:
            return True
        task = self.grants.start(credential, found.key, all_visible=confirmed.all_visible)
        if found.snapshot_at and age <= hard and soft:
            return True
        patience = LISTING_WAIT - self.grants.listing_for(found.key).total_seconds()
        if soft and patience <= 0:  # one that takes long: no read waits for it again
            return False
        try:
            await asyncio.wait_for(asyncio.shield(task), patience if soft else None)
        except TimeoutError:
            return False
        except GitLabUnavailable as error:
            if not soft:
                raise unavailable(str(error), error.retry_after) from error
            log.warning("rights of a caller could not be listed", error=str(error))
            return False
        except GitLabError as error:  # about the token that listed, which may be another one of the same user
            log.warning("rights of a caller could not be listed", error=str(error))
            await self.identities.confirm(credential)
            return False
        return True

    async def _new_items(self, credential: Credential, confirmed: Confirmed, found: Principal) -> tuple[str, ...]:
        """Ask about what became known after the listing; what could not be asked in time stays hidden, and is said."""
        asked = self.grants.ask_new(credential, found.key, all_visible=confirmed.all_visible)
        try:
            await asyncio.wait_for(asyncio.shield(asked), NEW_ITEMS_WAIT)
        except (TimeoutError, GitLabError) as error:
            log.warning("rights to new projects could not be asked", error=str(error) or "timeout")
            return (FILLING,)
        return ()

    async def close(self) -> None:
        """Stop what is under way."""
        await self.identities.confirming.close()
        await self.grants.running.close()
