"""What a category is as a STAC Collection, with the extent of the items that the caller sees, and what finds it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import pystac
import shapely

from stac_ext.categories import Category
from stac_ext.cql2.evaluating import holds
from stac_ext.cql2.tree import Condition
from stac_ext.item_assets import ITEM_ASSETS
from stac_ext.items.authentication import EXTENSION as AUTHENTICATION
from stac_ext.items.authentication import schemes
from stac_ext.items.licence import OTHER
from stac_ext.items.providers import host_provider
from stac_ext.media_types import file_kind, is_thumbnail
from stac_ext.query import parse_bbox
from stac_ext.queryables import QUERYABLES, SORTABLES
from stac_ext.times import EARLIEST, LATEST, format_rfc3339, parse_rfc3339, to_micros
from stac_ext.urls import BuildContext
from stac_ext.words import words_of

STAC_VERSION: Final = "1.1.0"
_MOST_LICENCES: Final = 20
WHOLE_WORLD: Final = (-180.0, -90.0, 180.0, 90.0)

CollectionExtent = tuple[Sequence[float] | None, tuple[datetime | None, datetime | None]]
NOTHING_VISIBLE: Final[CollectionExtent] = (None, (None, None))


@dataclass(frozen=True, slots=True)
class CollectionSearch:
    """Conditions on collections, as `SearchQuery` has them on items; None means no condition."""

    area: bytes | None = None
    interval: tuple[int, int] | None = None
    phrases: tuple[tuple[str, ...], ...] | None = None
    filter: Condition | None = None

    def digest(self) -> str:
        """A short hash, to which page tokens are bound."""
        parts = ["collections", self.area.hex() if self.area else None, self.interval, self.phrases, repr(self.filter)]
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:16]


def matches(collection: Mapping[str, Any], search: CollectionSearch) -> bool:
    """Whether the extent of a collection meets the area and the interval, whether the filter holds for it, and whether
    its title, description or keywords hold one of the phrases.
    """
    extent = collection["extent"]
    if search.area is not None:
        area = shapely.from_wkb(search.area)
        if not any(shapely.intersects(parse_bbox(list(box)), area) for box in extent["spatial"]["bbox"]):
            return False
    if search.interval is not None:
        first, last = search.interval
        spans = ((_micros(start, EARLIEST), _micros(end, LATEST)) for start, end in extent["temporal"]["interval"])
        if not any(start <= last and end >= first for start, end in spans):
            return False
    if search.filter is not None and holds(search.filter, _as_item(collection)) is not True:
        return False
    if search.phrases is None:
        return True
    texts = [words_of(text) for text in (collection["title"], collection["description"], *collection["keywords"])]
    return any(_side_by_side(phrase, words) for phrase in search.phrases for words in texts)


def _as_item(collection: Mapping[str, Any]) -> dict[str, Any]:
    """A collection as a filter looks at it: its extent is its place and its time."""
    extent = collection["extent"]
    start, end = extent["temporal"]["interval"][0]
    times = {"datetime": None, "start_datetime": start, "end_datetime": end}
    place = shapely.geometry.mapping(parse_bbox(list(extent["spatial"]["bbox"][0])))
    return {
        "id": collection["id"],
        "collection": collection["id"],
        "geometry": place,
        "properties": {**collection, **times},
    }


def _micros(moment: str | None, otherwise: datetime) -> int:
    return to_micros(otherwise if moment is None else parse_rfc3339(moment))


def _side_by_side(phrase: Sequence[str], words: Sequence[str]) -> bool:
    width = len(phrase)
    return any(tuple(words[start : start + width]) == tuple(phrase) for start in range(len(words) - width + 1))


def build_collection(
    category: Category,
    context: BuildContext,
    extent: CollectionExtent = NOTHING_VISIBLE,
    summaries: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The STAC 1.1.0 Collection of a category, JSON-ready.

    `extent` is the bbox (4 or 6 numbers, None: the whole world) and the first and last moment (None: open) of the
    visible items; `summaries` are given as they are, empty ones left out.
    """
    bbox, (start, end) = extent
    interval = [_moment(start), _moment(end)]
    url, root = context.collection_url(category.id), context.stac_url.rstrip("/")
    links = [
        pystac.Link("self", url, "application/json", title="This collection"),
        pystac.Link("canonical", url, "application/json", title="This collection"),
        pystac.Link("root", root, "application/json", title="The catalogue"),
        pystac.Link("parent", root, "application/json", title="The catalogue"),
        pystac.Link("items", f"{url}/items", "application/geo+json", title="Items"),
        pystac.Link(QUERYABLES, f"{url}/queryables", "application/schema+json", title="What a filter may ask about"),
        pystac.Link(SORTABLES, f"{url}/sortables", "application/schema+json", title="What may be sorted by"),
        pystac.Link("aggregate", f"{url}/aggregate", "application/json", title="What items add up to"),
        pystac.Link("aggregations", f"{url}/aggregations", "application/json", title="What can be added up"),
        *_pictures(category),
        *_licences(summaries or {}),
    ]
    collection: dict[str, Any] = {
        "type": "Collection",
        "stac_version": STAC_VERSION,
        "stac_extensions": [AUTHENTICATION],
        "id": category.id,
        "title": category.title or category.id,
        "description": category.description or category.title or category.id,
        "keywords": list(dict.fromkeys([category.id, *category.keywords])),
        "license": OTHER,
        "providers": [host_provider(context)],
        "auth:schemes": schemes(context),
        "item_assets": ITEM_ASSETS,
        "extent": {"spatial": {"bbox": [list(bbox or WHOLE_WORLD)]}, "temporal": {"interval": [interval]}},
        "links": [link.to_dict(transform_href=False) for link in links],
    }
    if known := {name: summary for name, summary in (summaries or {}).items() if summary}:
        collection["summaries"] = known
    return collection


def _licences(summaries: Mapping[str, Any]) -> list[pystac.Link]:
    """The texts of the licences that items have, the most used first: the collection as a whole has none of its own."""
    known = [str(one) for one in summaries.get("license", ()) if one != OTHER][:_MOST_LICENCES]
    return [pystac.Link("license", f"https://spdx.org/licenses/{one}.html", "text/html", title=one) for one in known]


def _pictures(category: Category) -> list[pystac.Link]:
    """The logo as `preview`, by which clients of SharingHub know it, and the icon."""
    pictures = (("preview", category.logo, "Logo"), ("icon", category.icon or category.logo, "Icon"))
    return [pystac.Link(rel, url, _picture_type(url), title=title) for rel, url, title in pictures if url]


def _picture_type(url: str) -> str | None:
    path = urlsplit(url).path
    return file_kind(path).media_type if is_thumbnail(path) else None


def _moment(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return format_rfc3339(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
