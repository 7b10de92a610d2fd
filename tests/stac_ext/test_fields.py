"""Proves what is left of an item once a caller says which fields are wanted: nested, with dots, absent."""

import copy
from typing import Any

import pytest

from stac_ext.fields import fields_from_text, parse_fields

ITEM: dict[str, Any] = {
    "type": "Feature",
    "stac_version": "1.1.0",
    "stac_extensions": ["https://example.org/schema.json"],
    "id": "1",
    "collection": "ai-model",
    "geometry": None,
    "properties": {
        "datetime": "2024-01-01T00:00:00Z",
        "title": "T",
        "sharinghub:metrics": {"f1.macro": 1, "f1": 2, "top": 3},
        "a": {"b": {"c": 1, "d": 2}, "e": 3},
    },
    "assets": {"README.md": {"href": "x", "roles": ["a"]}, "w.onnx": {"href": "y"}},
    "links": [{"rel": "self"}],
}
BASE = {name: ITEM[name] for name in ITEM if name not in ("stac_extensions", "properties")}
MOMENT = {"datetime": "2024-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", BASE | {"properties": MOMENT}),
        ("properties", BASE | {"properties": ITEM["properties"]}),
        ("id,type,nowhere,properties.nowhere,a.b.z,title.x", BASE | {"properties": MOMENT | {"a": {"b": {}}}}),
        ("title", BASE | {"properties": MOMENT | {"title": "T"}}),
        ("properties.title,title,+title", BASE | {"properties": MOMENT | {"title": "T"}}),
        ("sharinghub:metrics.f1.macro", BASE | {"properties": MOMENT | {"sharinghub:metrics": {"f1.macro": 1}}}),
        ("a,-a.b.c", BASE | {"properties": MOMENT | {"a": {"b": {"d": 2}, "e": 3}}}),
        ("a.b.c,a.e", BASE | {"properties": MOMENT | {"a": {"b": {"c": 1}, "e": 3}}}),
        ("a,a.b", BASE | {"properties": MOMENT | {"a": ITEM["properties"]["a"]}}),
        ("-datetime", BASE | {"properties": {}}),
        ("title,-title", BASE | {"properties": MOMENT}),
        ("-assets.README.md.href", BASE | {"assets": {"README.md": {"roles": ["a"]}, "w.onnx": {"href": "y"}}}),
        ("title,-properties", BASE),
        (
            "stac_extensions,-assets,-links,-geometry",
            {"stac_extensions": ITEM["stac_extensions"], "properties": MOMENT},
        ),
    ],
)
def test_what_is_left(text: str, left: dict[str, Any]) -> None:
    fields = parse_fields(fields_from_text(text))
    assert fields is not None
    found = fields.of(copy.deepcopy(ITEM))
    expected = dict(left)
    if "stac_extensions" in text:
        expected |= {name: ITEM[name] for name in ("id", "type", "collection", "stac_version")}
    if "assets.README" in text:
        expected |= {"properties": MOMENT}
    assert found == expected
    assert list(found) == [name for name in ITEM if name in found]


def test_no_word_of_fields_leaves_all() -> None:
    assert parse_fields(None) is None
    assert parse_fields({}) == parse_fields({"include": None, "exclude": []}) == parse_fields(fields_from_text(""))
