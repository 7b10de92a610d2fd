"""How much a project may store: what is there, and what is being uploaded, must stay within the project's quota.

What is there is counted by the store once in ten minutes for each project, and kept up to date by uploads in between.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gitlab_hooks.single_flight import SingleFlight
from sharinghub_ext.dvc.store import ObjectStore
from stac_ext.clock import Clock

_COUNTED_AGAIN: Final = timedelta(minutes=10)
_MOST_PROJECTS: Final = 10_000


class QuotaExceeded(Exception):
    """The project has no room for these bytes."""


@dataclass(slots=True)
class _Usage:
    """The bytes that a project has stored at `counted` and since, and those of uploads under way."""

    counted: datetime
    stored: int
    coming: int = 0


@dataclass(slots=True)
class Claim:
    """What one upload takes of the quota. Exactly one of `keep` and `release` ends it; more calls do nothing."""

    _usage: _Usage | None
    _quota: int
    _size: int = field(default=0)

    def grow(self, size: int) -> None:
        """Claim `size` bytes more. Raises QuotaExceeded."""
        if self._usage is None:
            return
        if self._usage.stored + self._usage.coming + size > self._quota:
            raise QuotaExceeded
        self._usage.coming += size
        self._size += size

    def keep(self) -> None:
        """The bytes are stored now."""
        self._end(self._size)

    def release(self) -> None:
        """Nothing of it was stored."""
        self._end(0)

    def _end(self, stored: int) -> None:
        if self._usage is not None:
            self._usage.coming -= self._size
            self._usage.stored += stored
            self._usage = None


class Quotas:
    """The quotas of all projects: `quota` bytes for each, 0 for no limit."""

    def __init__(self, store: ObjectStore, quota: int, clock: Clock) -> None:
        self._store, self._quota, self._clock = store, quota, clock
        self._usages: dict[int, _Usage] = {}
        self._counting: SingleFlight[_Usage] = SingleFlight()

    async def claim(self, project_id: int) -> Claim:
        """A claim of nothing yet. Raises StoreFailure where the store cannot be counted."""
        if not self._quota:
            return Claim(None, 0)
        usage = self._usages.get(project_id)
        if usage is None or not timedelta(0) <= self._clock.now() - usage.counted <= _COUNTED_AGAIN:
            usage = await self._counting.start(str(project_id), lambda: self._count(project_id))
        return Claim(usage, self._quota)

    async def _count(self, project_id: int) -> _Usage:
        now, stored = self._clock.now(), await self._store.used(project_id)
        usage = self._usages.get(project_id)
        if usage is None:
            self._make_room()
            usage = self._usages[project_id] = _Usage(now, stored)
        else:  # uploads under way hold on to it
            usage.counted, usage.stored = now, stored
        return usage

    def _make_room(self) -> None:
        idle = [one for one, usage in self._usages.items() if not usage.coming]
        if len(self._usages) >= _MOST_PROJECTS and idle:
            del self._usages[idle[0]]

    async def close(self) -> None:
        """Stop what is under way."""
        await self._counting.close()
