"""Proves that `reconcile` prints each difference that it repaired, and leaves none."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sharinghub_ext.cli import app
from tests.support.running import SampleWorld


@pytest.fixture
def reconcile(world: SampleWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    settings = {
        "GITLAB_URL": world.gitlab.url,
        "GITLAB_TOKEN": world.samples.service_token,
        "DATABASE_URL": f"sqlite:///{tmp_path}/cli.db",
        "GITLAB_RETRIES": "0",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"SHARINGHUB_{name}", value)
    return lambda *options: CliRunner().invoke(app, ["reconcile", *options])


def test_each_difference_is_printed_once(world: SampleWorld, reconcile: object) -> None:
    assert callable(reconcile)
    first: Result = reconcile()
    assert first.exit_code == 0, first.output
    assert "indexed earth/models/cloud-mask-onnx: it was not in the index" in first.output
    assert first.stdout.splitlines()[-1] == "23 differences repaired among 23 projects"
    assert reconcile().stdout == "no difference among 23 projects\n"
    pushed, gone = (
        world.world.project_at(f"earth/models/{name}") for name in ("cloud-mask-onnx", "soil-moisture-lstm")
    )
    assert pushed is not None
    assert gone is not None
    world.world.commit(pushed, {"a.txt": b"a"})
    world.world.set_topics(gone, [])
    found = json.loads(reconcile("--json").stdout)
    assert found["differences"] == [
        {"change": "indexed", "path": "earth/models/cloud-mask-onnx", "reason": "it has changed"},
        {"change": "removed", "path": f"project {gone.id}", "reason": "it has none of the topics"},
    ]
    assert found["counts"] == {"indexed": 1, "unchanged": 21, "removed": 1, "skipped": 0, "failed": 0}
    assert reconcile().stdout == "no difference among 22 projects\n"


def test_what_cannot_be_read_is_printed_and_the_exit_code_says_so(world: SampleWorld, reconcile: object) -> None:
    assert callable(reconcile)
    world.gitlab.faults.add("/api/v4/projects/2/repository/tree", status=500, times=None)
    found: Result = reconcile()
    assert found.exit_code == 1
    assert "failed earth/models/cloud-mask-onnx: " in found.stdout
    assert found.stdout.splitlines()[-1] == "22 differences repaired among 23 projects, 1 could not be read"
