"""How an item becomes rows: the columns that are searched, derived from the finished item and from nothing else."""

from dataclasses import dataclass
from typing import Any

import orjson
import shapely
from shapely.geometry import shape

from stac_ext.model import Problem, Visibility
from stac_ext.times import parse_rfc3339, to_micros

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """An item as it is stored. Times are in microseconds, `bbox` and `boxes` are (west, south, east, north)."""

    collection: str
    item_id: str
    doc: bytes
    updated: int
    start: int
    end: int
    bbox: Box | None = None
    boxes: tuple[Box, ...] = ()
    geometry: bytes | None = None


@dataclass(frozen=True, slots=True)
class ProjectRecord:
    """All that the index holds of one project: its items replace those that were there."""

    id: int
    path: str
    visibility: Visibility
    fingerprint: str
    items: tuple[ItemRecord, ...]
    problems: tuple[Problem, ...] = ()


def to_record(item: dict[str, Any]) -> ItemRecord:
    """The record of a valid STAC Item."""
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
        geometry = shapely.to_wkb(shapely.force_2d(shape(item["geometry"])))
    return ItemRecord(
        collection=item["collection"],
        item_id=item["id"],
        doc=orjson.dumps(item),
        updated=to_micros(parse_rfc3339(properties["updated"])),
        start=to_micros(parse_rfc3339(start)),
        end=to_micros(parse_rfc3339(end)),
        bbox=bbox,
        boxes=boxes,
        geometry=geometry,
    )


def split_box(box: Box) -> tuple[Box, ...]:
    """The box as one box, or as two where it crosses the antimeridian."""
    west, south, east, north = box
    if west <= east:
        return (box,)
    return ((west, south, 180.0, north), (-180.0, south, east, north))
