"""Certificate authorities are read once for all clients of a test run: reading takes longer than most requests, and
every client reads them, also one that asks over plain http alone.
"""

from functools import lru_cache

import httpx._transports.default as transports


def share() -> None:
    """Let clients that trust the same share what was read."""
    transports.create_ssl_context = lru_cache(maxsize=16)(transports.create_ssl_context)
