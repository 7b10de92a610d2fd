"""Proves what a viewer reads: filters, order, paging, extents, and never a row that the viewer may not see."""

import orjson
import pytest

from stac_ext.model import ANONYMOUS, Viewer, Visibility
from stac_ext.query import parse_search
from stac_ext.store.grants import GrantTable
from stac_ext.store.reader import CatalogueReader, Page
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.rows import put, stac_item

SIGNED_IN = Viewer(Visibility.INTERNAL)
POLYGON = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [0, 10], [0, 0]]]}
ACROSS = {
    "type": "MultiPolygon",
    "coordinates": [
        [[[177, -20], [180, -20], [180, -15], [177, -15], [177, -20]]],
        [[[-180, -20], [-178, -20], [-178, -15], [-180, -15], [-180, -20]]],
    ],
}


def ids(page: Page) -> list[str]:
    return [orjson.loads(doc)["id"] for doc in page.docs]


def found(reader: CatalogueReader, viewer: Viewer = ANONYMOUS, **asked: object) -> list[str]:
    return ids(reader.search(viewer, parse_search(limit=100, **asked)))


def test_newest_first_then_id_then_collection(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    put(writer, 2, stac_item("2", "dataset"), stac_item("2", "ai-model"))
    put(writer, 1)
    put(writer, 3, stac_item("3", updated="2025-01-01T00:00:00Z"))
    page = reader.search(ANONYMOUS, parse_search())
    keys = [(d["id"], d["collection"]) for d in map(orjson.loads, page.docs)]
    assert keys == [("3", "ai-model"), ("1", "ai-model"), ("2", "ai-model"), ("2", "dataset")]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 100])
def test_pages_hold_each_visible_item_once_and_next_only_if_there_is_more(
    reader: CatalogueReader, writer: CatalogueWriter, limit: int
) -> None:
    for number in range(1, 15):
        visibility = Visibility.PRIVATE if number % 2 else Visibility.PUBLIC
        put(writer, number, visibility=visibility)
    query, after, seen, pages = parse_search(limit=limit), None, [], 0
    while True:
        page = reader.search(ANONYMOUS, query, after)
        assert page.matched == 7
        assert len(page.docs) == min(limit, 7 - len(seen))
        seen += ids(page)
        pages += 1
        if page.next is None:
            break
        after = page.next
    assert seen == sorted(str(n) for n in range(2, 15, 2))
    assert pages == -(-7 // limit)


@pytest.mark.parametrize(
    ("viewer", "expected"),
    [
        pytest.param(Viewer(None), [], id="nobody: GitLab shows nothing without sign-in"),
        pytest.param(ANONYMOUS, ["1"], id="anonymous: public"),
        pytest.param(SIGNED_IN, ["1", "2"], id="signed in: internal, too"),
        pytest.param(Viewer(Visibility.INTERNAL, "user:7"), ["1", "2", "3"], id="granted: that private one"),
        pytest.param(Viewer(Visibility.PUBLIC, "user:8"), ["1", "2"], id="external: a granted internal one"),
        pytest.param(Viewer(Visibility.INTERNAL, "user:9"), ["1", "2"], id="without grants"),
    ],
)
def test_a_viewer_sees_the_level_and_the_grants(
    reader: CatalogueReader, writer: CatalogueWriter, grants: GrantTable, viewer: Viewer, expected: list[str]
) -> None:
    for number, visibility in ((1, Visibility.PUBLIC), (2, Visibility.INTERNAL), (3, Visibility.PRIVATE)):
        put(writer, number, visibility=visibility, path=f"group/p{number}")
    for user, project in ((7, 3), (8, 2)):
        grants.confirm(f"user:{user}", user, "name", False, 0)
        assert grants.replace(f"user:{user}", [project], began=100, now=1)
    assert found(reader, viewer) == expected
    assert reader.extent(viewer, "ai-model").count == len(expected)
    for number in "123":
        assert (reader.item(viewer, "ai-model", number) is not None) == (number in expected)
        by_path = reader.item_id_of_path(viewer, "ai-model", f"Group/P{number}")
        assert by_path == (number if number in expected else None)
        assert found(reader, viewer, ids=[f"group/p{number}"]) == ([number] if number in expected else [])


def test_no_viewer_can_be_made_that_sees_private_items_by_level(reader: CatalogueReader) -> None:
    with pytest.raises(ValueError, match="nobody sees private items"):
        reader.search(Viewer(Visibility.PRIVATE), parse_search())


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("2024-06-01T00:00:00Z", ["instant"]),
        ("2024-06-01T00:00:00.000001Z", []),
        ("2024-05-31T22:00:00-02:00", ["instant"]),
        ("2020-06-01T00:00:00Z/2020-07-01T00:00:00Z", ["interval"]),
        ("../2020-01-01T00:00:00Z", ["interval", "open"]),
        ("2024-06-01T00:00:00Z/..", ["instant"]),
        ("1999-01-01T00:00:00Z/2999-01-01T00:00:00Z", ["instant", "interval"]),
        ("1000-01-01T00:00:00Z/", ["instant", "interval", "open"]),
    ],
)
def test_datetime_meets_the_declared_interval_else_the_datetime(
    reader: CatalogueReader, writer: CatalogueWriter, asked: str, expected: list[str]
) -> None:
    def times(start: str, end: str) -> dict[str, object]:
        return {"properties": {"datetime": None, "start_datetime": start, "end_datetime": end}}

    put(writer, 1, stac_item("instant", updated="2024-06-01T00:00:00Z"))
    put(writer, 2, stac_item("interval", **times("2020-01-01T00:00:00Z", "2020-12-31T23:59:59Z")))
    put(writer, 3, stac_item("open", **times("0001-01-01T00:00:00Z", "1001-01-01T00:00:00Z")))
    assert sorted(found(reader, datetime=asked)) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({"bbox": [1, 1, 2, 2]}, ["triangle"], id="inside"),
        pytest.param({"bbox": [8, 8, 9, 9]}, [], id="in the box of the triangle, not in the triangle"),
        pytest.param({"bbox": [-1, -1, 0, 0]}, ["triangle"], id="touching a corner"),
        pytest.param({"bbox": [-5, -5, -100, 5, 5, 100]}, ["triangle"], id="3-D"),
        pytest.param({"bbox": [178, -16, -179, -10]}, ["across"], id="both cross the antimeridian"),
        pytest.param({"bbox": [-179.5, -16, -179, -15.5]}, ["across"], id="east of the antimeridian"),
        pytest.param({"bbox": [170, -30, 190, 0]}, ["across"], id="longitudes of a map from 0 to 360"),
        pytest.param({"bbox": [-170, -90, 170, 90]}, ["triangle"], id="nearly the world, but not the antimeridian"),
        pytest.param({"bbox": [181, -16, 182, -15.5]}, ["across"], id="beyond 180"),
        pytest.param({"bbox": [-360, -90, 360, 90]}, ["across", "triangle"], id="twice around"),
        pytest.param({"bbox": [181, 91, 182, 92]}, [], id="beyond a pole"),
        pytest.param({"bbox": [-170, -20, 170, -15]}, [], id="the gap between the parts"),
        pytest.param({"bbox": [-180, -90, 180, 90]}, ["across", "triangle"], id="the world; not what has no place"),
        pytest.param({"intersects": {"type": "Point", "coordinates": [1, 1]}}, ["triangle"], id="point"),
        pytest.param({"intersects": {"type": "LineString", "coordinates": [[8, 8], [9, 9]]}}, [], id="line outside"),
        pytest.param({"intersects": {"type": "MultiPoint", "coordinates": [[99, 9], [1, 1]]}}, ["triangle"], id="two"),
        pytest.param(
            {"intersects": {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [2, 2]}]}},
            ["triangle"],
            id="collection",
        ),
    ],
)
def test_areas_are_met_exactly(
    reader: CatalogueReader, writer: CatalogueWriter, asked: dict[str, object], expected: list[str]
) -> None:
    put(writer, 1, stac_item("triangle", geometry=POLYGON, bbox=[0, 0, 10, 10]))
    put(writer, 2, stac_item("across", geometry=ACROSS, bbox=[177, -20, -178, -15]))
    put(writer, 3, stac_item("nowhere"))
    assert sorted(found(reader, **asked)) == expected


def test_collections_and_ids_restrict_and_none_means_all(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    put(writer, 1, stac_item("1", "ai-model"), stac_item("1", "dataset"))
    put(writer, 2, stac_item("2", "dataset"))
    assert found(reader) == ["1", "1", "2"]
    assert found(reader, collections=["dataset"]) == ["1", "2"]
    assert found(reader, collections=["dataset", "ai-model"], ids=["1"]) == ["1", "1"]
    assert found(reader, collections=["unknown"]) == []
    assert found(reader, collections=[]) == ["1", "1", "2"]


def test_extent_covers_visible_items_only(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    put(writer, 1, stac_item("1", geometry=POLYGON, bbox=[0, 0, 10, 10], updated="2024-01-01T00:00:00Z"))
    put(writer, 2, stac_item("2", geometry=ACROSS, bbox=[177, -20, -178, -15]), visibility=Visibility.INTERNAL)
    seen = reader.extent(ANONYMOUS, "ai-model")
    assert (seen.count, seen.bbox, seen.start == seen.end) == (1, (0, 0, 10, 10), True)
    assert reader.extent(SIGNED_IN, "ai-model").bbox == (-180.0, -20, 180.0, 10)
    nothing = reader.extent(ANONYMOUS, "dataset")
    assert (nothing.count, nothing.bbox, nothing.start, nothing.end) == (0, None, None, None)


def test_a_former_path_leads_to_the_project_until_another_takes_it(
    reader: CatalogueReader, writer: CatalogueWriter
) -> None:
    put(writer, 1, path="group/old")
    put(writer, 1, path="group/new", fingerprint="2")
    assert reader.item_id_of_path(ANONYMOUS, "ai-model", "group/old") == "1"
    put(writer, 2, path="group/old", visibility=Visibility.PRIVATE)
    assert reader.item_id_of_path(ANONYMOUS, "ai-model", "group/old") is None
    assert reader.item_id_of_path(ANONYMOUS, "ai-model", "group/new") == "1"


def test_a_collection_of_overlapping_areas_fails_nobody(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    """As GEOS before 3.13 does, "side location conflict": in an item it would fail the searches of everybody."""

    def box(west: float, south: float, east: float, north: float) -> dict[str, object]:
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return {"type": "Polygon", "coordinates": [ring]}

    overlapping = [box(-180, -90, -179, 90), box(-180, -90, -179, -45), box(-180, -90, -179, -45)]
    line = {"type": "LineString", "coordinates": [[-180, 0], [-178, 0]]}
    geometry = {"type": "GeometryCollection", "geometries": [*overlapping, line]}
    put(writer, 1, stac_item("1", geometry=geometry, bbox=[-180, -90, -178, 90]))
    put(writer, 2, stac_item("2", geometry=box(-180, -50, -170, -40), bbox=[-180, -50, -170, -40]))
    south = [box(-180, -90, -90, -45)["coordinates"], box(-5, -90, 5, -45)["coordinates"]]
    two: dict[str, object] = {"type": "MultiPolygon", "coordinates": south}
    assert found(reader, intersects=two) == ["1", "2"]
    assert found(reader, intersects=geometry) == ["1", "2"]
    assert found(reader, bbox=[-178.5, -1, -178.2, 1]) == ["1"]


@pytest.mark.parametrize(
    "bbox", [[-1.2, 1.5, 4.5, 1.5], [0.5, -4, 0.5, 3], [0, 0, 0, 0]], ids=["line", "upright", "point"]
)
def test_a_box_without_width_or_height_meets_what_it_touches(
    reader: CatalogueReader, writer: CatalogueWriter, bbox: list[float]
) -> None:
    """As a polygon without an inside it lost rows on PostgreSQL that SQLite found."""
    corners = [[-2.449309742605783, 2.609624449125755], [1.5, -4], [3.933170425576352, -1]]
    shape = {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}
    put(writer, 1, stac_item("1", geometry=shape, bbox=[-2.449309742605783, -4, 3.933170425576352, 2.609624449125755]))
    assert found(reader, bbox=bbox) == ["1"]
    assert found(reader, bbox=[-10, 1.5, -9, 1.5]) == []
