"""Proves that nothing costly is done with what anybody may ask for."""

import random

import pytest

from stac_ext.query import MAX_POLYGONS, InvalidParameter, parse_intersects


def ring(count: int, seed: int = 1) -> list[list[float]]:
    chance = random.Random(seed)
    corners = [[chance.uniform(-90, 90), chance.uniform(-45, 45)] for _ in range(count)]
    return [*corners, corners[0]]


def test_a_shape_that_crosses_itself_is_refused_and_not_mended() -> None:
    """To mend one of 400 corners took 41 seconds, on the event loop."""
    with pytest.raises(InvalidParameter, match="not a valid geometry: Self-intersection"):
        parse_intersects({"type": "Polygon", "coordinates": [ring(2_000)]})


def test_a_collection_of_many_areas_is_refused() -> None:
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    collection = {"type": "GeometryCollection", "geometries": [square] * MAX_POLYGONS}
    assert not parse_intersects(collection).is_empty
    with pytest.raises(InvalidParameter, match="more than 100 polygons"):
        parse_intersects({"type": "GeometryCollection", "geometries": [square] * (MAX_POLYGONS + 1)})
