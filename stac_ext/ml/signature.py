"""What the signature of an MLflow model says: its inputs and outputs as arrays, each with its name, sizes and type.

A column is an array of one dimension, as many values as there are rows. Source: https://mlflow.org/docs/latest/ml/model/signatures/
"""

import json
from typing import Any, Final

from stac_ext.ml.mlm_objects import Array, array_of
from stac_ext.ml.values import whole_of
from stac_ext.ml.vocabulary import data_type_of
from stac_ext.sanitize import TITLE_LIMIT, line_of, quoted

MAX_COLUMNS: Final = 100
MAX_SIGNATURE: Final = 200_000

_COLUMNS: Final = {"integer": "int32", "long": "int64", "float": "float32", "double": "float64"}
_MAX_LISTS: Final = 8


def read_schema(value: Any, kind: str) -> tuple[tuple[str, Array], ...]:
    """The arrays of `signature.inputs` or `.outputs`, JSON as MLflow writes it; `kind` names those without a name.

    More than 100 columns become one array. Raises ValueError.
    """
    if isinstance(value, str):
        value = _json(value)
    if not isinstance(value, list) or not value or not all(isinstance(entry, dict) for entry in value):
        raise ValueError(f"{quoted(value)} is no list of columns or tensors")
    columns = all(entry.get("type") != "tensor" for entry in value)
    if len(value) > MAX_COLUMNS and columns:
        types = {_column_type(entry) for entry in value}
        array = Array((-1, len(value)), ("batch", "column"), types.pop() if len(types) == 1 else "other")
        return (("columns", array),)
    if len(value) > MAX_COLUMNS:
        raise ValueError(f"it has more than {MAX_COLUMNS} tensors")
    unnamed = sum(line_of(entry.get("name")) is None for entry in value)
    return tuple(
        (line_of(entry.get("name"), TITLE_LIMIT) or (kind if unnamed == 1 else f"{kind}-{place}"), _array(entry))
        for place, entry in enumerate(value, 1)
    )


def _array(entry: dict[str, Any]) -> Array:
    if entry.get("type") != "tensor":
        lists = 0
        while entry.get("type") == "array" and isinstance(entry.get("items"), dict) and lists < _MAX_LISTS:
            entry, lists = entry["items"], lists + 1
        return array_of([-1] * (lists + 1), [], _column_type(entry))
    spec = entry.get("tensor-spec")
    shape = spec.get("shape") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(shape, list):
        raise ValueError("a tensor has no `tensor-spec` with a shape")
    return array_of([whole_of(size, -1) for size in shape], [], _tensor_type(spec.get("dtype")))


def _column_type(entry: dict[str, Any]) -> str:
    return _COLUMNS.get(str(entry.get("type"))[:20], "other")


def _tensor_type(value: Any) -> str:
    """The type that numpy names; texts, dates and the like are `other`."""
    try:
        return data_type_of(value)
    except ValueError:
        return "other"


def _json(text: str) -> Any:
    if len(text) > MAX_SIGNATURE:
        raise ValueError(f"it is longer than {MAX_SIGNATURE} characters")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is not valid JSON") from None
