"""Collections as a caller may see them: told in their language, over what is visible to them, and searched.

Sources: https://github.com/stac-api-extensions/collection-search, OGC API - Common - Part 2, Simple Query
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sharinghub_ext.api.language import language_of, say_languages, translated
from stac_ext.asking import filter_of, phrases_of
from stac_ext.categories import Category
from stac_ext.collections import CollectionSearch, build_collection, matches
from stac_ext.cql2.parsing import TEXT
from stac_ext.model import Viewer
from stac_ext.query import from_text, parse_search
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.summaries import Summary
from stac_ext.times import format_rfc3339, from_micros
from stac_ext.urls import BuildContext

_FILTER: Final = ("filter", "filter-lang", "filter-crs")
PARAMETERS: Final = ("bbox", "datetime", "limit", "q", *_FILTER)


@dataclass(frozen=True, slots=True)
class CollectionTeller:
    """Makes collections for callers."""

    reader: CatalogueReader
    context: BuildContext

    async def tell(self, viewer: Viewer, category: Category, wanted: list[str]) -> dict[str, Any]:
        """One collection, as this viewer sees it, in the first of the wanted languages that it has."""
        summary = await asyncio.to_thread(self.reader.summary, viewer, category.id)
        return tell(summary, category, self.context, wanted)

    async def found(
        self, viewer: Viewer, categories: Sequence[Category], wanted: list[str], search: CollectionSearch
    ) -> list[dict[str, Any]]:
        """Those collections that a search finds, in the order in which they are configured."""
        told = [await self.tell(viewer, category, wanted) for category in categories]
        return [one for one in told if matches(one, search)]


def tell(summary: Summary, category: Category, context: BuildContext, wanted: list[str]) -> dict[str, Any]:
    """A collection over what was summed up, in the first of the wanted languages that it has."""
    language, extent = language_of(category, wanted), summary.extent
    start, end = (None if end is None else from_micros(end) for end in (extent.start, extent.end))
    collection = build_collection(
        translated(category, language), context, (extent.bbox, (start, end)), _summaries(summary)
    )
    return say_languages(collection, category, language)


def search_of(asked: dict[str, str | None]) -> tuple[CollectionSearch, int]:
    """What the parameters of a GET ask for, and how many collections a page holds. Raises InvalidParameter."""
    values = from_text({name: asked[name] for name in ("bbox", "datetime", "limit")})
    query = parse_search(**values)
    text = asked["q"]
    phrases = phrases_of(text.split(",")) if text else None
    given: dict[str, str | None] = {name: asked[name] or None for name in _FILTER}
    if given["filter"] is not None and given["filter-lang"] is None:
        given["filter-lang"] = TEXT
    return CollectionSearch(query.area, query.interval, phrases, filter_of(given)), query.limit


def _summaries(summary: Summary) -> dict[str, Any]:
    """STAC's summaries: values, or ranges. Source: STAC 1.1.0, collection-spec, summaries"""
    found: dict[str, Any] = {"license": list(summary.licences)}
    if summary.stars is not None:
        found["sharinghub:stars"] = dict(zip(("minimum", "maximum"), summary.stars, strict=True))
    for name, ends in (("created", summary.created), ("updated", summary.updated)):
        if ends is not None:
            told = [format_rfc3339(from_micros(end)) for end in ends]
            found[name] = dict(zip(("minimum", "maximum"), told, strict=True))
    return found
