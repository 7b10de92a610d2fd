"""How many requests a client may send: a bucket of tokens for each address, filled at a steady rate.

A bucket holds what a client may send in a minute, so that a page that opens many files at once is served. Each process
counts for itself.
"""

import math
from collections.abc import Callable
from typing import Final

from cachetools import LRUCache
from starlette.types import ASGIApp, Receive, Scope, Send

from sharinghub_ext.client_address import network_of
from sharinghub_ext.edge.cors import is_preflight
from sharinghub_ext.problems import Problem
from stac_ext.clock import Clock

_MOST_CLIENTS: Final = 50_000
# Probes and GitLab come steadily from one address, and `dvc` sends a request for each of many thousand files.
_EXEMPT: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_EXEMPT_BELOW: Final = ("/hooks/", "/dvc/")


class TokenBuckets:
    """The buckets of the clients seen last; one that is forgotten is full again."""

    def __init__(self, per_minute: int, clock: Clock, most: int = _MOST_CLIENTS) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._buckets: LRUCache[str, tuple[float, float]] = LRUCache(most)

    def take(self, client: str) -> float:
        """Take a token of a client: 0, or the seconds until there is one. Without a rate there always is."""
        if not self.per_minute:
            return 0.0
        now = self._clock.now().timestamp()
        tokens, then = self._buckets.get(client, (float(self.per_minute), now))
        tokens = min(self.per_minute, tokens + max(0.0, now - then) * self.per_minute / 60)
        allowed = tokens >= 1
        self._buckets[client] = (tokens - 1 if allowed else tokens, now)
        return 0.0 if allowed else (1 - tokens) * 60 / self.per_minute


class RateLimit:
    """Answers 429 to clients that are too fast. A preflight counts, but is answered: it costs no more than a refusal,
    and a browser shows the page only the answer to the request behind it.
    """

    def __init__(self, app: ASGIApp, buckets: TokenBuckets, refused: Callable[[], None] = lambda: None) -> None:
        """`refused` is called for each request that is not let through."""
        self._app = app
        self._buckets = buckets
        self._count = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._buckets.per_minute or _is_exempt(scope["path"]):
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        wait = self._buckets.take(network_of(client[0]) if client else "")
        if wait and not is_preflight(scope):
            self._count()
            await self._refusal(wait).response()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, wait: float) -> Problem:
        seconds, quota = max(1, math.ceil(wait)), self._buckets.per_minute
        headers = {
            "Retry-After": str(seconds),
            "RateLimit-Policy": f'"requests";q={quota};w=60',
            "RateLimit": f'"requests";r=0;t={seconds}',
        }
        return Problem(429, f"Your address sent more than {quota} requests in a minute: wait {seconds} s.", headers)


def _is_exempt(path: str) -> bool:
    return path in _EXEMPT or path.startswith(_EXEMPT_BELOW)
