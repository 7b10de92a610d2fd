"""A small world with something in every registry, its stand-in, and a client with the service token."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitlab_hooks.gateway.service import Connection, ServiceClient
from gitlab_hooks.reading import ProjectReader
from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import AccessLevel, World
from stac_ext.clock import ManualClock

TOPIC = "sharinghub:aimodel"
ATTRIBUTES = b"*.onnx filter=lfs diff=lfs merge=lfs -text\n"


@dataclass
class Registry:
    """A GitLab with one project that uses everything, `earth/flood`, and a reader of it."""

    world: World
    gitlab: StandIn
    client: ServiceClient
    reader: ProjectReader
    project: Project
    clock: ManualClock

    @property
    def rest(self) -> list[str]:
        """What was asked since the last reset, as `METHOD path` without query."""
        return [f"{method} {path.partition('?')[0]}" for method, path, _ in self.gitlab.calls]

    def another_client(self, token: str | None = "glpat-bot", retries: int = 0) -> ServiceClient:
        return ServiceClient(Connection(self.gitlab.url, retries=retries, backoff=0, timeout=5), token)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    clock = ManualClock()
    world = World(repositories=tmp_path / "repositories", clock=clock)
    bot = world.add_user("bot", name="Bot")
    world.add_token(bot, "glpat-bot", scopes=("read_api",))
    world.add_group("earth", visibility="public")
    files = {
        "README.md": b"# Flood\n",
        "CITATION.cff": b"cff-version: 1.2.0\n",
        "data.dvc": b"outs:\n- md5: d3b07384d113edec49eaa6238ad5ff00\n  path: data\n",
        ".gitattributes": ATTRIBUTES,
        "plots.csv": b"a,b\n1,2\n",
    }
    flood = world.add_project("earth/flood", visibility="public", topics=(TOPIC,), files=files)
    world.add_member(flood, bot, AccessLevel.REPORTER)
    with StandIn(world) as gitlab:
        client = ServiceClient(Connection(gitlab.url, retries=0, backoff=0, timeout=5), "glpat-bot")
        reader = ProjectReader(client, (TOPIC,), "salt", clock)
        yield Registry(world, gitlab, client, reader, flood, clock)


@pytest.fixture
def full(registry: Registry) -> Registry:
    """The same with a release, packages, an image, a model and a file in Git LFS."""
    world, project = registry.world, registry.project
    pointer = world.put_lfs_object(project, b"onnx" * 100_000)
    world.commit(project, {"model.onnx": pointer})
    world.add_release(project, "v1.0.0", name="One", description="First")
    world.add_release_link(project, "v1.0.0", "Report", "https://reports.example.org/1")
    world.add_release_link(project, "v1.0.0", "Weights", f"{registry.gitlab.url}/x", kind="package", path="/weights")
    world.add_package(project, "flood", "1.0.0", {"a.bin": b"a" * 10, "b.bin": b"b"})
    world.add_package(project, "flood-tools", "0.1", {"flood_tools-0.1.whl": b"PK"}, kind="pypi")
    world.add_package(project, "left-pad", "1.0.0", {"p.tgz": b"x"}, kind="npm")
    world.push_image(project, "latest", "server")
    world.push_image(project, "1.0", "server")
    world.add_model_version(
        project,
        "flood",
        "1.0.0",
        {"MLmodel": b"flavors: {}\n"},
        description="d",
        parameters={"lr": "0.1"},
        metrics={"iou": 0.8},
    )
    return registry
