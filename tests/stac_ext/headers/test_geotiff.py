"""That the header of a GeoTIFF gives its grid and its place, as other programs write and read them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stac_ext.headers.geotiff import read_geotiff
from stac_ext.headers.reach import BrokenError, OutOfReachError
from stac_ext.model import FileEnds
from tests.stac_ext.headers.files import ends_of, geotiff


def test_a_projected_grid() -> None:
    grid = read_geotiff(ends_of(geotiff(nodata="0")))
    assert grid.fields() == {
        "proj:shape": [100, 200],
        "proj:code": "EPSG:32631",
        "proj:transform": [10.0, 0.0, 500_000.0, 0.0, -10.0, 5_000_000.0],
        "proj:bbox": [500_000.0, 4_999_000.0, 502_000.0, 5_000_000.0],
        "data_type": "uint16",
        "nodata": 0,
    }
    assert grid.box() == pytest.approx([3.0, 45.144, 3.0255, 45.153], abs=1e-3)


def test_a_geographic_grid_is_where_it_says() -> None:
    keys = {1024: 2, 1025: 1, 2048: 4326}
    grid = read_geotiff(ends_of(geotiff(keys=keys, scale=(0.1, 0.1), tie=(0, 0, 0, -10, 50, 0), dtype="float32")))
    assert grid.box() == pytest.approx([-10, 40, 10, 50])
    assert grid.fields()["proj:code"] == "EPSG:4326"
    assert grid.fields()["data_type"] == "float32"


@pytest.mark.parametrize(
    ("west", "box"),
    [
        (170.0, [170, 40, -170, 50]),
        (0.0, [0, 40, 20, 50]),
        (340.0, [-20, 40, 0, 50]),
    ],
)
def test_the_antimeridian_and_longitudes_to_360(west: float, box: list[float]) -> None:
    keys = {1024: 2, 1025: 1, 2048: 4326}
    grid = read_geotiff(ends_of(geotiff(keys=keys, scale=(0.1, 0.1), tie=(0, 0, 0, west, 50, 0))))
    assert grid.box() == pytest.approx(box)


def test_the_whole_world_from_0_to_360() -> None:
    keys = {1024: 2, 1025: 1, 2048: 4326}
    data = geotiff((180, 360), keys=keys, scale=(1.0, 1.0), tie=(0, 0, 0, 0, 90, 0))
    assert read_geotiff(ends_of(data)).box() == [-180, -90, 180, 90]


def test_a_projection_over_the_antimeridian() -> None:
    data = geotiff(keys={1024: 1, 3072: 32760}, scale=(1_000.0, 1_000.0), tie=(0, 0, 0, 700_000, 8_000_000, 0))
    box = read_geotiff(ends_of(data)).box()
    assert box is not None
    assert box[0] > box[2]


def test_pixels_that_are_points_lie_half_a_pixel_further() -> None:
    grid = read_geotiff(ends_of(geotiff(keys={1024: 1, 1025: 2, 3072: 32631})))
    assert grid.transform == (10.0, 0.0, 499_995.0, 0.0, -10.0, 5_000_005.0)


def test_a_turned_grid() -> None:
    matrix = [0.0, 10.0, 0, 500_000, 10.0, 0.0, 0, 5_000_000, 0, 0, 0, 0, 0, 0, 0, 1]
    grid = read_geotiff(ends_of(geotiff(scale=None, matrix=matrix)))
    assert grid.transform == (0.0, 10.0, 500_000.0, 10.0, 0.0, 5_000_000.0)
    assert grid.bounds == [500_000.0, 5_000_000.0, 501_000.0, 5_002_000.0]


@pytest.mark.parametrize("options", [{"bigtiff": True}, {"byteorder": ">"}, {"bigtiff": True, "byteorder": ">"}])
def test_bigtiff_and_the_other_byte_order(options: dict[str, object]) -> None:
    assert read_geotiff(ends_of(geotiff(**options))).code == "EPSG:32631"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "scale"),
    [
        ({}, None),
        ({}, (10.0, 10.0)),
        ({1024: 1, 3072: 32767}, (10.0, 10.0)),
        ({1024: 1, 3072: 60_000}, (10.0, 10.0)),
        ({1024: 1, 3072: 32631}, (0.0, 0.0)),
    ],
)
def test_a_picture_without_a_known_place(keys: dict[int, int], scale: tuple[float, float] | None) -> None:
    grid = read_geotiff(ends_of(geotiff(keys=keys, scale=scale)))
    assert grid.box() is None
    assert "proj:code" not in grid.fields()


@pytest.mark.parametrize(
    ("text", "value"), [("nan", "nan"), ("-9999.0", -9999), ("0.5", 0.5), ("none", None), ("1e999", None)]
)
def test_values_that_stand_for_none(text: str, value: object) -> None:
    assert read_geotiff(ends_of(geotiff(nodata=text))).nodata == value


def test_types_of_values() -> None:
    said = {kind: read_geotiff(ends_of(geotiff(dtype=kind))).data_type for kind in ("uint8", "int16", "complex64")}
    assert said == {"uint8": "uint8", "int16": "int16", "complex64": "cfloat32"}


def test_a_file_of_which_only_the_ends_are_at_hand() -> None:
    data = geotiff((1_000, 1_000), dtype="float64")
    assert len(data) > 4_000_000
    assert read_geotiff(ends_of(data)).code == "EPSG:32631"
    with pytest.raises(OutOfReachError):
        read_geotiff(FileEnds(data[:16], size=len(data)))
    assert read_geotiff(FileEnds(data[:300_000], size=None)).code == "EPSG:32631"


@pytest.mark.parametrize(
    "data", [b"", b"II*\0", b"\x89PNG" + b"\0" * 60, b"II*\0" + b"\0" * 20, b"II*\0\x08\0\0\0" * 9]
)
def test_what_is_no_tiff(data: bytes) -> None:
    with pytest.raises((BrokenError, OutOfReachError)):
        read_geotiff(ends_of(data))


SAMPLE = geotiff(nodata="0")


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_files_are_read_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(SAMPLE[:1_000])
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, 400))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 1_000))
    try:
        grid = read_geotiff(FileEnds(bytes(damaged[:cut]), bytes(damaged[-100:]), len(SAMPLE)))
    except (BrokenError, OutOfReachError):
        return
    box = grid.box()
    assert box is None or (-180 <= box[0] <= 180 and -90 <= box[1] <= box[3] <= 90)
    grid.fields()
