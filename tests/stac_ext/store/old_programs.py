"""What programs before this one wrote, in the SQL of their time: frozen here, so that no later change alters them."""

import json
import struct
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

# What the first version made in a new SQLite file, as SQLAlchemy's `create_all` wrote it.
FIRST_TABLES = """
CREATE TABLE meta (key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key));
CREATE TABLE project (
    id BIGINT NOT NULL, path TEXT NOT NULL, visibility INTEGER NOT NULL, fingerprint TEXT NOT NULL,
    indexed_at BIGINT NOT NULL, seq BIGINT NOT NULL, known_seq BIGINT NOT NULL, problems TEXT NOT NULL, PRIMARY KEY (id)
);
CREATE INDEX project_path ON project (path);
CREATE INDEX project_known ON project (known_seq);
CREATE TABLE principal (
    key TEXT NOT NULL, user_id BIGINT NOT NULL, username TEXT NOT NULL, external INTEGER NOT NULL,
    confirmed_at BIGINT NOT NULL, snapshot_at BIGINT NOT NULL, snapshot_seq BIGINT NOT NULL, denied_seq BIGINT NOT NULL,
    PRIMARY KEY (key)
);
CREATE INDEX ix_principal_user_id ON principal (user_id);
CREATE TABLE grant_ (
    principal TEXT NOT NULL, project_id BIGINT NOT NULL, PRIMARY KEY (principal, project_id)
) WITHOUT ROWID;
CREATE INDEX ix_grant__project_id ON grant_ (project_id);
CREATE TABLE denial (project_id BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (project_id));
CREATE TABLE inbox (
    id INTEGER NOT NULL, delivery TEXT NOT NULL, event TEXT NOT NULL, scope TEXT NOT NULL, received_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL, tries INTEGER NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL,
    PRIMARY KEY (id), UNIQUE (delivery)
);
CREATE INDEX inbox_next ON inbox (state, not_before, id);
CREATE TABLE alias (
    path TEXT NOT NULL, project_id BIGINT NOT NULL, PRIMARY KEY (path),
    FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE
);
CREATE INDEX ix_alias_project_id ON alias (project_id);
CREATE TABLE item (
    pk INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, item_id TEXT NOT NULL,
    project_id BIGINT NOT NULL, visibility INTEGER NOT NULL, updated BIGINT NOT NULL, start BIGINT NOT NULL,
    "end" BIGINT NOT NULL, west FLOAT, south FLOAT, east FLOAT, north FLOAT, geometry BLOB, doc BLOB NOT NULL,
    FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE
);
CREATE INDEX item_collection ON item (collection, updated DESC, item_id, visibility, project_id);
CREATE UNIQUE INDEX item_key ON item (collection, item_id);
CREATE INDEX item_newest ON item (updated DESC, item_id, collection, visibility, project_id);
CREATE INDEX ix_item_project_id ON item (project_id);
CREATE VIRTUAL TABLE item_box USING rtree(id, west, east, south, north)
"""
FIRST_MARK = 0x53484742
MOMENT = 1_700_000_000_000_000  # 2023-11-14T22:13:20Z

_PROJECT = """INSERT INTO project (id, path, visibility, fingerprint, indexed_at, seq, known_seq, problems)
    VALUES (:id, :path, :visibility, 'made-then', 1, 2, 2, '[]')"""
_ITEM = """INSERT INTO item (collection, item_id, project_id, visibility, updated, start, "end",
    west, south, east, north, geometry, doc{more})
    VALUES ('ai-model', :item_id, :id, :visibility, :moment, :moment, :moment,
    :x, :y, :x, :y, {geometry}, :doc{values})"""
_MORE = ", datetime, created, title, license, stars, words"


def document(number: int) -> dict[str, Any]:
    """The item of project `number`: a point, a title, words of its own."""
    return {
        "type": "Feature",
        "id": str(number),
        "collection": "ai-model",
        "geometry": {"type": "Point", "coordinates": [number % 90, 1]},
        "bbox": [number % 90, 1, number % 90, 1],
        "properties": {
            "title": f"Wheat Ångström {number}",
            "description": f"Tells rare{number} from wheat",
            "keywords": ["Crops"],
            "datetime": "2023-11-14T22:13:20Z",
            "created": "2020-01-01T00:00:00Z",
            "updated": "2023-11-14T22:13:20Z",
            "license": "MIT",
            "sharinghub:path": f"group/project-{number}",
            "sharinghub:stars": number,
        },
    }


def put(conn: Connection, number: int, version: int, visibility: int = 0) -> None:
    """Write a project as the program of a schema version did: `version` 1 knows no columns of searches."""
    put_all(conn, [number], version, visibility)


def put_all(conn: Connection, numbers: Sequence[int], version: int, visibility: int = 0) -> None:
    """Write several projects."""
    sqlite = conn.dialect.name == "sqlite"
    projects = [{"id": one, "path": f"group/project-{one}", "visibility": visibility} for one in numbers]
    conn.execute(text(_PROJECT), projects)
    more = ""
    if version > 1:
        more = ", :moment, :moment, 'wheat', 'MIT', :id, " + (":words" if sqlite else "CAST(:words AS tsvector)")
    geometry = ":geometry" if sqlite else "ST_GeomFromWKB(:geometry, 4326)"
    statement = _ITEM.format(more=_MORE if more else "", values=more, geometry=geometry)
    conn.execute(text(statement), [_values(one, version, visibility, sqlite) for one in numbers])
    if sqlite:
        boxes = "INSERT INTO item_box SELECT pk * 2, west, east, south, north FROM item WHERE project_id = :id"
        conn.execute(text(boxes), [{"id": one} for one in numbers])


def _values(number: int, version: int, visibility: int, sqlite: bool) -> dict[str, Any]:
    x = float(number % 90)
    values = {
        "id": number,
        "item_id": str(number),
        "visibility": visibility,
        "moment": MOMENT,
        "x": x,
        "y": 1.0,
        "geometry": struct.pack("<BIdd", 1, 1, x, 1.0),
        "doc": json.dumps(document(number)).encode(),
    }
    if version > 1:
        values["words"] = f"wheat angstrom {number}" if sqlite else f"'wheat':1 'angstrom':2 '{number}':3"
    return values


def lower(conn: Connection, number: int) -> None:
    """Make a project private, as every program did."""
    for table, key in (("project", "id"), ("item", "project_id")):
        conn.execute(text(f"UPDATE {table} SET visibility = 2 WHERE {key} = :id"), {"id": number})


def drop(conn: Connection, number: int) -> None:
    """Forget a project, as every program did."""
    if conn.dialect.name == "sqlite":
        pks = conn.execute(text("SELECT pk FROM item WHERE project_id = :id"), {"id": number}).scalars().all()
        for pk in pks:
            conn.execute(text("DELETE FROM item_box WHERE id IN (:a, :b)"), {"a": pk * 2, "b": pk * 2 + 1})
    conn.execute(text("DELETE FROM item WHERE project_id = :id"), {"id": number})
    conn.execute(text("DELETE FROM project WHERE id = :id"), {"id": number})


def remember(conn: Connection) -> None:
    """One row in every other table, as the first version wrote them."""
    for statement in (
        "INSERT INTO alias (path, project_id) VALUES ('group/old', 1)",
        "INSERT INTO principal (key, user_id, username, external, confirmed_at, snapshot_at, snapshot_seq, denied_seq) "
        "VALUES ('user:7', 7, 'seven', 0, 1, 1, 2, 0)",
        "INSERT INTO grant_ (principal, project_id) VALUES ('user:7', 2)",
        "INSERT INTO denial (project_id, seq) VALUES (9, 2)",
        "INSERT INTO inbox (delivery, event, scope, received_at, not_before, tries, state, error) "
        "VALUES ('d', 'push', 'project:1', 1, 1, 0, 'queued', '')",
        "INSERT INTO meta (key, value) VALUES ('note:anonymous', 'yes')",
        "UPDATE meta SET value = '2' WHERE key = 'seq'",
    ):
        conn.execute(text(statement))
