"""Proves which texts name which project."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stac_ext.references import Reference, read_reference

HERE = {"gitlab_url": "https://gitlab.example.org/git", "stac_url": "https://hub.example.org/hub/stac"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (42, Reference("r", project_id=42)),
        ("42", Reference("r", project_id=42)),
        ("42@v1.0", Reference("r", project_id=42, version="v1.0")),
        ("wine-dataset", Reference("r", path="mine/sub/wine-dataset")),
        ("Group/Name", Reference("r", path="group/name")),
        ("group/sub/name@release/1", Reference("r", path="group/sub/name", version="release/1")),
        ("https://gitlab.example.org/git/a/b", Reference("r", path="a/b")),
        ("http://GitLab.example.org/git/a/b.git", Reference("r", path="a/b")),
        ("https://gitlab.example.org/git/a/b/", Reference("r", path="a/b")),
        ("https://gitlab.example.org/git/a/b?ref=x#readme", Reference("r", path="a/b")),
        ("https://gitlab.example.org/git/a/b/-/tree/main", Reference("r", path="a/b", version="main")),
        ("https://gitlab.example.org/git/a/b/-/releases/v1%2F2", Reference("r", path="a/b", version="v1/2")),
        ("dataset+https://gitlab.example.org/git/a/b", Reference("r", path="a/b", collection="dataset")),
        (
            "https://hub.example.org/hub/stac/collections/dataset/items/7@v1~2",
            Reference("r", project_id=7, collection="dataset", version="v1/2"),
        ),
        ("https://hub.example.org/hub/stac/collections/dataset", None),
        ("https://gitlab.example.org/git", None),
        ("https://gitlab.example.org/git/name", None),
        ("https://gitlab.example.org/gitother/a/b", None),
        ("https://gitlab.example.org.evil.example/git/a/b", None),
        ("https://huggingface.co/org/name", None),
        ("../../etc/passwd", None),
        ("0", Reference("r", path="mine/sub/0")),
        ("", None),
        (None, None),
        (True, None),
        (["a/b"], None),
        ("a b", None),
        ("a/b\0", None),
    ],
)
def test_a_text_names_a_project_or_none(text: object, expected: Reference | None) -> None:
    assert read_reference(text, "r", "mine/sub", **HERE) == expected


@given(st.one_of(st.text(), st.integers(), st.binary(), st.lists(st.text())))
def test_any_value_is_read(value: object) -> None:
    found = read_reference(value, "r", "mine", **HERE)
    assert found is None or (found.project_id is None) != (found.path is None)


@given(st.text(alphabet="/.@:-~%+ab1[]?#", max_size=60))
def test_any_url_is_read(text: str) -> None:
    read_reference(f"https://gitlab.example.org/git/{text}", "r", "mine", **HERE)
    read_reference(f"https://{text}", "r", "mine", **HERE)
