"""A private project with files, Git LFS, a package and DVC data in two releases, and `sharinghub pull` from a hub."""

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import LittleWorld, RunningHub

PROJECT = "earth/models/vessel-detection-sar"  # maya may push, exa may pull, olga sees nothing of it
COMMAND = [sys.executable, "-m", "sharinghub_ext.cli", "pull"]
WEIGHTS = {tag: random.Random(tag).randbytes(300_000) for tag in ("v1", "v2")}
LFS = random.Random(3).randbytes(70_000)


def tiles(tag: str) -> dict[str, bytes]:
    """The files of a folder that DVC tracks."""
    return {"a.bin": f"tile a of {tag}".encode(), "deep/b c.bin": f"tile b of {tag}".encode() * 1000, "same.bin": b"x"}


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def key(digest: str, ending: str = "") -> str:
    return f"files/md5/{digest[:2]}/{digest[2:]}{ending}"


def manifest_of(files: dict[str, bytes]) -> bytes:
    entries = [{"md5": md5(data), "relpath": name} for name, data in sorted(files.items())]
    return json.dumps(entries).encode()


@dataclass
class Scene:
    """A hub, and what it holds."""

    world: LittleWorld
    hub: RunningHub

    @property
    def number(self) -> int:
        return self.world.samples.projects[PROJECT]

    def environment(self, person: str | None, **more: str) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("SHARINGHUB", "GITLAB", "CI_"))
        }
        token = {"GITLAB_TOKEN": str(self.world.token(person))} if person else {}
        return {**kept, "HOME": str(self.world.folder), "SHARINGHUB": self.hub.url, **token, **more}

    def pull(self, folder: Path, *arguments: str, person: str | None = "exa", **more: str) -> Any:
        done = subprocess.run(
            [*COMMAND, *arguments, "--to", str(folder)],
            env=self.environment(person, **more),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert person is None or str(self.world.token(person)) not in done.stdout + done.stderr
        return done


def files_in(folder: Path) -> dict[str, bytes]:
    """Everything in a folder but the manifest of the pull."""
    found = {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    found.pop(".sharinghub-pull.json", None)
    return found


def told(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / ".sharinghub-pull.json").read_bytes())
    return manifest


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with LittleWorld(tmp_path_factory.mktemp("pull")) as world:
        ships = world.world.project_at(PROJECT)
        assert ships is not None
        for tag in ("v1", "v2"):
            manifest = manifest_of(tiles(tag))
            out = f"- md5: {md5(WEIGHTS[tag])}\n  size: {len(WEIGHTS[tag])}\n  hash: md5\n  path: weights.bin\n"
            folder = f"- md5: {md5(manifest)}.dir\n  size: 1\n  nfiles: 3\n  hash: md5\n  path: tiles\n"
            world.world.commit(
                ships,
                {
                    "README.md": f"---\ntitle: Ships {tag}\n---\n# Ships\n".encode(),
                    "model/weights.bin.dvc": f"outs:\n{out}".encode(),
                    "tiles.dvc": f"outs:\n{folder}".encode(),
                    "weights/large.safetensors": world.world.put_lfs_object(ships, LFS),
                },
            )
            world.world.add_release(ships, tag)
        world.world.add_package(ships, "w", "1.0", {"w.bin": b"packaged"})
        with RunningHub(world.settings()) as hub:
            hub.sweep()
            scene = Scene(world, hub)
            headers = {"Authorization": "Bearer glpat-maya-api"}
            for tag in ("v1", "v2"):
                objects = {key(md5(data)): data for data in (WEIGHTS[tag], *tiles(tag).values())}
                manifest = manifest_of(tiles(tag))
                objects[key(md5(manifest), ".dir")] = manifest
                for name, data in objects.items():
                    put = hub.http.put(f"/dvc/{scene.number}/{name}", content=data, headers=headers)
                    assert put.status_code in (200, 201), put.text
            yield scene
