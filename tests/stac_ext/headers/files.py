"""Real files, made by libraries that the hub itself does not use, and the ends of them that it is given."""

import io
import json
from typing import Any

import numpy
import pyarrow as pa
import pyarrow.parquet as pq
import tifffile

from stac_ext.model import FileEnds

HEAD, TAIL = 256 * 1024, 64 * 1024


def ends_of(data: bytes, head: int = HEAD, tail: int = TAIL) -> FileEnds:
    if len(data) <= head:
        return FileEnds(data, size=len(data), whole=True)
    return FileEnds(data[:head], data[-tail:], len(data))


def geotiff(
    shape: tuple[int, int] = (100, 200),
    *,
    keys: dict[int, int] | None = None,
    scale: tuple[float, float] | None = (10.0, 10.0),
    tie: tuple[float, ...] = (0, 0, 0, 500_000, 5_000_000, 0),
    matrix: list[float] | None = None,
    nodata: str | None = None,
    dtype: str = "uint16",
    **options: Any,
) -> bytes:
    """A GeoTIFF file; `keys` are GeoKeys whose value is a number."""
    tags: list[tuple[int, str, int, Any, bool]] = []
    keys = {1024: 1, 1025: 1, 3072: 32631} if keys is None else keys
    if keys:
        entries = [number for key, value in sorted(keys.items()) for number in (key, 0, 1, value)]
        directory = [1, 1, 1, len(keys), *entries]
        tags.append((34735, "H", len(directory), tuple(directory), True))
    if scale:
        tags += [(33550, "d", 3, (*scale, 0.0), True), (33922, "d", len(tie), tie, True)]
    if matrix:
        tags.append((34264, "d", 16, tuple(matrix), True))
    if nodata is not None:
        tags.append((42113, "s", 0, nodata, True))
    out = io.BytesIO()
    tifffile.imwrite(out, numpy.zeros(shape, dtype=dtype), extratags=tags, metadata=None, **options)
    return out.getvalue()


def parquet(geo: Any = None, columns: dict[str, Any] | None = None, **options: Any) -> bytes:
    """A Parquet file with GeoParquet metadata, given as what JSON writes or as bytes."""
    table = pa.table(columns or {"id": pa.array([1, 2, 3]), "name": ["a", "b", None], "geometry": [b"1", b"2", b"3"]})
    if geo is not None:
        table = table.replace_schema_metadata({"geo": geo if isinstance(geo, bytes) else json.dumps(geo)})
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def geo(**column: Any) -> dict[str, Any]:
    """The metadata of one column of geometries."""
    return {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"], **column}},
    }
