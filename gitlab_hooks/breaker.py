"""Whether GitLab as a whole is away: suspected after a few projects in a row of which none could be read, known by
asking GitLab itself, and asked again with growing pauses. One project that is broken is no outage.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from stac_ext.clock import Clock

SUSPICIOUS: Final = 3  # different scopes that failed, and none between that did not
LONGEST: Final = 60.0  # seconds; a GitLab that is back is noticed within it


class Breaker:
    """Knows whether GitLab answers at all."""

    def __init__(self, clock: Clock, jitter: Callable[[], float] = random.random) -> None:
        self._clock = clock
        self._jitter = jitter
        self._failing: set[str] = set()
        self._pauses = 0
        self._until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether GitLab is away: nothing is to be read."""
        return self._until is not None

    def failed(self, scope: str) -> bool:
        """Note that this could not be read; the answer is whether GitLab itself is to be asked."""
        self._failing.add(scope)
        return not self.is_open and len(self._failing) >= SUSPICIOUS

    def away(self) -> None:
        """GitLab itself gave no usable answer."""
        pause = min(LONGEST, 2.0**self._pauses) * (0.5 + self._jitter() / 2)
        self._pauses += 1
        self._until = self._clock.now() + timedelta(seconds=pause)

    def answered(self) -> None:
        """GitLab answered."""
        self._failing.clear()
        self._pauses, self._until = 0, None

    def wait(self) -> float:
        """Seconds before GitLab is asked again."""
        return 0.0 if self._until is None else max(0.0, (self._until - self._clock.now()).total_seconds())
