"""A static STAC catalogue: files with relative links, for any web server or none.

Layout and links follow the best practices of STAC: `catalog.json`, a folder for each collection with `collection.json`,
and in it a folder for each item. Source: https://github.com/radiantearth/stac-spec/blob/master/best-practices.md
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import orjson

from sharinghub_ext.export.public import PublicPart
from stac_ext.collections import STAC_VERSION

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
_OF_THE_API: Final = frozenset({"self", "root", "parent", "collection", "items", "canonical"})
_KEPT: Final = frozenset({"preview", "icon", "license"})  # of a collection; its other links are routes of the API
Told = Callable[[int], None]


def write_catalogue(folder: Path, public: PublicPart, title: str, description: str, told: Told) -> int:
    """Write it into an empty folder; how many items it has. `told` hears of each page of items."""
    there = {(one.id, item["id"]) for one in public.categories for item in public.items(one.id)}
    children, number = [], 0
    for category in public.categories:
        collection = public.collection(category)
        below = folder / category.id
        below.mkdir()
        items = []
        for item in public.items(category.id, told):
            name = str(item["id"])
            (below / name).mkdir()
            _write(below / name / f"{name}.json", _item(item, public, there))
            items.append({"rel": "item", "href": f"./{name}/{name}.json", "type": GEOJSON})
        _write(below / "collection.json", _collection(collection, items))
        children.append(
            {"rel": "child", "href": f"./{category.id}/collection.json", "type": JSON, "title": collection["title"]}
        )
        number += len(items)
    root = {"rel": "root", "href": "./catalog.json", "type": JSON}
    hub = {"rel": "canonical", "href": public.context.stac_url, "type": JSON}
    _write(
        folder / "catalog.json",
        {
            "type": "Catalog",
            "stac_version": STAC_VERSION,
            "id": "sharinghub",
            "title": title,
            "description": description,
            "links": [root, *children, hub],
        },
    )
    return number


def _item(item: dict[str, Any], public: PublicPart, there: set[tuple[str, str]]) -> dict[str, Any]:
    """An item with relative links; `canonical` leads to the hub, and links to other items to their files here."""
    files = {public.context.item_url(*one): f"../../{one[0]}/{one[1]}/{one[1]}.json" for one in _named(item, there)}
    links = [
        {"rel": "root", "href": "../../catalog.json", "type": JSON},
        *({"rel": rel, "href": "../collection.json", "type": JSON} for rel in ("parent", "collection")),
        {"rel": "canonical", "href": public.context.item_url(item["collection"], item["id"]), "type": GEOJSON},
    ]
    others = (link for link in item["links"] if link["rel"] not in _OF_THE_API)
    links += [{**link, "href": files.get(link["href"], link["href"])} for link in others]
    return {**item, "links": links}


def _named(item: dict[str, Any], there: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the exported items that its links may name: by the ends of their addresses."""
    ends = [link["href"].rstrip("/").split("/") for link in item["links"] if link["rel"] not in _OF_THE_API]
    return {(end[-3], end[-1]) for end in ends if len(end) > 2 and (end[-3], end[-1]) in there}


def _collection(collection: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    here = next(link["href"] for link in collection["links"] if link["rel"] == "self")
    links = [
        {"rel": "root", "href": "../catalog.json", "type": JSON},
        {"rel": "parent", "href": "../catalog.json", "type": JSON},
        {"rel": "canonical", "href": here, "type": JSON},
        *(link for link in collection["links"] if link["rel"] in _KEPT),
    ]
    return {**collection, "links": [*links, *items]}


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
