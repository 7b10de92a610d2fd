"""Proves that what runs in the background outlives a store that is locked or full for a while."""

from typing import Any

import pytest

from sharinghub_ext import background
from stac_ext.store.inbox import Inbox
from tests.support.running import RunningHub, SampleWorld
from tests.support.waiting import wait_until


def failing_once(monkeypatch: pytest.MonkeyPatch, name: str) -> list[int]:
    """Let a method of the inbox raise at its first call; the list tells how often it was called."""
    whole, calls = getattr(Inbox, name), [0]

    def method(self: Inbox, *arguments: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == 1:
            raise RuntimeError("database or disk is full")
        return whole(self, *arguments, **named)

    monkeypatch.setattr(Inbox, name, method)
    return calls


@pytest.mark.parametrize("name", ["claim", "done"])
def test_the_worker_goes_on_after_the_inbox_failed(
    world: SampleWorld, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    calls = failing_once(monkeypatch, name)
    with RunningHub(world.settings(), background=True) as hub:
        wait_until(hub.hub.indexed.is_set, "the first index")
        world.hook(hub)
        handbook = world.world.project_at("earth/lab-handbook")
        assert handbook is not None
        world.world.set_topics(handbook, ("sharinghub:dataset",))
        wait_until(lambda: ("dataset", str(handbook.id)) in hub.ids(), "the hook has done its work")
        wait_until(lambda: calls[0] > 1, "the worker asked again")
        wait_until(lambda: hub.hub.inbox.counts() == {"done": 1}, "the delivery is settled")


def test_sweeps_go_on_after_the_store_failed(world: SampleWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = failing_once(monkeypatch, "prune")
    with RunningHub(world.settings(sweep_seconds=1), background=True) as hub:
        wait_until(lambda: calls[0] > 2, "further sweeps")
        assert hub.hub.status.state in ("ready", "indexing")


def test_what_another_process_has_just_swept_is_not_swept_again(world: SampleWorld) -> None:
    """Where this process had said last that it works, two of them swept twice as often."""
    with RunningHub(world.settings(sweep_seconds=300)) as hub:
        hub.sweep()
        hub.hub.standing.tell()  # as another one does
        hub.hub.standing.beat()  # this one was heard of last
        world.gitlab.reset_calls()
        assert not hub.run(background._swept(hub.hub))
        assert not world.gitlab.calls
