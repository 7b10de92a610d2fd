"""Which fields describe a data cube: its dimensions and variables.

Source: https://github.com/stac-extensions/datacube (v2.3.0)
"""

from typing import Any, Final

from stac_ext.extensions.checks import (
    Check,
    choice,
    either,
    entries,
    line,
    null_or,
    number,
    prose,
    record,
    table,
    whole,
)
from stac_ext.extensions.model import Extension, MisfitError, Values, published
from stac_ext.extensions.places import crs_object
from stac_ext.sanitize import clean_text, quoted

# fmt: off
DATA_TYPES: Final = (
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "cint16", "cint32", "cfloat32", "cfloat64", "other",
)
_GEOMETRIES: Final = (
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
)
# fmt: on


def nodata(value: Any) -> int | float | str:
    """The value that stands for none: a number, `nan`, `inf` or `-inf`."""
    found: int | float | str = either(number(), choice("nan", "inf", "-inf"))(value)
    return found


def _system(value: Any) -> Any:
    if isinstance(value, dict):
        return crs_object(value)
    if isinstance(value, str) and not value.strip().isdigit():
        text = clean_text(value, 10_000).strip()
        return _epsg(text) if text.upper().startswith("EPSG:") else prose(text)
    return whole(0)(value)


def _epsg(text: str) -> int:
    return int(whole(0)(text.partition(":")[2]))


def _value(value: Any) -> Any:
    return line(value) if isinstance(value, str) else number()(value)


_common: dict[str, Check] = {"description": prose}
_regular: dict[str, Check] = {**_common, "step": null_or(number()), "reference_system": _system}
_open_extent = entries(null_or(number()), counts=(2,))

_HORIZONTAL = record(
    {"type": line, "axis": choice("x", "y"), "extent": entries(number(), counts=(2,))},
    {**_regular, "values": entries(number(), least=1)},
)
_VERTICAL = record(
    {"type": line, "axis": choice("z")},
    {**_regular, "extent": _open_extent, "values": entries(_value, least=1), "unit": line},
)
_GEOMETRY = record(
    {"type": line, "bbox": entries(number(), counts=(4, 6))},
    {
        **_common,
        "axes": entries(choice("x", "y", "z"), unique=True),
        "values": entries(line, least=1),
        "geometry_types": entries(choice(*_GEOMETRIES), unique=True),
        "reference_system": _system,
    },
)
_TEMPORAL = record(
    {"type": line, "extent": entries(null_or(line), counts=(2,))},
    {**_common, "values": entries(line, least=1), "step": null_or(line)},
)
_OTHER = record(
    {"type": line},
    {
        **_common,
        "extent": _open_extent,
        "values": entries(_value, least=1),
        "step": null_or(number()),
        "unit": line,
        "reference_system": line,
        "dimensions": entries(line),
    },
)
_VARIABLE = record(
    {"dimensions": entries(line)},
    {
        **_common,
        "variable_type": choice("data", "auxiliary"),
        "values": entries(_value, least=1),
        "extent": entries(null_or(_value), counts=(2,)),
        "unit": line,
        "nodata": nodata,
        "data_type": choice(*DATA_TYPES),
    },
)


def _dimension(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{quoted(value)} is no mapping")
    kind = line(value.get("type")).lower()
    value = {**value, "type": kind}
    vertical = str(value.get("axis")).strip().lower() == "z"
    check = {"spatial": _VERTICAL if vertical else _HORIZONTAL, "geometry": _GEOMETRY, "temporal": _TEMPORAL}.get(kind)
    if kind not in ("spatial", "geometry"):
        value = {key: entry for key, entry in value.items() if key != "axis"}
    found: dict[str, Any] = (check or _OTHER)(value)
    if "extent" not in found and "values" not in found and kind != "geometry":
        raise ValueError("it has neither `extent` nor `values`")
    return found


def _of_dimensions(values: Values) -> Values:
    names = values.get("dimensions", {})
    for name, variable in values.get("variables", {}).items():
        if unknown := [one for one in variable["dimensions"] if one not in names]:
            said = f"`{name}` has the dimension {quoted(unknown[0])}, which is not described"
            raise MisfitError("variables", said)
    return values


CUBE: Final = Extension(
    "cube",
    published("datacube", "2.3.0"),
    {"dimensions": table(_dimension), "variables": table(_VARIABLE)},
    required=("dimensions",),
    settle=_of_dimensions,
)
