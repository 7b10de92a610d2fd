"""How many downloads run at once, so that who reads slowly, or much, keeps nobody else from theirs.

Of all that run at the same time in one process one client has at most a fifth, and those without a credential three
fifths together: somebody who is signed in finds room while strangers use up theirs.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sharinghub_ext.client_address import network_of
from sharinghub_ext.problems import Problem

_RETRY: Final = {"Retry-After": "5"}


class Slots:
    """The downloads of one process, at most `total`."""

    def __init__(self, total: int) -> None:
        self._total, self._each, self._strangers = total, max(1, total // 5), max(1, total * 3 // 5)
        self._running = self._of_strangers = 0
        self._clients: Counter[str] = Counter()

    @contextmanager
    def held(self, client: str, *, stranger: bool) -> Iterator[None]:
        """Room for one download of a client (its address) inside of this. Raises Problem: 429 for a client that has its
        share, 503 where the process has no more.
        """
        network = network_of(client)
        if self._clients[network] >= self._each:
            raise Problem(429, f"{self._each} downloads of yours are running: wait until one has ended.", _RETRY)
        if self._running >= self._total or (stranger and self._of_strangers >= self._strangers):
            raise Problem(503, "This hub passes on as many files as it can at the moment. Try again soon.", _RETRY)
        self._running += 1
        self._of_strangers += stranger
        self._clients[network] += 1
        try:
            yield
        finally:
            self._running -= 1
            self._of_strangers -= stranger
            self._clients[network] -= 1
            if not self._clients[network]:
                del self._clients[network]
