"""How the tables came to be: numbered steps, each applied once, in order, never undone.

A step runs in the write transaction, so that it is done as a whole or not at all and that two processes never do the
same one. It must leave the tables such that the program before it can go on reading and writing until it is replaced.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from stac_ext.store.database import Database, StoreError, StoreUnavailable
from stac_ext.store.migrations import step_0001_base, step_0002_search, step_0003_versions
from stac_ext.store.schema import meta

_MODULES: Final[tuple[ModuleType, ...]] = (step_0001_base, step_0002_search, step_0003_versions)
CURRENT: Final = len(_MODULES)


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


def migrate(database: Database, told: Callable[[Step], None] = lambda step: None, *, upto: int = CURRENT) -> int:
    """Apply the pending steps, each in one transaction, and return their number. `told` hears of each before it runs.

    Raises StoreError where a step cannot be applied; the steps before it stay applied.
    """
    applied = 0
    while version_of(database) < upto:
        with database.write() as conn:
            found = _version(conn, database.name)
            if found >= upto:  # another process was faster
                break
            step = STEPS[found]
            told(step)
            try:
                step.apply(conn)
                _record(conn, step.number)
            except DBAPIError as error:
                if isinstance(error.orig, OSError) or error.connection_invalidated:
                    raise StoreUnavailable(f"{database.name} went away while it was migrated") from error
                reason = str(error.orig).splitlines()[0]
                raise StoreError(f"{database.name}: step {step.number} cannot be applied: {reason}") from error
            applied += 1
    return applied


def require_current(database: Database) -> None:
    """Raise StoreError unless every step was applied."""
    if steps := pending(database):
        raise StoreError(
            f"{database.name} has schema version {steps[0].number - 1}, this program needs {CURRENT}: "
            "run `sharinghub migrate`"
        )


def _version(conn: Connection, name: str) -> int:
    if not inspect(conn).has_table("meta"):
        return 0
    found = conn.execute(select(meta.c.value).where(meta.c.key == "version")).scalar_one_or_none()
    if found is None:
        raise StoreError(f"{name} has a table `meta` that is not ours: give SHARINGHUB_DATABASE_URL another database")
    if not found.isascii() or not found.isdigit() or not 1 <= int(found) <= CURRENT:
        raise StoreError(
            f"{name} has schema version {found}, this program knows up to {CURRENT}: "
            "use the program that wrote it, or give another store and let it be indexed anew"
        )
    return int(found)


def _record(conn: Connection, number: int) -> None:
    if number == 1:
        rows = {"version": "1", "seq": "1", "secret": secrets.token_hex(32)}
        conn.execute(meta.insert(), [{"key": key, "value": value} for key, value in rows.items()])
    else:
        conn.execute(text("UPDATE meta SET value = :number WHERE key = 'version'"), {"number": str(number)})
