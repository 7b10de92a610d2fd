"""That a declared place becomes an RFC 7946 geometry with its bbox, and is refused with a reason where it is none."""

from typing import Any

import pytest
from shapely.geometry import shape

from stac_ext.items.extent import Spatial, read_spatial
from stac_ext.problem_log import ProblemLog


def read(value: Any) -> Spatial | None:
    log = ProblemLog()
    spatial = read_spatial(value, log)
    assert (spatial is None) == (bool(log.result()) or value is None)
    return spatial


SQUARE = [[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("value", "kind", "bbox"),
    [
        ([-10, 40, 5, 50], "Polygon", [-10, 40, 5, 50]),
        (["-10", "40", "5.0", "50"], "Polygon", [-10, 40, 5, 50]),
        ([-10, 40, 0, 5, 50, 100], "Polygon", [-10, 40, 0, 5, 50, 100]),
        ([-180, -90, 180, 90], "Polygon", [-180, -90, 180, 90]),
        ("-10, 40, 5, 50", "Polygon", [-10, 40, 5, 50]),
        ("[-10 40 5 50]", "Polygon", [-10, 40, 5, 50]),
        ({"west": -10, "south": 40, "east": 5, "north": 50}, "Polygon", [-10, 40, 5, 50]),
        ({"bbox": [[-10, 40, 5, 50]]}, "Polygon", [-10, 40, 5, 50]),
        ([[-10, 40, 5, 50], [0, 45, 6, 55]], "Polygon", [-10, 40, 6, 55]),
        ([[0, 0, 1, 1], [5, 5, 6, 6]], "MultiPolygon", [0, 0, 6, 6]),
        ([2, 48, 2, 48], "Point", [2, 48, 2, 48]),
        ([2, 48, 3, 48], "LineString", [2, 48, 3, 48]),
        ([177, -20, -178, -15], "MultiPolygon", [177, -20, -178, -15]),
        ([177, -20, -178, -20], "MultiLineString", [177, -20, -178, -20]),
        ([180, -20, -178, -15], "Polygon", [-180, -20, -178, -15]),
        ([177, -20, -180, -15], "Polygon", [177, -20, 180, -15]),
        ([180, -20, -180, -15], "LineString", [-180, -20, -180, -15]),
        ([[177, -20, -178, -15], [170, -10, 172, -5]], "MultiPolygon", [170, -20, -178, -5]),
        ("POINT(2 48)", "Point", [2, 48, 2, 48]),
        ("point z (2 48 100)", "Point", [2, 48, 2, 48]),
        ("SRID=4326;POINT(2 48)", "Point", [2, 48, 2, 48]),
        ("POLYGON((0 0, 0 1, 2 1, 2 0, 0 0))", "Polygon", [0, 0, 2, 1]),
        ("MULTIPOINT((0 0), (1 1))", "MultiPoint", [0, 0, 1, 1]),
        ("GEOMETRYCOLLECTION(POINT(0 0), POINT(1 1), MULTIPOINT(2 2, 1 2))", "MultiPoint", [0, 0, 2, 2]),
        ("GEOMETRYCOLLECTION(LINESTRING(0 0, 1 1))", "MultiLineString", [0, 0, 1, 1]),
        ({"type": "Point", "coordinates": [2, 48]}, "Point", [2, 48, 2, 48]),
        ({"type": "Polygon", "coordinates": [SQUARE]}, "Polygon", [0, 0, 2, 1]),
        ({"type": "Polygon", "coordinates": [SQUARE[:-1]]}, "Polygon", [0, 0, 2, 1]),
        ({"type": "Feature", "geometry": {"type": "Point", "coordinates": [2, 48]}}, "Point", [2, 48, 2, 48]),
        ('{"type": "Point", "coordinates": [2, 48, 7]}', "Point", [2, 48, 2, 48]),
        (
            {
                "type": "FeatureCollection",
                "features": [
                    {"type": "Feature", "geometry": {"type": "Point", "coordinates": [2, 48]}},
                    {"type": "Feature", "geometry": {"type": "Point", "coordinates": [3, 49]}},
                ],
            },
            "MultiPoint",
            [2, 48, 3, 49],
        ),
        (
            "MULTIPOLYGON(((177 -20, 180 -20, 180 -15, 177 -15, 177 -20)),"
            "((-180 -20, -178 -20, -178 -15, -180 -15, -180 -20)))",
            "MultiPolygon",
            [177, -20, -178, -15],
        ),
    ],
)
def test_places(value: Any, kind: str, bbox: list[float]) -> None:
    spatial = read(value)
    assert spatial is not None
    assert (spatial.geometry["type"], spatial.bbox) == (kind, bbox)
    assert shape(spatial.geometry).is_valid


def test_the_antimeridian_box_keeps_its_shape() -> None:
    """The incumbent turns the box [177,-20,-178,-15] into [-178..177], most of the globe."""
    spatial = read([177, -20, -178, -15])
    assert spatial is not None
    east, west = spatial.geometry["coordinates"]
    assert east == [[[177, -20], [180, -20], [180, -15], [177, -15], [177, -20]]]
    assert west == [[[-180, -20], [-178, -20], [-178, -15], [-180, -15], [-180, -20]]]


def test_rings_wind_as_rfc_7946_says() -> None:
    hole = [[0.5, 0.25], [1.5, 0.25], [1.5, 0.75], [0.5, 0.75], [0.5, 0.25]]
    spatial = read({"type": "Polygon", "coordinates": [SQUARE[::-1], hole]})
    assert spatial is not None
    outer, inner = shape(spatial.geometry).exterior, shape(spatial.geometry).interiors[0]
    assert outer.is_ccw
    assert not inner.is_ccw


@pytest.mark.parametrize(
    "value",
    [
        *("hello", "", 7, True, [], {}, [1, 2, 3], [1, 2, 3, 4, 5], [[]], [[1, 2], [3, 4]]),
        *([None, 0, 1, 1], ["a", 0, 1, 1], [True, 0, 1, 1], [float("nan"), 0, 1, 1], [0, 0, float("inf"), 1]),
        *([-181, 0, 1, 1], [0, -91, 1, 1], [0, 0, 181, 1], [0, 0, 1, 91], [177, -20, 182, -15]),
        *([0, 10, 1, 5], [0, 0, 50, 1, 1, 10], "nan, 0, 1, 1", [10**400, 0, 1, 1], ["1e999", 0, 1, 1]),
        *(
            "POINT EMPTY",
            "POINT(500 0)",
            "POINT(nan nan)",
            "POLYGON((0 0, 1 1, 0 0))",
            "POINT(1",
            "SRID=3857;POINT(0 0)",
        ),
        *("CIRCULARSTRING(0 0, 1 1, 2 0)", "LINEARRING(0 0, 1 0, 1 1, 0 0)", "POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))"),
        "GEOMETRYCOLLECTION(POINT(0 0), LINESTRING(1 1, 2 2))",
        *("GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(0 0)))", "GEOMETRYCOLLECTION(" * 20_000),
        "LINESTRING(" + ", ".join(["0 0"] * 10_001) + ")",
        *({"type": "Point"}, {"type": "Point", "coordinates": [[1, 2]]}, {"type": "Point", "coordinates": ["x", 2]}),
        *({"type": "Polygon", "coordinates": []}, {"type": "Polygon", "coordinates": [[[0, 0]]]}),
        *({"type": "Nothing", "coordinates": [1, 2]}, {"type": ["Point"], "coordinates": [1, 2]}, {"west": 1}),
        {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]},
        {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": []}]},
        {"type": "LineString", "coordinates": [[0, n / 1000] for n in range(10_001)]},
        *('{"type":', "[" * 100_000, '{"a":' * 100_000, '{"type": "Point", "coordinates": [NaN, 1]}'),
        [[0, 0, 1, 1]] * 1_001,
        [[0, 0, 1, 1], [2, 2, 2, 2]],
    ],
)
def test_what_is_no_place_is_refused(value: Any) -> None:
    """In the incumbent `extent: hello` is a 500, and NaN and out-of-range boxes pass."""
    assert read(value) is None


@pytest.mark.parametrize(
    ("value", "bbox"),
    [
        ([-66.5902, 17.9823, -66.6407, 18.0299], [-66.6407, 17.9823, -66.5902, 18.0299]),
        ("-66.5902, 17.9823, -66.6407, 18.0299", [-66.6407, 17.9823, -66.5902, 18.0299]),
        ([[5, 0, 4, 1], [4, 0, 5, 1]], [4, 0, 5, 1]),
        ([20, 0, -20, 1], [-20, 0, 20, 1]),
    ],
)
def test_a_box_with_its_sides_swapped_is_not_the_whole_globe(value: Any, bbox: list[float]) -> None:
    """The documentation of the incumbent has such a box as its example, and people copy it."""
    log = ProblemLog()
    spatial = read_spatial(value, log)
    assert spatial is not None
    assert (spatial.geometry["type"], spatial.bbox) == ("Polygon", bbox)
    assert [problem.rule for problem in log.result()] == ["spatial-swapped"]


def test_a_wide_box_over_the_antimeridian_is_none_that_is_swapped() -> None:
    spatial = read([60, -60, -60, 60])
    assert spatial is not None
    assert spatial.bbox == [60, -60, -60, 60]


def test_nothing_declared_is_no_problem() -> None:
    log = ProblemLog()
    assert read_spatial(None, log) is None
    assert log.result() == ()
