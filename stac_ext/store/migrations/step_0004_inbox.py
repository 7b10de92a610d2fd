"""The deliveries that wait for one scope are found by it, so that their number can be bounded at each delivery."""

from sqlalchemy import Connection


def apply(conn: Connection) -> None:
    """Add the index."""
    conn.exec_driver_sql("CREATE INDEX inbox_scope ON inbox (scope, state, id)")
