"""What the store must answer, worked out the plain way: every item is looked at, nothing is indexed or kept.

Has its own idea of words, times, places, order and rights, so that it can disagree with the program.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from stac_ext.model import Viewer, Visibility
from stac_ext.query import SortKey
from stac_ext.store.summaries import Extent, Summary

Key = tuple[str, str]  # of an item: its collection and its id
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"


@dataclass(frozen=True)
class Asked:
    """The conditions and the order of a search; None means no condition. `texts` are phrases as somebody types them."""

    collections: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    area: BaseGeometry | None = None
    interval: tuple[int, int] | None = None
    texts: tuple[str, ...] | None = None
    sort: tuple[SortKey, ...] = (SortKey("updated", True),)


@dataclass(frozen=True)
class Entry:
    """One item as STAC JSON; `version` is the tag of a release, None for the newest state."""

    item: dict[str, Any]
    version: str | None = None

    @property
    def key(self) -> Key:
        return self.item["collection"], self.item["id"]

    def property(self, name: str) -> Any:
        return self.item["properties"].get(name)


@dataclass
class Known:
    """One project."""

    path: str
    visibility: Visibility
    entries: tuple[Entry, ...]
    written: int


@dataclass
class Model:
    """All that is in the store, with the writes that change it."""

    projects: dict[int, Known] = field(default_factory=dict)
    former: dict[str, int] = field(default_factory=dict)
    grants: dict[str, set[int]] = field(default_factory=dict)
    writes: int = 0

    def put(self, project_id: int, path: str, visibility: Visibility, entries: Sequence[Entry]) -> None:
        old = self.projects.get(project_id)
        if old is not None and old.path != path.lower():
            self.former[old.path] = project_id
        self.former.pop(path.lower(), None)
        self.writes += 1
        self.projects[project_id] = Known(path.lower(), visibility, tuple(entries), self.writes)

    def drop(self, project_id: int) -> None:
        self.projects.pop(project_id, None)
        self.former = {path: one for path, one in self.former.items() if one != project_id}
        self.revoke(project_id)

    def lower(self, project_id: int, visibility: Visibility) -> None:
        if project_id in self.projects:
            known = self.projects[project_id]
            known.visibility = max(known.visibility, visibility)

    def grant(self, principal: str, project_ids: Iterable[int]) -> None:
        self.grants[principal] = set(project_ids)

    def revoke(self, project_id: int) -> None:
        for held in self.grants.values():
            held.discard(project_id)

    def sees(self, viewer: Viewer, project_id: int) -> bool:
        if project_id not in self.projects:
            return False
        by_level = viewer.level is not None and self.projects[project_id].visibility <= viewer.level
        return by_level or project_id in self.grants.get(viewer.principal or "", ())

    def visible(self, viewer: Viewer) -> list[tuple[int, Entry]]:
        seen = [number for number in self.projects if self.sees(viewer, number)]
        return [(number, entry) for number in seen for entry in self.projects[number].entries]

    def at_path(self, path: str) -> set[int]:
        """The projects that are at a path, or, where none is, the one that was there last."""
        live = {number for number, known in self.projects.items() if known.path == path.lower()}
        return live or ({self.former[path.lower()]} if path.lower() in self.former else set())

    def search(self, viewer: Viewer, asked: Asked) -> list[Entry]:
        """Every item that matches and may be seen, in order."""
        named = {number for name in asked.ids or () if "/" in name for number in self.at_path(name)}
        with_versions = any("@" in name for name in asked.ids or ())
        found = [
            entry
            for number, entry in self.visible(viewer)
            if (entry.version is None or with_versions)
            and (asked.ids is None or entry.item["id"] in asked.ids or number in named)
            and _matches(entry, asked)
        ]
        return ordered(found, asked.sort)

    def item(self, viewer: Viewer, key: Key) -> Entry | None:
        return next((entry for _, entry in self.visible(viewer) if entry.key == key), None)

    def id_of_path(self, viewer: Viewer, collection: str, path: str) -> str | None:
        """The newest state that a path leads to; where two projects claim it, that of the one that was written last."""
        at = self.at_path(path)
        heads = [(number, entry) for number, entry in self.visible(viewer) if number in at and entry.version is None]
        found = [(self.projects[number].written, entry) for number, entry in heads if entry.key[0] == collection]
        return max(found, key=lambda pair: pair[0])[1].item["id"] if found else None

    def extent(self, viewer: Viewer, collection: str) -> Extent:
        heads = [entry for _, entry in self.visible(viewer) if entry.version is None and entry.key[0] == collection]
        boxes = [entry.item["bbox"] for entry in heads if entry.item["geometry"]]
        times = [interval(entry) for entry in heads]
        box = None
        if boxes:
            crossing = any(one[0] > one[2] for one in boxes)
            west = -180.0 if crossing else min(one[0] for one in boxes)
            east = 180.0 if crossing else max(one[2] for one in boxes)
            box = (west, min(one[1] for one in boxes), east, max(one[3] for one in boxes))
        start, end = min((one[0] for one in times), default=None), max((one[1] for one in times), default=None)
        return Extent(
            count=len(heads),
            bbox=box,
            start=None if start is None or start <= micros(_FIRST) else start,
            end=None if end is None or end >= micros(_LAST) else end,
        )

    def summary(self, viewer: Viewer, collection: str) -> Summary:
        heads = [entry for _, entry in self.visible(viewer) if entry.version is None and entry.key[0] == collection]
        told = [entry.property("license") for entry in heads]
        licences = sorted({one for one in told if one is not None}, key=lambda one: (-told.count(one), one))
        stars = [one for entry in heads if (one := entry.property("sharinghub:stars")) is not None]
        times = {
            name: [micros(one) for entry in heads if (one := entry.property(name)) is not None]
            for name in ("created", "updated")
        }
        ends = [(min(found), max(found)) if found else None for found in (stars, times["created"], times["updated"])]
        return Summary(self.extent(viewer, collection), tuple(licences), *ends)

    def terms(self, viewer: Viewer, asked: Asked, name: str) -> list[tuple[str, int]]:
        found = [entry.key[0] if name == "collection" else entry.property(name) for entry in self.search(viewer, asked)]
        values = {value for value in found if value is not None}
        return sorted(((value, found.count(value)) for value in values), key=lambda pair: (-pair[1], pair[0]))


def ordered(entries: Iterable[Entry], sort: Sequence[SortKey]) -> list[Entry]:
    """In the order of the keys, then by id and collection in the direction of the last key; absent values are least."""
    newest_first = tuple(sort) == (SortKey("updated", True),)
    backwards = bool(sort) and sort[-1].descending and not newest_first
    rows = list(entries)
    for key in reversed((*sort, SortKey("id", backwards), SortKey("collection", backwards))):
        rows.sort(key=lambda entry, name=key.name: _rank(value_of(entry, name)), reverse=key.descending)
    return rows


def _rank(value: Any) -> tuple[bool, Any]:
    return (False, 0) if value is None else (True, value)


def value_of(entry: Entry, name: str) -> Any:
    """What an item is sorted by."""
    if name in ("id", "collection"):
        return entry.item[name]
    value = entry.property(name)
    if name in ("datetime", "created", "updated"):
        return None if value is None else micros(value)
    return plain(value)[:300] if name == "title" and value else None if name == "title" else value


def micros(text: str) -> int:
    """Microseconds since 1970."""
    since = datetime.fromisoformat(text) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def interval(entry: Entry) -> tuple[int, int]:
    declared = entry.property("start_datetime"), entry.property("end_datetime")
    start, end = declared if None not in declared else (entry.property("datetime"),) * 2
    return min(micros(start), micros(end)), max(micros(start), micros(end))


def _matches(entry: Entry, asked: Asked) -> bool:
    if asked.collections is not None and entry.item["collection"] not in asked.collections:
        return False
    if asked.interval is not None:
        start, end = interval(entry)
        if end < asked.interval[0] or start > asked.interval[1]:
            return False
    if asked.area is not None:
        geometry = entry.item["geometry"]
        if geometry is None or not shape(geometry).intersects(asked.area):
            return False
    if asked.texts is None:
        return True
    texts = [entry.property("title"), entry.property("description"), *(entry.property("keywords") or ())]
    mine = [words(text) for text in (*texts, entry.property("sharinghub:path")) if text]
    return any(_side_by_side(words(phrase), one) for phrase in asked.texts for one in mine)


def _side_by_side(phrase: list[str], text: list[str]) -> bool:
    width = len(phrase)
    return width > 0 and any(text[start : start + width] == phrase for start in range(len(text) - width + 1))


def plain(text: str) -> str:
    """Without marks and case."""
    bare = [char for char in unicodedata.normalize("NFKD", text) if unicodedata.combining(char) == 0]
    return unicodedata.normalize("NFKD", "".join(bare).casefold())


def words(text: str) -> list[str]:
    """Runs of letters and digits; a Chinese or Japanese character stands alone."""
    found, run = [], ""
    for char in plain(text) + " ":
        alone = char.isalpha() and unicodedata.name(char, "").startswith(("CJK", "HIRAGANA", "KATAKANA"))
        if run and (alone or not char.isalnum()):
            found.append(run)
            run = ""
        if alone:
            found.append(char)
        elif char.isalnum():
            run += char
    return found
