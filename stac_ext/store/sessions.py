"""Who is signed in in a browser: rows that the cookie only points to, so that a session ends when its row does.

The tokens of a session are renewed by one process at a time: who takes the renewal has it for some seconds, and what it
writes counts only where nobody else wrote meanwhile. A session that ends leaves its tokens on the list of those that
GitLab has to end (`revocations.py`), in the same transaction.
"""

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, insert, select, update

from stac_ext.store.database import Database, retried
from stac_ext.store.revocations import put_on
from stac_ext.store.schema import session


@dataclass(frozen=True, slots=True)
class Session:
    """One session; times in microseconds.

    `key` is a hash of what the cookie holds, `sealed` the encrypted tokens; `renewals` counts how often they changed.
    """

    key: str
    principal: str
    sealed: bytes = field(repr=False)
    created_at: int
    seen_at: int
    expires_at: int
    renewals: int = 0


_COLUMNS = tuple(session.c[name] for name in Session.__slots__)


class SessionTable:
    """The sessions. Methods block: call them from a worker thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def start(self, one: Session) -> None:
        with self._database.write() as conn:
            conn.execute(insert(session).values({name: getattr(one, name) for name in Session.__slots__}))

    @retried
    def find(self, key: str, now: int, unseen_since: int = 0) -> Session | None:
        """The session, None where there is none, it has expired, or it was last seen before `unseen_since`."""
        alive = (session.c.expires_at > now, session.c.seen_at >= unseen_since)
        with self._database.read() as conn:
            row = conn.execute(select(*_COLUMNS).where(session.c.key == key, *alive)).one_or_none()
        return Session(**row._mapping) if row is not None else None

    @retried
    def see(self, key: str, seen_at: int) -> None:
        """Record that a session was used; never set back."""
        with self._database.write() as conn:
            conn.execute(
                update(session).where(session.c.key == key, session.c.seen_at < seen_at).values(seen_at=seen_at)
            )

    @retried
    def take_renewal(self, one: Session, now: int, until: int) -> bool:
        """Whether the caller is the one to renew the tokens as they are in `one`; nobody else until then."""
        free = (session.c.key == one.key, session.c.renewals == one.renewals, session.c.renewing_until <= now)
        with self._database.write() as conn:
            return conn.execute(update(session).where(*free).values(renewing_until=until)).rowcount > 0

    @retried
    def give_renewal_back(self, one: Session) -> None:
        """Let another try: the tokens stay as they are."""
        same = (session.c.key == one.key, session.c.renewals == one.renewals)
        with self._database.write() as conn:
            conn.execute(update(session).where(*same).values(renewing_until=0))

    @retried
    def renew(self, one: Session, sealed: bytes) -> bool:
        """Keep other tokens for a session. False where it has ended, or others were kept meanwhile."""
        same = (session.c.key == one.key, session.c.renewals == one.renewals)
        values = {"sealed": sealed, "renewals": one.renewals + 1, "renewing_until": 0}
        with self._database.write() as conn:
            return conn.execute(update(session).where(*same).values(**values)).rowcount > 0

    def end(self, key: str, now: int) -> list[int]:
        """End a session; what its tokens are called on the list of revocations."""
        return self._end(session.c.key == key, now)

    def end_all_of(self, principal: str, now: int) -> list[int]:
        """End every session of a principal; what their tokens are called on the list of revocations."""
        return self._end(session.c.principal == principal, now)

    def prune(self, now: int, unseen_since: int = 0) -> list[int]:
        """End what has expired, or was last seen before `unseen_since`; as `end_all_of`."""
        return self._end((session.c.expires_at <= now) | (session.c.seen_at < unseen_since), now)

    @retried
    def _end(self, which: ColumnElement[bool], now: int) -> list[int]:
        with self._database.write() as conn:
            gone = conn.execute(delete(session).where(which).returning(session.c.sealed)).scalars().all()
            return [put_on(conn, sealed, now) for sealed in gone]
