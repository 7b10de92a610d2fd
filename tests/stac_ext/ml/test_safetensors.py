"""That safetensors files made by the safetensors package are read from their first bytes, and broken ones refused."""

import json
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from stac_ext.ml.safetensors import Safetensors, read_safetensors
from stac_ext.model import FileEnds

TENSORS = {
    "encoder.weight": numpy.zeros((16, 3, 3, 3), numpy.float32),
    "encoder.bias": numpy.zeros(16, numpy.float16),
    "steps": numpy.zeros((), numpy.int64),
    "empty": numpy.zeros((0, 4), numpy.uint8),
}


def headed(header: Any, size: int | None = None) -> FileEnds:
    text = json.dumps(header).encode()
    return FileEnds(len(text).to_bytes(8, "little") + text, size=size)


def test_a_real_file_by_its_head() -> None:
    data = save(TENSORS, metadata={"format": "pt", "modelspec.architecture": "unet"})
    found = read_safetensors(FileEnds(data[:600], size=len(data)))
    assert found == Safetensors(
        parameters=16 * 27 + 16 + 1,
        types=("float16", "float32", "int64", "uint8"),
        tensors=4,
        metadata={"format": "pt", "modelspec.architecture": "unet"},
    )
    assert found.describe() == "safetensors with 449 parameters in 4 tensors (float16, float32, int64, uint8)."
    assert read_safetensors(FileEnds(data, whole=True)) == found


def test_a_header_that_is_not_all_there_is_unknown() -> None:
    data = save(TENSORS)
    assert read_safetensors(FileEnds(data[:40], size=len(data))) is None


def test_a_file_that_was_cut_is_refused() -> None:
    data = save(TENSORS)
    with pytest.raises(ValueError, match="lacks 7 bytes"):
        read_safetensors(FileEnds(data[:-7], size=len(data) - 7, whole=True))


def test_a_type_of_tomorrow_is_named() -> None:
    tensor = {"dtype": "F6_E3M2", "shape": [4], "data_offsets": [0, 3]}
    found = read_safetensors(headed({"a": tensor}))
    assert found is not None
    assert found.types == ("f6_e3m2",)


@pytest.mark.parametrize(
    "ends",
    [
        FileEnds(b""),
        FileEnds(b"\x08\x00\x00"),
        FileEnds(b"\xff" * 8 + b"{}", size=10),
        FileEnds(b"\xff" * 8 + b"{}", whole=True),
        FileEnds((2).to_bytes(8, "little") + b"[]"),
        FileEnds((9_000).to_bytes(8, "little") + b"[" * 9_000),
        headed([]),
        headed({"a": 1}),
        headed({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}),
        headed({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}),
        headed({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}),
        headed({"a": {"dtype": "X", "shape": [2**53, 2], "data_offsets": [0, 1]}}),
        headed({str(n): {"dtype": f"X{n}", "shape": [1], "data_offsets": [0, 1]} for n in range(99)}),
    ],
)
def test_what_is_no_safetensors_file(ends: FileEnds) -> None:
    with pytest.raises(ValueError, match=r"it|its|a tensor"):
        read_safetensors(ends)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_are_read_or_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(save(TENSORS, metadata={"format": "pt"})[:400])
    for place, byte in changes:
        data[place % len(data)] = byte
    try:
        found = read_safetensors(FileEnds(bytes(data)))
    except ValueError:
        return
    assert found is None or 0 <= found.parameters < 2**53
