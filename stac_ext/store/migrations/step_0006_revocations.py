"""Tokens of sessions that have ended are kept until GitLab has ended them, too."""

from sqlalchemy import Connection

_SERIAL = {"sqlite": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", "postgresql": "BIGSERIAL PRIMARY KEY"}
_BYTES = {"sqlite": "BLOB", "postgresql": "BYTEA"}


def apply(conn: Connection) -> None:
    """Make the table."""
    engine = conn.dialect.name
    conn.exec_driver_sql(
        f"CREATE TABLE revocation (id {_SERIAL[engine]}, sealed {_BYTES[engine]} NOT NULL, since BIGINT NOT NULL, "
        "not_before BIGINT NOT NULL, tries INTEGER NOT NULL)"
    )
    conn.exec_driver_sql("CREATE INDEX revocation_next ON revocation (not_before)")
