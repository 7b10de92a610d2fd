"""Files that a golden project holds and that are made anew for each run, so that no binary file is committed."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import onnx
from onnx import TensorProto, helper

from tests.stac_ext.headers import files

SIZES: Final = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "U8": 1}


def text(text: str, encoding: str = "utf-8", then: str = "", repeat: int = 0) -> bytes:
    """Text in an encoding of Python's (`utf-8-sig` and `utf-16` write a mark), and another one many times after it."""
    return (text + then * repeat).encode(encoding)


def raw(hexadecimal: str, repeat: int = 1) -> bytes:
    return bytes.fromhex(hexadecimal) * repeat


def safetensors(tensors: Mapping[str, list[Any]], metadata: Mapping[str, str] | None = None) -> bytes:
    """A safetensors file; `tensors` maps names to a type followed by the sizes of its dimensions. All values are 0.

    Source: https://huggingface.co/docs/safetensors/index#format
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name, (kind, *shape) in tensors.items():
        start, end = end, end + SIZES[kind]
        for size in shape:
            end = start + (end - start) * size
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
    written = json.dumps(header, separators=(",", ":")).encode()
    return len(written).to_bytes(8, "little") + written + bytes(end)


def onnx_graph(
    inputs: Mapping[str, list[Any]],
    outputs: Mapping[str, list[Any]],
    producer: str = "pytorch",
    version: str = "2.3.0",
    opset: int = 17,
) -> bytes:
    """An ONNX file of 32-bit floats; a dimension is a number or a name."""
    into, out = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in side.items()]
        for side in (inputs, outputs)
    )
    node = helper.make_node("Identity", [next(iter(inputs))], [next(iter(outputs))])
    model = helper.make_model(
        helper.make_graph([node], "graph", into, out),
        producer_name=producer,
        producer_version=version,
        opset_imports=[helper.make_opsetid("", opset)],
    )
    model.ir_version = 9
    assert isinstance(model, onnx.ModelProto)
    written: bytes = model.SerializeToString()
    return written


def geotiff(
    west: float, north: float, step: float, epsg: int = 4326, shape: tuple[int, int] = (10, 20), **options: Any
) -> bytes:
    """A GeoTIFF file of square pixels; `step` in the units of the reference system."""
    geographic = 4000 < epsg < 5000
    keys = {1024: 2 if geographic else 1, 1025: 1, 2048 if geographic else 3072: epsg}
    tie = (0, 0, 0, west, north, 0)
    return files.geotiff((shape[0], shape[1]), keys=keys, scale=(step, step), tie=tie, **options)


def geoparquet(bbox: list[float]) -> bytes:
    """A GeoParquet file of three points whose metadata say where they lie."""
    return files.parquet(files.geo(bbox=bbox))


MAKERS: Final[Mapping[str, Callable[..., bytes]]] = {
    "text": text,
    "raw": raw,
    "safetensors": safetensors,
    "onnx": onnx_graph,
    "geotiff": geotiff,
    "geoparquet": geoparquet,
}
