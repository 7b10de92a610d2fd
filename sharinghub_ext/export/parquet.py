"""The public items as stac-geoparquet: one file for each collection that has any.

The columns of such a file have one type each, and items of many teams do not agree on types. So a property with values
of several types is a column of JSON texts, and where many differently named assets would each be a column, assets are
named by their number and hold their name as `sharinghub:key`.
Source: https://github.com/stac-utils/stac-geoparquet/blob/main/spec/stac-geoparquet-spec.md
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
from stac_geoparquet.arrow import parse_stac_items_to_arrow, to_parquet

from sharinghub_ext.export.public import PublicPart

MAX_ASSET_COLUMNS: Final = 200
_NOWHERE: Final = {"type": "Point", "coordinates": [0.0, 0.0]}
Told = Callable[[int], None]


def write_parquet(folder: Path, public: PublicPart, told: Told) -> int:
    """Write the files into an empty folder; how many items they have. `told` hears of each page of items."""
    number = 0
    for category in public.categories:
        items = list(public.items(category.id, told))
        if items:
            collection = public.collection(category)
            table = _table(items)
            to_parquet(table, folder / f"{category.id}.parquet", collections={category.id: collection})
        number += len(items)
    return number


def _table(items: list[dict[str, Any]]) -> pa.Table:
    _one_type_each([item["properties"] for item in items])
    _few_assets(items)
    placed = [item.get("geometry") is not None for item in items]
    table = parse_stac_items_to_arrow(
        [item if there else _put(item) for item, there in zip(items, placed, strict=True)]
    )
    whole = table.read_all()
    for name in ("geometry", "bbox"):  # who is nowhere was put somewhere for the library
        column = whole.column(name).combine_chunks()
        kept = pa.compute.if_else(pa.array(placed), column, pa.scalar(None, column.type))
        place = whole.schema.get_field_index(name)
        whole = whole.set_column(place, whole.schema.field(place), kept)
    return whole


def _put(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "geometry": _NOWHERE, "bbox": [0.0, 0.0, 0.0, 0.0]}


def _one_type_each(rows: list[dict[str, Any]]) -> None:
    """Makes texts of the values of a name that are not of one type."""
    for name in {name for row in rows for name in row}:
        if not _is_one_type(row[name] for row in rows if name in row):
            for row in rows:
                if row.get(name) is not None:
                    row[name] = orjson.dumps(row[name]).decode()


def _is_one_type(values: Iterable[Any]) -> bool:
    try:
        found = pa.array(list(values))
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return False
    return not pa.types.is_struct(found.type) or found.type.num_fields > 0  # Parquet has no struct without members


def _few_assets(items: list[dict[str, Any]]) -> None:
    if len({key for item in items for key in item["assets"]}) > MAX_ASSET_COLUMNS:
        for item in items:
            named = enumerate(item["assets"].items(), 1)
            item["assets"] = {f"asset_{number}": {**one, "sharinghub:key": key} for number, (key, one) in named}
    rows = [asset for item in items for asset in item["assets"].values()]
    _one_type_each(rows)
    _one_type_each([link for item in items for link in item["links"]])
