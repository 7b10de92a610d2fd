"""What a search asks for: strict parsing of STAC API parameters into one value, with errors that show a right example.

POST sends JSON values, which are taken as they are; GET sends text, which `from_text` turns into the same values first,
so that both behave alike.
Source: https://github.com/radiantearth/stac-api-spec/tree/v1.0.0/item-search
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from stac_ext.cql2.tree import Condition, properties_of
from stac_ext.times import EARLIEST, LATEST, parse_rfc3339, to_micros

DEFAULT_LIMIT = 10
MAX_LIMIT = 10_000
MAX_VALUES = 1_000
MAX_VERTICES = 10_000
MAX_NESTING = 8
MAX_POLYGONS = 100
GEOMETRY_EXAMPLE = '{"type":"Point","coordinates":[7.4,46.9]}'
_DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
GEOMETRY_TYPES = frozenset({*_DEPTHS, "GeometryCollection"})


class InvalidParameter(ValueError):
    """A parameter that cannot be used: its name, what is wrong, and a right example as GET takes it."""

    def __init__(self, name: str, message: str, example: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name, self.message, self.example = name, message, example


@dataclass(frozen=True, slots=True)
class SortKey:
    """One thing to sort by. An absent value counts as less than every other."""

    name: str
    descending: bool = False


DEFAULT_SORT = (SortKey("updated", descending=True),)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A parsed search; None means no condition. `area` is WKB in CRS84, `interval` microseconds, ends included.

    `phrases` are sequences of words (`stac_ext/words.py`) of which an item's texts must hold one. What `sort` leaves
    equal is sorted by id, then by collection, in the direction of its last key; the default order ends ascending.
    """

    collections: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    area: bytes | None = None
    interval: tuple[int, int] | None = None
    phrases: tuple[tuple[str, ...], ...] | None = None
    filter: Condition | None = None
    sort: tuple[SortKey, ...] = DEFAULT_SORT
    limit: int = DEFAULT_LIMIT

    @property
    def versions(self) -> bool:
        """Whether the search covers versions beside the newest states: it does once it names one, or asks about the
        property `version`.
        """
        named = self.ids is not None and any("@" in name for name in self.ids)
        return named or (self.filter is not None and "version" in properties_of(self.filter))

    def digest(self) -> str:
        """A short hash of the conditions and the order (not of the limit), to which page tokens are bound."""
        area = self.area.hex() if self.area else None
        order = [(key.name, key.descending) for key in self.sort]
        parts = [self.collections, self.ids, area, self.interval, self.phrases, repr(self.filter), order]
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:16]


def parse_search(
    *,
    collections: object = None,
    ids: object = None,
    bbox: object = None,
    intersects: object = None,
    datetime: object = None,
    limit: object = None,
) -> SearchQuery:
    """The search that these raw JSON values (None where absent) ask for.

    Raises InvalidParameter.
    """
    if bbox is not None and intersects is not None:
        raise InvalidParameter(
            "intersects", "bbox and intersects exclude each other: send one of them", GEOMETRY_EXAMPLE
        )
    area = parse_bbox(bbox) if bbox is not None else parse_intersects(intersects) if intersects is not None else None
    return SearchQuery(
        collections=parse_names("collections", collections, "ai-model,dataset"),
        ids=parse_names("ids", ids, "42,43"),
        area=shapely.to_wkb(area) if area is not None else None,
        interval=parse_datetime(datetime) if datetime is not None else None,
        limit=parse_limit(limit),
    )


def from_text(parameters: Mapping[str, str | None]) -> dict[str, object]:
    """The JSON values that GET's texts stand for; an empty text is an absent parameter. Raises InvalidParameter."""
    values: dict[str, object] = {name: text for name, text in parameters.items() if text}
    for name in ("collections", "ids"):
        if text := parameters.get(name):
            values[name] = text.split(",")
    if text := parameters.get("bbox"):
        try:
            values["bbox"] = [float(part) for part in text.split(",", 7)]
        except ValueError:
            raise InvalidParameter("bbox", "must be numbers separated by commas", "5.9,45.8,10.5,47.8") from None
    if (text := parameters.get("limit")) and text.isascii() and text.isdigit() and len(text) <= 20:
        values["limit"] = int(text)
    if text := parameters.get("intersects"):
        try:
            values["intersects"] = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise InvalidParameter("intersects", "is not JSON", GEOMETRY_EXAMPLE) from None
    return values


def parse_names(name: str, value: object, example: str) -> tuple[str, ...] | None:
    """A list of ids; an empty list means no condition, as no parameter does."""
    if value is None or value == []:
        return None
    values = value
    if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
        raise InvalidParameter(name, "must be a list of non-empty texts", example)
    if any("\ud800" <= char <= "\udfff" for text in values for char in text):
        raise InvalidParameter(name, "holds half a surrogate pair, which is no text", example)
    if len(values) > MAX_VALUES:
        raise InvalidParameter(name, f"has more than {MAX_VALUES} values", example)
    return tuple(dict.fromkeys(values))


def parse_limit(value: object) -> int:
    """The page size; absent means 10, and more than 10,000 is lowered to 10,000."""
    if value is None:
        return DEFAULT_LIMIT
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidParameter("limit", "must be a whole number from 1 to 10000", "10")
    return min(value, MAX_LIMIT)


def parse_datetime(value: object) -> tuple[int, int]:
    """An instant, or an interval whose open end is `..` or empty, as inclusive ends in microseconds."""
    example = "2024-01-01T00:00:00Z/.."
    if not isinstance(value, str) or len(value) > 100:
        raise InvalidParameter("datetime", "must be an RFC 3339 date-time or an interval of two", example)
    ends = value.split("/")
    if len(ends) > 2:
        raise InvalidParameter("datetime", "has more than one '/'", example)
    try:
        moments = [None if end in ("", "..") else parse_rfc3339(end) for end in ends]
    except ValueError as error:
        raise InvalidParameter("datetime", str(error), example) from None
    if all(moment is None for moment in moments):
        raise InvalidParameter("datetime", "has no closed end", example)
    start = to_micros(moments[0] or EARLIEST)
    end = to_micros(moments[-1] or LATEST)
    if start > end:
        raise InvalidParameter("datetime", "the interval ends before it starts", example)
    return start, end


def parse_bbox(value: object) -> BaseGeometry:
    """The area of a 2-D or 3-D box in longitude and latitude; west > east crosses the antimeridian.

    A box that lies beyond a pole as a whole holds nothing: clients that step past the whole world send such.
    """
    example = "5.9,45.8,10.5,47.8"
    numbers = _numbers(value, example)
    if len(numbers) not in (4, 6):
        raise InvalidParameter("bbox", "must have 4 or 6 numbers", example)
    half = len(numbers) // 2
    west, south, east, north = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    if len(numbers) == 6 and numbers[2] > numbers[5]:
        raise InvalidParameter("bbox", "its third number (lowest height) is above its sixth (highest)", example)
    beyond_a_pole = 90 < south <= north <= 360 or -360 <= south <= north < -90
    if not (-360 <= west <= 360 and -360 <= east <= 360 and (beyond_a_pole or -90 <= south <= 90 >= north >= -90)):
        raise InvalidParameter("bbox", "longitudes go from -180 to 180 and latitudes from -90 to 90", example)
    if south > north:
        raise InvalidParameter("bbox", "its south is above its north; the order is west,south,east,north", example)
    west, east = (-180.0, 180.0) if east - west >= 360 else (_wrapped(west), _wrapped(east))
    if west <= east:
        return _box(west, south, east, north)
    return shapely.union(_box(west, south, 180, north), _box(-180, south, east, north))


def _box(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """The area of a box; a flat one is a line or a point, as a polygon without an inside is none."""
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    if west == east and south == north:
        return shapely.Point(west, south)
    return shapely.LineString([(west, south), (east, north)])


def _wrapped(longitude: float) -> float:
    """The same meridian between -180 and 180; clients with maps from 0 to 360 send others."""
    return longitude - 360 if longitude > 180 else longitude + 360 if longitude < -180 else longitude


def _numbers(value: object, example: str) -> list[float]:
    if not isinstance(value, list) or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
        raise InvalidParameter("bbox", "must be a list of numbers", example)
    try:
        numbers = [float(v) for v in value]
    except OverflowError:
        numbers = [math.inf]
    if not all(math.isfinite(number) for number in numbers):
        raise InvalidParameter("bbox", "must be finite numbers", example)
    return numbers


def parse_intersects(value: object) -> BaseGeometry:
    """A GeoJSON geometry (RFC 7946) of any type, in longitude and latitude."""
    example = GEOMETRY_EXAMPLE
    if not isinstance(value, dict) or not _is_geometry_type(value.get("type")):
        raise InvalidParameter("intersects", "must be a GeoJSON geometry (not a Feature)", example)
    _check_coordinates(value, example)
    try:
        geometry = shape(value)
        reason = "" if geometry.is_valid else shapely.is_valid_reason(geometry)
        empty = geometry.is_empty
    except Exception as error:  # shapely and GEOS raise many types for what is not a geometry
        raise InvalidParameter("intersects", f"is not a valid geometry: {str(error)[:200]}", example) from None
    if empty:
        raise InvalidParameter("intersects", "is an empty geometry", example)
    if reason:  # mending it could take any time
        raise InvalidParameter("intersects", f"is not a valid geometry: {reason[:200]}", example)
    if geometry.geom_type == "GeometryCollection" and _polygons(geometry) > MAX_POLYGONS:
        raise InvalidParameter("intersects", f"has more than {MAX_POLYGONS} polygons in a collection", example)
    return geometry


def _polygons(geometry: BaseGeometry) -> int:
    if geometry.geom_type in ("GeometryCollection", "MultiPolygon"):
        return sum(_polygons(part) for part in shapely.get_parts(geometry))
    return int(geometry.geom_type == "Polygon")


def _is_geometry_type(value: object) -> bool:
    return isinstance(value, str) and value in GEOMETRY_TYPES


def _check_coordinates(geometry: dict[str, Any], example: str, nesting: int = 0) -> None:
    """Refuse positions that are no finite longitude and latitude, and more of them than we search with."""
    if geometry.get("type") == "GeometryCollection":
        parts = geometry.get("geometries")
        if nesting >= MAX_NESTING or not isinstance(parts, list) or not parts:
            raise InvalidParameter("intersects", "needs a list of geometries, not nested deeply", example)
        for part in parts:
            if not isinstance(part, dict) or not _is_geometry_type(part.get("type")):
                raise InvalidParameter("intersects", "holds something that is not a geometry", example)
            _check_coordinates(part, example, nesting + 1)
        return
    positions: list[Any] = [geometry.get("coordinates")]
    for _ in range(_DEPTHS[geometry["type"]]):
        if not all(isinstance(part, list) and part for part in positions):
            raise InvalidParameter("intersects", "has coordinates that do not fit its type", example)
        if sum(len(part) for part in positions) > MAX_VERTICES:
            raise InvalidParameter("intersects", f"has more than {MAX_VERTICES} positions", example)
        positions = [inner for part in positions for inner in part]
    for position in positions:
        if not isinstance(position, list) or len(position) not in (2, 3):
            raise InvalidParameter("intersects", "has coordinates that do not fit its type", example)
        if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in position):
            raise InvalidParameter("intersects", "has a position that is not [longitude, latitude]", example)
        if not (-180 <= position[0] <= 180 and -90 <= position[1] <= 90):
            raise InvalidParameter("intersects", "longitudes go from -180 to 180 and latitudes from -90 to 90", example)
