"""What the queryables say of the public items of each collection: their properties, and the values of some.

Callers whom GitLab shows nothing without a credential are told nothing either. Everything is looked at anew after each
change, so that what is public no more is told no more.
"""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from cachetools import LRUCache

from stac_ext.categories import Category
from stac_ext.model import Viewer, Visibility
from stac_ext.observed import observe
from stac_ext.query import SearchQuery
from stac_ext.queryables import QUERYABLE
from stac_ext.store.reader import CatalogueReader

SAMPLE: Final = 1_000  # the newest public items of a collection, which are looked at
_KEPT: Final = 64
_PUBLIC: Final = Viewer(level=Visibility.PUBLIC)
Schemas = dict[str, dict[str, Any]]


class PublicValues:
    """Looks at public items. Methods block: call them from a worker thread."""

    def __init__(self, reader: CatalogueReader) -> None:
        self._reader = reader
        self._kept: LRUCache[tuple[int, tuple[str, ...]], Schemas] = LRUCache(_KEPT)

    def seen_by(self, viewer: Viewer, categories: Sequence[Category]) -> Schemas:
        """JSON Schemas by the names of properties, as `stac_ext.observed.observe` has them."""
        configured = {"sharinghub:topics": [one.topic for one in categories]}
        if viewer.level is None:
            return observe((), QUERYABLE, configured)
        collections = tuple(one.id for one in categories)
        key = (self._reader.changes(), collections)
        found = self._kept.get(key)
        if found is None:
            page = self._reader.search(_PUBLIC, SearchQuery(collections=collections, limit=SAMPLE))
            found = self._kept[key] = observe(map(orjson.loads, page.docs), QUERYABLE, configured)
        return found
