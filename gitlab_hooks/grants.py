"""How a principal's grants are learnt from GitLab: listed whole as a diff, asked one by one for what is new.

Refreshes are single-flight for each principal, and repeated while denials arrive in between. A listing goes page by
page, and its age counts from its beginning: where it took long, GitLab is asked once more about all that it found, many
at once, so that it is not too old when it is there.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from gitlab_hooks.gateway.errors import GitLabUnavailable
from gitlab_hooks.gateway.viewer import PAGE, Credential, ViewerClient
from gitlab_hooks.single_flight import SingleFlight
from stac_ext.clock import Clock
from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable, Principal
from stac_ext.times import to_micros

_ATTEMPTS = 4
_LONG = timedelta(seconds=30)


class GrantRefresher:
    """Fills and refreshes the grant table with what GitLab answers to the principal's own token."""

    def __init__(self, client: ViewerClient, database: Database, topics: Sequence[str], clock: Clock) -> None:
        self._client = client
        self._database = database
        self._table = GrantTable(database)
        self._topics = tuple(topics)
        self._clock = clock
        self._since: dict[str, datetime] = {}
        self.running: SingleFlight[None] = SingleFlight()

    def start(self, credential: Credential, key: str, *, all_visible: bool) -> asyncio.Task[None]:
        """The listing of this principal that is under way, or a new one. Waiting for it may be given up at any time."""
        return self.running.start(key, lambda: self._list(credential, key, all_visible))

    def listing_for(self, key: str) -> timedelta:
        """For how long the listing of this principal has been under way; nothing where there is none."""
        now = self._clock.now()
        return max(now - self._since.get(key, now), timedelta(0))

    def ask_new(self, credential: Credential, key: str, *, all_visible: bool) -> asyncio.Task[None]:
        """The question about projects that became known or less public after the listing: under way, or a new one."""
        return self.running.start(f"new {key}", lambda: self._ask_new(credential, key, all_visible))

    async def _list(self, credential: Credential, key: str, all_visible: bool) -> None:
        self._since[key] = self._clock.now()
        try:
            await self._list_now(credential, key, all_visible)
        finally:
            del self._since[key]

    async def _list_now(self, credential: Credential, key: str, all_visible: bool) -> None:
        for _ in range(_ATTEMPTS):
            began = await asyncio.to_thread(self._database.seq)
            asked_at = self._clock.now()
            found = await asyncio.to_thread(self._table.find, key)
            if found is None:
                raise GitLabUnavailable("the caller was forgotten while rights were listed")
            granted = await self._client.downloadable(credential, found.user_id, self._topics, all_visible=all_visible)
            if self._clock.now() - asked_at > _LONG:
                await self._ask_again(credential, found, granted, began, all_visible)
                return
            if await asyncio.to_thread(self._table.replace, key, granted, began, to_micros(asked_at)):
                return
        raise GitLabUnavailable("rights kept changing while they were listed")

    async def _ask_again(
        self, credential: Credential, found: Principal, granted: set[int], listed: int, all_visible: bool
    ) -> None:
        """Write what a long listing found, as far as GitLab grants it now. `listed` is the counter when it began."""
        for _ in range(_ATTEMPTS):
            began = await asyncio.to_thread(self._database.seq)
            asked_at = to_micros(self._clock.now())
            granted = await self._client.downloadable_still(credential, found.user_id, granted, all_visible=all_visible)
            if await asyncio.to_thread(self._table.replace, found.key, granted, began, asked_at, listed):
                return
        raise GitLabUnavailable("rights kept changing while they were asked again")

    async def _ask_new(self, credential: Credential, key: str, all_visible: bool) -> None:
        last, fruitless = -1, 0
        while True:
            began = await asyncio.to_thread(self._database.seq)
            found = await asyncio.to_thread(self._table.find, key)
            if found is None:
                return
            fruitless = fruitless + 1 if found.snapshot_seq <= last else 0
            if fruitless == _ATTEMPTS:
                raise GitLabUnavailable("rights kept changing while they were asked")
            last = found.snapshot_seq
            unasked = await asyncio.to_thread(self._table.unasked, found, PAGE)
            if not unasked:
                return
            granted = await self._client.downloadable_among(
                credential, found.user_id, [one for one, _ in unasked], all_visible=all_visible
            )
            await asyncio.to_thread(self._table.add, key, granted, began, unasked[-1][1])
