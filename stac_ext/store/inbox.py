"""Deliveries that were accepted and not yet acted on: durable, de-duplicated, coalesced by what they ask to re-read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from stac_ext.store.columns import storable_text
from stac_ext.store.database import Database, retried
from stac_ext.store.denials import Denial, apply_denial
from stac_ext.store.schema import inbox

# A delivery without an id of its own is known by its body: the same body later may tell of another change.
BODY = "body:"
WAITING_A_SCOPE: Final = 100
SETTLED: Final = 100_000
_CHUNK = 10_000
_NAMED: Final = 10
_FRESH: Final[dict[str, str | int]] = {"tries": 0, "state": "queued", "error": ""}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is kept of a delivery: a key that is the same when it is sent again, its event, what it asks to be read
    (`project:<id>`, `below:<path>` or None), the rights that it ends, and when it came, in microseconds.
    """

    key: str
    event: str
    scope: str | None
    denials: Sequence[Denial]
    received_at: int


@dataclass(frozen=True, slots=True)
class Work:
    """All queued deliveries that ask for the same re-read. `scope` is `project:<id>` or `below:<path>`; `deliveries`
    are the keys of the newest ones, by which they are followed.
    """

    scope: str
    ids: tuple[int, ...]
    tries: int
    deliveries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that was given up: what it asked for, why it was not done, and when it came, in microseconds."""

    id: int
    event: str
    scope: str
    tries: int
    error: str
    received_at: int


class Inbox:
    """The queue between the receiver and the worker. Methods block: call them from a worker thread.

    It is bounded by the number of projects: of what waits for one scope the newest `WAITING_A_SCOPE` are kept, which
    ask for the same as all of them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(self, key: str, event: str, scope: str | None, denials: Sequence[Denial], now: int) -> bool:
        """Accept one delivery; see `receive_all`."""
        return self.receive_all([Delivery(key, event, scope, denials, now)])[0]

    @retried
    def receive_all(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Apply what deliveries deny and queue the rest, in order and in one transaction. False for each that was
        received before.

        One that is known by its body only (its key begins with `BODY`) counts as received while it is queued.
        """
        with self._database.write() as conn:
            kept = [storable_text(one.key) for one in deliveries]  # as the store gives it back
            before = conn.execute(select(inbox.c.delivery, inbox.c.state).where(inbox.c.delivery.in_(set(kept))))
            states = {row.delivery: row.state for row in before}
            rows: dict[str, dict[str, str | int]] = {}
            found = []
            for key, one in zip(kept, deliveries, strict=True):
                known = states.get(key)
                again = known == "queued" or (known is not None and not key.startswith(BODY)) or key in rows
                found.append(not again)
                if not again:
                    rows[key] = _row(one)
                    for fact in one.denials:
                        apply_denial(conn, fact)
            conn.execute(inbox.delete().where(inbox.c.delivery.in_(rows.keys() & states.keys())))
            if rows:
                conn.execute(insert(inbox), list(rows.values()))
                _drop_what_more_than_suffices(conn, {one.scope for one in deliveries if one.scope})
            return found

    @retried
    def claim(self, now: int, busy: Collection[str]) -> Work | None:
        """The oldest due work whose scope is not among the busy ones, with every delivery that it settles."""
        with self._database.read() as conn:
            first = conn.execute(
                select(inbox.c.scope)
                .where(inbox.c.state == "queued", inbox.c.not_before <= now, inbox.c.scope.not_in(busy))
                .order_by(inbox.c.id)
                .limit(1)
            ).scalar_one_or_none()
            if first is None:
                return None
            return _work(conn, first)

    @retried
    def waiting(self, scope: str) -> Work | None:
        """What waits now for one scope, due or not."""
        with self._database.read() as conn:
            return _work(conn, scope)

    @retried
    def expand(self, work: Work, scopes: Sequence[str]) -> None:
        """Queue one piece of work for each scope that this work stands for; all in one transaction."""
        if not scopes:
            return
        with self._database.write() as conn:
            first = conn.execute(select(inbox).where(inbox.c.id == work.ids[0])).one()
            shared = {"event": first.event, "received_at": first.received_at, "not_before": first.not_before}
            rows = [
                {"delivery": f"{first.delivery}>{work.ids[-1]}>{scope}", "scope": scope, **_FRESH, **shared}
                for scope in scopes
            ]
            dialect = sqlite if conn.dialect.name == "sqlite" else postgresql
            conn.execute(dialect.insert(inbox).on_conflict_do_nothing(), rows)

    def done(self, work: Work) -> None:
        self._settle(work, state="done", error="")

    def retry(self, work: Work, error: str, not_before: int) -> None:
        """Put the work back until `not_before`, in microseconds."""
        self._settle(work, state="queued", error=error[:500], tries=work.tries + 1, not_before=not_before)

    def bury(self, work: Work, error: str) -> None:
        """Give up on the work and keep it with the reason."""
        self._settle(work, state="dead", error=error[:500], tries=work.tries + 1)

    @retried
    def prune(self, before: int) -> None:
        """Delete what was done and received before this time, or is not among the newest `SETTLED`; duplicates of it
        are no longer recognised. What was given up goes by its time alone.
        """
        with self._database.write() as conn:
            conn.execute(inbox.delete().where(inbox.c.state != "queued", inbox.c.received_at < before))
            done = select(inbox.c.id).where(inbox.c.state == "done").order_by(inbox.c.id.desc())
            last = conn.execute(done.offset(SETTLED).limit(1)).scalar_one_or_none()
            if last is not None:
                conn.execute(inbox.delete().where(inbox.c.state == "done", inbox.c.id <= last))

    @retried
    def counts(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        with self._database.read() as conn:
            rows = conn.execute(select(inbox.c.state, func.count().label("n")).group_by(inbox.c.state))
            return {row.state: row.n for row in rows}

    @retried
    def dead(self, limit: int = 100) -> tuple[DeadLetter, ...]:
        """What was given up, the oldest first."""
        columns = (inbox.c.id, inbox.c.event, inbox.c.scope, inbox.c.tries, inbox.c.error, inbox.c.received_at)
        with self._database.read() as conn:
            statement = select(*columns).where(inbox.c.state == "dead").order_by(inbox.c.id).limit(limit)
            return tuple(DeadLetter(*row) for row in conn.execute(statement))

    @retried
    def replay(self, now: int, letter: int | None = None) -> int:
        """Queue what was given up anew, all of it or one by its id; the answer is how many there were."""
        with self._database.write() as conn:
            statement = update(inbox).where(inbox.c.state == "dead").values(not_before=now, **_FRESH)
            if letter is not None:
                statement = statement.where(inbox.c.id == letter)
            return conn.execute(statement).rowcount

    @retried
    def newest(self) -> int | None:
        """When the newest delivery of GitLab came, in microseconds, whatever became of it; None where none did."""
        with self._database.read() as conn:
            statement = select(func.max(inbox.c.received_at)).where(inbox.c.event != "sweep")
            found = conn.execute(statement).scalar_one()
        return None if found is None else int(found)

    @retried
    def oldest(self) -> int | None:
        """When the oldest delivery came that still waits, in microseconds; None where none does."""
        with self._database.read() as conn:
            statement = select(func.min(inbox.c.received_at)).where(inbox.c.state == "queued")
            found = conn.execute(statement).scalar_one()
        return None if found is None else int(found)

    @retried
    def _settle(self, work: Work, **values: str | int) -> None:
        with self._database.write() as conn:
            for start in range(0, len(work.ids), _CHUNK):  # a statement takes so many values at most
                ids = work.ids[start : start + _CHUNK]
                conn.execute(update(inbox).where(inbox.c.id.in_(ids)).values(**values))


def _work(conn: Connection, scope: str) -> Work | None:
    """Everything that is queued for a scope."""
    columns = inbox.c.id, inbox.c.tries, inbox.c.delivery
    queued = select(*columns).where(inbox.c.state == "queued", inbox.c.scope == scope).order_by(inbox.c.id)
    rows = conn.execute(queued).all()
    if not rows:
        return None
    newest = tuple(row.delivery for row in rows[-_NAMED:])
    return Work(scope, tuple(row.id for row in rows), max(row.tries for row in rows), newest)


def _row(one: Delivery) -> dict[str, str | int]:
    times = {"received_at": one.received_at, "not_before": one.received_at}
    state = _FRESH if one.scope else {**_FRESH, "state": "done"}
    return {"delivery": one.key, "event": one.event, "scope": one.scope or "", **times, **state}


def _drop_what_more_than_suffices(conn: Connection, scopes: Collection[str]) -> None:
    """Forget the oldest of what waits for a scope: the worker reads the present state, however many ask for it."""
    waiting = (inbox.c.scope.in_(scopes), inbox.c.state == "queued")
    counted = select(inbox.c.scope).where(*waiting).group_by(inbox.c.scope).having(func.count() > WAITING_A_SCOPE)
    for scope in conn.execute(counted).scalars().all():
        newest = select(inbox.c.id).where(inbox.c.scope == scope, inbox.c.state == "queued").order_by(inbox.c.id.desc())
        last = conn.execute(newest.offset(WAITING_A_SCOPE).limit(1)).scalar_one()
        conn.execute(inbox.delete().where(inbox.c.scope == scope, inbox.c.state == "queued", inbox.c.id <= last))
