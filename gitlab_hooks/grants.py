"""How a principal's grants are learnt from GitLab: listed whole as a diff, asked one by one for what is new.

Refreshes are single-flight for each principal, and repeated while denials arrive in between.
"""

import asyncio
from collections.abc import Sequence

from gitlab_hooks.gateway.errors import GitLabUnavailable
from gitlab_hooks.gateway.viewer import PAGE, Credential, ViewerClient
from gitlab_hooks.single_flight import SingleFlight
from stac_ext.clock import Clock
from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable
from stac_ext.times import to_micros

_ATTEMPTS = 4


class GrantRefresher:
    """Fills and refreshes the grant table with what GitLab answers to the principal's own token."""

    def __init__(self, client: ViewerClient, database: Database, topics: Sequence[str], clock: Clock) -> None:
        self._client = client
        self._database = database
        self._table = GrantTable(database)
        self._topics = tuple(topics)
        self._clock = clock
        self.running: SingleFlight[None] = SingleFlight()

    def start(self, credential: Credential, key: str, *, all_visible: bool) -> asyncio.Task[None]:
        """The listing of this principal that is under way, or a new one. Waiting for it may be given up at any time."""
        return self.running.start(key, lambda: self._list(credential, key, all_visible))

    def ask_new(self, credential: Credential, key: str, *, all_visible: bool) -> asyncio.Task[None]:
        """The question about projects that became known or less public after the listing: under way, or a new one."""
        return self.running.start(f"new {key}", lambda: self._ask_new(credential, key, all_visible))

    async def _list(self, credential: Credential, key: str, all_visible: bool) -> None:
        for _ in range(_ATTEMPTS):
            began = await asyncio.to_thread(self._database.seq)
            asked_at = to_micros(self._clock.now())
            found = await asyncio.to_thread(self._table.find, key)
            if found is None:
                raise GitLabUnavailable("the caller was forgotten while rights were listed")
            granted = await self._client.downloadable(credential, found.user_id, self._topics, all_visible=all_visible)
            if await asyncio.to_thread(self._table.replace, key, granted, began, asked_at):
                return
        raise GitLabUnavailable("rights kept changing while they were listed")

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
