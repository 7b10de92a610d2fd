"""Projects, items, grants, denials and the inbox, as the first version of the program made them."""

from sqlalchemy import Connection

_TABLES = """
CREATE TABLE meta (key {text} NOT NULL PRIMARY KEY, value {text} NOT NULL);
CREATE TABLE project (
    id BIGINT NOT NULL PRIMARY KEY,
    path {text} NOT NULL,
    visibility INTEGER NOT NULL,
    fingerprint {text} NOT NULL,
    indexed_at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    known_seq BIGINT NOT NULL,
    problems {text} NOT NULL
);
CREATE INDEX project_path ON project (path);
CREATE INDEX project_known ON project (known_seq);
CREATE TABLE alias (
    path {text} NOT NULL PRIMARY KEY,
    project_id BIGINT NOT NULL REFERENCES project (id) ON DELETE CASCADE
);
CREATE INDEX ix_alias_project_id ON alias (project_id);
CREATE TABLE item (
    pk {serial},
    collection {text} NOT NULL,
    item_id {text} NOT NULL,
    project_id BIGINT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    visibility INTEGER NOT NULL,
    updated BIGINT NOT NULL,
    start BIGINT NOT NULL,
    "end" BIGINT NOT NULL,
    west {float},
    south {float},
    east {float},
    north {float},
    geometry {geometry},
    doc {bytes} NOT NULL
);
CREATE INDEX ix_item_project_id ON item (project_id);
CREATE UNIQUE INDEX item_key ON item (collection, item_id);
CREATE INDEX item_collection ON item (collection, updated DESC, item_id, visibility, project_id);
CREATE INDEX item_newest ON item (updated DESC, item_id, collection, visibility, project_id);
CREATE TABLE principal (
    key {text} NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    username {text} NOT NULL,
    external INTEGER NOT NULL,
    confirmed_at BIGINT NOT NULL,
    snapshot_at BIGINT NOT NULL,
    snapshot_seq BIGINT NOT NULL,
    denied_seq BIGINT NOT NULL
);
CREATE INDEX ix_principal_user_id ON principal (user_id);
CREATE TABLE grant_ (
    principal {text} NOT NULL,
    project_id BIGINT NOT NULL,
    PRIMARY KEY (principal, project_id)
) {keyed};
CREATE INDEX ix_grant__project_id ON grant_ (project_id);
CREATE TABLE denial (project_id BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL);
CREATE TABLE inbox (
    id {rowid},
    delivery {text} NOT NULL UNIQUE,
    event {text} NOT NULL,
    scope {text} NOT NULL,
    received_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    tries INTEGER NOT NULL,
    state {text} NOT NULL,
    error {text} NOT NULL
);
CREATE INDEX inbox_next ON inbox (state, not_before, id)
"""

_SQLITE = {
    "text": "TEXT",
    "float": "FLOAT",
    "bytes": "BLOB",
    "geometry": "BLOB",
    "serial": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
    "rowid": "INTEGER NOT NULL PRIMARY KEY",
    "keyed": "WITHOUT ROWID",
}
_POSTGRES = {
    "text": 'TEXT COLLATE "C"',
    "float": "DOUBLE PRECISION",
    "bytes": "BYTEA",
    "geometry": "geometry(Geometry,4326)",
    "serial": "BIGSERIAL PRIMARY KEY",
    "rowid": "BIGSERIAL PRIMARY KEY",
    "keyed": "",
}


def apply(conn: Connection) -> None:
    """Make the tables, and the spatial index of the engine."""
    sqlite = conn.dialect.name == "sqlite"
    for statement in _TABLES.format(**(_SQLITE if sqlite else _POSTGRES)).split(";"):
        conn.exec_driver_sql(statement)
    if sqlite:
        conn.exec_driver_sql("CREATE VIRTUAL TABLE item_box USING rtree(id, west, east, south, north)")
    else:
        conn.exec_driver_sql("CREATE INDEX item_geometry ON item USING gist (geometry)")
