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
MINIMAL = {name: ITEM[name] for name in ("id", "type", "collection", "stac_version")}
BASE = MINIMAL | {name: ITEM[name] for name in ("geometry", "assets", "links")}
MOMENT = {"datetime": "2024-01-01T00:00:00Z"}
DEFAULT = BASE | {"properties": MOMENT}


def without(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", DEFAULT),
        ("id", MINIMAL),
        ("properties", MINIMAL | {"properties": ITEM["properties"]}),
        ("id,type,nowhere,properties.nowhere,a.b.z,title.x", MINIMAL),
        ("title", MINIMAL | {"properties": {"title": "T"}}),
        (" properties.title,title,+title", MINIMAL | {"properties": {"title": "T"}}),
        ("sharinghub:metrics.f1.macro", MINIMAL | {"properties": {"sharinghub:metrics": {"f1.macro": 1}}}),
        ("a,-a.b.c", MINIMAL | {"properties": {"a": {"b": {"d": 2}, "e": 3}}}),
        ("a,-a.b,a.b.c", MINIMAL | {"properties": {"a": {"b": {"c": 1}, "e": 3}}}),
        ("a.b.c,a.e", MINIMAL | {"properties": {"a": {"b": {"c": 1}, "e": 3}}}),
        ("a,a.b", MINIMAL | {"properties": {"a": ITEM["properties"]["a"]}}),
        ("-datetime", BASE | {"properties": {}}),
        ("-properties", BASE),
        ("-assets,-links", without(DEFAULT, "assets", "links")),
        ("title,-title", MINIMAL | {"properties": {"title": "T"}}),
        ("-properties,title", MINIMAL | {"properties": {"title": "T"}}),
        ("-assets.README.md.href", DEFAULT | {"assets": {"README.md": {"roles": ["a"]}, "w.onnx": {"href": "y"}}}),
        ("title,-id", without(MINIMAL, "id") | {"properties": {"title": "T"}}),
        ("stac_extensions,geometry", MINIMAL | {"stac_extensions": ITEM["stac_extensions"], "geometry": None}),
    ],
)
def test_what_is_left(text: str, left: dict[str, Any]) -> None:
    fields, item = parse_fields(fields_from_text(text)), copy.deepcopy(ITEM)
    assert fields is not None
    found = fields.of(item)
    assert found == left
    assert list(found) == [name for name in ITEM if name in found]
    assert item == ITEM


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({}, DEFAULT),
        ({"include": None, "exclude": []}, DEFAULT),
        (
            {"exclude": ["geometry", "a.b"]},
            without(ITEM, "geometry") | {"properties": ITEM["properties"] | {"a": {"e": 3}}},
        ),
        ({"exclude": ["geometry"], "include": None}, without(DEFAULT, "geometry")),
        ({"exclude": ["geometry"], "include": []}, without(DEFAULT, "geometry")),
        ({"exclude": ["geometry", "title"], "include": ["geometry"]}, MINIMAL | {"geometry": None}),
    ],
    ids=str,
)
def test_in_a_body_what_is_missing_is_not_what_is_empty(asked: dict[str, Any], left: dict[str, Any]) -> None:
    """The table of the specification, under `null` vs. empty vs. missing."""
    fields = parse_fields(asked)
    assert fields is not None
    assert fields.of(copy.deepcopy(ITEM)) == left


def test_no_word_of_fields_leaves_all() -> None:
    assert parse_fields(None) is None
