"""Which items an area meets, exactly: how each engine is asked, and with as little geometry as an answer needs."""

from typing import Any, Final

import shapely
from sqlalchemy import ColumnElement, and_, func, literal, or_

from stac_ext.store.records import simple_parts
from stac_ext.store.schema import item

_MAX_BOXES: Final = 16
_WIDE: Final = 180 * 360 / 16  # square degrees

Condition = ColumnElement[bool]


def intersecting(area: bytes, dialect: str) -> Condition:
    """The condition that an item's geometry meets an area (WKB, CRS84); false or NULL where it has none."""
    parts = _asked(area)
    if dialect == "sqlite":
        return or_(*(_in_area(one) for one in parts))
    return or_(*(func.ST_Intersects(item.c.geometry, literal(one, item.c.geometry.type)) for one in parts))


def _asked(area: bytes) -> list[bytes]:
    """An area as areas to be tested one by one: those of a collection may overlap, which one test of it cannot bear.

    Nothing is computed from the shape that was asked for, as that could take any time.
    """
    geometry = shapely.from_wkb(area)
    if geometry.geom_type != "GeometryCollection":
        return [area]
    parts = simple_parts(geometry)
    points = [part for part in parts if part.geom_type == "Point"]
    lines = [part for part in parts if part.geom_type in ("LineString", "LinearRing")]
    asked: list[Any] = [part for part in parts if part.geom_type == "Polygon"]
    asked += [shapely.multipoints(points)] if points else []
    asked += [shapely.multilinestrings(lines)] if lines else []
    return [bytes(shapely.to_wkb(one)) for one in asked]


def _parts(area: bytes) -> Any:
    geometry = shapely.from_wkb(area)
    parts = shapely.get_parts(geometry)
    return parts if len(parts) <= _MAX_BOXES else shapely.get_parts([geometry.envelope])


def is_wide(area: bytes) -> bool:
    boxes: list[list[float]] = shapely.bounds(_parts(area)).tolist()
    return sum((east - west) * (north - south) for west, south, east, north in boxes) > _WIDE


def meeting(columns: Any, area: bytes) -> list[Condition]:
    """The boxes in `columns` that meet the box of a part of the area."""
    return [
        and_(columns.west <= e, columns.east >= w, columns.south <= n, columns.north >= s)
        for w, s, e, n in shapely.bounds(_parts(area)).tolist()
    ]


def _in_area(area: bytes) -> Condition:
    """Exact; cheap where the item's box lies inside a rectangle of the area, or away from all of its boxes."""
    exact = func.st_intersects(item.c.geometry, area) == 1
    uncut = item.c.west <= item.c.east
    inside: list[Condition] = [
        and_(uncut, item.c.west >= w, item.c.east <= e, item.c.south >= s, item.c.north <= n)
        for (w, s, e, n), part in zip(shapely.bounds(_parts(area)).tolist(), _parts(area), strict=True)
        if part.equals(shapely.box(w, s, e, n)) and _is_exact(area)
    ]
    near = or_(item.c.west > item.c.east, *meeting(item.c, area))
    return or_(*inside, and_(near, exact))


def _is_exact(area: bytes) -> bool:
    """Whether `_parts` gives the area itself and not only the box around it."""
    return len(shapely.get_parts(shapely.from_wkb(area))) <= _MAX_BOXES
