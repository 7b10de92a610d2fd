"""How long it takes from a push in GitLab until a caller sees the change: `CHANGES=200 make bench`.

The stand-in calls a hub that runs as a process of its own; a caller asks for the item without a pause. Beside it stand
the time of the same question alone, and of GitLab's own answer, as what could be reached at best.
"""

import os
import statistics
import subprocess
import time
from pathlib import Path

import httpx

from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import World
from stac_ext.clock import SystemClock
from tests.e2e.test_burst import state
from tests.e2e.test_command_line import HUB, environment, free_port
from tests.support.running import HOOK_SECRET
from tests.support.waiting import wait_until

CHANGES = int(os.environ.get("CHANGES", "50"))


def test_a_push_is_visible(tmp_path: Path) -> None:
    world = World(repositories=tmp_path / "git", clock=SystemClock())
    world.add_token(world.add_user("bot", admin=True), "glpat-bot", scopes=("read_api",))
    world.add_group("g", visibility="public")
    files = {"README.md": b"# First\n", "model.onnx": b"x", "dvc.yaml": b"stages: {}\n"}
    project = world.add_project("g/p", visibility="public", topics=["sharinghub:aimodel"], files=files)
    port, took, asking, reading = free_port(), [], [], []
    settings = {"GITLAB_TOKEN": "glpat-bot", "HOOK_SECRET": HOOK_SECRET, "LOG_LEVEL": "error", "SWEEP_SECONDS": "0"}
    with StandIn(world) as gitlab:
        variables = environment(tmp_path, GITLAB_URL=gitlab.url, **settings)
        with (
            subprocess.Popen([*HUB, "serve", "--port", str(port)], env=variables, cwd=tmp_path) as process,
            httpx.Client(base_url=f"http://127.0.0.1:{port}") as hub,
            httpx.Client(base_url=gitlab.url) as direct,
        ):
            wait_until(lambda: state(str(hub.base_url)).get("index") == "ready", "the first index", 60)
            hook = {"push_events": True, "tag_push_events": True, "repository_update_events": True}
            world.add_system_hook(
                f"{hub.base_url}/hooks/gitlab".replace("//hooks", "/hooks"), token=HOOK_SECRET, **hook
            )
            path = f"/stac/collections/ai-model/items/{project.id}"
            for number in range(CHANGES):
                began = time.perf_counter()
                world.commit(project, {"README.md": f"---\ntitle: Change {number}\n---\n".encode()})
                while hub.get(path).json()["properties"]["title"] != f"Change {number}":
                    assert time.perf_counter() - began < 30
                took.append(time.perf_counter() - began)
                began = time.perf_counter()
                hub.get(path)
                asking.append(time.perf_counter() - began)
                began = time.perf_counter()
                direct.get(f"/api/v4/projects/{project.id}")
                reading.append(time.perf_counter() - began)
            process.terminate()
    took.sort()
    median, one, call = (statistics.median(each) * 1000 for each in (took, asking, reading))
    print(
        f"\nhook to visible: median {median:.0f} ms, p95 {took[int(len(took) * 0.95)] * 1000:.0f} ms of {CHANGES}",
        end="",
    )
    print(f"; one read of the hub {one:.1f} ms, one call to GitLab {call:.1f} ms: {median / call:.0f} calls' time")
