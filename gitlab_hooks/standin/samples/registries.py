"""Decides what the sample projects keep beside their files: release links, packages, an image, models, a large file."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime

from gitlab_hooks.standin.lfs import lfs_pointer
from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.world import World

LARGE_FILES = {"ocean/wave-height-emulator": "emulator.safetensors"}
ATTRIBUTES = b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"
_SHAPES = {"inputs": (512, 6), "alpha": (512,), "cholesky": (512, 512), "length_scales": (6,)}


def large_file() -> bytes:
    """Weights in the safetensors layout, larger than what is read of a file's beginning.

    Source: https://github.com/huggingface/safetensors#format
    """
    header: dict[str, object] = {"__metadata__": {"format": "np"}}
    end = 0
    for name, shape in _SHAPES.items():
        start, count = end, 1
        for length in shape:
            count *= length
        end = start + 4 * count
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(end)


def lfs_files(path: str) -> dict[str, bytes]:
    """The pointer of a project's large file and the attributes that say so; empty for all but one."""
    if path not in LARGE_FILES:
        return {}
    data = large_file()
    oid = _sha256(data)
    return {LARGE_FILES[path]: lfs_pointer(oid, len(data)), ".gitattributes": ATTRIBUTES}


def add_registries(world: World, files: Mapping[str, Mapping[str, bytes]]) -> None:
    """Fill the registries of the projects that have something in them. `files` are those of each slug."""
    for path in LARGE_FILES:
        world.put_lfs_object(_project(world, path), large_file())
    _flood(world, files["flood-segmentation-unet"])
    _cloud(world)
    _crops(world)
    _sea_ice(world, files["sea-ice-concentration"])
    _canopy(world)


def _flood(world: World, files: Mapping[str, bytes]) -> None:
    project = _project(world, "earth/models/flood-segmentation-unet")
    name, weights = "flood-segmentation-unet", next(data for path, data in files.items() if "weights/" in path)
    file = "flood-unet-1.1.0.safetensors"
    world.add_package(project, name, "1.1.0", {file: weights}, created_at=_day("2023-09-18"))
    url = f"/api/v4/projects/{project.id}/packages/generic/{name}/1.1.0/{file}"
    world.add_release_link(project, "v1.1.0", "Weights", url, kind="package", path=f"/weights/{file}")
    world.add_release_link(project, "v1.1.0", "Validation report", "https://reports.example.org/flood-unet-1.1.html")


def _cloud(world: World) -> None:
    project = _project(world, "earth/models/cloud-mask-onnx")
    digest = f"sha256:{_sha256(b'cloud-mask server 1.0.0')}"
    for tag in ("1.0.0", "latest"):
        world.push_image(project, tag, "server", digest=digest, size=148_230_144, pushed_at=_day("2024-02-21"))


def _crops(world: World) -> None:
    project = _project(world, "earth/models/crop-type-random-forest")
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in (
            ("crop_types.py", "CROPS = ('wheat', 'maize', 'rapeseed', 'sunflower', 'grassland')\n"),
            ("crop_types-0.3.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: crop-types\nVersion: 0.3.1\n"),
        ):
            archive.writestr(zipfile.ZipInfo(path, (2024, 1, 9, 10, 0, 0)), text)
    name = "crop_types-0.3.1-py3-none-any.whl"
    day = _day("2024-01-10")
    world.add_package(project, "crop-types", "0.3.1", {name: wheel.getvalue()}, kind="pypi", created_at=day)


def _sea_ice(world: World, files: Mapping[str, bytes]) -> None:
    project = _project(world, "ocean/sea-ice-concentration")
    inside = {path.removeprefix("model/"): data for path, data in files.items() if path.startswith("model/")}
    for version, day, error in (("1.0.0", "2024-10-30", 0.071), ("1.1.0", "2024-11-18", 0.063)):
        world.add_model_version(
            project,
            "sea-ice-concentration",
            version,
            inside,
            description="Trained on brightness temperatures of 2012 to 2022",
            parameters={"max_iter": "400", "learning_rate": "0.05"},
            metrics={"rmse": error},
            created_at=_day(day),
        )


def _canopy(world: World) -> None:
    """A package that fewer people may see than the code: the catalogue leaves it out, and says so."""
    project = _project(world, "earth/models/canopy-height")
    plots = b"plot,height_m\n1,18.4\n2,22.9\n"
    world.add_package(project, "field-plots", "2022.6", {"plots-exact.csv": plots}, created_at=_day("2022-06-08"))
    world.set_facet_level(project, "package_registry", "private")


def _project(world: World, path: str) -> Project:
    found = world.project_at(path)
    assert found is not None
    return found


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T12:00:00+00:00").astimezone(UTC)
