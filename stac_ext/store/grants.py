"""What each principal was granted by GitLab, and when GitLab said so."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from stac_ext.model import Visibility
from stac_ext.store.database import Database, retried
from stac_ext.store.records import is_id
from stac_ext.store.schema import denial, grant, principal, project

_AT_ONCE: Final = 1_000  # rows that one transaction changes: other writers wait no longer than for these


@dataclass(frozen=True, slots=True)
class Principal:
    """Who GitLab says a token acts as. Times in microseconds; `snapshot_at` is 0 while no trusted listing exists."""

    key: str
    user_id: int
    username: str
    external: bool
    confirmed_at: int
    snapshot_at: int = 0
    snapshot_seq: int = 0
    denied_seq: int = 0

    @property
    def level(self) -> Visibility:
        """The widest visibility seen without a grant: external users do not see internal projects."""
        return Visibility.PUBLIC if self.external else Visibility.INTERNAL


class GrantTable:
    """Principals and their grants. Methods block: call them from a worker thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def find(self, key: str) -> Principal | None:
        with self._database.read() as conn:
            return _find(conn, key)

    @retried
    def newest(self) -> int | None:
        """When GitLab confirmed anybody's identity last, in microseconds."""
        with self._database.read() as conn:
            found = conn.execute(select(func.max(principal.c.confirmed_at))).scalar_one_or_none()
        return int(found) if found else None

    @retried
    def confirm(self, key: str, user_id: int, username: str, external: bool, now: int) -> Principal:
        """Record that GitLab confirmed this identity at `now`; what was granted before stays."""
        values = {"user_id": user_id, "username": username, "external": int(external), "confirmed_at": now}
        with self._database.write() as conn:
            if conn.execute(update(principal).where(principal.c.key == key).values(**values)).rowcount == 0:
                fresh = {"snapshot_at": 0, "snapshot_seq": 0, "denied_seq": 0}
                conn.execute(insert(principal).values(key=key, **values, **fresh))
            found = _find(conn, key)
        assert found is not None
        return found

    @retried
    def forget(self, key: str) -> None:
        """Remove a principal whose credential GitLab refused, with its grants."""
        with self._database.write() as conn:
            conn.execute(delete(grant).where(grant.c.principal == key))
            conn.execute(delete(principal).where(principal.c.key == key))

    def replace(self, key: str, project_ids: Collection[int], began: int, now: int, listed: int | None = None) -> bool:
        """Write a whole listing as a diff. False where a denial came after it began: what the denial concerns was not
        added, and the listing has to be repeated.

        `began` is the change counter when the listing began. Where GitLab was asked again about each project that a
        listing had found, `began` is that of the second question, and `listed` that of the listing.

        A large diff is written in pieces, so that other writers get their turn; the last one compares the whole, so
        that what another process wrote meanwhile does not outlast it.
        """
        wanted = {one for one in project_ids if is_id(one)}
        self._approach(key, wanted, began)
        return self._finish(key, wanted, began, now, began if listed is None else listed)

    def _approach(self, key: str, wanted: set[int], began: int) -> None:
        """Write a large diff up to its last piece. The age that counts stays that of the listing before."""
        with self._database.read() as conn:
            held = _held(conn, key)
        if len(held ^ wanted) <= _AT_ONCE:
            return
        for piece in _pieces(held - wanted):
            self._remove_some(key, piece)
        for piece in _pieces(wanted - held):
            if not self._add_some(key, piece, began):
                return

    @retried
    def _remove_some(self, key: str, project_ids: set[int]) -> None:
        with self._database.write() as conn:
            _remove(conn, key, project_ids)

    @retried
    def _add_some(self, key: str, project_ids: set[int], began: int) -> bool:
        with self._database.write() as conn:
            found = _find(conn, key)
            if found is None or found.denied_seq > began:
                return False
            _add(conn, key, project_ids - _held(conn, key, project_ids) - _denied_since(conn, began))
            return True

    @retried
    def _finish(self, key: str, wanted: set[int], began: int, now: int, listed: int) -> bool:
        with self._database.write() as conn:
            held = _held(conn, key)
            _remove(conn, key, held - wanted)
            found = _find(conn, key)
            if found is None or found.denied_seq > began:
                return False
            denied = _denied_since(conn, began)
            _add(conn, key, wanted - held - denied)
            if wanted & denied:
                return False
            conn.execute(update(principal).where(principal.c.key == key).values(snapshot_at=now, snapshot_seq=listed))
            return True

    @retried
    def standing(self, key: str) -> tuple[Principal, bool] | None:
        """The principal, and whether there are projects that it has not been asked about yet."""
        with self._database.read() as conn:
            found = _find(conn, key)
            if found is None:
                return None
            return found, conn.execute(_unasked(found, 1)).first() is not None

    @retried
    def unasked(self, found: Principal, limit: int) -> list[tuple[int, int]]:
        """(id, seq) of the projects that became known or less public after the listing, oldest first.

        Only those that the principal's level does not show already and that no grant covers.
        """
        with self._database.read() as conn:
            return [(row.id, row.known_seq) for row in conn.execute(_unasked(found, limit))]

    @retried
    def uncatalogued(self, key: str, limit: int) -> tuple[list[int], int]:
        """The first of the projects that a principal was granted and that the index does not hold, and how many."""
        known = select(project.c.id).where(project.c.id == grant.c.project_id)
        missing = (grant.c.principal == key, ~known.exists())
        with self._database.read() as conn:
            shown = select(grant.c.project_id).where(*missing).order_by(grant.c.project_id).limit(limit)
            first = list(conn.execute(shown).scalars())
            number = conn.execute(select(func.count()).select_from(grant).where(*missing)).scalar_one()
        return first, int(number)

    @retried
    def add(self, key: str, project_ids: Collection[int], began: int, asked_seq: int) -> None:
        """Add what GitLab granted among the unasked projects up to `asked_seq`, unless a denial came in between."""
        with self._database.write() as conn:
            found = _find(conn, key)
            if found is None or found.denied_seq > began:
                return
            denied, granted = _denied_since(conn, began), {one for one in project_ids if is_id(one)}
            _add(conn, key, granted - _held(conn, key, granted) - denied)
            if not denied and found.snapshot_seq < asked_seq:
                conn.execute(update(principal).where(principal.c.key == key).values(snapshot_seq=asked_seq))

    @retried
    def prune(self, before: int) -> None:
        """Forget principals that GitLab last confirmed before this time, with their grants."""
        old = select(principal.c.key).where(principal.c.confirmed_at < before)
        with self._database.write() as conn:
            conn.execute(delete(grant).where(grant.c.principal.in_(old)))
            conn.execute(delete(principal).where(principal.c.confirmed_at < before))


def _unasked(found: Principal, limit: int) -> Select[tuple[int, int]]:
    granted = select(grant.c.project_id).where(grant.c.principal == found.key, grant.c.project_id == project.c.id)
    return (
        select(project.c.id, project.c.known_seq)
        .where(
            project.c.known_seq > found.snapshot_seq,
            project.c.visibility > int(found.level),
            ~granted.exists(),
        )
        .order_by(project.c.known_seq)
        .limit(limit)
    )


def _find(conn: Connection, key: str) -> Principal | None:
    row = conn.execute(select(principal).where(principal.c.key == key)).one_or_none()
    return None if row is None else principal_of(row)


def principal_of(row: Row[Any]) -> Principal:
    """The principal that a row of its table is."""
    return Principal(
        key=row.key,
        user_id=row.user_id,
        username=row.username,
        external=bool(row.external),
        confirmed_at=row.confirmed_at,
        snapshot_at=row.snapshot_at,
        snapshot_seq=row.snapshot_seq,
        denied_seq=row.denied_seq,
    )


def _denied_since(conn: Connection, began: int) -> set[int]:
    return set(conn.execute(select(denial.c.project_id).where(denial.c.seq > began)).scalars())


def _held(conn: Connection, key: str, among: set[int] | None = None) -> set[int]:
    statement = select(grant.c.project_id).where(grant.c.principal == key)
    if among is not None:
        statement = statement.where(grant.c.project_id.in_(among))
    return set(conn.execute(statement).scalars())


def _pieces(project_ids: set[int]) -> Iterator[set[int]]:
    ordered = sorted(project_ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield set(ordered[start : start + _AT_ONCE])


def _remove(conn: Connection, key: str, project_ids: set[int]) -> None:
    for piece in _pieces(project_ids):
        conn.execute(delete(grant).where(grant.c.principal == key, grant.c.project_id.in_(piece)))


def _add(conn: Connection, key: str, project_ids: set[int]) -> None:
    if project_ids:
        conn.execute(insert(grant), [{"principal": key, "project_id": one} for one in sorted(project_ids)])
