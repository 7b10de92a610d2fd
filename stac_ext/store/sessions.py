"""Who is signed in in a browser: rows that the cookie only points to, so that a session ends when its row does."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from stac_ext.store.database import Database, retried
from stac_ext.store.schema import session


@dataclass(frozen=True, slots=True)
class Session:
    """One session; times in microseconds.

    `key` is a keyed hash of what the cookie holds, `sealed` the encrypted tokens.
    """

    key: str
    principal: str
    sealed: bytes
    created_at: int
    seen_at: int
    expires_at: int


class SessionTable:
    """The sessions. Methods block: call them from a worker thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def start(self, one: Session) -> None:
        with self._database.write() as conn:
            conn.execute(
                insert(session).values(
                    key=one.key,
                    principal=one.principal,
                    sealed=one.sealed,
                    created_at=one.created_at,
                    seen_at=one.seen_at,
                    expires_at=one.expires_at,
                )
            )

    @retried
    def find(self, key: str, now: int) -> Session | None:
        """The session, None where there is none or it has expired."""
        with self._database.read() as conn:
            row = conn.execute(select(session).where(session.c.key == key, session.c.expires_at > now)).one_or_none()
        return Session(**row._mapping) if row is not None else None

    @retried
    def renew(self, key: str, sealed: bytes, seen_at: int) -> bool:
        """Keep other tokens for a session, and when it was seen last. False where it has ended meanwhile."""
        with self._database.write() as conn:
            values = {"sealed": sealed, "seen_at": seen_at}
            return conn.execute(update(session).where(session.c.key == key).values(**values)).rowcount > 0

    @retried
    def end(self, key: str) -> None:
        with self._database.write() as conn:
            conn.execute(delete(session).where(session.c.key == key))

    @retried
    def end_all_of(self, principal: str) -> int:
        """End every session of a principal and return how many there were."""
        with self._database.write() as conn:
            return conn.execute(delete(session).where(session.c.principal == principal)).rowcount

    @retried
    def prune(self, now: int) -> None:
        """Forget what has expired."""
        with self._database.write() as conn:
            conn.execute(delete(session).where(session.c.expires_at <= now))
