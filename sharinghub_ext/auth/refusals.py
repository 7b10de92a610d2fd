"""Credentials that GitLab refused stay refused for a minute, and a client with many of them waits.

GitLab blocks addresses that send many bad tokens, and the hub's address is everybody's. So a question about a token of
which nothing is known counts from the moment on at which it is asked: of one client no more are under way than may
still be refused, and further ones wait for those. Only keyed hashes are kept.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from cachetools import TTLCache

from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.client_address import network_of
from sharinghub_ext.problems import Problem
from stac_ext.clock import Clock

_SECONDS: Final = 60
_MOST: Final = 100_000


@dataclass(slots=True)
class _UnderWay:
    """The questions about a client's tokens that GitLab has not answered yet."""

    number: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Refusals:
    """What was refused in the last minute, for all routes together. Problems are made anew for each answer."""

    def __init__(self, secret: bytes, clock: Clock, per_minute: int) -> None:
        self._secret = hashlib.sha256(b"token hash\0" + secret).digest()
        self._per_minute = per_minute
        timer = lambda: clock.now().timestamp()  # noqa: E731
        self._refused: TTLCache[str, Problem] = TTLCache(_MOST, _SECONDS, timer=timer)
        self._counts: TTLCache[str, list[int]] = TTLCache(_MOST, _SECONDS, timer=timer)
        self._under_way: dict[str, _UnderWay] = {}

    def name_of(self, credential: Credential | None) -> str:
        """The name under which a credential is remembered: a keyed hash; empty for none.

        What GitLab refuses in one header it may take in another.
        """
        if credential is None:
            return ""
        named = f"{credential.header}\0{credential.token}"
        return hmac.new(self._secret, named.encode(), hashlib.sha256).hexdigest()

    def check(self, name: str) -> None:
        """Raise the Problem of a credential that was refused lately."""
        if (refused := self._refused.get(name)) is not None:
            raise Problem(refused.status, refused.detail, refused.headers)

    def remember(self, name: str, problem: Problem) -> None:
        """Keep a refusal."""
        self._refused[name] = problem

    @asynccontextmanager
    async def asking(self, client: str) -> AsyncIterator[None]:
        """Ask GitLab inside of this about a credential of a client (its address) that nothing is known of.

        A Problem 401 or 403 that leaves it counts as a refusal. Raises Problem 429 for a client that had many.
        """
        network = network_of(client)
        under_way = self._under_way.setdefault(network, _UnderWay())
        while under_way.number and self._refused_of(network) + under_way.number >= self._per_minute:
            under_way.ended.clear()
            await under_way.ended.wait()
            under_way = self._under_way.setdefault(network, under_way)
        if self._refused_of(network) >= self._per_minute:
            self._forget_idle(network, under_way)
            raise Problem(429, "Too many refused tokens: wait a minute.", {"Retry-After": str(_SECONDS)})
        under_way.number += 1
        try:
            yield
        except Problem as problem:
            if problem.status in (401, 403):
                self._counts.setdefault(network, [0])[0] += 1
            raise
        finally:
            under_way.number -= 1
            under_way.ended.set()
            self._forget_idle(network, under_way)

    def _refused_of(self, network: str) -> int:
        return self._counts.get(network, [0])[0]

    def _forget_idle(self, network: str, under_way: _UnderWay) -> None:
        if not under_way.number:
            self._under_way.pop(network, None)
