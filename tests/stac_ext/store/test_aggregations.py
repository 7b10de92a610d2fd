"""Proves that aggregations add up what a viewer sees, on both engines, at every edge of a day, a cell and a range."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from stac_ext.aggregations import INTERVAL, PRECISION, described, parse_aggregations
from stac_ext.asking import query_of
from stac_ext.model import ANONYMOUS, Viewer, Visibility
from stac_ext.query import InvalidParameter
from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.rows import put, stac_item

MEMBER = Viewer(Visibility.INTERNAL, "user:7")
PLACES: list[list[float] | None] = [
    None,
    [0, 0, 0, 0],
    [-180, -90, -180, -90],
    [180, 90, 180, 90],
    [170, -10, -170, 10],
    [179, 10, -177, 20],
    [7.4, 46.9, 7.5, 47.0],
    [7.4, 46.9, 7.5, 47.0],
    [-5.6, 42.6, -5.6, 42.6],
]
STARTS = [
    *("0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2024-02-29T12:00:00Z"),
    *("2024-02-29T23:59:59Z", "2024-03-01T00:00:00Z", "2024-12-31T00:00:00Z", "9999-12-31T23:59:59Z"),
    "2024-03-01T00:00:00.000001Z",
]


def items() -> list[dict[str, Any]]:
    """Items of projects whose number is theirs; every third is private."""
    found = []
    for number, (box, start) in enumerate(zip(PLACES, STARTS, strict=True), 1):
        properties: dict[str, Any] = {
            "datetime": start,
            "sharinghub:stars": [0, 1, 9, 10, 99, 100, 10**12][number % 7],
            "sharinghub:topics": [["a", "b"], ["b", "b", 5, None], [], "b", None, {"b": 1}][number % 6],
            "mlm:framework": ["torch", None, 5, "jax"][number % 4],
        }
        if number % 2:
            properties["license"] = "MIT" if number % 3 else "AAL"
        if number == 4:
            properties |= {"datetime": None, "start_datetime": start, "end_datetime": "2025-01-01T00:00:00Z"}
        placed: dict[str, Any] = {}
        if box is not None:
            placed = {"geometry": {"type": "Point", "coordinates": box[:2]}, "bbox": box}
        collection = "dataset" if number % 2 else "ai-model"
        found.append(stac_item(str(number), collection, properties=properties, **placed))
    return found


@pytest.fixture
def filled(database: Database) -> CatalogueReader:
    writer, grants = CatalogueWriter(database), GrantTable(database)
    for number, one in enumerate(items(), 1):
        put(writer, number, one, visibility=Visibility.PRIVATE if number % 3 == 0 else Visibility.PUBLIC)
    grants.confirm("user:7", 7, "seven", False, 0)
    assert grants.replace("user:7", [3, 9], began=database.seq(), now=1)
    return CatalogueReader(database)


def geohash(longitude: float, latitude: float, precision: int) -> str:
    """By halving the world, as it is defined."""
    ends, name, bits = {"x": [-180.0, 180.0], "y": [-90.0, 90.0]}, "", ""
    while len(name) < precision:
        axis, value = ("y", latitude) if (len(name) * 5 + len(bits)) % 2 else ("x", longitude)
        middle = sum(ends[axis]) / 2
        bits += str(int(value >= middle))
        ends[axis][0 if value >= middle else 1] = middle
        if len(bits) == 5:
            name, bits = name + "0123456789bcdefghjkmnpqrstuvwxyz"[int(bits, 2)], ""
    return name


def middle(box: list[float]) -> tuple[float, float]:
    west, south, east, north = box
    longitude = (west + east + (360 if west > east else 0)) / 2
    return longitude - 360 if longitude > 180 else longitude, (south + north) / 2


def told(
    reader: CatalogueReader, viewer: Viewer, name: str, options: dict[str, Any] | None = None, **asked: Any
) -> dict[str, Any]:
    (found,) = reader.aggregate(viewer, query_of(asked), parse_aggregations([name], options or {}))
    assert found["name"] == name
    return found


def buckets(aggregation: dict[str, Any]) -> dict[str, int]:
    return {one["key"]: one["frequency"] for one in aggregation["buckets"]}


def seen(viewer: Viewer) -> list[dict[str, Any]]:
    """What a viewer may see, in full."""
    numbers = {ANONYMOUS: {1, 2, 4, 5, 7, 8}, MEMBER: {1, 2, 3, 4, 5, 7, 8, 9}}[viewer]
    return [one for one in items() if int(one["id"]) in numbers]


@pytest.mark.parametrize("viewer", [ANONYMOUS, MEMBER], ids=["anonymous", "member"])
def test_what_a_viewer_sees_is_added_up(filled: CatalogueReader, viewer: Viewer) -> None:
    mine = seen(viewer)
    assert told(filled, viewer, "total_count")["value"] == len(mine)
    for name, of in (("license_frequency", "license"), ("framework_frequency", "mlm:framework")):
        values = [one["properties"].get(of) for one in mine]
        expected = Counter(value for value in values if isinstance(value, str))
        found = told(filled, viewer, name)
        assert buckets(found) == expected
        assert found["overflow"] == len(mine) - expected.total()
    lists = [one["properties"]["sharinghub:topics"] for one in mine]
    words = Counter(
        word for one in lists if isinstance(one, list) for word in {word for word in one if isinstance(word, str)}
    )
    assert buckets(told(filled, viewer, "topic_frequency")) == words
    assert buckets(told(filled, viewer, "collection_frequency")) == Counter(one["collection"] for one in mine)
    stars = [one["properties"]["sharinghub:stars"] for one in mine]
    assert buckets(told(filled, viewer, "stars_frequency")) == {
        "0-1": sum(one < 1 for one in stars),
        "1-10": sum(1 <= one < 10 for one in stars),
        "10-100": sum(10 <= one < 100 for one in stars),
        "100-*": sum(one >= 100 for one in stars),
    }


@pytest.mark.parametrize("precision", range(1, 7))
def test_places_are_counted_by_geohash(filled: CatalogueReader, precision: int) -> None:
    """A place at the outer edge belongs to the last cell."""
    for viewer in (ANONYMOUS, MEMBER):
        boxes = [one["bbox"] for one in seen(viewer) if one.get("bbox")]
        expected = Counter(geohash(*middle(box), precision) for box in boxes)
        found = told(filled, viewer, "centroid_geohash_grid_frequency", {PRECISION: precision})
        assert buckets(found) == expected
        assert found["overflow"] == len(seen(viewer)) - len(boxes)
    assert geohash(-5.6, 42.6, 5) == "ezs42"  # the example of the definition


@pytest.mark.parametrize(("unit", "digits"), [("year", 4), ("month", 7), ("day", 10)])
def test_beginnings_are_counted_by_year_month_and_day(filled: CatalogueReader, unit: str, digits: int) -> None:
    starts = [one["properties"]["datetime"] or one["properties"]["start_datetime"] for one in seen(MEMBER)]
    expected = Counter(start[:digits] + "-01-01T00:00:00Z"[(digits - 4) :] for start in starts)
    found = told(filled, MEMBER, "datetime_frequency", {INTERVAL: unit})
    assert buckets(found) == expected
    assert list(buckets(found)) == sorted(expected)
    assert {one["data_type"] for one in found["buckets"]} == {f"interval_{unit}"}


@pytest.mark.parametrize(("days", "unit"), [(0, "day"), (92, "day"), (93, "month"), (3_653, "month"), (3_654, "year")])
def test_the_interval_fits_the_span(database: Database, days: int, unit: str) -> None:
    begin = datetime.fromisoformat("2001-01-01T00:00:00Z")
    for number, moment in enumerate((begin, begin + timedelta(days=days)), 1):
        shown = moment.isoformat().replace("+00:00", "Z")
        put(CatalogueWriter(database), number, stac_item(str(number), properties={"datetime": shown}))
    found = told(CatalogueReader(database), ANONYMOUS, "datetime_frequency")
    assert {one["data_type"] for one in found["buckets"]} == {f"interval_{unit}"}
    assert sum(buckets(found).values()) == 2


def test_only_what_a_search_finds_is_added_up(filled: CatalogueReader) -> None:
    asked: dict[str, Any] = {"query": {"license": {"eq": "MIT"}}, "bbox": [-180, -90, 180, 90]}
    mine = [one for one in seen(ANONYMOUS) if one["properties"].get("license") == "MIT" and one.get("bbox")]
    assert told(filled, ANONYMOUS, "total_count", **asked)["value"] == len(mine) > 0
    assert buckets(told(filled, ANONYMOUS, "collection_frequency", **asked)) == {"dataset": len(mine)}
    assert told(filled, ANONYMOUS, "datetime_max", **asked)["value"] == max(
        one["properties"]["datetime"] for one in mine
    )


def test_nothing_adds_up_to_nothing(filled: CatalogueReader) -> None:
    nobody, names = Viewer(None), [one["name"] for one in described()]
    for one in filled.aggregate(nobody, query_of({}), parse_aggregations(names, {})):
        assert one.get("value", 0) in (0, None)
        assert sum(bucket["frequency"] for bucket in one.get("buckets", ())) == one.get("overflow", 0) == 0
    assert filled.aggregate(MEMBER, query_of({}), parse_aggregations(None, {})) == []


@pytest.mark.parametrize(
    ("names", "options"),
    [
        (["nosuch"], {}),
        ("total_count", {}),
        ([5], {}),
        ([], {INTERVAL: "week"}),
        ([], {PRECISION: 0}),
        ([], {PRECISION: 7}),
        ([], {PRECISION: True}),
        ([], {PRECISION: "2"}),
    ],
)
def test_what_is_wrong_is_told(names: Any, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter):
        parse_aggregations(names, options)
