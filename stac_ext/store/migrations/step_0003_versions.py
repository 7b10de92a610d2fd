"""Items of single versions beside the newest state, and references to other projects.

Searches are about the newest state: the indexes that they are read in order of leave versions out. The program before
this step writes no versions and no references, so its rows are right as they are.
"""

from sqlalchemy import Connection

_STATEMENTS = """
ALTER TABLE item ADD COLUMN version {text};
ALTER TABLE item ADD COLUMN source {text};
ALTER TABLE item ADD COLUMN refs {bytes};
DROP INDEX item_collection;
DROP INDEX item_newest;
DROP INDEX item_visible;
DROP INDEX item_project;
DROP INDEX item_datetime;
DROP INDEX item_created;
DROP INDEX item_title;
DROP INDEX item_stars;
CREATE INDEX item_project ON item (project_id, version, visibility, updated DESC, item_id, collection);
CREATE INDEX item_collection ON item (collection, updated DESC, item_id, {rest}) WHERE version IS NULL;
CREATE INDEX item_newest ON item (updated DESC, item_id, collection, {rest}) WHERE version IS NULL;
CREATE INDEX item_visible ON item (visibility, updated DESC, item_id, collection, version) WHERE version IS NULL;
CREATE INDEX item_datetime ON item (datetime {nulls}, item_id, collection, {rest}) WHERE version IS NULL;
CREATE INDEX item_created ON item (created {nulls}, item_id, collection, {rest}) WHERE version IS NULL;
CREATE INDEX item_title ON item (title {nulls}, item_id, collection, {rest}) WHERE version IS NULL;
CREATE INDEX item_stars ON item (stars {nulls}, item_id, collection, {rest}) WHERE version IS NULL
"""
_REST = "visibility, project_id, version"  # SQLite answers from an index only what stands in it, `version` too
_SQLITE = {"text": "TEXT", "bytes": "BLOB", "nulls": "", "rest": _REST}
_POSTGRES = {"text": 'TEXT COLLATE "C"', "bytes": "BYTEA", "nulls": "NULLS FIRST", "rest": _REST}


def apply(conn: Connection) -> None:
    """Add the columns, and make the indexes anew."""
    for statement in _STATEMENTS.format(**(_SQLITE if conn.dialect.name == "sqlite" else _POSTGRES)).split(";"):
        conn.exec_driver_sql(statement)
