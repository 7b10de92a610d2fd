"""What the store knows of why one user sees one item or not: the item, the user's grants to it, and what waits.

For those who run the hub and for those who maintain the project: nothing here is checked against a viewer, and of a
user's grants only the one for this project is read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, or_, select

from stac_ext.items.versions import project_of
from stac_ext.model import Visibility
from stac_ext.store.columns import storable_text
from stac_ext.store.database import Database, retried
from stac_ext.store.grants import Principal, principal_of
from stac_ext.store.narrowing import projects_at
from stac_ext.store.records import is_id
from stac_ext.store.schema import denial, grant, inbox, item, principal, project

_MOST: Final = 100  # of a user's principals, and of deliveries


@dataclass(frozen=True, slots=True)
class AskedItem:
    """Which item is meant: by its id, perhaps in one collection, or by the path of its project."""

    text: str
    item_id: str | None = None
    collection: str | None = None
    path: str | None = None

    @property
    def project_id(self) -> int | None:
        """The project that the id names."""
        return project_of(self.item_id) if self.item_id else None


def asked_item(text: str, collections: Collection[str]) -> AskedItem:
    """What `42`, `42@v1.0`, `ai-model/42` or `group/project` names, where these collections exist."""
    if project_of(text) is not None:
        return AskedItem(text, item_id=text)
    collection, _, rest = text.partition("/")
    if collection in collections and project_of(rest) is not None:
        return AskedItem(text, item_id=rest, collection=collection)
    return AskedItem(text, path=text.strip("/"))


@dataclass(frozen=True, slots=True)
class IndexedProject:
    """A project of the index. `places` are collection and id of those of its items that are asked about."""

    id: int
    path: str
    visibility: Visibility
    read_at: int  # microseconds
    places: tuple[tuple[str, str], ...]
    collections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """A principal of the user, and what it holds of the project.

    `unasked`: GitLab has not been asked about it since the listing; `denied`: rights to it were taken away after it.
    """

    principal: Principal
    granted: bool
    unasked: bool
    denied: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery about the project that was not acted on yet, or was given up. Times in microseconds."""

    event: str
    received_at: int
    not_before: int
    tries: int
    given_up: bool
    error: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known. `project_id` is the number that was asked about, whether or not the index holds it."""

    asked: AskedItem
    user: str
    project_id: int | None
    project: IndexedProject | None
    holds: tuple[Hold, ...] = ()
    waiting: tuple[Waiting, ...] = ()


class EvidenceTable:
    """Reads evidence. Methods block: call them from a worker thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def project_at(self, path: str) -> int | None:
        """The project that has this path, or had it; of two that claim it the one that was read last."""
        with self._database.read() as conn:
            return _project_at(conn, path)

    @retried
    def gather(self, asked: AskedItem, user: str, project_id: int | None = None) -> Evidence:
        """What is known of a user, by name or number, and an item; `project_id` where it is known already."""
        with self._database.read() as conn:
            if project_id is None:
                project_id = asked.project_id if asked.path is None else _project_at(conn, asked.path)
            if project_id is not None and not is_id(project_id):
                project_id = None
            found = _indexed(conn, asked, project_id)
            holds = _holds(conn, _user_of(conn, user), project_id, found)
            return Evidence(asked, user, project_id, found, holds, _waiting(conn, project_id, found))


def _project_at(conn: Connection, path: str) -> int | None:
    if storable_text(path) != path:
        return None
    found = select(project.c.id).where(project.c.id.in_(projects_at((path,)))).order_by(project.c.seq.desc())
    return conn.execute(found).scalars().first()


def _indexed(conn: Connection, asked: AskedItem, project_id: int | None) -> IndexedProject | None:
    row = conn.execute(select(project).where(project.c.id == project_id)).one_or_none()
    if row is None:
        return None
    held = select(item.c.collection, item.c.item_id, item.c.version).where(item.c.project_id == row.id)
    rows = conn.execute(held.order_by(item.c.collection, item.c.item_id)).all()
    places = tuple(
        (one.collection, one.item_id)
        for one in rows
        if (one.item_id == asked.item_id if asked.item_id else one.version is None)
        and asked.collection in (None, one.collection)
    )
    collections = tuple(dict.fromkeys(one.collection for one in rows if one.version is None))
    return IndexedProject(row.id, row.path, Visibility(row.visibility), row.indexed_at, places, collections)


def _user_of(conn: Connection, user: str) -> int | None:
    """A user by name, else by number; a name that two had is that of the one confirmed last."""
    if storable_text(user) != user:
        return None
    named = select(principal.c.user_id).where(func.lower(principal.c.username) == user.lower())
    found = conn.execute(named.order_by(principal.c.confirmed_at.desc())).scalars().first()
    if found is not None:
        return int(found)
    return int(user) if user.isascii() and user.isdigit() and len(user) < 20 and is_id(int(user)) else None


def _holds(
    conn: Connection, user_id: int | None, project_id: int | None, found: IndexedProject | None
) -> tuple[Hold, ...]:
    if user_id is None:
        return ()
    rows = select(principal).where(principal.c.user_id == user_id)
    theirs = conn.execute(rows.order_by(principal.c.key.desc()).limit(_MOST)).all()  # user:… before token:…
    known = conn.execute(select(project.c.known_seq).where(project.c.id == project_id)).scalar_one_or_none()
    denied = conn.execute(select(denial.c.seq).where(denial.c.project_id == project_id)).scalar_one_or_none()
    keys = [row.key for row in theirs]
    held = select(grant.c.principal).where(grant.c.project_id == project_id, grant.c.principal.in_(keys))
    granted = set(conn.execute(held).scalars())
    holds = []
    for one in map(principal_of, theirs):
        has = one.key in granted
        beyond = found is not None and found.visibility > one.level
        unasked = beyond and not has and known is not None and known > one.snapshot_seq
        holds.append(Hold(one, has, unasked, denied is not None and denied > one.snapshot_seq))
    return tuple(holds)


def _waiting(conn: Connection, project_id: int | None, found: IndexedProject | None) -> tuple[Waiting, ...]:
    if project_id is None:
        return ()
    scopes = {f"project:{project_id}"}
    if found is not None:
        parts = found.path.split("/")
        scopes |= {f"below:{'/'.join(parts[:n])}" for n in range(1, len(parts))}
    rows = (
        select(inbox)
        .where(or_(inbox.c.state == "queued", inbox.c.state == "dead"), func.lower(inbox.c.scope).in_(scopes))
        .order_by(inbox.c.id)
        .limit(_MOST)
    )
    return tuple(
        Waiting(row.event, row.received_at, row.not_before, row.tries, row.state == "dead", row.error)
        for row in conn.execute(rows)
    )
