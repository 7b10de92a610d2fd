"""Whether the store is there, of this version, and can be written, and whether deliveries of hooks got stuck in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sharinghub_ext.doctor.finding import Finding, Situation, fault, good, warning
from sharinghub_ext.standing import IndexStatus, Standing
from sharinghub_ext.storing import store_options
from stac_ext.store.database import Database, StoreError, StoreMissing
from stac_ext.store.inbox import Inbox
from stac_ext.store.migrations import CURRENT, pending
from stac_ext.store.opening import connect
from stac_ext.times import format_rfc3339

_NOTE = "doctor"
_LONG = 300  # seconds


@contextmanager
def opened(situation: Situation) -> Iterator[Database]:
    """The store as it is: nothing is made. Raises StoreError."""
    database = connect(situation.settings.database_url, store_options(situation.settings), making=False)
    try:
        yield database
    finally:
        database.close()


def look_at_database(situation: Situation) -> Iterator[Finding]:
    """Whether there is a store that answers."""
    try:
        with opened(situation) as database:
            yield good(f"{database.name} answers, and takes {database.size():,} bytes")
    except StoreMissing as error:
        yield fault(str(error), "run `sharinghub migrate`, or start `sharinghub serve`, which does it")
    except StoreError as error:
        yield fault(str(error), "see whether the database runs, and SHARINGHUB_DATABASE_URL")


def look_at_migrations(situation: Situation) -> Iterator[Finding]:
    """Whether its tables are those that this version of the program knows."""
    with opened(situation) as database:
        try:
            steps = pending(database)
        except StoreError as error:
            yield fault(str(error), "install the version of SharingHub that wrote it, or a newer one")
            return
    if steps:
        named = "; ".join(f"{step.number}: {step.purpose}" for step in steps)
        yield fault(f"{len(steps)} steps are pending: {named}", "back up the store, then run `sharinghub migrate`")
    else:
        yield good(f"the tables have schema version {CURRENT}")


def look_at_writing(situation: Situation) -> Iterator[Finding]:
    """Whether a small note can be written."""
    try:
        with opened(situation) as database:
            database.set_note(_NOTE, format_rfc3339(situation.clock.now()))
    except StoreError as error:
        yield fault(str(error), "hooks cannot be taken and nothing can be indexed before it can be written")
    else:
        yield good("a note was written")


def look_at_worker(situation: Situation) -> Iterator[Finding]:
    """Whether a process was heard of that works off hooks and sweeps."""
    with opened(situation) as database:
        standing = Standing(database, IndexStatus(), situation.clock)
        standing.look()
    if standing.is_worked:
        yield good("a process works")
    else:
        last = "ever" if standing.age is None else f"for {standing.age:.0f} s"
        yield warning(f"no process was heard of {last} that works", "start `sharinghub serve`, or its `--role worker`")


def look_at_deliveries(situation: Situation) -> Iterator[Finding]:
    """Whether deliveries were given up, or wait for long."""
    with opened(situation) as database:
        inbox = Inbox(database)
        counts, oldest = inbox.counts(), inbox.oldest()
    if dead := counts.get("dead", 0):
        yield warning(f"{dead} deliveries were given up", "see `sharinghub hooks inbox`; `replay` tries again")
    waited = 0 if oldest is None else int(situation.clock.now().timestamp() - oldest / 1_000_000)
    if waited > _LONG:
        yield warning(
            f"{counts.get('queued', 0)} deliveries wait, the oldest for {waited} s",
            "see that a process with the worker runs (`sharinghub serve`), and what its log says",
        )
    elif not dead:
        yield good(f"{counts.get('queued', 0)} wait, none was given up")
