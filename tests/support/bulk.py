"""Many rows in a store at once, by plain inserts: what plans and benchmarks are asked about.

One item is one project, the hardest case for grants. Half of the world is public unless said otherwise.
"""

import random
import struct
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, insert, text

from stac_ext.store.database import Database, next_seq
from stac_ext.store.postgres import PostgresDatabase
from stac_ext.store.schema import grant, item, item_box, principal, project
from stac_ext.store.text_index import rendered

_DAY = 86_400_000_000
_NAMES = ("wheat", "ship", "cloud", "forest", "river", "snow", "road", "fire")


def fill(database: Database, rows: int, *, public: float = 0.5, seed: int = 1) -> None:
    """`rows` projects with ids from 1, one item each; a share of them public, the others private."""
    chance = random.Random(seed)
    with database.write() as conn:
        next_seq(conn)
        engine = conn.dialect.name
        numbers = range(1, rows + 1)
        visibilities = [0 if chance.random() < public else 2 for _ in numbers]
        _insert(conn, project, (_project(n, visibilities[n - 1]) for n in numbers))
        items = [_item(n, visibilities[n - 1], chance, engine) for n in numbers]
        _insert(conn, item, iter(items))
        if engine == "sqlite":
            sides = ("west", "east", "south", "north")
            _insert(conn, item_box, ({"id": one["pk"] * 2, **{side: one[side] for side in sides}} for one in items))
    analyse(database)


def give(database: Database, key: str, project_ids: list[int]) -> None:
    """Let a principal hold grants for these projects."""
    with database.write() as conn:
        times = {"confirmed_at": 0, "snapshot_at": 0, "snapshot_seq": 0, "denied_seq": 0}
        conn.execute(insert(principal), {"key": key, "user_id": 7, "username": key, "external": 0, **times})
        _insert(conn, grant, ({"principal": key, "project_id": one} for one in sorted(project_ids)))
    analyse(database)


def analyse(database: Database) -> None:
    """What a server does by itself after a while; the embedded engine plans without statistics."""
    if isinstance(database, PostgresDatabase):
        with database._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM ANALYZE"))


def _insert(conn: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == 5_000:
            conn.execute(insert(table), batch)
            batch = []
    if batch:
        conn.execute(insert(table), batch)


def _project(number: int, visibility: int) -> dict[str, Any]:
    path = f"group-{number % 100}/project-{number}"
    written = {"indexed_at": 0, "seq": 1, "known_seq": 1, "fingerprint": "x", "problems": "[]"}
    return {"id": number, "path": path, "visibility": visibility, **written}


def _item(number: int, visibility: int, chance: random.Random, engine: str) -> dict[str, Any]:
    west, south = chance.uniform(-180, 178), chance.uniform(-90, 88)
    east, north = west + 1, south + 1
    corners = (west, south, east, south, east, north, west, north, west, south)
    words = [chance.choice(_NAMES), chance.choice(_NAMES), f"rare{number % 1000}"]
    updated = chance.randrange(10_000) * _DAY + number
    return {
        "pk": number,
        "collection": "dataset" if number % 3 else "ai-model",
        "item_id": str(number),
        "project_id": number,
        "visibility": visibility,
        "updated": updated,
        "start": updated,
        "end": updated + _DAY,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "geometry": struct.pack("<BIII10d", 1, 3, 1, 5, *corners),
        "doc": b'{"id":"%d"}' % number + b" " * 1000,
        "datetime": updated,
        "created": updated,
        "title": words[0],
        "license": "MIT" if number % 2 else None,
        "stars": number % 50,
        "words": rendered(list(enumerate(words, 1)), engine),
    }
