"""Proves which files count as Git LFS pointers, for any input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitlab_hooks.reading.lfs import parse_pointer, tracked_by

OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 12345\n".encode()


def test_a_pointer() -> None:
    assert parse_pointer(POINTER) == (OID, 12345)


def test_keys_between_are_allowed() -> None:
    extended = POINTER.replace(b"oid", b"ext-0-foo sha256:1234\noid", 1)
    assert parse_pointer(extended) == (OID, 12345)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        POINTER[:-1],
        POINTER.replace(b"v1", b"v2"),
        POINTER.replace(b"sha256:4", b"sha256:"),
        POINTER.replace(b"12345", b"-1"),
        POINTER.replace(b"12345", b"1" * 19),
        b" " + POINTER,
        POINTER + b"x" * 1024,
    ],
)
def test_what_is_none(data: bytes) -> None:
    assert parse_pointer(data) is None


@pytest.mark.parametrize(
    ("attributes", "path", "expected"),
    [
        ("*.onnx filter=lfs diff=lfs merge=lfs -text", "model.onnx", True),
        ("*.onnx filter=lfs diff=lfs merge=lfs -text", "deep/down/model.onnx", True),
        ("*.onnx filter=lfs", "model.onnx.md", False),
        ("weights/*.bin filter=lfs", "weights/a.bin", True),
        ("weights/*.bin filter=lfs", "other/weights/a.bin", False),
        ("/top.bin filter=lfs", "sub/top.bin", False),
        ("data/** filter=lfs", "data/a/b", True),
        ("*.bin filter=lfs\nsmall.bin -filter", "small.bin", False),
        ("small.bin -filter\n*.bin filter=lfs", "small.bin", True),
        ("*.bin filter=lfs\nsmall.bin filter=crypt", "small.bin", False),
        ("# *.bin filter=lfs", "a.bin", False),
        ("*.bin text", "a.bin", False),
        ("[attr]lfs filter=lfs", "lfs", False),
        ("", "a.bin", False),
    ],
)
def test_attributes(attributes: str, path: str, expected: bool) -> None:
    assert tracked_by(attributes.encode())(path) is expected


@given(st.binary(max_size=2000), st.text(max_size=100))
def test_any_input_is_taken(data: bytes, path: str) -> None:
    parse_pointer(data)
    assert tracked_by(data)(path) in (True, False)


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_rule_is_taken(pattern: str, path: str) -> None:
    assert tracked_by(f"{pattern} filter=lfs\n".encode("utf-8", "replace"))(path) in (True, False)
