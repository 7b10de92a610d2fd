"""Where a box in a reference system lies in degrees, by PROJ, without its network.

Importing PROJ costs memory, so that it is done with the first file that needs it.
"""

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

CRS84: Final = "OGC:CRS84"
_FULL_CIRCLE = 359.999


def known_code(code: str) -> str | None:
    """The code of a reference system as PROJ writes it, None for one that it does not know."""
    system = _system(code)
    if system is None:
        return None
    authority = system.to_authority(min_confidence=100)
    return ":".join(authority) if authority else code


def written(system: dict[str, Any]) -> dict[str, Any]:
    """The fields `proj:` of a reference system in PROJJSON: its code, else itself. Empty for what is none."""
    from stac_ext.extensions.places import crs_object

    named = system.get("id")
    if isinstance(named, dict) and isinstance(named.get("authority"), str):
        code = f"{named['authority']}:{named.get('code')}"
        if len(code) <= 60 and code.isprintable() and (known := known_code(code)):
            return {"proj:code": known}
    try:
        return {"proj:projjson": crs_object(system)}
    except ValueError:
        return {}


def box_in_degrees(box: Sequence[float], fields: dict[str, Any]) -> list[float] | None:
    """West, south, east, north of a box of 4 numbers in the system of `proj:code` or `proj:projjson`.

    West is greater than east where it crosses the antimeridian. None where it lies nowhere on the Earth.
    """
    source = fields.get("proj:code") or fields.get("proj:projjson")
    if source is None or not all(math.isfinite(number) for number in box):
        return None
    if isinstance(source, str) and source in (CRS84, "EPSG:4326"):
        found: Sequence[float] = box
    else:
        transformer = _transformer(source if isinstance(source, str) else orjson.dumps(source).decode())
        if transformer is None:
            return None
        try:
            west, south, east, north = box
            found = transformer.transform_bounds(west, south, east, north, densify_pts=21, errcheck=True)
        except Exception:  # PROJ raises its own errors, and others for numbers beyond all reason
            return None
    return _on_the_globe([float(number) for number in found])


def _on_the_globe(box: list[float]) -> list[float] | None:
    """With longitudes within ±180: data from 0 to 360 degrees are cut or moved."""
    west, south, east, north = box
    slack = 1e-6
    if not all(math.isfinite(number) for number in box) or south > north or south < -90 - slack or north > 90 + slack:
        return None
    south, north = max(south, -90.0), min(north, 90.0)
    if not (-360 <= west <= 360 and -360 <= east <= 540):
        return None
    if west <= east and east - west >= _FULL_CIRCLE:
        return [-180.0, south, 180.0, north]
    west, east = _wrapped(west), _wrapped(east)
    return [round(number, 9) for number in (west, south, east, north)]


def _wrapped(longitude: float) -> float:
    if -180 <= longitude <= 180:
        return longitude
    return (longitude + 180) % 360 - 180


@functools.lru_cache(maxsize=64)
def _system(code: str) -> "CRS | None":
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    authority, _, number = code.partition(":")
    try:
        return CRS.from_authority(authority, number)
    except (CRSError, ValueError, TypeError):
        return None


@functools.lru_cache(maxsize=64)
def _transformer(source: str) -> "Transformer | None":
    """From a system by its code, or by its PROJJSON as text, to degrees; east comes first on both sides."""
    from pyproj import CRS, Transformer, network
    from pyproj.exceptions import ProjError

    network.set_network_enabled(False)  # type: ignore[attr-defined]
    try:
        system = CRS.from_json(source) if source.startswith("{") else _system(source)
        if system is None:
            return None
        return Transformer.from_crs(system, CRS.from_authority("OGC", "CRS84"), always_xy=True)
    except (ProjError, ValueError, TypeError):
        return None
