"""That a category is a valid STAC Collection, with the extent it is given."""

from datetime import UTC, datetime
from typing import Any

import pytest

from stac_ext.categories import AI_MODEL, DATASET, DEFAULT_CATEGORIES, Category
from stac_ext.collections import CollectionExtent, build_collection
from stac_ext.queryables import QUERYABLES, SORTABLES
from stac_ext.urls import BuildContext
from tests.support.schemas import validator

CONTEXT = BuildContext("https://hub.example/stac", "https://hub.example/assets", "GitLab", "https://gl.example")


def errors(document: dict[str, Any]) -> list[str]:
    return validator()(document, strict=True)


def test_the_categories_and_their_topics() -> None:
    assert [(c.id, c.topic, c.ml_model) for c in DEFAULT_CATEGORIES] == [
        ("ai-model", "sharinghub:aimodel", True),
        ("dataset", "sharinghub:dataset", False),
    ]


@pytest.mark.parametrize(
    "extent",
    [
        (None, (None, None)),
        ([177.0, -20.0, -178.0, -15.0], (datetime(2020, 1, 1, tzinfo=UTC), None)),
        ([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], (None, datetime(2020, 1, 1, tzinfo=UTC))),
    ],
)
@pytest.mark.parametrize("category", [AI_MODEL, DATASET, Category("x y", "t", "", "")])
def test_collections_are_valid(category: Category, extent: CollectionExtent) -> None:
    assert errors(build_collection(category, CONTEXT, extent, {"license": ["MIT"], "gsd": []})) == []


def test_a_collection_tells_the_extent_of_what_is_visible() -> None:
    """The incumbent's collections always claim the whole world and all time."""
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    collection = build_collection(DATASET, CONTEXT, ([0, 0, 1, 1], (moment, None)), {"gsd": [], "license": ["MIT"]})
    assert collection["extent"] == {
        "spatial": {"bbox": [[0, 0, 1, 1]]},
        "temporal": {"interval": [["2020-01-01T00:00:00Z", None]]},
    }
    assert collection["summaries"] == {"license": ["MIT"]}
    nothing = build_collection(DATASET, CONTEXT)
    assert nothing["extent"]["spatial"] == {"bbox": [[-180, -90, 180, 90]]}
    assert nothing["extent"]["temporal"] == {"interval": [[None, None]]}
    assert "summaries" not in nothing


def test_a_collection_links_to_its_items() -> None:
    collection = build_collection(AI_MODEL, CONTEXT)
    assert {link["rel"]: link["href"] for link in collection["links"]} == {
        "self": "https://hub.example/stac/collections/ai-model",
        "canonical": "https://hub.example/stac/collections/ai-model",
        "root": "https://hub.example/stac",
        "parent": "https://hub.example/stac",
        "items": "https://hub.example/stac/collections/ai-model/items",
        QUERYABLES: "https://hub.example/stac/collections/ai-model/queryables",
        SORTABLES: "https://hub.example/stac/collections/ai-model/sortables",
        "aggregate": "https://hub.example/stac/collections/ai-model/aggregate",
        "aggregations": "https://hub.example/stac/collections/ai-model/aggregations",
    }
    assert (collection["license"], collection["providers"][0]["roles"]) == ("other", ["host"])


def test_the_pictures_of_a_category() -> None:
    both = Category("a", "t", "A", "", logo="https://x.example/logo.PNG?v=1", icon="https://x.example/icon")
    collection = build_collection(both, CONTEXT)
    pictures = [link for link in collection["links"] if link["rel"] in ("preview", "icon")]
    assert pictures == [
        {"rel": "preview", "href": "https://x.example/logo.PNG?v=1", "type": "image/png", "title": "Logo"},
        {"rel": "icon", "href": "https://x.example/icon", "title": "Icon"},
    ]
    assert errors(collection) == []
    logo = build_collection(Category("a", "t", "A", "", logo="https://x.example/logo.svg"), CONTEXT)
    assert [link["rel"] for link in logo["links"]][-2:] == ["preview", "icon"]


def test_a_collection_links_to_the_licences_of_its_items() -> None:
    """The collection itself has none: of `other` STAC asks for links to the texts."""
    collection = build_collection(DATASET, CONTEXT, summaries={"license": ["MIT", "other", "CC-BY-4.0"]})
    assert errors(collection) == []
    assert [(link["title"], link["href"]) for link in collection["links"] if link["rel"] == "license"] == [
        ("MIT", "https://spdx.org/licenses/MIT.html"),
        ("CC-BY-4.0", "https://spdx.org/licenses/CC-BY-4.0.html"),
    ]
