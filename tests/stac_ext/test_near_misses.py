"""Proves which names of a filter are told to be near to a queryable, and what of items is observed for queryables."""

from typing import Any

import pytest

from stac_ext.near_misses import MAX_NAMED, near_misses
from stac_ext.observed import MAX_PROPERTIES, MAX_VALUES, observe
from stac_ext.queryables import PREFIXES, QUERYABLE, queryables


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("stars", "sharinghub:stars"),
        ("topics", "sharinghub:topics"),
        ("Title", "title"),
        ("licence", "license"),
        ("cloud_cover", "eo:cloud_cover"),
        ("cloudcover", "eo:cloud_cover"),
        ("eo:cloudcover", "eo:cloud_cover"),
        ("sharinghub:star", "sharinghub:stars"),
        ("date_time", "datetime"),
        ("mlm:task", "mlm:tasks"),
        ("title", None),
        ("sharinghub:metrics.f1", None),
        ("mlm:hyperparameters.lr", None),
        ("label:tasks", None),
        ("wind_speed", None),
        ("", None),
        ("x" * 200, None),
    ],
)
def test_a_wrong_name_is_led_to_the_right_one(name: str, near: str | None) -> None:
    assert near_misses([name], QUERYABLE, PREFIXES).get(name) == near


def test_no_more_names_are_told_than_a_header_holds() -> None:
    names = [f"title{n}" for n in range(100)]
    assert len(near_misses(names, QUERYABLE)) == MAX_NAMED


def item(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


def test_what_is_observed_of_items() -> None:
    items = [
        item(
            **{"license": "MIT", "mlm:tasks": ["b", "a"], "label:type": "raster", "label:tasks": ["x"], "title": "t"},
            **{"sharinghub:metrics": {"f1.macro": 0.5, "count": 3, 'a"b': 1}, "sharinghub:extra": {"x": 1}},
        ),
        item(**{"license": "GPL-3.0-only", "label:type": 5, "sharinghub:metrics": {"count": 4}, "sharinghub:id": 7}),
    ]
    seen = observe(items, QUERYABLE, {"sharinghub:topics": ["sharinghub:dataset"]})
    assert seen == {
        "label:tasks": {"type": "array"},
        "label:type": {},
        "license": {"enum": ["GPL-3.0-only", "MIT"]},
        "mlm:tasks": {"enum": ["a", "b"]},
        "sharinghub:metrics.count": {"type": "integer"},
        "sharinghub:metrics.f1.macro": {"type": "number"},
        "sharinghub:topics": {"enum": ["sharinghub:dataset"]},
    }
    told = queryables("https://hub.example/q", ["dataset"], "Data", seen)["properties"]
    assert told["sharinghub:metrics.f1.macro"] == {"title": "Metric f1.macro", "type": "number"}
    assert told["label:tasks"] == {"title": "label:tasks", "type": "array"}
    assert told["license"]["enum"] == ["GPL-3.0-only", "MIT"]
    assert told["mlm:tasks"]["items"] == {"type": "string", "enum": ["a", "b"]}
    assert "enum" not in QUERYABLE["license"]


def test_there_are_no_endless_lists() -> None:
    many = [item(license=f"l{n}", **{f"a:b{n}": 1}) for n in range(MAX_PROPERTIES + MAX_VALUES)]
    seen = observe(many, QUERYABLE, {})
    assert "license" not in seen
    assert len(seen) == MAX_PROPERTIES
