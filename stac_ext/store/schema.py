"""The tables of the store as they are after the last migration, and what each column means.

Times are integers: microseconds since 1970-01-01 UTC (years 1 to 9999 fit). `seq` values come from one counter in
`meta` that every write raises; comparing them tells what happened first, across processes. The tables are made by
`stac_ext/store/migrations`; a test holds both equal.
"""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table

from stac_ext.store.columns import Geometry, PlainText, Serial, Words

tables = MetaData()

meta = Table(
    "meta",
    tables,
    Column("key", PlainText, primary_key=True),
    Column("value", PlainText, nullable=False),
)

project = Table(
    "project",
    tables,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("path", PlainText, nullable=False),  # in lower case: GitLab's paths are case-insensitive
    Column("visibility", Integer, nullable=False),  # effective
    Column("fingerprint", PlainText, nullable=False),  # of what the items were built from
    Column("indexed_at", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),  # when it was written last
    Column("known_seq", BigInteger, nullable=False),  # when it became known, or less public, last
    Column("problems", PlainText, nullable=False),  # JSON list
    Index("project_path", "path"),
    Index("project_known", "known_seq"),
)

alias = Table(
    "alias",
    tables,
    Column("path", PlainText, primary_key=True),  # a former path of the project, in lower case
    Column("project_id", BigInteger, ForeignKey("project.id", ondelete="CASCADE"), nullable=False, index=True),
)

item = Table(
    "item",
    tables,
    Column("pk", Serial, primary_key=True, autoincrement=True),
    Column("collection", PlainText, nullable=False),
    Column("item_id", PlainText, nullable=False),
    Column("project_id", BigInteger, ForeignKey("project.id", ondelete="CASCADE"), nullable=False),
    Column("visibility", Integer, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),  # of the declared interval, else datetime
    Column("end", BigInteger, nullable=False),
    Column("west", Float),  # the item's bbox, null without geometry; west > east crosses the antimeridian
    Column("south", Float),
    Column("east", Float),
    Column("north", Float),
    Column("geometry", Geometry),
    Column("doc", LargeBinary, nullable=False),  # the final JSON, links included
    Column("datetime", BigInteger),  # null where the item has an interval
    Column("created", BigInteger),
    Column("title", PlainText),  # normalised
    Column("license", PlainText),
    Column("stars", BigInteger),
    Column("words", Words),  # of title, description, keywords and path
    Column("version", PlainText),  # the tag of a release; null: the newest state
    Column("source", PlainText),  # of a version: the fingerprint of what it was built from
    Column("refs", LargeBinary),  # JSON list of references to other projects, null where there are none
    Index("item_key", "item_id", "collection", unique=True),
    sqlite_autoincrement=True,
)
# What searches are read in order of: the newest states only. The last columns let the index answer alone.
_rest = (item.c.visibility, item.c.project_id, item.c.version)
for _name, _columns in {
    "collection": (item.c.collection, item.c.updated.desc(), item.c.item_id, *_rest),
    "newest": (item.c.updated.desc(), item.c.item_id, item.c.collection, *_rest),
    "visible": (item.c.visibility, item.c.updated.desc(), item.c.item_id, item.c.collection, item.c.version),
    **{
        name: (item.c[name], item.c.item_id, item.c.collection, *_rest)
        for name in ("datetime", "created", "title", "stars")
    },
}.items():
    _heads = item.c.version.is_(None)
    Index(f"item_{_name}", *_columns, sqlite_where=_heads, postgresql_where=_heads)
Index(
    "item_project",
    *(item.c.project_id, item.c.version, item.c.visibility, item.c.updated.desc(), item.c.item_id, item.c.collection),
)

principal = Table(
    "principal",
    tables,
    Column("key", PlainText, primary_key=True),  # user:<id>, or token:<keyed hash> for narrow tokens
    Column("user_id", BigInteger, nullable=False, index=True),
    Column("username", PlainText, nullable=False),
    Column("external", Integer, nullable=False),
    Column("confirmed_at", BigInteger, nullable=False),  # identity confirmed by GitLab
    Column("snapshot_at", BigInteger, nullable=False),  # grants listed; 0: not yet, or distrusted
    Column("snapshot_seq", BigInteger, nullable=False),  # what became known later is asked about
    Column("denied_seq", BigInteger, nullable=False),
)

grant = Table(
    "grant_",
    tables,
    Column("principal", PlainText, primary_key=True),
    Column("project_id", BigInteger, primary_key=True),
    Index("grant_project", "project_id", "principal"),
    sqlite_with_rowid=False,
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
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("delivery", PlainText, nullable=False, unique=True),  # Idempotency-Key, event UUID or body hash
    Column("event", PlainText, nullable=False),
    Column("scope", PlainText, nullable=False),  # what to re-read: project:<id>, or below:<path>
    Column("received_at", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", PlainText, nullable=False),  # queued, done, dead
    Column("error", PlainText, nullable=False),
    Index("inbox_next", "state", "not_before", "id"),
    Index("inbox_scope", "scope", "state", "id"),
)

session = Table(
    "session",
    tables,
    Column("key", PlainText, primary_key=True),  # a hash of what the cookie holds, which is random
    Column("principal", PlainText, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),  # the tokens, encrypted
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("renewals", BigInteger, nullable=False, server_default="0"),  # how often the tokens were renewed
    Column("renewing_until", BigInteger, nullable=False, server_default="0"),  # one process is at it, so long at most
)

revocation = Table(
    "revocation",
    tables,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("sealed", LargeBinary, nullable=False),  # the tokens of a session that has ended, encrypted
    Column("since", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Index("revocation_next", "not_before"),
)

# The spatial index of SQLite: an R*Tree, which is a virtual table. A box that crosses the antimeridian is two rows;
# `id >> 1` is the item's pk. PostgreSQL has a GiST index on `item.geometry`.
item_box = Table(
    "item_box",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("west", Float),
    Column("east", Float),
    Column("south", Float),
    Column("north", Float),
)

# The index of intervals of SQLite, kept by triggers; its numbers are rounded outward. PostgreSQL has a GiST index.
item_time = Table(
    "item_time", MetaData(), Column("id", Integer, primary_key=True), Column("start", Float), Column("end", Float)
)

# The text index of SQLite: FTS5 over `item.words`, kept by triggers. PostgreSQL has a GIN index on `item.words`.
item_text = Table("item_text", MetaData(), Column("rowid", Integer, primary_key=True), Column("words", PlainText))
