"""What must hold in any store at any time, whoever wrote it and however they ended: nothing is half there.

Projects are written by `stamped`, which leaves the same stamp in everything that belongs to one write.
"""

from collections import Counter

import orjson
from sqlalchemy import Connection, select, text

from stac_ext.model import Visibility
from stac_ext.store.database import Database
from stac_ext.store.records import ProjectRecord, to_record
from stac_ext.store.schema import alias, grant, item, item_box, meta, principal, project
from tests.stac_ext.store.rows import stac_item

_ACROSS = {"geometry": {"type": "MultiPoint", "coordinates": [[179, 1], [-179, 2]]}, "bbox": [179, 1, -179, 2]}


def stamped(project_id: int, stamp: str, visibility: Visibility, count: int) -> ProjectRecord:
    """A project with so many items; each has a box that crosses the antimeridian, and words."""
    stamp = f"{stamp}-{count}"
    items = tuple(
        to_record(
            stac_item(f"{project_id}-{n}", properties={"title": stamp, "description": f"{stamp} words {n}"}, **_ACROSS)
        )
        for n in range(count)
    )
    return ProjectRecord(project_id, f"group/{stamp}", visibility, stamp, items)


def assert_whole(database: Database) -> None:
    with database.read() as conn:
        projects = {row.id: row for row in conn.execute(select(project))}
        items = conn.execute(select(item)).all()
        counts = {one: int(row.path.rpartition("-")[2]) for one, row in projects.items()}
        assert Counter(row.project_id for row in items) == Counter(counts)
        for row in items:
            owner, properties = projects[row.project_id], orjson.loads(row.doc)["properties"]
            assert row.visibility == owner.visibility
            assert properties["title"] == row.title == owner.path.partition("/")[2]
        assert {row.project_id for row in conn.execute(select(alias))} <= projects.keys()
        keys = set(conn.execute(select(principal.c.key)).scalars())
        assert set(conn.execute(select(grant.c.principal)).scalars()) <= keys
        seq = int(conn.execute(select(meta.c.value).where(meta.c.key == "seq")).scalar_one())
        assert all(row.known_seq <= seq and row.seq <= seq for row in projects.values())
        if conn.dialect.name == "sqlite":
            _assert_indexes_match(conn, [row.pk for row in items])
    if conn.dialect.name == "sqlite":
        with database.write() as writing:
            writing.execute(text("INSERT INTO item_text (item_text, rank) VALUES ('integrity-check', 1)"))


def _assert_indexes_match(conn: Connection, pks: list[int]) -> None:
    assert conn.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
    assert conn.execute(text("PRAGMA foreign_key_check")).all() == []
    for table in ("item_box", "item_time"):
        assert conn.execute(text("SELECT rtreecheck(:name)"), {"name": table}).scalar_one() == "ok"
    assert sorted(conn.execute(select(item_box.c.id)).scalars()) == sorted(pk * 2 + n for pk in pks for n in (0, 1))
    assert sorted(conn.execute(text("SELECT id FROM item_time")).scalars()) == sorted(pks)
    assert sorted(conn.execute(text("SELECT rowid FROM item_text")).scalars()) == sorted(pks)
