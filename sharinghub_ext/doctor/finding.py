"""What a check found: how it is, what was seen, and what to do about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from gitlab_hooks.gateway.transport import Connection
from sharinghub_ext.config import Settings
from sharinghub_ext.hook_care import connection_of
from stac_ext.clock import Clock


class State(StrEnum):
    """How something is. Only a fault keeps the hub from doing what it is there for."""

    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. No text holds a secret."""

    state: State
    seen: str
    advice: str = ""


def good(seen: str) -> Finding:
    return Finding(State.GOOD, seen)


def warning(seen: str, advice: str) -> Finding:
    return Finding(State.WARNING, seen, advice)


def fault(seen: str, advice: str) -> Finding:
    return Finding(State.FAULT, seen, advice)


def skipped(seen: str, advice: str = "") -> Finding:
    return Finding(State.SKIPPED, seen, advice)


@dataclass
class Situation:
    """What every check looks at."""

    settings: Settings
    clock: Clock

    @cached_property
    def gitlab(self) -> Connection:
        """How GitLab is asked: once, since whoever waits for a report wants it soon."""
        connection = connection_of(self.settings)
        return Connection(connection.url, connection.ca_file, connection.timeout, retries=0)

    @property
    def public_url(self) -> str:
        return self.settings.public_url or "http://localhost:8080"


@dataclass(frozen=True, slots=True)
class Check:
    """A check by its name; it is skipped where one of those that it `needs` is at fault."""

    name: str
    look: Callable[[Situation], Iterator[Finding]]
    needs: tuple[str, ...] = field(default=())
