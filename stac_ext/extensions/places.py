"""Which fields describe the grid that data lie in: proj, raster, grid.

Source: https://github.com/stac-extensions/projection (v2.0.0), https://github.com/stac-extensions/raster (v2.0.0),
https://github.com/stac-extensions/grid (v1.1.0)
"""

import re
from typing import Any, Final

import orjson

from stac_ext.extensions.checks import choice, entries, line, null_or, number, record, whole
from stac_ext.extensions.model import Extension, Values, published
from stac_ext.items.extent import plane_geometry
from stac_ext.ml.values import bounded
from stac_ext.sanitize import clean_text, quoted

MAX_CRS: Final = 16 * 1024

_CODE = re.compile(r"([A-Za-z][A-Za-z0-9_]{0,20}):{1,2}([A-Za-z0-9_.-]{1,40})", re.ASCII)
_GRID_CODE = re.compile(r"[A-Z0-9]+-[-_.A-Za-z0-9]+", re.ASCII)


def crs_code(value: Any) -> str:
    """A reference system by its authority and code; a bare number is one of EPSG."""
    text = line(value)
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return f"EPSG:{int(text)}"
    match = _CODE.fullmatch(text)
    if match is None:
        raise ValueError(f"{quoted(value)} is no code such as EPSG:4326")
    return f"{match[1].upper()}:{match[2]}"


def crs_text(value: Any) -> str:
    """A reference system as WKT2."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    text = clean_text(value, MAX_CRS + 1).strip() if isinstance(value, str) else ""
    if not text or len(text) > MAX_CRS:
        raise ValueError(f"{quoted(value)} is no WKT of up to 16 KiB")
    try:
        CRS.from_wkt(text)
    except (CRSError, ValueError, TypeError):
        raise ValueError("it is no reference system as WKT") from None
    return text


def crs_object(value: Any) -> dict[str, Any]:
    """A reference system as PROJJSON, written anew by PROJ."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if not isinstance(value, dict) or len(orjson.dumps(bounded(value))) > MAX_CRS:
        raise ValueError(f"{quoted(value)} is no PROJJSON of up to 16 KiB")
    try:
        written: dict[str, Any] = CRS.from_json_dict(value).to_json_dict()
    except (CRSError, ValueError, TypeError, KeyError):
        raise ValueError("it is no reference system as PROJJSON") from None
    return dict(bounded(written))


def _known_by_code(values: Values) -> Values:
    """With `code`, which replaced the number `epsg` of version 1."""
    values = dict(values)
    epsg = values.pop("epsg", None)
    if "code" not in values and epsg is not None:
        values["code"] = epsg
    return values


PROJ: Final = Extension(
    "proj",
    published("projection", "2.0.0"),
    {
        "code": null_or(crs_code),
        "wkt2": null_or(crs_text),
        "projjson": null_or(crs_object),
        "geometry": plane_geometry,
        "bbox": entries(number(), counts=(4, 6)),
        "centroid": record({"lat": number(-90, 90), "lon": number(-180, 180)}, closed=True),
        "shape": entries(whole(0), counts=(2,)),
        "transform": entries(number(), counts=(6, 9)),
    },
    complete=_known_by_code,
)

RASTER: Final = Extension(
    "raster",
    published("raster", "2.0.0"),
    {
        "bits_per_sample": whole(1),
        "sampling": choice("area", "point"),
        "scale": number(),
        "offset": number(),
        "spatial_resolution": number(above=0),
        "histogram": record(
            {"count": number(0), "min": number(), "max": number(), "buckets": entries(whole(0), least=3)}, closed=True
        ),
    },
)


def _grid_code(value: Any) -> str:
    text = line(value)
    if not _GRID_CODE.fullmatch(text):
        raise ValueError(f"{quoted(value)} is no code such as MGRS-35NKA")
    return text


GRID: Final = Extension("grid", published("grid", "1.1.0"), {"code": _grid_code}, required=("code",))
