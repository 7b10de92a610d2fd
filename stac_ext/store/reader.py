"""What a viewer reads: pages of items, one item, extents and counts. No method reads without a viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from stac_ext.aggregations import Aggregation
from stac_ext.keyset import PageKey
from stac_ext.model import Viewer
from stac_ext.query import SearchQuery
from stac_ext.store.aggregations import Aggregator
from stac_ext.store.database import Database, retried
from stac_ext.store.narrowing import projects_at, storable
from stac_ext.store.references import ItemUrl, linked
from stac_ext.store.schema import item, project
from stac_ext.store.search import MAX_COUNT, Search
from stac_ext.store.summaries import Extent, Summaries, Summary, terms
from stac_ext.visibility import visible

_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """Items as stored JSON, the keys of the pages beside it if a visible row is there, and how many match.

    `matched` is None where more than 10,000 do.
    """

    docs: tuple[bytes, ...]
    next: PageKey | None
    previous: PageKey | None
    matched: int | None


class CatalogueReader:
    """Reads of the catalogue, each under a viewer. Methods block: call them from a worker thread."""

    def __init__(self, database: Database, item_url: ItemUrl = "{}/{}".format) -> None:
        """`item_url` gives the URL of an item from its collection and id; references become links with it."""
        self._database = database
        self._item_url = item_url
        self._summaries = Summaries()

    def changes(self) -> int:
        """The number of changes up to now: as long as it stays, nothing that is read here changes."""
        return self._database.seq()

    @retried
    def search(self, viewer: Viewer, query: SearchQuery, at: PageKey | None = None) -> Page:
        """The items that match and that the viewer may see, in the order of the query, from a place in it on."""
        with self._database.read() as conn:
            asked = Search(viewer, query, conn)
            page, following, previous = asked.page(at)
            count = asked.count()
            docs = linked(conn, viewer, [(row.doc, row.refs) for row in page], self._item_url)
        return Page(
            docs=tuple(docs),
            next=following,
            previous=previous,
            matched=count if count <= MAX_COUNT else None,
        )

    @retried
    def item(self, viewer: Viewer, collection: str, item_id: str) -> bytes | None:
        """The item's JSON, or None where there is none or the viewer may not see it."""
        if len(storable((collection, item_id))) < 2:
            return None
        statement = select(item.c.doc, item.c.refs).where(
            visible(viewer, item), item.c.collection == collection, item.c.item_id == item_id
        )
        with self._database.read() as conn:
            row = conn.execute(statement).one_or_none()
            return linked(conn, viewer, [(row.doc, row.refs)], self._item_url)[0] if row is not None else None

    @retried
    def shows_project(self, viewer: Viewer, project_id: int) -> bool:
        """Whether any item of a project is visible to the viewer."""
        if not 0 <= project_id <= _MAX_ID:
            return False
        statement = select(item.c.pk).where(visible(viewer, item), item.c.project_id == project_id).limit(1)
        with self._database.read() as conn:
            return conn.execute(statement).first() is not None

    @retried
    def of_project(self, viewer: Viewer, project_id: int) -> tuple[bytes, ...]:
        """Every item of a project that the viewer may see, versions too, as stored, without links to others."""
        if not 0 <= project_id <= _MAX_ID:
            return ()
        statement = select(item.c.doc).where(visible(viewer, item), item.c.project_id == project_id)
        with self._database.read() as conn:
            return tuple(bytes(doc) for doc in conn.execute(statement.order_by(item.c.pk)).scalars())

    @retried
    def item_id_of_path(self, viewer: Viewer, collection: str, path: str) -> str | None:
        """The id of the visible item whose project has, or had, this path. A live project wins over a former path.

        Where two projects claim it, the one that was read last is right: GitLab gives a path to one project.
        """
        if len(storable((collection, path))) < 2:
            return None
        statement = (
            select(item.c.item_id)
            .join(project, project.c.id == item.c.project_id)
            .where(
                visible(viewer, item),
                item.c.collection == collection,
                item.c.project_id.in_(projects_at((path,))),
                item.c.version.is_(None),
            )
            .order_by(project.c.seq.desc())
        )
        with self._database.read() as conn:
            return conn.execute(statement).scalars().first()

    def extent(self, viewer: Viewer, collection: str) -> Extent:
        """What the visible items of a collection cover in space and time."""
        return self.summary(viewer, collection).extent

    @retried
    def summary(self, viewer: Viewer, collection: str) -> Summary:
        """What the visible items of a collection have in common."""
        with self._database.read() as conn:
            return self._summaries.of(conn, viewer, collection)

    @retried
    def terms(self, viewer: Viewer, query: SearchQuery, name: str) -> dict[str, int]:
        """How many visible items of a search have each value of `name`, most first."""
        with self._database.read() as conn:
            return terms(conn, viewer, query, name)

    @retried
    def aggregate(self, viewer: Viewer, query: SearchQuery, wanted: Sequence[Aggregation]) -> list[dict[str, Any]]:
        """What the visible items of a search add up to, as STAC's aggregations, in the order that is wanted."""
        with self._database.read() as conn:
            counted = Aggregator(viewer, query, conn)
            return [one.of(counted) for one in wanted]
