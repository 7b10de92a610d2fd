"""What a category is as a STAC Collection, with the extent of the items that the caller sees."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import pystac

from stac_ext.categories import Category
from stac_ext.items.authentication import EXTENSION as AUTHENTICATION
from stac_ext.items.authentication import schemes
from stac_ext.items.licence import OTHER
from stac_ext.items.providers import host_provider
from stac_ext.media_types import file_kind, is_thumbnail
from stac_ext.queryables import QUERYABLES, SORTABLES
from stac_ext.times import format_rfc3339
from stac_ext.urls import BuildContext

STAC_VERSION: Final = "1.1.0"
WHOLE_WORLD: Final = (-180.0, -90.0, 180.0, 90.0)

CollectionExtent = tuple[Sequence[float] | None, tuple[datetime | None, datetime | None]]
NOTHING_VISIBLE: Final[CollectionExtent] = (None, (None, None))


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
        pystac.Link("self", url, "application/json"),
        pystac.Link("root", root, "application/json"),
        pystac.Link("parent", root, "application/json"),
        pystac.Link("items", f"{url}/items", "application/geo+json"),
        pystac.Link(QUERYABLES, f"{url}/queryables", "application/schema+json"),
        pystac.Link(SORTABLES, f"{url}/sortables", "application/schema+json"),
        *_pictures(category),
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
        "extent": {"spatial": {"bbox": [list(bbox or WHOLE_WORLD)]}, "temporal": {"interval": [interval]}},
        "links": [link.to_dict(transform_href=False) for link in links],
    }
    if known := {name: summary for name, summary in (summaries or {}).items() if summary}:
        collection["summaries"] = known
    return collection


def _pictures(category: Category) -> list[pystac.Link]:
    """The logo as `preview`, by which clients of SharingHub know it, and the icon."""
    pictures = (("preview", category.logo), ("icon", category.icon or category.logo))
    return [
        pystac.Link(rel, url, file_kind(urlsplit(url).path).media_type if is_thumbnail(urlsplit(url).path) else None)
        for rel, url in pictures
        if url
    ]


def _moment(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return format_rfc3339(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
