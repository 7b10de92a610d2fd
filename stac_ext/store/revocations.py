"""Tokens that are no longer used here and still have to be ended at GitLab: kept until that answered.

They come in with the transaction that ends their session. A process that is about to ask GitLab takes some for a time,
so that others leave those alone; what it does not settle until then is taken again.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from stac_ext.store.database import Database, retried
from stac_ext.store.schema import revocation


@dataclass(frozen=True, slots=True)
class Revocation:
    """Encrypted tokens to be ended, how often that was tried, and since when they wait, in microseconds."""

    id: int
    sealed: bytes = field(repr=False)
    since: int
    tries: int


class RevocationTable:
    """The list. Methods block: call them from a worker thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def add(self, sealed: bytes, now: int) -> int:
        """Put tokens on the list; their id there."""
        with self._database.write() as conn:
            return put_on(conn, sealed, now)

    @retried
    def take(self, now: int, until: int, most: int) -> list[Revocation]:
        """What is due, the longest waiting first, for the caller alone until then."""
        due = select(revocation).where(revocation.c.not_before <= now).order_by(revocation.c.id).limit(most)
        with self._database.write() as conn:
            found = [_of(row) for row in conn.execute(_unlocked(conn, due))]
            mine = revocation.c.id.in_([one.id for one in found])
            if found:
                conn.execute(update(revocation).where(mine).values(not_before=until))
        return found

    @retried
    def settle(self, ids: Collection[int]) -> None:
        """These are ended, or given up."""
        if ids:
            with self._database.write() as conn:
                conn.execute(delete(revocation).where(revocation.c.id.in_(ids)))

    @retried
    def postpone(self, one: Revocation, not_before: int) -> None:
        """Try again, not before then."""
        values = {"not_before": not_before, "tries": one.tries + 1}
        with self._database.write() as conn:
            conn.execute(update(revocation).where(revocation.c.id == one.id).values(values))

    @retried
    def left(self, ids: Collection[int]) -> int:
        """How many of these are not settled."""
        with self._database.read() as conn:
            return len(conn.execute(select(revocation.c.id).where(revocation.c.id.in_(ids))).all())


def put_on(conn: Connection, sealed: bytes, now: int) -> int:
    """Put tokens on the list within a transaction; their id there."""
    row = {"sealed": sealed, "since": now, "not_before": now, "tries": 0}
    return int(conn.execute(insert(revocation).values(row).returning(revocation.c.id)).scalar_one())


def _unlocked(conn: Connection, rows: Select[tuple[int]]) -> Select[tuple[int]]:
    return rows.with_for_update(skip_locked=True) if conn.dialect.name == "postgresql" else rows


def _of(row: Row[tuple[int]]) -> Revocation:
    return Revocation(row.id, row.sealed, row.since, row.tries)
