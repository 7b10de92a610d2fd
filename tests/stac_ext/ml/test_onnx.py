"""That ONNX files made by the onnx package are read from their ends, and that what is out of reach is unknown."""

from collections.abc import Sequence

import numpy
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from stac_ext.ml.onnx import OnnxModel, read_onnx
from stac_ext.model import FileEnds

FLOAT = TensorProto.FLOAT


def made(
    shape: Sequence[int | str | None] | None = ("batch_size", 4, 64, 64),
    kind: int = FLOAT,
    weights: int = 4,
    ir_version: int = 10,
    weights_are_inputs: bool = False,
) -> bytes:
    x = helper.make_tensor_value_info("pixels", kind, shape)
    y = helper.make_tensor_value_info("mask", FLOAT, ["N", 2])
    stored = numpy_helper.from_array(numpy.ones(weights, numpy.float32), "weights")
    inputs = [x, helper.make_tensor_value_info("weights", FLOAT, [weights])] if weights_are_inputs else [x]
    graph = helper.make_graph([helper.make_node("Identity", ["pixels"], ["mask"])], "net", inputs, [y], [stored])
    opsets = [helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 17)]
    model = helper.make_model(graph, producer_name="pytorch", producer_version="2.3.0", opset_imports=opsets)
    model.ir_version = ir_version
    written: bytes = model.SerializeToString()
    return written


def read(data: bytes, head: int | None = None, tail: int = 0) -> OnnxModel:
    if head is None:
        return read_onnx(FileEnds(data, size=len(data), whole=True))
    return read_onnx(FileEnds(data[:head], data[len(data) - tail :] if tail else b"", len(data)))


def test_a_whole_file() -> None:
    found = read(made())
    assert (found.producer, found.producer_version, found.ir_version, found.opset) == ("pytorch", "2.3.0", 10, 17)
    assert found.inputs is not None
    assert found.outputs is not None
    [(name, array)] = found.inputs
    assert name == "pixels"
    assert array.to_dict() == {
        "shape": [-1, 4, 64, 64],
        "dim_order": ["batch_size", "axis-b", "axis-c", "axis-d"],
        "data_type": "float32",
    }
    [(name, array)] = found.outputs
    assert (name, array.shape, array.dim_order) == ("mask", (-1, 2), ("n", "axis-b"))
    assert found.describe() == (
        "ONNX: opset 17, IR version 10, made by pytorch 2.3.0, input pixels float32[-1, 4, 64, 64], "
        "output mask float32[-1, 2]."
    )


def test_an_initializer_is_skipped_without_its_bytes() -> None:
    data = made(weights=100_000)
    assert len(data) > 400_000
    assert read(data, head=300, tail=300) == read(data)


def test_inputs_between_the_ends_are_unknown_but_the_opset_is_told() -> None:
    data = made(shape=[f"a{n}" for n in range(20)])
    found = read(data, head=60, tail=30)
    assert (found.inputs, found.outputs) == (None, None)
    assert (found.producer, found.opset) == ("pytorch", 17)
    assert "inputs unknown, outputs unknown" in found.describe()


def test_without_the_end_the_opset_is_unknown() -> None:
    found = read(made(weights=100_000), head=300)
    assert (found.producer, found.opset, found.inputs, found.outputs) == ("pytorch", None, None, None)
    assert "opset unknown" in found.describe()


def test_a_graph_out_of_reach_is_unknown() -> None:
    model = onnx.load_from_string(made())
    model.doc_string = "x" * 500
    found = read(model.SerializeToString(), head=100)
    assert (found.producer, found.opset, found.inputs) == ("pytorch", None, None)


def test_weights_that_old_files_list_as_inputs_are_none() -> None:
    for ir_version, names in ((3, ["pixels"]), (10, ["pixels", "weights"])):
        found = read(made(ir_version=ir_version, weights_are_inputs=True))
        assert found.inputs is not None
        assert [name for name, _ in found.inputs] == names


@pytest.mark.parametrize("shape", [None, ()])
def test_a_shape_that_no_array_has_is_unknown(shape: Sequence[int] | None) -> None:
    found = read(made(shape=shape))
    assert found.inputs is None
    assert found.outputs is not None


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (TensorProto.UINT8, "uint8"),
        (TensorProto.INT64, "int64"),
        (TensorProto.DOUBLE, "float64"),
        (TensorProto.FLOAT16, "float16"),
        (TensorProto.COMPLEX64, "cfloat32"),
        (TensorProto.BOOL, "other"),
        (TensorProto.STRING, "other"),
        (TensorProto.BFLOAT16, "other"),
    ],
)
def test_types(kind: int, name: str) -> None:
    found = read(made(kind=kind))
    assert found.inputs is not None
    assert found.inputs[0][1].data_type == name


def test_a_dimension_with_a_meaning() -> None:
    model = onnx.load_from_string(made(shape=[None, 3, "height", "height"]))
    dimensions = model.graph.input[0].type.tensor_type.shape.dim
    dimensions[0].denotation, dimensions[1].denotation = "DATA_BATCH", "DATA_CHANNEL"
    found = read(model.SerializeToString())
    assert found.inputs is not None
    assert found.inputs[0][1].dim_order == ("batch", "channel", "height", "axis-d")


@pytest.mark.parametrize("data", [b"", b"\x08", b"version https://git-lfs", b"PK\x03\x04" + bytes(30), b"\x00" * 40])
def test_what_is_no_onnx_file(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"no|ends"):
        read(data)


def test_every_cut_is_read_or_refused() -> None:
    data = made()
    for end in range(len(data)):
        for ends in (FileEnds(data[:end], size=len(data)), FileEnds(data[:end], whole=True)):
            try:
                read_onnx(ends)
            except ValueError:
                continue


@settings(max_examples=300, deadline=None, derandomize=True)
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_are_read_or_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(made(weights_are_inputs=True, ir_version=3))
    for place, byte in changes:
        data[place % len(data)] = byte
    try:
        found = read(bytes(data))
    except ValueError:
        return
    assert len(found.describe()) <= 1_000
