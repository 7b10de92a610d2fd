"""Proves that data which is named and not in the store is found, and told to those who can push it, and nobody else."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sharinghub_ext.cli import app
from tests.sharinghub_ext.pull.conftest import PROJECT, WEIGHTS, Scene, key, manifest_of, md5, tiles

pytestmark = pytest.mark.xdist_group("pull")  # its world takes seconds


@pytest.fixture(autouse=True)
def fresh(scene: Scene) -> None:
    dvc = scene.hub.hub.dvc
    assert dvc is not None
    dvc._health._found.clear()
    dvc._rights._verdicts.clear()


def stored(scene: Scene, name: str) -> Path:
    return scene.world.folder / "objects" / str(scene.number) / name


def asked(scene: Scene, token: str | None = "glpat-maya-api") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return scene.hub.http.get(f"/dvc/{scene.number}/health", headers=headers)


def test_nothing_is_missing_where_all_was_pushed(scene: Scene) -> None:
    told = asked(scene).json()
    assert (told["missing"], told["complete"], told["objects"]) == (0, True, [])
    assert told["looked_for"] == 2 * (1 + 1 + 2) + 1  # weights, manifest and tiles of both releases, and one of both


@pytest.mark.parametrize("kind", ["file", "directory", "in a directory", "no manifest"])
def test_what_is_missing_is_named_with_what_names_it(scene: Scene, kind: str) -> None:
    names = {
        "file": key(md5(WEIGHTS["v1"])),
        "in a directory": key(md5(tiles("v2")["deep/b c.bin"])),
    }
    name = names.get(kind, key(md5(manifest_of(tiles("v1"))), ".dir"))
    place = stored(scene, name)
    data = place.read_bytes()
    place.unlink()
    if kind == "no manifest":
        place.write_bytes(b"[]x")
    try:
        told = asked(scene).json()
        (one,) = told["objects"]
        assert told["missing"] == 1
        assert one["key"] == name
        number = scene.number
        assert set(one["items"]) == (
            {f"{number}", f"{number}@v2"} if "v2" in str(one) and kind != "file" else {f"{number}@v1"}
        )
        assert one["path"] == {"file": "model/weights.bin", "in a directory": "tiles/deep/b c.bin"}.get(kind, "tiles")
        assert asked(scene).json()["at"] == told["at"]  # kept for some minutes
    finally:
        place.write_bytes(data)


@pytest.mark.parametrize(
    ("token", "status"), [("glpat-maya-api", 200), ("glpat-exa", 403), ("glpat-olga", 404), (None, 404)]
)
def test_only_who_may_push_is_told(scene: Scene, token: str | None, status: int) -> None:
    person = token.removeprefix("glpat-") if token else None
    found = token if token is None or person == "maya-api" else str(scene.world.token(str(person)))
    assert asked(scene, found).status_code == status


def test_the_command_says_it(scene: Scene) -> None:
    place = stored(scene, key(md5(WEIGHTS["v1"])))
    data = place.read_bytes()
    place.unlink()
    environment = {"GITLAB_TOKEN": "glpat-maya-api", "CI_JOB_TOKEN": None}
    try:
        done = CliRunner().invoke(app, ["dvc", "status", scene.hub.url, PROJECT], env=environment)
    finally:
        place.write_bytes(data)
    assert done.exit_code == 1
    assert "missing: model/weights.bin" in done.output
    assert "1 of 9 objects are missing" in done.output
    fresh_health = scene.hub.hub.dvc
    assert fresh_health is not None
    fresh_health._health._found.clear()
    again = CliRunner().invoke(app, ["dvc", "status", f"{scene.hub.url}/dvc/{scene.number}"], env=environment)
    assert (again.exit_code, "0 of 9" in again.output) == (0, True)
