"""How much of GitLab's rate limit the comparisons of the whole index may use, so that hooks and people keep the rest.

Source: https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stac_ext.clock import Clock

_LONGEST: Final = 60.0  # seconds; GitLab counts by the minute
_LONGEST_REFUSAL: Final = 300.0


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
        self._refused_until = 0.0  # seconds since 1970

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer of GitLab."""
        after = headers.get("Retry-After", "")
        if status == 429 and after.isascii() and after.isdecimal():
            seconds = min(_LONGEST_REFUSAL, float(after[:10]))
            self._refused_until = self._clock.now().timestamp() + seconds
        values = [headers.get(f"RateLimit-{name}", "") for name in ("Limit", "Remaining", "Reset")]
        if all(value.isascii() and value.isdecimal() and len(value) <= 12 for value in values):
            self._told = _Told(*map(int, values))

    def refused(self) -> float:
        """Seconds for which GitLab has asked not to be asked at all (429 with `Retry-After`), at most five minutes."""
        return max(0.0, self._refused_until - self._clock.now().timestamp())

    def pause(self) -> float:
        """Seconds to wait before the next call of a comparison."""
        told, refused = self._told, self.refused()
        if told is None or told.limit - told.remaining < told.limit * self._share:
            return refused
        return max(refused, min(_LONGEST, told.reset - self._clock.now().timestamp()))
