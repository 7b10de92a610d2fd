"""What is exported: the items and collections that a caller without a token sees."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from sharinghub_ext.api.collections import tell
from stac_ext.categories import Category
from stac_ext.model import ANONYMOUS
from stac_ext.query import SearchQuery
from stac_ext.sorting import parse_sort
from stac_ext.store.reader import CatalogueReader
from stac_ext.urls import BuildContext

_PAGE: Final = 1_000
_BY_ID: Final = parse_sort([{"field": "id", "direction": "asc"}])


class PublicPart:
    """Reads a store as everybody sees it. What `SHARINGHUB_VISITOR_TOKEN` shows besides is not public."""

    def __init__(self, reader: CatalogueReader, categories: Sequence[Category], context: BuildContext) -> None:
        self._reader, self.categories, self.context = reader, categories, context

    def collection(self, category: Category) -> dict[str, Any]:
        """A collection, over its public items."""
        return tell(self._reader.summary(ANONYMOUS, category.id), category, self.context, [])

    def items(self, collection: str, told: Callable[[int], None] = lambda _: None) -> Iterator[dict[str, Any]]:
        """Its public items in the order of their ids; `told` hears how many there are more, page by page.

        What changes meanwhile is there once, as it was or as it is.
        """
        query, at = replace(SearchQuery(), collections=(collection,), limit=_PAGE, sort=_BY_ID), None
        while True:
            page = self._reader.search(ANONYMOUS, query, at)
            told(len(page.docs))
            yield from map(orjson.loads, page.docs)
            at = page.next
            if at is None:
                return
