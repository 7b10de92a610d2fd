"""What the footer of a Parquet file tells: its columns and rows, and by GeoParquet where its geometries lie.

Source: https://parquet.apache.org/docs/file-format/metadata/, https://geoparquet.org/releases/v1.1.0/
"""

import math
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from stac_ext.headers.reach import BrokenError, OutOfReachError, Reach
from stac_ext.headers.systems import CRS84, box_in_degrees, known_code, written
from stac_ext.headers.thrift import Compact
from stac_ext.model import FileEnds
from stac_ext.sanitize import MAX_INTEGER, clean_line

MAX_COLUMNS: Final = 500
MAX_FOOTER: Final = 8 * 1024 * 1024

_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
# Ids of fields in parquet.thrift: FileMetaData, SchemaElement, KeyValue.
_SCHEMA, _ROWS, _METADATA = 2, 3, 5
_TYPE, _NAME, _CHILDREN, _CONVERTED, _LOGICAL = 1, 4, 5, 6, 10
_PHYSICAL: Final = ("boolean", "int32", "int64", "int96", "float", "double", "binary", "binary")
# fmt: off
_LOGICAL_NAMES: Final = {
    1: "string", 2: "map", 3: "list", 4: "string", 5: "decimal", 6: "date", 7: "time", 8: "timestamp",
    12: "json", 13: "bson", 14: "uuid", 15: "float16", 16: "variant", 17: "geometry", 18: "geography",
}
_CONVERTED_NAMES: Final = {
    0: "string", 1: "map", 3: "list", 4: "string", 5: "decimal", 6: "date", 7: "time", 8: "time",
    9: "timestamp", 10: "timestamp", 11: "uint8", 12: "uint16", 13: "uint32", 14: "uint64", 15: "int8",
    16: "int16", 17: "int32", 18: "int64", 19: "json", 20: "bson", 21: "interval",
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of the highest level with their types, the number of rows, and the geometries of a GeoParquet file.

    `system` has the field `proj:code` or `proj:projjson`; `bounds` is the box of all geometries in that system.
    """

    columns: tuple[tuple[str, str], ...] = ()
    rows: int | None = None
    geometry: str | None = None
    system: dict[str, Any] = field(default_factory=dict)
    bounds: list[float] | None = None

    def box(self) -> list[float] | None:
        """West, south, east, north in degrees, where the file tells."""
        return box_in_degrees(self.bounds, self.system) if self.bounds else None

    def fields(self) -> dict[str, Any]:
        """As fields of an asset: of the extensions table and proj."""
        told: dict[str, Any] = {}
        if self.columns:
            told["table:columns"] = [{"name": name, "type": kind} for name, kind in self.columns]
        if self.rows is not None:
            told["table:row_count"] = self.rows
        if self.geometry:
            told["table:primary_geometry"] = self.geometry
        return {**told, **self.system, **({"proj:bbox": self.bounds} if self.bounds and self.system else {})}


def read_parquet(ends: FileEnds) -> Table:
    """The table. Raises BrokenError for what is no Parquet file, OutOfReachError where its footer is not at hand."""
    reach = Reach(ends)
    end = reach.last(8)
    if end[4:] == _ENCRYPTED:
        raise OutOfReachError
    if end[4:] != _MAGIC:
        raise BrokenError("it does not end as a Parquet file")
    size = int.from_bytes(end[:4], "little")
    if size > MAX_FOOTER:
        raise OutOfReachError
    footer = Compact(reach.last(size + 8)[:size]).struct()
    rows = footer.get(_ROWS)
    geometry, system, bounds = _geometries(_geo(footer.get(_METADATA)))
    return Table(
        _columns(footer.get(_SCHEMA)),
        rows if isinstance(rows, int) and 0 <= rows <= MAX_INTEGER else None,
        geometry,
        system,
        bounds,
    )


def _columns(schema: Any) -> tuple[tuple[str, str], ...]:
    """The children of the root; the list has each element before its own children."""
    elements = [one for one in schema if isinstance(one, dict)] if isinstance(schema, list) else []
    columns: list[tuple[str, str]] = []
    skip = 0
    for element in elements[1:]:
        if skip == 0 and len(columns) < MAX_COLUMNS:
            name = element.get(_NAME)
            text = clean_line(name.decode("utf-8", "replace"), 500) if isinstance(name, bytes) else ""
            columns += [(text, _kind(element))] if text else []
        children = element.get(_CHILDREN, 0)
        skip = max(0, skip - 1) + (children if isinstance(children, int) and children > 0 else 0)
    return tuple(columns)


def _kind(element: dict[int, Any]) -> str:
    logical = element.get(_LOGICAL)
    named = next((_LOGICAL_NAMES[one] for one in logical if one in _LOGICAL_NAMES), None) if logical else None
    named = named or _CONVERTED_NAMES.get(_small(element.get(_CONVERTED)))
    if named or element.get(_CHILDREN):
        return named or "struct"
    physical = _small(element.get(_TYPE))
    return _PHYSICAL[physical] if 0 <= physical < len(_PHYSICAL) else "unknown"


def _small(value: Any) -> int:
    return value if isinstance(value, int) else -1


def _geo(metadata: Any) -> dict[str, Any]:
    for pair in metadata if isinstance(metadata, list) else ():
        if isinstance(pair, dict) and pair.get(1) == b"geo" and isinstance(pair.get(2), bytes):
            try:
                geo = orjson.loads(pair[2])
            except orjson.JSONDecodeError:
                raise BrokenError("its GeoParquet metadata are not JSON") from None
            return geo if isinstance(geo, dict) else {}
    return {}


def _geometries(geo: dict[str, Any]) -> tuple[str | None, dict[str, Any], list[float] | None]:
    columns = geo.get("columns")
    name = geo.get("primary_column")
    column = columns.get(name) if isinstance(columns, dict) and isinstance(name, str) else None
    if not isinstance(name, str) or not isinstance(column, dict):
        return None, {}, None
    system: dict[str, Any] = {}
    if "crs" not in column:  # then it is WGS 84, east first
        system = {"proj:code": CRS84} if known_code(CRS84) else {}
    elif isinstance(column["crs"], dict):
        system = written(column["crs"])
    return clean_line(name, 500) or None, system, _bounds(column.get("bbox"))


def _bounds(value: Any) -> list[float] | None:
    """The box in the plane of one with 4 or 6 numbers."""
    if not isinstance(value, list) or len(value) not in (4, 6):
        return None
    numbers = [float(one) for one in value if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) != len(value) or not all(math.isfinite(one) for one in numbers):
        return None
    half = len(numbers) // 2
    return [*numbers[:2], *numbers[half : half + 2]]
