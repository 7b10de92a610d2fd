"""Other processes on a store, for tests: `python -m tests.stac_ext.store.processes <what> <url> <seed>`.

`hold` leaves a write transaction open until a line comes in, `write` does a number of writes, `write-on` never ends.
"""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count, islice
from pathlib import Path

from stac_ext.model import Visibility
from stac_ext.store.database import Database, StoreOptions, next_seq
from stac_ext.store.denials import MemberRemoved, ProjectGone, ProjectMoved, VisibilityLowered
from stac_ext.store.grants import GrantTable
from stac_ext.store.inbox import Inbox
from stac_ext.store.opening import open_store
from stac_ext.store.writer import CatalogueWriter, lower_project
from tests.stac_ext.store.wholeness import stamped

ROOT = Path(__file__).resolve().parents[3]
PROJECTS = range(1, 7)
WRITES = 25
PATIENT = StoreOptions(patience=60)


@contextmanager
def started(what: str, url: str, seed: int = 0) -> "Iterator[subprocess.Popen[str]]":
    """Such a process, ended in the end; it says `ready` as soon as it has begun."""
    command = [sys.executable, "-m", "tests.stac_ext.store.processes", what, url, str(seed)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def write_once(database: Database, number: int, chance: random.Random) -> None:
    """One write of any kind to one of a few projects."""
    project_id = chance.choice(PROJECTS)
    writer, grants, inbox = CatalogueWriter(database), GrantTable(database), Inbox(database)
    user = chance.choice((1, 2))
    match chance.randrange(8):
        case 0 | 1 | 2 | 3:
            stamp = f"{chance.randrange(10**9)}"
            made = stamped(project_id, stamp, chance.choice(list(Visibility)), chance.randrange(1, 6))
            writer.put(made, began=database.seq(), now=number)
        case 4:
            writer.drop(project_id, database.seq())
        case 5:
            writer.lower(project_id, Visibility.PRIVATE)
        case 6:
            grants.confirm(f"user:{user}", user, "somebody", False, now=number)
            listed = chance.sample(PROJECTS, chance.randrange(len(PROJECTS)))
            grants.replace(f"user:{user}", listed, began=database.seq(), now=number)
        case _:
            facts = (ProjectMoved(project_id), MemberRemoved(project_id, user), ProjectGone(project_id))
            lowered = VisibilityLowered(project_id, Visibility.INTERNAL)
            denials = (chance.choice((*facts, lowered)),)
            inbox.receive(f"{chance.random()}", "event", f"project:{project_id}", denials, now=number)


def main(what: str, url: str, seed: str) -> None:
    database = open_store(url, PATIENT)
    if what == "hold":
        with database.write() as conn:
            lower_project(conn, 1, Visibility.PRIVATE, next_seq(conn))
            print("ready", flush=True)
            sys.stdin.readline()
    else:
        chance = random.Random(int(seed))
        print("ready", flush=True)
        for number in islice(count(), WRITES if what == "write" else None):
            write_once(database, number, chance)
    database.close()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(*sys.argv[1:])
