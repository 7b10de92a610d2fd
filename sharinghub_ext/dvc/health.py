"""Which objects the catalogue names and the store does not have: what a pull of the newest state, or of a release,
would miss, told to those who can push it again.

What was found is kept for some minutes, and questions of several people are one. The objects of a project are looked
for a few at a time, so that nobody else's pull waits.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from anyio.to_thread import run_sync
from cachetools import LRUCache

from gitlab_hooks.single_flight import SingleFlight
from sharinghub_ext.dvc.keys import ObjectKey, ObjectName, parse_key
from sharinghub_ext.dvc.serving import whole_object
from sharinghub_ext.dvc.store import ObjectStore, StoreDamaged
from stac_ext.clock import Clock
from stac_ext.dvc.manifest import MAX_MANIFEST_BYTES, Manifest, ManifestError, read_manifest
from stac_ext.times import format_rfc3339

KEPT: Final = timedelta(minutes=5)
MOST: Final = 50_000  # objects of one project
_TOLD: Final = 1_000  # missing ones
_AT_ONCE: Final = 8
_PROJECTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Missing:
    """An object that is named and not there, or is no manifest though it is named as one; by which items."""

    path: str
    key: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """What was found at `at`: how many objects were looked for, whether those are all, and which are missing."""

    at: datetime
    looked: int
    whole: bool
    missing: tuple[Missing, ...]

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "at": format_rfc3339(self.at),
            "looked_for": self.looked,
            "complete": self.whole,
            "missing": len(self.missing),
            "objects": [{"path": one.path, "key": one.key, "items": list(one.items)} for one in self.missing[:_TOLD]],
        }


class DataHealth:
    """Looks for the objects of a project. `docs_of` gives the items of a project as stored JSON."""

    def __init__(
        self, store: ObjectStore, docs_of: Callable[[int], Awaitable[Sequence[bytes]]], dvc_url: str, clock: Clock
    ) -> None:
        self._store, self._docs_of, self._dvc_url, self._clock = store, docs_of, dvc_url, clock
        self._found: LRUCache[int, Health] = LRUCache(_PROJECTS)
        self._looking: SingleFlight[Health] = SingleFlight()

    async def of(self, project_id: int) -> Health:
        """The health of a project's data, at most some minutes old. Raises StoreFailure."""
        known = self._found.get(project_id)
        if known is not None and timedelta(0) <= self._clock.now() - known.at < KEPT:
            return known
        return await asyncio.shield(self._looking.start(str(project_id), lambda: self._look(project_id)))

    async def close(self) -> None:
        """Stop what is under way."""
        await self._looking.close()

    async def _look(self, project_id: int) -> Health:
        at, docs = self._clock.now(), await self._docs_of(project_id)
        named = await run_sync(self._named, project_id, docs)
        wanted: dict[ObjectKey, tuple[str, tuple[str, ...]]] = {}
        missing: list[Missing] = []
        async for key, path, items in self._all(project_id, named, missing):
            wanted.setdefault(key, (path, items))
            if len(wanted) >= MOST:
                break
        whole = len(wanted) < MOST
        everything = list(wanted.items())
        for start in range(0, len(everything), _AT_ONCE):
            some = everything[start : start + _AT_ONCE]
            there = await asyncio.gather(*(self._store.stat(ObjectName(project_id, key)) for key, _ in some))
            missing += [
                Missing(path, key.text, items)
                for (key, (path, items)), stored in zip(some, there, strict=True)
                if stored is None
            ]
        found = self._found[project_id] = Health(at, len(wanted), whole, tuple(missing))
        return found

    async def _all(
        self, project_id: int, named: dict[ObjectKey, tuple[str, tuple[str, ...]]], missing: list[Missing]
    ) -> AsyncIterator[tuple[ObjectKey, str, tuple[str, ...]]]:
        """Every object that is named: by an item, or by the manifest of a directory that is there."""
        for key, (path, items) in named.items():
            yield key, path, items
            if not key.directory:
                continue
            try:
                manifest = await self._manifest(ObjectName(project_id, key))
            except ManifestError:
                missing.append(Missing(path, key.text, items))
                continue
            for file in manifest.files if manifest is not None else ():
                yield ObjectKey(file.md5, legacy=key.legacy), f"{path}/{file.path}", items

    async def _manifest(self, name: ObjectName) -> Manifest | None:
        """The manifest of a directory, None where it is not there. Raises ManifestError for one that is none."""
        found = await self._store.open(name)
        if found is None:
            return None
        try:
            if found.stored.size > MAX_MANIFEST_BYTES:
                raise ManifestError("It is too large.")
            data = b"".join([chunk async for chunk in whole_object(name, found)])
        except StoreDamaged as error:
            raise ManifestError("It is damaged.") from error
        finally:
            await found.close()
        return await run_sync(read_manifest, data)

    def _named(self, project_id: int, docs: Sequence[bytes]) -> dict[ObjectKey, tuple[str, tuple[str, ...]]]:
        """The objects that items name, with their path and by which items."""
        found: dict[ObjectKey, tuple[str, tuple[str, ...]]] = {}
        for doc in docs:
            item = orjson.loads(doc)
            for key, path in self._objects_of(project_id, item):
                before = found.get(key, (path, ()))
                found[key] = before[0], (*before[1], str(item["id"]))
        return found

    def _objects_of(self, project_id: int, item: dict[str, Any]) -> Iterator[tuple[ObjectKey, str]]:
        own = f"{self._dvc_url}/{project_id}/"
        for name, asset in item.get("assets", {}).items():
            href = str(asset.get("href", ""))
            key = parse_key(href.removeprefix(own)) if href.startswith(own) else None
            if key is not None:
                yield key, str(asset.get("title") or name)
