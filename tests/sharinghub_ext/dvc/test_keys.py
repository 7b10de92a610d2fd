"""Proves that only DVC's own keys name objects, and that no address leads anywhere else."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharinghub_ext.dvc.keys import ObjectKey, ObjectName, parse_key, parse_name

MD5 = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"files/md5/01/{MD5[2:]}", ObjectKey(MD5)),
        (f"files/md5/01/{MD5[2:]}.dir", ObjectKey(MD5, directory=True)),
        (f"01/{MD5[2:]}", ObjectKey(MD5, legacy=True)),
        (f"01/{MD5[2:]}.dir", ObjectKey(MD5, directory=True, legacy=True)),
    ],
)
def test_dvc_writes_these(text: str, key: ObjectKey) -> None:
    assert parse_key(text) == key
    assert key.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "files/md5",
        f"files/md5/{MD5}",
        f"files/md5/01/{MD5[2:]}/",
        f"/files/md5/01/{MD5[2:]}",
        f"files/md5/01/{MD5[2:].upper()}",
        f"files/md5/01/{MD5[2:-1]}",
        f"files/md5/01/{MD5[2:]}0",
        f"files/md5/01/{MD5[2:]}.DIR",
        f"files/md5/01/{MD5[2:]}.unpacked",
        f"files/md5/01/{MD5[2:]}.sha256",
        f"files/md5/01/{MD5[2:]}\n",
        f"files/sha256/01/{MD5[2:]}",
        f"files/md5/../{MD5[2:]}",
        f"../1/files/md5/01/{MD5[2:]}",
        f"files/md5/٠١/{MD5[2:]}",
        f"0/1{MD5[2:]}",
    ],
)
def test_nothing_else_is_a_key(text: str) -> None:
    assert parse_key(text) is None


@pytest.mark.parametrize("project", ["", "0", "-1", "01", "1/2", "..", "1e3", "١", "9" * 19, "9" * 5000])
def test_nothing_but_an_id_is_a_project(project: str) -> None:
    assert parse_name(project, f"01/{MD5[2:]}") is None


@given(st.text(), st.text())
def test_any_address_is_an_object_of_its_project_or_nothing(project: str, key: str) -> None:
    name = parse_name(project, key)
    if name is not None:
        assert name.text == f"{project}/{key}"
        assert ".." not in PurePosixPath(name.text).parts


@given(st.from_regex(r"(files/md5/)?[0-9a-f]{2}/[0-9a-f]{30}(\.dir)?", fullmatch=True), st.integers(1, 10**18 - 1))
def test_every_key_of_dvc_is_read_back(key: str, project: int) -> None:
    name = parse_name(str(project), key)
    assert name is not None
    assert name == ObjectName(project, name.key)
    assert name.text == f"{project}/{key}"


@pytest.mark.parametrize("md5", ["", "x" * 32, MD5[:-1], f"../{MD5[3:]}"])
def test_a_key_cannot_be_made_of_anything_else(md5: str) -> None:
    with pytest.raises(ValueError, match="MD5"):
        ObjectKey(md5)
