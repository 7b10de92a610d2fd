"""What is measured at the moment of asking: inbox, sweep, index, store."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Protocol

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from stac_ext.clock import Clock
from stac_ext.store.database import Database, StoreError
from stac_ext.store.grants import GrantTable
from stac_ext.store.inbox import Inbox
from stac_ext.times import to_micros

_STATES: Final = ("empty", "indexing", "ready", "stale")
_HOOKS: Final = ("off", "unheard", "working", "silent")
_DELIVERIES: Final = ("queued", "dead")


class IndexStatus(Protocol):
    """How far the index is, and when the last whole sweep ended, in RFC 3339."""

    state: str
    last_sweep: str | None


class Standing(Protocol):
    """Whether a process works; seconds since one was heard of, None where none was."""

    @property
    def age(self) -> float | None: ...


class Hearing(Protocol):
    """Whether hooks arrive."""

    state: str


class State(Collector):
    """Reads the store each time; where it does not answer, `sharinghub_store_up` is 0 and its numbers are absent.

    `collect` blocks: call it from a worker thread.
    """

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        index: IndexStatus,
        hooks: Hearing,
        standing: Standing,
        clock: Clock,
    ) -> None:
        self._database, self._inbox, self._index, self._hooks = database, inbox, index, hooks
        self._standing, self._clock = standing, clock

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: registering must not ask the store."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        state = GaugeMetricFamily("sharinghub_index_state", "1 for the state that the index is in.", labels=["state"])
        for one in _STATES:
            state.add_metric([one], float(one == self._index.state))
        yield state
        hooks = GaugeMetricFamily("sharinghub_hooks_state", "1 for how hooks arrive.", labels=["state"])
        for one in _HOOKS:
            hooks.add_metric([one], float(one == self._hooks.state))
        yield hooks
        if self._standing.age is not None:
            said = "Seconds since a process was heard of that works off hooks and sweeps; more than 60: none does."
            yield GaugeMetricFamily("sharinghub_worker_age_seconds", said, self._standing.age)
        if self._index.last_sweep is not None:
            age = (self._clock.now() - datetime.fromisoformat(self._index.last_sweep)).total_seconds()
            yield GaugeMetricFamily("sharinghub_sweep_age_seconds", "Seconds since the last whole sweep ended.", age)
        try:
            counts, oldest, size = self._inbox.counts(), self._inbox.oldest(), self._database.size()
            confirmed = GrantTable(self._database).newest()
        except StoreError:
            yield GaugeMetricFamily("sharinghub_store_up", "Whether the store answers.", 0)
            return
        yield GaugeMetricFamily("sharinghub_store_up", "Whether the store answers.", 1)
        yield GaugeMetricFamily("sharinghub_store_bytes", "Bytes that the store takes.", size)
        inbox = GaugeMetricFamily(
            "sharinghub_inbox_deliveries",
            "Deliveries that wait to be acted on (`queued`) or were given up (`dead`).",
            labels=["state"],
        )
        for one in _DELIVERIES:
            inbox.add_metric([one], counts.get(one, 0))
        yield inbox
        if confirmed is not None:
            age = max(0.0, (to_micros(self._clock.now()) - confirmed) / 1_000_000)
            said = "Seconds since GitLab confirmed any caller's rights last."
            yield GaugeMetricFamily("sharinghub_grants_age_seconds", said, age)
        waited = 0.0 if oldest is None else max(0.0, (to_micros(self._clock.now()) - oldest) / 1_000_000)
        said = "Seconds that the oldest delivery has waited to be acted on; 0 where none waits."
        yield GaugeMetricFamily("sharinghub_inbox_oldest_seconds", said, waited)
