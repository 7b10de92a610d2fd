"""How much of GitLab's rate limit the comparisons of the whole index may use, so that hooks and people keep the rest.

Source: https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stac_ext.clock import Clock

_LONGEST: Final = 60.0  # seconds; GitLab counts by the minute


@dataclass(frozen=True, slots=True)
class _Told:
    limit: int
    remaining: int
    reset: int  # seconds since 1970


class Budget:
    """Knows what GitLab said last of the service token's limit; without a word of it there is no pause."""

    def __init__(self, share: float, clock: Clock) -> None:
        """`share` of the limit is for comparisons, above 0 and at most 1."""
        self._share = share
        self._clock = clock
        self._told: _Told | None = None

    def answered(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer of GitLab."""
        values = [headers.get(f"RateLimit-{name}", "") for name in ("Limit", "Remaining", "Reset")]
        if all(value.isascii() and value.isdecimal() and len(value) <= 12 for value in values):
            self._told = _Told(*map(int, values))

    def pause(self) -> float:
        """Seconds to wait before the next call of a comparison, at most a minute."""
        told = self._told
        if told is None or told.limit - told.remaining < told.limit * self._share:
            return 0.0
        return min(_LONGEST, max(0.0, told.reset - self._clock.now().timestamp()))
