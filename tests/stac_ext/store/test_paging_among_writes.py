"""Proves that whoever pages while others write gets what does not change exactly once, forwards and back.

Between two pages anything is written by chance: items are new, changed, moved in the order, hidden, shown or deleted,
and grants come and go. What no write touches while it is walked over is neither lost nor repeated, in the order of the
query, whatever the form of the search.
"""

import os
import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from stac_ext.keyset import PageKey
from stac_ext.model import ANONYMOUS, Viewer, Visibility
from stac_ext.query import SearchQuery, SortKey
from stac_ext.store import search
from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.rows import put, stac_item

ROUNDS = int(os.environ.get("SEARCH_EXAMPLES", "5"))
MEMBER, PRINCIPAL = Viewer(Visibility.INTERNAL, "user:7"), "user:7"
SORTS = (
    (SortKey("updated", True),),
    (SortKey("title"),),
    (SortKey("sharinghub:stars", True), SortKey("license")),
    (SortKey("created"), SortKey("id", True)),
    (),
)
PROJECTS = range(1, 41)


class Walk:
    """A store that is written to by chance, and a viewer who pages through it."""

    def __init__(self, database: Database, chance: random.Random, viewer: Viewer) -> None:
        self.chance, self.viewer = chance, viewer
        self.reader, self.writer = CatalogueReader(database), CatalogueWriter(database)
        self.grants = GrantTable(database)
        self.database = database
        self.changed: set[str] = set()
        self.granted = set(chance.sample(PROJECTS, 20))
        self.began = 2**60
        for number in PROJECTS:
            self.put(number)
        self.grants.confirm(PRINCIPAL, 7, "seven", False, 0)
        self._grant()
        self.changed.clear()

    def put(self, number: int) -> None:
        """Write a project anew, with whatever it says and whoever may see it."""
        chance = self.chance
        values: dict[str, Any] = {
            "title": chance.choice(["a", "b", "é", None, f"{chance.random()}"]),
            "license": chance.choice(["MIT", "other", None]),
            "sharinghub:stars": chance.choice([0, 1, 7, None]),
            "created": chance.choice(["2020-01-01T00:00:00Z", f"20{chance.randrange(10, 30)}-01-01T00:00:00Z"]),
        }
        said = {name: value for name, value in values.items() if value is not None}
        item = stac_item(str(number), updated=f"2024-01-{chance.randrange(1, 29):02}T00:00:00Z", properties=said)
        put(self.writer, number, item, fingerprint=f"{chance.random()}", visibility=chance.choice(list(Visibility)))
        self.changed.add(str(number))

    def drop(self, number: int) -> None:
        self.writer.drop(number, self.began)
        self.changed.add(str(number))

    def hide(self, number: int) -> None:
        self.writer.lower(number, Visibility.PRIVATE)
        self.changed.add(str(number))

    def regrant(self, number: int) -> None:
        self.granted ^= {number}
        self.changed.add(str(number))

    def _grant(self) -> None:
        assert self.grants.replace(PRINCIPAL, sorted(self.granted), began=self.database.seq(), now=1)

    def write(self) -> None:
        for _ in range(self.chance.randrange(4)):
            what: Callable[[int], None] = self.chance.choice([self.put, self.put, self.drop, self.hide, self.regrant])
            what(self.chance.choice([*PROJECTS, 100 + self.chance.randrange(50)]))
            self._grant()  # what is deleted takes its grants along

    def order(self, query: SearchQuery) -> list[str]:
        """All ids in order, by one large page."""
        whole = SearchQuery(sort=query.sort, limit=1_000)
        return [orjson.loads(doc)["id"] for doc in self.reader.search(self.viewer, whole).docs]

    def onward(self, query: SearchQuery, at: PageKey | None, *, back: bool) -> tuple[list[str], PageKey | None]:
        """The ids of all pages from a place on, with writes between them, and where the last page was."""
        seen: list[str] = []
        for _ in range(1_000):
            page = self.reader.search(self.viewer, query, at)
            ids = [orjson.loads(doc)["id"] for doc in page.docs]
            assert len(ids) == len(set(ids)) <= query.limit
            seen = [*ids, *seen] if back else [*seen, *ids]
            following, other = (page.previous, page.next) if back else (page.next, page.previous)
            if following is None:
                return seen, other
            self.write()
            at = following
        raise AssertionError("there is no end of pages")


@pytest.mark.parametrize("viewer", [ANONYMOUS, MEMBER])
@pytest.mark.parametrize("probed", [0, 1_000])
def test_what_no_write_touches_is_given_exactly_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, viewer: Viewer, probed: int
) -> None:
    monkeypatch.setattr(search, "_PROBED", probed)
    monkeypatch.setattr(search, "_PROBED_PER_ROW", 1 if probed == 0 else 20)
    chance = random.Random(f"{viewer} {probed}")
    walk = Walk(database, chance, viewer)
    for turn in range(ROUNDS):
        query = SearchQuery(sort=SORTS[turn % len(SORTS)], limit=chance.choice([2, 3, 5, 8]))
        before = walk.order(query)
        walk.changed.clear()
        seen, _ = walk.onward(query, None, back=False)
        stays = [one for one in before if one not in walk.changed]
        assert [one for one in seen if one not in walk.changed] == stays, (turn, query)

        before = walk.order(query)
        end = PageKey((), back=True)  # the last page of all
        walk.changed.clear()
        seen, _ = walk.onward(query, end, back=True)
        stays = [one for one in before if one not in walk.changed]
        assert [one for one in seen if one not in walk.changed] == stays, (turn, query)
