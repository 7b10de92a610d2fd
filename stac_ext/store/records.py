"""How an item becomes rows: the columns that are searched, derived from the finished item and from nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from stac_ext.model import Problem, Visibility
from stac_ext.references import Reference
from stac_ext.store.columns import storable_text
from stac_ext.times import parse_rfc3339, to_micros
from stac_ext.words import normalise, numbered

MAX_TITLE = 300
_IDS = range(-(2**63), 2**63)
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Searched:
    """What of an item is sorted by and looked for in free text. Times are in microseconds; `title` is normalised."""

    datetime: int | None = None
    created: int | None = None
    title: str | None = None
    license: str | None = None
    stars: int | None = None
    words: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """An item as it is stored. Times are in microseconds, `bbox` and `boxes` are (west, south, east, north).

    `version` is the tag of a release, None for the newest state; `source` the fingerprint of what a version was built
    from.
    """

    collection: str
    item_id: str
    doc: bytes
    updated: int
    start: int
    end: int
    bbox: Box | None = None
    boxes: tuple[Box, ...] = ()
    geometry: bytes | None = None
    searched: Searched = Searched()
    version: str | None = None
    source: str | None = None
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectRecord:
    """All that the index holds of one project: its items replace those that were there.

    `kept` are the tags of versions that stay as they are, each with the versions beside it by collection.
    """

    id: int
    path: str
    visibility: Visibility
    fingerprint: str
    items: tuple[ItemRecord, ...]
    problems: tuple[Problem, ...] = ()
    kept: Mapping[str, Mapping[str, tuple[Reference, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not is_id(self.id):
            raise ValueError(f"{self.id} is no project id of a GitLab")


def is_id(number: int) -> bool:
    """Whether a store can hold the number of a project or a user: GitLab's are signed 64-bit numbers."""
    return number in _IDS


def to_record(
    item: dict[str, Any],
    references: tuple[Reference, ...] = (),
    *,
    version: str | None = None,
    source: str | None = None,
) -> ItemRecord:
    """The record of a valid STAC Item, in whose document the links come last."""
    properties = item["properties"]
    start = end = properties.get("datetime")
    if "start_datetime" in properties and "end_datetime" in properties:
        start, end = properties["start_datetime"], properties["end_datetime"]
    bbox: Box | None = None
    boxes: tuple[Box, ...] = ()
    geometry: bytes | None = None
    if item.get("geometry"):
        numbers = item["bbox"]
        half = len(numbers) // 2
        bbox = (numbers[0], numbers[1], numbers[half], numbers[half + 1])
        boxes = split_box(bbox)
        geometry = shapely.to_wkb(disjoint(shapely.force_2d(shape(item["geometry"]))))
    first, last = to_micros(parse_rfc3339(start)), to_micros(parse_rfc3339(end))
    return ItemRecord(
        collection=item["collection"],
        item_id=item["id"],
        doc=_document({**{key: item[key] for key in item if key != "links"}, "links": item.get("links", [])}),
        updated=to_micros(parse_rfc3339(properties["updated"])),
        start=min(first, last),
        end=max(first, last),
        bbox=bbox,
        boxes=boxes,
        geometry=geometry,
        searched=searched(item),
        version=version,
        source=source,
        references=references,
    )


def _document(item: dict[str, Any]) -> bytes:
    """The JSON of an item. Without NUL, whatever it was built from: one engine cannot read a text with it, so that
    every filter would fail at the one item, and the other reads no further.
    """
    doc = orjson.dumps(item)
    return orjson.dumps(_storable(item)) if b"\\u0000" in doc else doc


def _storable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_storable(key): _storable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return storable_text(value) if isinstance(value, str) else value


def searched(item: dict[str, Any]) -> Searched:
    """What of a valid STAC Item is sorted by and looked for in free text."""
    properties = item["properties"]
    title, description = properties.get("title"), properties.get("description")
    texts = [title, description, *properties.get("keywords", ()), properties.get("sharinghub:path")]
    return Searched(
        datetime=_micros(properties.get("datetime")),
        created=_micros(properties.get("created")),
        title=normalise(title).replace("\0", "")[:MAX_TITLE] if title else None,
        license=properties.get("license"),
        stars=properties.get("sharinghub:stars"),
        words=tuple(numbered(texts)),
    )


def _micros(value: str | None) -> int | None:
    return None if value is None else to_micros(parse_rfc3339(value))


def disjoint(geometry: BaseGeometry) -> BaseGeometry:
    """The same points, with areas that do not overlap.

    Before GEOS 3.13, which PostGIS may be built with, a test on a collection of overlapping areas can fail, and one
    such item would fail everybody's search.
    """
    if geometry.geom_type != "GeometryCollection":
        return geometry
    parts = simple_parts(geometry)
    areas = [part if part.is_valid else part.buffer(0) for part in parts if part.geom_type == "Polygon"]
    others = [part for part in parts if part.geom_type != "Polygon"]
    whole = [shapely.unary_union(areas)] if areas else []
    return shapely.geometrycollections([*whole, *others]) if others or not whole else whole[0]


def simple_parts(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The points, lines and polygons that a geometry is made of, however they are nested."""
    if geometry.geom_type.startswith("Multi") or geometry.geom_type == "GeometryCollection":
        return [simple for part in shapely.get_parts(geometry) for simple in simple_parts(part)]
    return [geometry]


def split_box(box: Box) -> tuple[Box, ...]:
    """The box as one box, or as two where it crosses the antimeridian."""
    west, south, east, north = box
    if west <= east:
        return (box,)
    return ((west, south, 180.0, north), (-180.0, south, east, north))
