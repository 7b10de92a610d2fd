"""Who is signed in in a browser: rows that the cookie only points to, so that a session ends when its row does.

The tokens of a session are renewed by one process at a time: who takes the renewal has it for some seconds, and what it
writes counts only where nobody else wrote meanwhile.
"""

from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select, update

from stac_ext.store.database import Database, retried
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
    def of(self, principal: str) -> list[Session]:
        """Every session of a principal."""
        with self._database.read() as conn:
            rows = conn.execute(select(*_COLUMNS).where(session.c.principal == principal)).all()
        return [Session(**row._mapping) for row in rows]

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
    def prune(self, now: int, unseen_since: int = 0) -> None:
        """Forget what has expired, or was last seen before `unseen_since`."""
        with self._database.write() as conn:
            conn.execute(delete(session).where((session.c.expires_at <= now) | (session.c.seen_at < unseen_since)))
