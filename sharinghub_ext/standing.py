"""What the processes of one hub know of each other, through notes in the store: how far the index is, and whether one
of them works.

A process that works says so every few seconds; one that does not is missed a minute later. Callers are answered all the
same: what is in the index stays right by the rules of rights, but nothing new comes in.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
import structlog

from stac_ext.clock import Clock
from stac_ext.store.database import Database
from stac_ext.times import to_micros

BEAT_SECONDS: Final = 15
MISSED_SECONDS: Final = 60
LOOK_SECONDS: Final = 2.0
_INDEX: Final = "index"
_WORKER: Final = "worker"
_SECOND: Final = 1_000_000  # microseconds
log = structlog.get_logger()


@dataclass(slots=True)
class IndexStatus:
    """How far the index is: `empty`, `indexing`, `ready`, or `stale` after a sweep that failed."""

    state: str = "empty"
    last_sweep: str | None = None
    sweep_took: float | None = None  # seconds

    def bound(self, sweep_seconds: int) -> float | None:
        """Seconds within which a change that no hook tells is found: from one sweep to the end of the next; None where
        there are none, or none has ended yet.
        """
        if not sweep_seconds or self.sweep_took is None or self.state == "stale":
            return None
        return round(sweep_seconds + self.sweep_took, 1)


class Standing:
    """This process among those on one store. Methods that ask the store block: call them from a worker thread."""

    def __init__(self, database: Database, status: IndexStatus, clock: Clock) -> None:
        self._database, self._status, self._clock = database, status, clock
        self._me = secrets.token_hex(8)
        self._beat: tuple[str, int] | None = None  # of whom, and when: the last that is known

    @property
    def age(self) -> float | None:
        """Seconds since a process was heard of that works; None where none ever was."""
        return None if self._beat is None else max(0, self._now() - self._beat[1]) / _SECOND

    @property
    def is_worked(self) -> bool:
        """Whether a process works."""
        return self.age is not None and self.age <= MISSED_SECONDS

    def beat(self) -> None:
        """Say that this process works."""
        self._beat = (self._me, self._now())
        self._database.set_note(_WORKER, f"{self._beat[0]} {self._beat[1]}")

    def tell(self) -> None:
        """Tell the others how far the index is."""
        self._database.set_note(_INDEX, orjson.dumps(asdict(self._status)).decode())

    def look(self) -> bool:
        """Learn what the others tell; whether another one than this process works."""
        told = _object(self._database.get_note(_INDEX))
        for name in self._status.__slots__:
            if name in told:
                setattr(self._status, name, told[name])
        whose, _, when = (self._database.get_note(_WORKER) or "").partition(" ")
        if when.isdigit():
            self._beat = (whose, int(when))
        return self.is_worked and whose != self._me

    async def watch(self) -> None:
        """Look for ever, for a process that does not work."""
        while True:
            try:
                await asyncio.to_thread(self.look)
            except Exception as error:  # the store is away: /readyz says so
                log.debug("the standing of the hub could not be read", error=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def live(self) -> None:
        """Beat for ever, for a process that works."""
        while True:
            try:
                await asyncio.to_thread(self.beat)
            except Exception as error:
                log.warning("the store did not take that this process works", error=str(error))
            await asyncio.sleep(BEAT_SECONDS)

    def _now(self) -> int:
        return to_micros(self._clock.now())


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
