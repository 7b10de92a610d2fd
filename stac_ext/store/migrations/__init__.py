"""How the tables came to be: numbered steps, each applied once, in order, never undone.

A step runs in the write transaction, so that it is done as a whole or not at all and that two processes never do the
same one. It must leave the tables such that the program before it can go on reading and writing until it is replaced.
"""

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DataError, DBAPIError, ProgrammingError

from stac_ext.store.database import Database, StoreError, StoreUnavailable
from stac_ext.store.migrations import (
    step_0001_base,
    step_0002_search,
    step_0003_versions,
    step_0004_inbox,
    step_0005_renewals,
    step_0006_revocations,
)
from stac_ext.store.schema import meta

_MODULES: Final[tuple[ModuleType, ...]] = (
    step_0001_base,
    step_0002_search,
    step_0003_versions,
    step_0004_inbox,
    step_0005_renewals,
    step_0006_revocations,
)
CURRENT: Final = len(_MODULES)
_WAIT_SECONDS: Final = 300
_PAUSE_SECONDS: Final = 0.2
_LOCK_NOT_AVAILABLE: Final = "55P03"
_LOCK_SECONDS: Final = 1  # reads queue behind a step that waits for a lock: it gives up soon, and tries again
_MARKS: Final = frozenset({"version", "seq", "secret"})
_ELSEWHERE: Final = "give SHARINGHUB_DATABASE_URL a database of its own"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its number from 1, and what it is for."""

    number: int
    purpose: str
    apply: Callable[[Connection], None]


STEPS: Final = tuple(Step(n, str(m.__doc__).splitlines()[0], m.apply) for n, m in enumerate(_MODULES, 1))


def version_of(database: Database) -> int:
    """The number of the last step that was applied; 0 for an empty store. Raises StoreError for a version unknown."""
    with database.read() as conn:
        return _version(conn, database.name)


def pending(database: Database) -> tuple[Step, ...]:
    """The steps that a store still needs. Raises StoreError for a store that a newer program wrote."""
    return STEPS[version_of(database) :]


def migrate(
    database: Database,
    told: Callable[[Step], None] = lambda step: None,
    *,
    upto: int = CURRENT,
    wait: float = _WAIT_SECONDS,
) -> int:
    """Apply the pending steps, each in one transaction, and return their number. `told` hears of each before it runs.

    Another process that migrates, or writes, is waited for, at most `wait` seconds. Raises StoreError where a step
    cannot be applied; the steps before it stay applied.
    """
    applied, end = 0, time.monotonic() + wait
    while version_of(database) < upto:
        begun = False
        try:
            with database.write() as conn:
                begun = True
                found = _version(conn, database.name)
                if found < upto:  # else another process was faster
                    told(STEPS[found])
                    _apply(conn, STEPS[found], database.name)
                    applied += 1
        except _LockedOut as error:
            if time.monotonic() >= end:
                raise StoreError(str(error)) from error
            time.sleep(_PAUSE_SECONDS)
        except StoreUnavailable:
            if begun or time.monotonic() >= end:
                raise
            time.sleep(_PAUSE_SECONDS)
    return applied


class _LockedOut(StoreUnavailable):
    """Another connection holds a table that a step changes."""


def _apply(conn: Connection, step: Step, name: str) -> None:
    try:
        if conn.dialect.name == "postgresql":  # a large index takes longer than any other write may
            conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
            conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
        step.apply(conn)
        _record(conn, step.number)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise _LockedOut(f"{name}: step {step.number} waits for others that read or write: let them end") from error
        if error.connection_invalidated:
            raise StoreUnavailable(f"{name} went away while it was migrated") from error
        reason = (str(error.orig).splitlines() or ["no reason is given"])[0]
        raise StoreError(f"{name}: step {step.number} cannot be applied: {reason}") from error


def require_current(database: Database) -> None:
    """Raise StoreError unless every step was applied."""
    if steps := pending(database):
        raise StoreError(
            f"{database.name} has schema version {steps[0].number - 1}, this program needs {CURRENT}: "
            "run `sharinghub migrate`"
        )


def _version(conn: Connection, name: str) -> int:
    inspector = inspect(conn)
    if not inspector.has_table("meta"):
        if others := _tables(conn):
            raise StoreError(f"{name} holds tables of another program ({', '.join(others)}): {_ELSEWHERE}")
        return 0
    found: dict[str, str] = {}
    with suppress(ProgrammingError, DataError):  # columns of other types; a server that is slow says nothing of them
        if {"key", "value"} <= {column["name"] for column in inspector.get_columns("meta")}:
            rows = conn.execute(select(meta.c.key, meta.c.value).where(meta.c.key.in_(_MARKS)))
            found = {row.key: str(row.value) for row in rows}
    if found.keys() != _MARKS:
        raise StoreError(f"{name} has a table `meta` that is not ours: {_ELSEWHERE}")
    version = found["version"]
    if not version.isascii() or not version.isdigit() or not 1 <= int(version[:9]) <= CURRENT:
        raise StoreError(
            f"{name} has schema version {version[:20]}, this program knows up to {CURRENT}: "
            "use the program that wrote it, or give another store and let it be indexed anew"
        )
    return int(version)


def _tables(conn: Connection) -> list[str]:
    """Some of the tables where ours are to be made; not those that an extension brought."""
    names = (
        "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%' ORDER BY 1 LIMIT 3"
        if conn.dialect.name == "sqlite"
        else "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) "
        "AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT EXISTS (SELECT FROM pg_depend WHERE deptype = 'e' "
        "AND objid = pg_class.oid AND classid = 'pg_class'::regclass) ORDER BY 1 LIMIT 3"
    )
    return list(conn.execute(text(names)).scalars())


def _record(conn: Connection, number: int) -> None:
    if number == 1:
        rows = {"version": "1", "seq": "1", "secret": secrets.token_hex(32)}
        conn.execute(meta.insert(), [{"key": key, "value": value} for key, value in rows.items()])
    else:
        conn.execute(text("UPDATE meta SET value = :number WHERE key = 'version'"), {"number": str(number)})
