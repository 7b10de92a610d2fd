"""Decides which projects the sample world has: one row each, with the files that lie in `files/<slug>/`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable

from gitlab_hooks.standin.samples.registries import add_registries, lfs_files
from gitlab_hooks.standin.world import World

AIMODEL = "sharinghub:aimodel"
DATASET = "sharinghub:dataset"
# What `.dvc/config` says where the address of the hub and the id of the project belong.
DVC_REMOTE = "https://sharinghub.example.org/dvc/0"
CHIPS = 140


@dataclass(frozen=True)
class Version:
    """A release, its tag, and the files that change in the commit before it."""

    tag: str
    name: str
    description: str
    released: str
    changes: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Sample:
    """One project. Dates are days (UTC); `shows` says what the row is in the table for."""

    path: str
    name: str
    description: str
    visibility: str
    topics: tuple[str, ...]
    created: str
    committed: str
    stars: int
    shows: str
    archived: bool = False
    repository: str = "enabled"
    empty: bool = False
    versions: tuple[Version, ...] = ()

    @property
    def slug(self) -> str:
        """The last segment of the path: the name of the folder under `files/`."""
        return self.path.rpartition("/")[2]

    @property
    def tagged(self) -> bool:
        return AIMODEL in self.topics or DATASET in self.topics


PROJECTS = (
    Sample(
        "earth/models/flood-segmentation-unet",
        "Flood segmentation U-Net",
        "Open water in Sentinel-1 scenes, minutes after acquisition",
        "public",
        (AIMODEL, "flood", "sentinel-1", "segmentation", "pytorch"),
        "2023-02-06",
        "2023-03-01",
        42,
        "complete front matter, safetensors weights, preview, two releases, a package",
        versions=(
            Version("v1.0.0", "First public weights", "Trained on 412 scenes.", "2023-03-02"),
            Version(
                "v1.1.0",
                "Retrained with the 2023 floods",
                "IoU of water on the validation split from 0.81 to 0.84.",
                "2023-09-18",
                {
                    "metrics.json": '{"split": "validation", "iou_water": 0.84, "f1": 0.91}\n',
                    "CHANGELOG.md": "# Changes\n\n## 1.1.0\n\n- Retrained with scenes of 2023.\n",
                },
            ),
        ),
    ),
    Sample(
        "earth/models/cloud-mask-onnx",
        "Cloud mask (ONNX)",
        "Cloud probability for Sentinel-2 in a single ONNX file",
        "public",
        (AIMODEL, "cloud", "sentinel-2", "segmentation", "onnx"),
        "2023-05-11",
        "2024-02-20",
        27,
        "an ONNX file, Apache-2.0, a time without end, a container image",
    ),
    Sample(
        "earth/models/vessel-detection-sar",
        "Vessel detection in SAR",
        "Vessels longer than 20 m in Sentinel-1 scenes of the Dover Strait",
        "private",
        (AIMODEL, "maritime", "sentinel-1", "object-detection"),
        "2023-10-02",
        "2024-05-14",
        6,
        "private, safetensors, an external member",
    ),
    Sample(
        "earth/models/crop-type-random-forest",
        "Crop type random forest",
        "Five crops from twelve monthly NDVI composites",
        "internal",
        (AIMODEL, "agriculture", "ndvi", "classification", "scikit-learn"),
        "2023-11-20",
        "2024-01-09",
        9,
        "internal, a scikit-learn estimator saved with joblib, a PyPI package",
    ),
    Sample(
        "earth/models/soil-moisture-lstm",
        "Soil moisture LSTM",
        "Root zone soil moisture seven days ahead",
        "public",
        (AIMODEL, "soil-moisture", "drought", "time-series"),
        "2022-09-12",
        "2023-01-30",
        11,
        "front matter that is not YAML",
    ),
    Sample(
        "earth/models/super-resolution-sen2",
        "Sentinel-2 super-resolution",
        "The 20 m bands of Sentinel-2 at 10 m",
        "public",
        (AIMODEL, "super-resolution", "sentinel-2"),
        "2024-03-04",
        "2024-04-22",
        18,
        "empty front matter",
    ),
    Sample(
        "earth/models/methane-plume-detector",
        "Methane plume detector",
        "Methane plumes in hyperspectral scenes; code will follow",
        "public",
        (AIMODEL, "methane", "hyperspectral"),
        "2025-01-15",
        "2025-01-15",
        3,
        "an empty repository",
        empty=True,
    ),
    Sample(
        "earth/models/land-cover-2019-legacy",
        "Land cover 2019",
        "Ten land cover classes for Switzerland, superseded",
        "public",
        (AIMODEL, "land-cover", "sentinel-2", "classification"),
        "2019-11-04",
        "2020-02-17",
        31,
        "archived; names a file and a dataset that do not exist",
        archived=True,
    ),
    Sample(
        "earth/models/canopy-height",
        "Canopy height",
        "A model of canopy height and the plots that it was trained on",
        "public",
        (AIMODEL, DATASET, "forest", "sentinel-2", "regression"),
        "2022-01-18",
        "2022-06-07",
        23,
        "both topics: one item in each collection; preview by an image in the card; packages for members only",
    ),
    Sample(
        "ocean/sea-ice-concentration",
        "Sea ice concentration",
        "Ice fraction from passive microwave brightness temperatures",
        "internal",
        (AIMODEL, "sea-ice", "arctic", "regression", "mlflow"),
        "2024-10-28",
        "2024-11-18",
        8,
        "internal, logged with MLflow (MLmodel), in the model registry",
    ),
    Sample(
        "ocean/wave-height-emulator",
        "Wave height emulator",
        "A Gaussian process that stands in for a wave model near the coast",
        "internal",
        (AIMODEL, "waves", "emulator"),
        "2024-06-03",
        "2024-06-21",
        2,
        "no README; a file in Git LFS",
    ),
    Sample(
        "ocean/harmful-algal-blooms",
        "Harmful algal blooms",
        "Five-day warning of algal blooms for shellfish farms",
        "private",
        (AIMODEL, "ocean-colour", "sentinel-3", "classification"),
        "2024-02-12",
        "2024-07-30",
        4,
        "private, metadata as Hugging Face cards have it",
    ),
    Sample(
        "crisis/burned-area-mapping",
        "Burned area mapping",
        "Burned area from a pair of Sentinel-2 scenes within a day",
        "private",
        (AIMODEL, "wildfire", "sentinel-2", "segmentation"),
        "2023-06-19",
        "2024-08-26",
        5,
        "private, shared with another group",
    ),
    Sample(
        "rita/paddy-rice-phenology",
        "Paddy rice phenology",
        "Transplanting day of paddy rice, work in progress",
        "private",
        (AIMODEL, "agriculture", "sentinel-1", "regression"),
        "2025-02-03",
        "2025-02-10",
        0,
        "private, personal, a pickle; the service account is invited to the project",
    ),
    Sample(
        "earth/datasets/flood-tiles-garonne",
        "Garonne flood tiles",
        "Labelled Sentinel-1 tiles at the crest of the flood of February 2021",
        "public",
        (DATASET, "flood", "sentinel-1", "labels"),
        "2021-03-15",
        "2022-11-08",
        35,
        "GeoTIFF tiles, CC-BY-4.0",
    ),
    Sample(
        "earth/datasets/river-gauges",
        "River gauges",
        "Daily levels of twelve gauges of the Garonne and its tributaries",
        "internal",
        (DATASET, "hydrology", "time-series", "in-situ"),
        "2024-02-01",
        "2024-02-05",
        7,
        "internal, CSV",
    ),
    Sample(
        "earth/datasets/sentinel1-vessels",
        "Sentinel-1 vessels",
        "Annotated vessels in the Dover Strait, tracked with DVC",
        "private",
        (DATASET, "maritime", "sentinel-1", "labels", "dvc"),
        "2023-09-25",
        "2023-10-09",
        3,
        "private, DVC; its objects lie in `dvc/`",
    ),
    Sample(
        "earth/datasets/sentinel2-chips",
        "Sentinel-2 chips",
        "Footprints and cloud cover of 140 chips of tile T31TCJ",
        "public",
        (DATASET, "sentinel-2", "chips", "cloud"),
        "2022-07-01",
        "2022-07-04",
        14,
        "more files than one page of a tree holds",
    ),
    Sample(
        "earth/datasets/embargoed-field-campaign",
        "Field campaign 2024",
        "Leaf area index and chlorophyll of 30 maize plots, embargoed",
        "public",
        (DATASET, "agriculture", "in-situ"),
        "2024-09-02",
        "2024-09-16",
        1,
        "a public project whose repository is for members only",
        repository="private",
    ),
    Sample(
        "earth/datasets/hangrutschungen-alpen",
        "Hangrutschungen in den Alpen · оползни · 地滑り",
        "Kartierte Rutschungen – relevés d’été, полигоны, 一覧 🏔",
        "public",
        (DATASET, "landslide", "géomorphologie", "地滑り"),
        "2023-08-21",
        "2023-12-04",
        12,
        "letters of many scripts in title, topics and file names",
    ),
    Sample(
        "ocean/sea-surface-temperature-med",
        "Sea surface temperature, western Mediterranean",
        "Weekly means in summer 2024 for eight boxes",
        "internal",
        (DATASET, "sst", "sentinel-3", "time-series"),
        "2024-09-09",
        "2024-09-12",
        5,
        "internal, extent as WKT",
    ),
    Sample(
        "crisis/damage-polygons",
        "Damage polygons, Rhodes 2023",
        "Building damage after the fire, graded by two people",
        "private",
        (DATASET, "wildfire", "damage", "labels"),
        "2023-08-01",
        "2023-08-14",
        2,
        "private, GeoJSON, one direct member",
    ),
    Sample(
        "rita/urban-heat-island",
        "Urban heat island of Lyon",
        "Night-time temperature of 20 street sensors in two heat waves",
        "public",
        (DATASET, "urban", "temperature", "in-situ"),
        "2022-10-10",
        "2022-10-24",
        6,
        "a card with a script and links that must not run; personal",
    ),
    Sample(
        "earth/lab-handbook",
        "Lab handbook",
        "How we name projects, tag releases and write model cards",
        "public",
        ("documentation",),
        "2021-03-08",
        "2024-01-22",
        1,
        "neither topic: never an item",
    ),
)


def add_projects(world: World, hub_url: str) -> dict[str, int]:
    """Add all projects; the answer maps full paths to ids. DVC remotes point below `hub_url`."""
    added = {sample.path: _add(world, sample, hub_url.rstrip("/")) for sample in PROJECTS}
    add_registries(world, {sample.slug: files_of(sample.slug) for sample in PROJECTS if not sample.empty})
    return added


def _add(world: World, sample: Sample, hub_url: str) -> int:
    committed = _day(sample.committed)
    content = None if sample.empty else files_of(sample.slug) | lfs_files(sample.path)
    project = world.add_project(
        sample.path,
        name=sample.name,
        description=sample.description,
        visibility=sample.visibility,
        topics=sample.topics,
        files=content,
        repository_access_level=sample.repository,
        archived=sample.archived,
        star_count=sample.stars,
        created_at=_day(sample.created),
        committed_at=committed,
    )
    if content and ".dvc/config" in content:
        remote = content[".dvc/config"].replace(DVC_REMOTE.encode(), f"{hub_url}/dvc/{project.id}".encode())
        later = committed + timedelta(hours=1)
        world.commit(project, {".dvc/config": remote}, "Point the DVC remote at the catalogue", committed_at=later)
    for version in sample.versions:
        released = _day(version.released)
        if version.changes:
            changes = {path: text.encode() for path, text in version.changes.items()}
            world.commit(project, changes, version.name, committed_at=released - timedelta(hours=2))
        world.add_tag(project, version.tag)
        world.add_release(
            project, version.tag, name=version.name, description=version.description, released_at=released
        )
    return project.id


def files_of(slug: str) -> dict[str, bytes]:
    """The files of a project by path, those made in code included."""
    found = dict(_walk(files(__package__) / "files" / slug))
    if slug == "sentinel2-chips":
        found.update(_chips())
    return found


def dvc_objects(slug: str) -> dict[str, bytes]:
    """What `dvc push` would upload for a project, by key (`files/md5/ab/cdef…`); empty without DVC."""
    folder = files(__package__) / "dvc" / slug
    return dict(_walk(folder)) if folder.is_dir() else {}


def _walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.read_bytes()


def _chips() -> Iterator[tuple[str, bytes]]:
    """A GeoJSON footprint for each chip of a regular grid of 14 columns."""
    for number in range(CHIPS):
        row, column = divmod(number, 14)
        west, south = 0.4 + 0.1 * column, 43.2 + 0.1 * row
        east, north = west + 0.1, south + 0.1
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        feature = {
            "type": "Feature",
            "properties": {"chip": f"T31TCJ_{number:03d}", "cloud_cover": number * 37 % 101},
            "geometry": {"type": "Polygon", "coordinates": [[[round(x, 4), round(y, 4)] for x, y in ring]]},
        }
        yield f"chips/T31TCJ_{number:03d}.geojson", json.dumps(feature).encode()


def _day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T10:00:00+00:00").astimezone(UTC)
