"""The tables of the store, and what each column means.

Times are integers: microseconds since 1970-01-01 UTC (years 1 to 9999 fit). `seq` values come from one counter in
`meta` that every write raises; comparing them tells what happened first, across processes.
"""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

SCHEMA_VERSION = 1

tables = MetaData()

meta = Table(
    "meta",
    tables,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

project = Table(
    "project",
    tables,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("path", Text, nullable=False),  # in lower case: GitLab's paths are case-insensitive
    Column("visibility", Integer, nullable=False),  # effective
    Column("fingerprint", Text, nullable=False),  # of what the items were built from
    Column("indexed_at", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),  # when it was written last
    Column("known_seq", BigInteger, nullable=False),  # when it became known, or less public, last
    Column("problems", Text, nullable=False),  # JSON list
    Index("project_path", "path"),
    Index("project_known", "known_seq"),
)

alias = Table(
    "alias",
    tables,
    Column("path", Text, primary_key=True),  # a former path of the project, in lower case
    Column("project_id", BigInteger, ForeignKey("project.id", ondelete="CASCADE"), nullable=False, index=True),
)

item = Table(
    "item",
    tables,
    Column("pk", Integer, primary_key=True, autoincrement=True),
    Column("collection", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("project_id", BigInteger, ForeignKey("project.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("visibility", Integer, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),  # of the declared interval, else datetime
    Column("end", BigInteger, nullable=False),
    Column("west", Float),  # the item's bbox, null without geometry; west > east crosses the antimeridian
    Column("south", Float),
    Column("east", Float),
    Column("north", Float),
    Column("geometry", LargeBinary),  # WKB, CRS84
    Column("doc", LargeBinary, nullable=False),  # the final JSON, links included
    Index("item_key", "collection", "item_id", unique=True),
    sqlite_autoincrement=True,
)
Index("item_collection", item.c.collection, item.c.updated.desc(), item.c.item_id, item.c.visibility, item.c.project_id)
Index("item_newest", item.c.updated.desc(), item.c.item_id, item.c.collection, item.c.visibility, item.c.project_id)

principal = Table(
    "principal",
    tables,
    Column("key", Text, primary_key=True),  # user:<id>, or token:<keyed hash> for narrow tokens
    Column("user_id", BigInteger, nullable=False, index=True),
    Column("username", Text, nullable=False),
    Column("external", Integer, nullable=False),
    Column("confirmed_at", BigInteger, nullable=False),  # identity confirmed by GitLab
    Column("snapshot_at", BigInteger, nullable=False),  # grants listed; 0: not yet, or distrusted
    Column("snapshot_seq", BigInteger, nullable=False),  # what became known later is asked about
    Column("denied_seq", BigInteger, nullable=False),
)

grant = Table(
    "grant_",
    tables,
    Column("principal", Text, primary_key=True),
    Column("project_id", BigInteger, primary_key=True, index=True),
    sqlite_with_rowid=False,
)

# The spatial index: an R*Tree on SQLite, made by hand as it is a virtual table. A box that crosses the antimeridian is
# two rows; `id >> 1` is the item's pk.
item_box = Table(
    "item_box",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("west", Float),
    Column("east", Float),
    Column("south", Float),
    Column("north", Float),
)

denial = Table(
    "denial",
    tables,
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)

inbox = Table(
    "inbox",
    tables,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("delivery", Text, nullable=False, unique=True),  # Idempotency-Key, event UUID or body hash
    Column("event", Text, nullable=False),
    Column("scope", Text, nullable=False),  # what to re-read: project:<id>, or below:<path>
    Column("received_at", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", Text, nullable=False),  # queued, done, dead
    Column("error", Text, nullable=False),
    Index("inbox_next", "state", "not_before", "id"),
)
