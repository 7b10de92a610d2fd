"""What SQLite calls Python for: exact geometry, folding of texts and arithmetic."""

import sqlite3
from functools import lru_cache
from typing import Any

import shapely

from stac_ext.cql2.arithmetic import calculated
from stac_ext.cql2.folding import folded

_SWAPPED = {"within": "contains", "contains": "within"}


def add_functions(connection: sqlite3.Connection) -> None:
    """Let statements of a connection use them."""
    for name, count, function in (
        ("st_intersects", 2, _intersects),
        ("sh_related", 3, _related),
        ("sh_folded", 3, _folded),
        ("sh_calculated", 3, _calculated),
    ):
        connection.create_function(name, count, function, deterministic=True)


@lru_cache(maxsize=64)
def _prepared(wkb: bytes) -> Any:
    geometry = shapely.from_wkb(wkb)
    shapely.prepare(geometry)
    return geometry


def _intersects(geometry: bytes | None, area: bytes) -> bool:
    return geometry is not None and bool(shapely.intersects(_prepared(area), shapely.from_wkb(geometry)))


def _related(relation: str, geometry: bytes | None, shape: bytes) -> bool | None:
    """The relation of a geometry to a shape; the shape is prepared, so it is asked the other way round."""
    if geometry is None:
        return None
    read = shapely.from_wkb(geometry)
    if read.geom_type == "GeometryCollection":
        return None
    return bool(getattr(shapely, _SWAPPED.get(relation, relation))(_prepared(shape), read))


def _folded(text: str | None, case: int, marks: int) -> str | None:
    return None if text is None else folded(text, case=bool(case), marks=bool(marks))


def _calculated(op: str, left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else calculated(op, float(left), float(right))
