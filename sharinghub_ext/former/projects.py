"""Which project SharingHub's addresses name: by its number or its path, for those who may see it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request

from sharinghub_ext.auth.dependency import viewer_of
from stac_ext.store.reader import CatalogueReader


@dataclass(frozen=True, slots=True)
class Named:
    """A project of the catalogue that the caller sees: its number, and its items by collection."""

    id: int
    items: dict[str, dict[str, Any]]

    @property
    def path(self) -> str:
        """Its path at GitLab now."""
        return str(next(iter(self.items.values()))["properties"]["sharinghub:path"])

    @property
    def name(self) -> str:
        """Its title."""
        return str(next(iter(self.items.values()))["properties"]["title"])


class Projects:
    """Finds projects by the names that SharingHub gave them."""

    def __init__(self, reader: CatalogueReader, collections: Sequence[str]) -> None:
        self._reader, self._collections = reader, collections

    async def named(self, request: Request, name: str) -> Named | None:
        """The project of this number or path; None where there is none that the caller sees.

        What is hidden costs the same questions to the store as what does not exist.
        """
        viewer, found = viewer_of(request), dict[str, dict[str, Any]]()
        for collection in self._collections:
            item_id: str | None = name
            if not name.isdecimal():
                item_id = await asyncio.to_thread(self._reader.item_id_of_path, viewer, collection, name.strip("/"))
            doc = await asyncio.to_thread(self._reader.item, viewer, collection, item_id) if item_id else None
            if doc is not None:
                found[collection] = orjson.loads(doc)
        if not found:
            return None
        return Named(int(next(iter(found.values()))["id"]), found)
