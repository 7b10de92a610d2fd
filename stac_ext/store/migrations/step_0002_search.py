"""What searches sort by, free text, indexes for viewers who see little, and sessions.

The program before this step knows none of the new columns: rows that it writes hold null in them, and are written anew
by the next sweep, as the fingerprints of this program differ. Rows that it deletes take their words with them by a
trigger.
"""

from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, MetaData, Table, bindparam, select, update

from stac_ext.store.columns import PlainText, Words
from stac_ext.store.records import searched
from stac_ext.store.text_index import rendered

_BATCH: Final = 1_000

_COLUMNS = ("datetime BIGINT", "created BIGINT", "title {text}", "license {text}", "stars BIGINT", "words {words}")
_MORE = """
CREATE TABLE session (
    key {text} NOT NULL PRIMARY KEY,
    principal {text} NOT NULL,
    sealed {bytes} NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ix_session_principal ON session (principal);
CREATE INDEX ix_session_expires_at ON session (expires_at);
CREATE INDEX item_visible ON item (visibility, updated DESC, item_id, collection);
CREATE INDEX item_project ON item (project_id, visibility, updated DESC, item_id, collection);
CREATE INDEX item_datetime ON item ({datetime}, item_id, collection, visibility, project_id);
CREATE INDEX item_created ON item ({created}, item_id, collection, visibility, project_id);
CREATE INDEX item_title ON item ({title}, item_id, collection, visibility, project_id);
CREATE INDEX item_stars ON item ({stars}, item_id, collection, visibility, project_id);
DROP INDEX ix_item_project_id;
DROP INDEX item_key;
CREATE UNIQUE INDEX item_key ON item (item_id, collection);
DROP INDEX ix_grant__project_id;
CREATE INDEX grant_project ON grant_ (project_id, principal)
"""
_SQLITE = (
    "CREATE VIRTUAL TABLE item_text USING fts5(words, content='item', content_rowid='pk', tokenize='ascii')",
    "INSERT INTO item_text (item_text) VALUES ('rebuild')",
    """CREATE TRIGGER item_text_insert AFTER INSERT ON item WHEN new.words IS NOT NULL BEGIN
        INSERT INTO item_text (rowid, words) VALUES (new.pk, new.words);
    END""",
    """CREATE TRIGGER item_text_delete AFTER DELETE ON item WHEN old.words IS NOT NULL BEGIN
        INSERT INTO item_text (item_text, rowid, words) VALUES ('delete', old.pk, old.words);
    END""",
    """CREATE TRIGGER item_text_update AFTER UPDATE OF words ON item BEGIN
        INSERT INTO item_text (item_text, rowid, words) SELECT 'delete', old.pk, old.words WHERE old.words IS NOT NULL;
        INSERT INTO item_text (rowid, words) SELECT new.pk, new.words WHERE new.words IS NOT NULL;
    END""",
    "CREATE VIRTUAL TABLE item_time USING rtree(id, start, end)",
    'INSERT INTO item_time (id, start, end) SELECT pk, start, "end" FROM item',
    """CREATE TRIGGER item_time_insert AFTER INSERT ON item BEGIN
        INSERT INTO item_time (id, start, end) VALUES (new.pk, new.start, new."end");
    END""",
    """CREATE TRIGGER item_time_delete AFTER DELETE ON item BEGIN
        DELETE FROM item_time WHERE id = old.pk;
    END""",
    """CREATE TRIGGER item_time_update AFTER UPDATE OF start, "end" ON item BEGIN
        UPDATE item_time SET start = new.start, end = new."end" WHERE id = new.pk;
    END""",
)
_POSTGRES = (
    "CREATE INDEX item_words ON item USING gin (words)",
    """CREATE INDEX item_interval ON item USING gist (int8range(start, "end", '[]'))""",
)
_SORTED: Final = ("datetime", "created", "title", "stars")

_item = Table(
    "item",
    MetaData(),
    Column("pk", Integer, primary_key=True),
    Column("doc", LargeBinary),
    Column("datetime", BigInteger),
    Column("created", BigInteger),
    Column("title", PlainText),
    Column("license", PlainText),
    Column("stars", BigInteger),
    Column("words", Words),
)


def apply(conn: Connection) -> None:
    """Add the columns, fill them from the stored items, and make their indexes and the triggers."""
    sqlite = conn.dialect.name == "sqlite"
    types = {
        "text": "TEXT" if sqlite else 'TEXT COLLATE "C"',
        "bytes": "BLOB" if sqlite else "BYTEA",
        "words": "TEXT" if sqlite else "TSVECTOR",
        # SQLite takes null for the least value anyway; PostgreSQL is told so.
        **{name: name if sqlite else f"{name} NULLS FIRST" for name in _SORTED},
    }
    for column in _COLUMNS:
        conn.exec_driver_sql(f"ALTER TABLE item ADD COLUMN {column.format(**types)}")
    _fill(conn)  # before there are indexes that each row would have to be put into
    for statement in _MORE.format(**types).split(";"):
        conn.exec_driver_sql(statement)
    for statement in _SQLITE if sqlite else _POSTGRES:
        conn.exec_driver_sql(statement)


def _fill(conn: Connection) -> None:
    statement = update(_item).where(_item.c.pk == bindparam("of"))
    last = 0
    while True:
        found = select(_item.c.pk, _item.c.doc).where(_item.c.pk > last).order_by(_item.c.pk).limit(_BATCH)
        rows = conn.execute(found).all()
        if not rows:
            return
        conn.execute(statement, [_values(row.pk, row.doc, conn.dialect.name) for row in rows])
        last = rows[-1].pk


def _values(pk: int, doc: bytes, engine: str) -> dict[str, Any]:
    found = searched(orjson.loads(doc))
    values = {name: getattr(found, name) for name in ("datetime", "created", "title", "license", "stars")}
    return {"of": pk, "words": rendered(found.words, engine), **values}
