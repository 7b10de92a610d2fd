"""How many calls a minute one caller may make; a stand-in limits nobody unless it is told to."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

from starlette.responses import PlainTextResponse, Response

from stac_ext.clock import Clock

WINDOW = 60


class Limiter:
    """Counts calls by caller in fixed windows, with the headers that GitLab sends while it throttles.

    https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
    """

    def __init__(self, clock: Clock, per_minute: int | None = None) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._seen: dict[tuple[str, int], int] = {}
        self._lock = Lock()

    def check(self, caller: str) -> tuple[dict[str, str], Response | None]:
        """Headers for the answer, and the refusal when there were too many calls."""
        if self.per_minute is None:
            return {}, None
        now = int(self._clock.now().timestamp())
        window = now // WINDOW
        with self._lock:
            self._seen = {key: value for key, value in self._seen.items() if key[1] == window}
            count = self._seen[caller, window] = self._seen.get((caller, window), 0) + 1
        reset = (window + 1) * WINDOW
        headers = {
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Limit": str(self.per_minute),
            "RateLimit-Observed": str(count),
            "RateLimit-Remaining": str(max(0, self.per_minute - count)),
            "RateLimit-Reset": str(reset),
            "RateLimit-ResetTime": datetime.fromtimestamp(reset, self._clock.now().tzinfo).strftime(
                "%a, %d %b %Y %H:%M:%S GMT"
            ),
        }
        if count <= self.per_minute:
            return headers, None
        return headers, PlainTextResponse("Retry later\n", 429, headers | {"Retry-After": str(reset - now)})
