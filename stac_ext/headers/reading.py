"""What the headers of a project's GeoTIFF and GeoParquet files tell about its item and about each file.

The item lies where all its files lie together; it has a reference system where they all have the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stac_ext.extensions.content import TABLE
from stac_ext.extensions.places import PROJ
from stac_ext.headers.geotiff import Grid, read_geotiff
from stac_ext.headers.parquet import Table, read_parquet
from stac_ext.headers.reach import BrokenError, OutOfReachError
from stac_ext.items.extent import Spatial, union_of_boxes
from stac_ext.model import FileEnds, ProjectFacts
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line

_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_TIFFS: Final = (".tif", ".tiff")
_TABLES: Final = (".parquet", ".geoparquet")


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """Where the files lie, `properties` of the item, and by path the fields of the asset that a file is.

    `boxed` are the paths of the files that tell where they lie.
    """

    spatial: Spatial | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    assets: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    boxed: tuple[str, ...] = ()

    @property
    def schemas(self) -> tuple[str, ...]:
        """The extensions that the fields are of."""
        keys = {key.partition(":")[0] for fields in (self.properties, *self.assets.values()) for key in fields}
        return tuple(one.schema for one in (PROJ, TABLE) if one.prefix in keys)


def read_headers(facts: ProjectFacts, log: ProblemLog) -> HeaderFacts:
    """Read the heads and tails of the files that are at hand; a broken file is told of, one out of reach is not."""
    assets: dict[str, dict[str, Any]] = {}
    boxes: dict[str, list[float]] = {}
    for path in sorted(facts.ends):
        read = _read(path, facts.ends[path], log)
        if read is None:
            continue
        if fields := read.fields():
            assets[path] = fields
        if box := read.box():
            boxes[path] = box
    spatial = union_of_boxes(list(boxes.values()))
    return HeaderFacts(spatial, _shared(assets), assets, tuple(boxes) if spatial else ())


def report_partial(facts: ProjectFacts, told: HeaderFacts, log: ProblemLog) -> None:
    """Tell where an item's place was taken from some of its files only."""
    named = [file.path for file in facts.files if file.path.lower().endswith((*_TIFFS, *_TABLES))]
    unread = sum(path not in facts.ends for path in named)
    if told.spatial and (unread or facts.files_truncated):
        said = f"The place of the item is that of {len(told.boxed)} files whose headers were read, not of all."
        log.add("header-partial", said, "Write `spatial` below `extent`.", field="extent")


def _read(path: str, ends: FileEnds, log: ProblemLog) -> Grid | Table | None:
    name = path.lower()
    if ends.head.startswith(_LFS_POINTER) or not name.endswith((*_TIFFS, *_TABLES)):
        return None
    kind = "TIFF" if name.endswith(_TIFFS) else "Parquet"
    try:
        return read_geotiff(ends) if kind == "TIFF" else read_parquet(ends)
    except OutOfReachError:
        return None
    except BrokenError as error:
        said = f"This is no {kind} file that can be read: {error}."
        log.add("data-file", said, "Store it again.", path=clean_line(path))
        return None


def _shared(assets: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The reference system that all files with one have in common."""
    codes = {fields["proj:code"] for fields in assets.values() if "proj:code" in fields}
    others = any("proj:projjson" in fields for fields in assets.values())
    return {"proj:code": codes.pop()} if len(codes) == 1 and not others else {}
