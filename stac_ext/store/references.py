"""Which references of the items of a page a viewer may follow: those become links, the others leave no trace."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

import orjson
from sqlalchemy import Connection, or_, select

from stac_ext.model import Viewer
from stac_ext.references import VERSION_RELATIONS, Reference
from stac_ext.store.narrowing import storable
from stac_ext.store.schema import alias, item, project
from stac_ext.visibility import visible

ItemUrl = Callable[[str, str], str]
# Which collection is meant where a project is in several and the reference does not say.
_MEANT: Final = {"ml-model:train-data": "dataset", "ml-model:test-data": "dataset"}
_CHUNK: Final = 5_000


def packed(references: Sequence[Reference]) -> bytes | None:
    """References as they stand in the column `refs`."""
    return orjson.dumps([asdict(one) for one in references]) if references else None


def unpacked(refs: bytes | None) -> list[Reference]:
    """The references in a column `refs`."""
    return [Reference(**one) for one in orjson.loads(refs)] if refs else []


def linked(
    conn: Connection, viewer: Viewer, rows: Sequence[tuple[bytes, bytes | None]], item_url: ItemUrl
) -> list[bytes]:
    """The documents of `rows`, (document, references) each, with a link for each reference that leads somewhere."""
    if not any(refs for _, refs in rows):
        return [doc for doc, _ in rows]
    wanted = [unpacked(refs) for _, refs in rows]
    targets = _Targets(conn, viewer, [one for references in wanted for one in references])
    return [
        _with_links(doc, [link for one in references if (link := targets.link(one, item_url))])
        for (doc, _), references in zip(rows, wanted, strict=True)
    ]


def _with_links(doc: bytes, links: list[dict[str, Any]]) -> bytes:
    """A document ends with its links, of which there is at least one."""
    fresh = [orjson.dumps(link) for link in links]
    fresh = [one for one in dict.fromkeys(fresh) if one not in doc]
    return b"".join((doc[:-2], *(b"," + one for one in fresh), doc[-2:])) if fresh else doc


class _Targets:
    """The visible items of the projects that are referred to."""

    def __init__(self, conn: Connection, viewer: Viewer, references: Sequence[Reference]) -> None:
        paths = storable(sorted({one.path for one in references if one.path}))
        self._ids = dict[str, int]()
        for table, column in ((alias, alias.c.project_id), (project, project.c.id)):  # a live project wins
            for chunk in _chunks(paths):
                found = conn.execute(select(table.c.path, column.label("id")).where(table.c.path.in_(chunk)))
                self._ids.update({row.path: row.id for row in found})
        numbers = sorted({*self._ids.values(), *(one.project_id for one in references if one.project_id)})
        tags = storable(sorted({one.version for one in references if one.version}))
        self._items = dict[tuple[int, str | None], dict[str, str]]()
        for chunk_of_numbers in _chunks(numbers):
            which = or_(item.c.version.is_(None), item.c.version.in_(tags[:_CHUNK]))
            rows = select(item.c.project_id, item.c.version, item.c.collection, item.c.item_id).where(
                visible(viewer, item), item.c.project_id.in_(chunk_of_numbers), which
            )
            for row in conn.execute(rows):
                self._items.setdefault((row.project_id, row.version), {})[row.collection] = row.item_id

    def link(self, one: Reference, item_url: ItemUrl) -> dict[str, Any] | None:
        """The link of a reference, None where it leads nowhere that the viewer may go."""
        project_id = one.project_id or self._ids.get(one.path or "")
        if project_id is None:
            return None
        pinned = self._items.get((project_id, one.version)) if one.version else None
        found = pinned or self._items.get((project_id, None))
        if not found or (one.collection is not None and one.collection not in found):
            return None
        meant = one.collection or _MEANT.get(one.rel, "")
        collection = meant if meant in found else min(found)
        link = {"rel": one.rel, "href": item_url(collection, found[collection]), "type": "application/geo+json"}
        if one.path:
            link["title"] = one.path
        if one.rel in VERSION_RELATIONS:
            return {**link, "title": one.version} if pinned else None
        if one.version and not pinned:
            link["sharinghub:revision"] = one.version
        return link


def _chunks(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK)]
