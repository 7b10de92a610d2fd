"""Spatial functions of the geometry of an item and a shape, in either order.

Source: https://docs.ogc.org/is/21-065r2/21-065r2.html#spatial-functions
"""

from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry

from stac_ext.cql2.names import GEOMETRY
from stac_ext.cql2.terms import is_property
from stac_ext.cql2.tree import Always, Condition, Meets, Not, Or, Related, Relation
from stac_ext.cql2.wrong import wrong
from stac_ext.query import InvalidParameter, parse_bbox, parse_intersects

_EXAMPLE: Final = "S_INTERSECTS(geometry, POLYGON((5 45, 11 45, 11 48, 5 48, 5 45)))"
_RELATIONS: Final[dict[str, tuple[Relation, Relation]]] = {  # as it is, and with the sides changed
    "s_equals": ("equals", "equals"),
    "s_touches": ("touches", "touches"),
    "s_overlaps": ("overlaps", "overlaps"),
    "s_crosses": ("crosses", "crosses"),
    "s_within": ("within", "contains"),
    "s_contains": ("contains", "within"),
}
FUNCTIONS: Final = frozenset({*_RELATIONS, "s_intersects", "s_disjoint"})
_OF_ITSELF: Final = frozenset({"s_intersects", "s_equals", "s_within", "s_contains"})


def placed(op: str, left: Any, right: Any) -> Condition:
    """The condition that a spatial function is. Raises InvalidParameter."""
    one, other = _side(left, op), _side(right, op)
    if one is None and other is None:
        return _of_itself(holds=op in _OF_ITSELF)
    if one is not None and other is not None:
        name = op.removeprefix("s_")
        return Always(bool(getattr(shapely, name)(_plain(one, op), _plain(other, op))))
    shape = one if one is not None else other
    assert shape is not None
    if op == "s_intersects":
        return Meets(bytes(shapely.to_wkb(shape)))
    if op == "s_disjoint":
        return Not(Meets(bytes(shapely.to_wkb(shape))))
    return Related(_RELATIONS[op][one is not None], bytes(shapely.to_wkb(_plain(shape, op))))


def _of_itself(*, holds: bool) -> Condition:
    """True, or false, of each item with a place, and unknown of others."""
    everywhere = Meets(bytes(shapely.to_wkb(shapely.box(-180, -90, 180, 90))))
    known = Or((everywhere, Not(everywhere)))
    return known if holds else Not(known)


def _side(node: Any, op: str) -> BaseGeometry | None:
    """A shape, or None for the geometry of the item."""
    if is_property(node):
        if node["property"].removeprefix("properties.") != GEOMETRY:
            raise wrong(f"{op.upper()} needs the property geometry and a geometry", _EXAMPLE)
        return None
    try:
        if isinstance(node, dict) and "bbox" in node:
            return parse_bbox(node["bbox"])
        return parse_intersects(node)
    except InvalidParameter as error:
        raise wrong(error.message, _EXAMPLE) from None


def _plain(shape: BaseGeometry, op: str) -> BaseGeometry:
    """A shape that relations are defined for: a collection of one kind is one shape of several parts."""
    if shape.geom_type != "GeometryCollection" or op in ("s_intersects", "s_disjoint"):
        return shape
    parts = _parts(shape)
    if len({part.geom_type for part in parts}) != 1:
        raise wrong(f"{op.upper()} takes no collection of points, lines and areas together", _EXAMPLE)
    return shapely.unary_union(parts)


def _parts(shape: BaseGeometry) -> list[BaseGeometry]:
    if not hasattr(shape, "geoms"):
        return [shape]
    return [simple for part in shape.geoms for simple in _parts(part)]
