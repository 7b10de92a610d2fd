"""Credentials that GitLab refused stay refused for a minute, and a client with many of them waits.

GitLab blocks addresses that send many bad tokens, and the hub's address is everybody's. Only keyed hashes are kept.
"""

import hashlib
import hmac
from typing import Final

from cachetools import TTLCache

from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.problems import Problem
from stac_ext.clock import Clock

_SECONDS: Final = 60
_MOST: Final = 100_000


class Refusals:
    """What was refused in the last minute, for all routes together. Problems are made anew for each answer."""

    def __init__(self, secret: bytes, clock: Clock, per_minute: int) -> None:
        self._secret = hashlib.sha256(b"token hash\0" + secret).digest()
        self._per_minute = per_minute
        timer = lambda: clock.now().timestamp()  # noqa: E731
        self._refused: TTLCache[str, Problem] = TTLCache(_MOST, _SECONDS, timer=timer)
        self._counts: TTLCache[str, list[int]] = TTLCache(_MOST, _SECONDS, timer=timer)

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

    def check_flood(self, client: str) -> None:
        """Raise Problem 429 for a client that sent many refused credentials."""
        if self._counts.get(client, [0])[0] >= self._per_minute:
            raise Problem(429, "Too many refused tokens: wait a minute.", {"Retry-After": str(_SECONDS)})

    def remember(self, name: str, problem: Problem) -> None:
        """Keep a refusal."""
        self._refused[name] = problem

    def count(self, client: str) -> None:
        """A client sent a credential that was refused."""
        self._counts.setdefault(client, [0])[0] += 1
