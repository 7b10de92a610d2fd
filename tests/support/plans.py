"""How a statement would be carried out, as the engine itself tells it."""

from typing import Any

from sqlalchemy import Connection, Select, event


def plan_of(conn: Connection, statement: Select[Any]) -> str:
    """The lines of `EXPLAIN QUERY PLAN` (SQLite) or `EXPLAIN` (PostgreSQL), with the values bound as in a search."""
    explain = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN (COSTS OFF) "

    def explained(_conn: Any, _cursor: Any, text: str, parameters: Any, _context: Any, _many: bool) -> tuple[str, Any]:
        return explain + text, parameters

    event.listen(conn, "before_cursor_execute", explained, retval=True)
    try:
        cursor: Any = conn.execute(statement).cursor
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
    finally:
        event.remove(conn, "before_cursor_execute", explained)
