"""Proves that the hub catches up by itself after GitLab was down for ten minutes and then short of calls."""

import re

from stac_ext.clock import ManualClock
from tests.support.running import HOOK_SECRET, RunningHub, SampleWorld


def test_ten_minutes_down_then_429_then_back(world: SampleWorld) -> None:
    clock = ManualClock()
    with RunningHub(world.settings(gitlab_retries=0), clock=clock) as hub:
        hub.sweep()
        projects = [one for one in world.world.projects.values() if re.match("earth/(models|datasets)/", one.full_path)]
        world.gitlab.faults.add("/api/", status=502, times=None)
        for number, project in enumerate(projects):
            world.world.commit(project, {"late.txt": b"late"})
            body = {"event_name": "push", "project_id": project.id}
            headers = {"X-Gitlab-Token": HOOK_SECRET, "Idempotency-Key": str(number)}
            assert hub.http.post("/hooks/gitlab", json=body, headers=headers).status_code == 200
        world.gitlab.reset_calls()
        for _ in range(120):
            hub.drain()
            clock.advance(5)
        assert len(world.gitlab.calls) < 60
        assert hub.hub.inbox.counts() == {"queued": len(projects)}
        world.gitlab.faults.clear()
        world.gitlab.faults.add("/api/", status=429, retry_after=30, times=3)
        for _ in range(80):
            hub.drain()
            clock.advance(5)
        assert hub.hub.inbox.counts() == {"done": len(projects)}
        assert hub.hub.inbox.dead() == ()
