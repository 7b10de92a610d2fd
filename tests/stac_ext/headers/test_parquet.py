"""That the footer of a Parquet file gives its columns, its rows and the place of its geometries."""

import datetime
import decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from stac_ext.headers.parquet import read_parquet
from stac_ext.headers.reach import BrokenError, OutOfReachError
from stac_ext.model import FileEnds
from tests.stac_ext.headers.files import ends_of, geo, parquet


def test_a_geoparquet_file() -> None:
    table = read_parquet(ends_of(parquet(geo(bbox=[-10, 40, 5, 50]))))
    assert table.fields() == {
        "table:columns": [
            {"name": "id", "type": "int64"},
            {"name": "name", "type": "string"},
            {"name": "geometry", "type": "binary"},
        ],
        "table:row_count": 3,
        "table:primary_geometry": "geometry",
        "proj:code": "OGC:CRS84",
        "proj:bbox": [-10.0, 40.0, 5.0, 50.0],
    }
    assert table.box() == [-10, 40, 5, 50]


def test_geometries_in_a_projection() -> None:
    system = CRS("EPSG:32631").to_json_dict()
    table = read_parquet(ends_of(parquet(geo(crs=system, bbox=[500_000, 4_999_000, 0, 502_000, 5_000_000, 90]))))
    assert table.system == {"proj:code": "EPSG:32631"}
    assert table.box() == pytest.approx([3.0, 45.144, 3.0255, 45.153], abs=1e-3)


def test_a_system_without_a_code_is_written_out() -> None:
    system = CRS.from_proj4("+proj=laea +lat_0=10 +lon_0=20 +datum=WGS84").to_json_dict()
    table = read_parquet(ends_of(parquet(geo(crs=system, bbox=[-1_000, -1_000, 1_000, 1_000]))))
    assert set(table.system) == {"proj:projjson"}
    assert table.box() == pytest.approx([20, 10, 20, 10], abs=0.02)


def test_a_box_over_the_antimeridian() -> None:
    assert read_parquet(ends_of(parquet(geo(bbox=[177, -20, -178, -15])))).box() == [177, -20, -178, -15]


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        {},
        {"primary_column": "geometry"},
        {"primary_column": ["x"], "columns": {}},
        geo(),
        geo(crs=None, bbox=[0, 0, 1, 1]),
        geo(crs={"type": "nothing"}, bbox=[0, 0, 1, 1]),
        geo(crs={"id": {"authority": "EPSG", "code": 999_999}}, bbox=[0, 0, 1, 1]),
        geo(bbox=[0, 0, 1]),
        geo(bbox=[0, 0, "x", 1]),
        geo(bbox=[0, 95, 1, 99]),
        geo(bbox="everywhere"),
    ],
)
def test_a_table_without_a_known_place(metadata: Any) -> None:
    table = read_parquet(ends_of(parquet(metadata)))
    assert table.rows == 3
    assert table.box() is None


def test_types_of_columns() -> None:
    columns = {
        "flag": pa.array([True]),
        "small": pa.array([1], pa.uint8()),
        "number": pa.array([1.5]),
        "single": pa.array([1.5], pa.float32()),
        "day": pa.array([datetime.date(2020, 1, 1)]),
        "moment": pa.array([datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)]),
        "price": pa.array([decimal.Decimal("1.5")]),
        "parts": pa.array([{"a": 1, "b": {"c": 2}}]),
        "several": pa.array([[1, 2]]),
        "pairs": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
        "after": pa.array(["x"]),
    }
    assert dict(read_parquet(ends_of(parquet(columns=columns))).columns) == {
        "flag": "boolean",
        "small": "uint8",
        "number": "double",
        "single": "float",
        "day": "date",
        "moment": "timestamp",
        "price": "decimal",
        "parts": "struct",
        "several": "list",
        "pairs": "map",
        "after": "string",
    }


def test_the_footer_lies_in_the_tail() -> None:
    columns = {"id": pa.array(range(200_000)), "geometry": [b"x" * 8] * 200_000}
    data = parquet(geo(bbox=[0, 0, 1, 1]), columns, compression="none", use_dictionary=False)
    assert len(data) > 2_000_000
    table = read_parquet(ends_of(data))
    assert (table.rows, table.box()) == (200_000, [0, 0, 1, 1])
    with pytest.raises(OutOfReachError):
        read_parquet(ends_of(data, tail=100))
    with pytest.raises(OutOfReachError):
        read_parquet(FileEnds(data[:1_000]))


def test_a_table_of_thousands_of_columns_is_cut() -> None:
    data = parquet(columns={f"c{n}": [1] for n in range(2_000)})
    assert len(read_parquet(ends_of(data, head=len(data))).columns) == 500


@pytest.mark.parametrize("data", [b"", b"PAR1", b"a,b\n1,2\n", b"PAR1\xff\0\0\0PAR1", b"PAR1\0\0\0\0PAR1"])
def test_what_is_no_parquet(data: bytes) -> None:
    with pytest.raises(BrokenError):
        read_parquet(ends_of(data))


def test_geo_metadata_that_are_no_json() -> None:
    with pytest.raises(BrokenError):
        read_parquet(ends_of(parquet(b"{")))


def test_an_encrypted_footer_is_left_alone() -> None:
    with pytest.raises(OutOfReachError):
        read_parquet(ends_of(parquet()[:-4] + b"PARE"))


SAMPLE = parquet(geo(bbox=[0, 0, 1, 1]))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_files_are_read_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(len(SAMPLE) // 2, len(SAMPLE) - 5))] = data.draw(st.integers(0, 255))
    try:
        table = read_parquet(ends_of(bytes(damaged)))
    except (BrokenError, OutOfReachError):
        return
    table.fields()
    table.box()


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_footer_is_read_or_refused(footer: bytes) -> None:
    try:
        read_parquet(ends_of(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"))
    except BrokenError:
        return
