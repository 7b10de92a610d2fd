"""Where an item lies: what `extent.spatial` declares, as an RFC 7946 geometry and its bounding box.

A box whose west is greater than its east crosses the antimeridian: its geometry is cut there, its bbox keeps west
greater than east. One that would so span nearly the whole globe is read with its sides swapped, which is told. Shapes
are read in the plane, as written; altitudes of shapes are left out.
Source: https://datatracker.ietf.org/doc/html/rfc7946
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import quoted

MAX_VERTICES: Final = 10_000
MAX_BOXES: Final = 1_000
WIDEST_CROSSING: Final = 300.0

_FIX = "Write `spatial: [west, south, east, north]` in degrees, WKT or a GeoJSON geometry."
_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII)
_WKT = re.compile(
    r"(?:SRID=4326;)?\s*((?:MULTI)?(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION)\b[\sZM]*[(E].*", re.I | re.S
)
_SIDES = (("west", "south", "east", "north"), ("minx", "miny", "maxx", "maxy"), ("xmin", "ymin", "xmax", "ymax"))
# How many lists stand around one position in `coordinates`.
_LEVELS: Final = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}


@dataclass(frozen=True, slots=True)
class Spatial:
    """A GeoJSON geometry and its bbox of 4 or 6 numbers, in degrees (and metres)."""

    geometry: dict[str, Any]
    bbox: list[float]


def read_spatial(value: Any, log: ProblemLog, field: str = "extent.spatial") -> Spatial | None:
    """The declared place, or None where none is declared or none can be used, which is then told to `log`."""
    if value is None:
        return None
    swapped: list[str] = []
    try:
        spatial = _spatial(value, swapped)
    except (ValueError, TypeError, ArithmeticError, RecursionError, shapely.errors.ShapelyError) as error:
        reason = str(error).rstrip(". ") or "it cannot be read"
        log.add("spatial-extent", f"The spatial extent is not used: {reason}.", _FIX, field=field)
        return None
    for sides in swapped[:1]:
        said = f"West and east of the box are read as swapped: from {sides} it would span nearly the whole globe."
        log.add("spatial-swapped", said, _FIX, field=field)
    return spatial


def _spatial(value: Any, swapped: list[str]) -> Spatial:
    if isinstance(value, str):
        return _from_text(value.strip(), swapped)
    if isinstance(value, dict):
        return _from_mapping(value, swapped)
    if isinstance(value, list) and value and all(isinstance(entry, list) for entry in value):
        return _from_boxes(value, swapped)
    if isinstance(value, list):
        return _from_box(_box(value, swapped))
    raise ValueError(f"{quoted(value)} is no place")


def _from_text(text: str, swapped: list[str]) -> Spatial:
    if text.startswith("{"):
        try:
            return _from_mapping(json.loads(text), swapped)
        except json.JSONDecodeError:
            raise ValueError("it is not valid JSON") from None
    if _WKT.fullmatch(text):
        if text.count(",") + 1 > MAX_VERTICES:
            raise ValueError(f"it has more than {MAX_VERTICES} vertices")
        if _nesting(text) > 5:
            raise ValueError("it is nested too deep")
        return _from_shape(shapely.from_wkt(text.partition(";")[2] or text))
    numbers = re.split(r"[\s,;]+", text[:1000].strip("[]() "))
    if len(numbers) in (4, 6):
        return _from_box(_box(list(numbers), swapped))
    raise ValueError(f"{quoted(text)} is no place")


def _from_mapping(value: dict[str, Any], swapped: list[str]) -> Spatial:
    if value.get("type") == "FeatureCollection" and isinstance(value.get("features"), list):
        inside = [one.get("geometry") if isinstance(one, dict) else None for one in value["features"]]
        value = {"type": "GeometryCollection", "geometries": inside}
    for name in ("bbox", "geometry"):
        if isinstance(value.get(name), list | dict | str) and "coordinates" not in value:
            return _spatial(value[name], swapped)
    for sides in _SIDES:
        if all(side in value for side in sides):
            return _from_box(_box([value[side] for side in sides], swapped))
    return _from_shape(shape(_checked(value, [0], False)))


def plane_geometry(value: Any) -> dict[str, Any]:
    """A GeoJSON geometry in any reference system, its rings closed. Raises ValueError for what is none."""
    try:
        geometry = shape(_checked(value, [0], False))
    except (TypeError, ArithmeticError, RecursionError, shapely.errors.ShapelyError) as error:
        raise ValueError(str(error).rstrip(". ") or "it is no geometry") from None
    if geometry.is_empty or not geometry.is_valid or geometry.geom_type not in _LEVELS:
        raise ValueError("it is empty, not valid or a collection")
    return _geojson(geometry)


# Boxes


def _box(values: list[Any], swapped: list[str]) -> list[float]:
    if len(values) not in (4, 6):
        raise ValueError(f"a box has 4 or 6 numbers, this one {len(values)}")
    numbers = [_number(value) for value in values]
    half = len(numbers) // 2
    (west, south), (east, north) = numbers[:2], numbers[half : half + 2]
    _check_position(west, south)
    _check_position(east, north)
    if south > north:
        raise ValueError("its south is greater than its north")
    if half == 3 and numbers[2] > numbers[5]:
        raise ValueError("its lowest height is greater than its highest")
    if west == 180 and east < west:  # the antimeridian is its edge, so nothing is crossed
        numbers[0] = -180.0
    elif east == -180 and west > east:
        numbers[half] = 180.0
    elif west > east and 360 - (west - east) > WIDEST_CROSSING:
        swapped.append(f"{west:g} to {east:g}")
        numbers[0], numbers[half] = east, west
    return numbers


def _from_box(numbers: list[float]) -> Spatial:
    return Spatial(_geojson(_footprint(numbers)), numbers)


def _footprint(numbers: list[float]) -> BaseGeometry:
    half = len(numbers) // 2
    (west, south), (east, north) = numbers[:2], numbers[half : half + 2]
    if west > east:
        parts: list[Any] = [_footprint([west, south, 180.0, north]), _footprint([-180.0, south, east, north])]
        return shapely.MultiLineString(parts) if south == north else shapely.MultiPolygon(parts)
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.Polygon([(west, south), (east, south), (east, north), (west, north)])


def _from_boxes(values: list[list[Any]], swapped: list[str]) -> Spatial:
    if len(values) > MAX_BOXES:
        raise ValueError(f"it has more than {MAX_BOXES} boxes")
    boxes = [_box(value, swapped) for value in values]
    if len(boxes) == 1:
        return _from_box(boxes[0])
    footprints = [_footprint(box) for box in boxes]
    if any(footprint.area == 0 for footprint in footprints):
        raise ValueError("one of its boxes has no area")
    return _from_shape(shapely.union_all(footprints))


def union_of_boxes(boxes: Sequence[Sequence[float]]) -> Spatial | None:
    """The place that boxes of 4 numbers in degrees cover together; None where none of them is a box."""
    usable: list[list[float]] = []
    for box in boxes[:MAX_BOXES]:
        try:
            usable.append(_box(list(box), []))
        except ValueError:
            continue
    with_area = [box for box in usable if _footprint(box).area > 0]
    if len(with_area) > 1:
        return _from_boxes([list(box) for box in with_area], [])
    return _from_box((with_area or usable)[0]) if usable else None


# Shapes


def _one_kind(geometry: BaseGeometry) -> BaseGeometry:
    """A collection of one kind as the geometry of that kind: the Item schema has no GeometryCollection."""
    if geometry.geom_type != "GeometryCollection":
        return geometry
    inside = shapely.get_parts(geometry)
    if any(part.geom_type == "GeometryCollection" for part in inside):
        raise ValueError("a part of it is a collection itself")
    parts = [part for inner in inside for part in shapely.get_parts(inner)]
    kinds = {part.geom_type for part in parts}
    if kinds == {"Polygon"}:
        return shapely.MultiPolygon(parts)
    if kinds == {"LineString"}:
        return shapely.MultiLineString(parts)
    if kinds == {"Point"}:
        return shapely.MultiPoint(parts)
    raise ValueError("a GeometryCollection of several kinds is no geometry of an Item; use one kind")


def _from_shape(geometry: BaseGeometry | None) -> Spatial:
    if geometry is None or geometry.is_empty:
        raise ValueError("it is empty")
    geometry = _one_kind(shapely.force_2d(geometry))
    if geometry.geom_type not in _LEVELS:
        raise ValueError(f"{geometry.geom_type} is no GeoJSON geometry")
    parts = list(getattr(geometry, "geoms", [geometry]))
    if any(part.is_empty or part.geom_type == "GeometryCollection" for part in parts):
        raise ValueError("a part of it is empty or a collection itself")
    if shapely.get_num_coordinates(geometry) > MAX_VERTICES:
        raise ValueError(f"it has more than {MAX_VERTICES} vertices")
    for longitude, latitude in shapely.get_coordinates(geometry).tolist():
        _check_position(longitude, latitude)
    if not geometry.is_valid:
        raise ValueError(f"the shape is not valid ({shapely.is_valid_reason(geometry)})")
    oriented = shapely.orient_polygons(geometry)
    return Spatial(_geojson(oriented), _bounds(oriented))


def _bounds(geometry: BaseGeometry) -> list[float]:
    """The bbox by RFC 7946, 5.2: of a shape that is cut at the antimeridian, the shorter way around the globe."""
    west, south, east, north = geometry.bounds
    spans = sorted((part.bounds[0], part.bounds[2]) for part in getattr(geometry, "geoms", [geometry]))
    if west == -180 and east == 180 and all(span != (-180.0, 180.0) for span in spans):
        gap, reach = 0.0, spans[0][1]
        for start, end in spans[1:]:
            if start - reach > gap:
                gap, west, east = start - reach, start, reach
            reach = max(reach, end)
    return [float(west), float(south), float(east), float(north)]


def _checked(value: Any, counter: list[int], inside: bool) -> dict[str, Any]:
    """A GeoJSON geometry of which every position is known to be numbers, its rings closed."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "GeometryCollection" and not inside and isinstance(value.get("geometries"), list):
        return {"type": kind, "geometries": [_checked(part, counter, True) for part in value["geometries"]]}
    if not isinstance(kind, str) or kind not in _LEVELS:
        raise ValueError("the mapping is no GeoJSON geometry")
    coordinates = _positions(value.get("coordinates"), _LEVELS[kind], counter)
    rings = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind, [])
    for ring in (ring for polygon in rings for ring in polygon):
        if ring and ring[0] != ring[-1]:
            ring.append(ring[0])
    return {"type": kind, "coordinates": coordinates}


def _positions(value: Any, level: int, counter: list[int]) -> Any:
    if not isinstance(value, list):
        raise ValueError("its coordinates are not lists of numbers")
    if level:
        return [_positions(entry, level - 1, counter) for entry in value]
    counter[0] += 1
    if counter[0] > MAX_VERTICES:
        raise ValueError(f"it has more than {MAX_VERTICES} vertices")
    if not 2 <= len(value) <= 4:
        raise ValueError("a position has 2 or 3 numbers")
    return [_number(value[0]), _number(value[1])]


def _number(value: Any) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{quoted(value)} is no finite number")
    return float(value)


def _check_position(longitude: float, latitude: float) -> None:
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ValueError(f"{longitude:g}, {latitude:g} lies outside of longitude ±180 and latitude ±90")


def _nesting(text: str) -> int:
    deepest = depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def _geojson(geometry: BaseGeometry) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(mapping(geometry)))  # tuples to lists
    return plain
