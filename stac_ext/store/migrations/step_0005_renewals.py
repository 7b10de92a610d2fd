"""Sessions know how often their tokens were renewed and who is renewing them, so that several processes do it once."""

from sqlalchemy import Connection


def apply(conn: Connection) -> None:
    """Add the columns."""
    for name in ("renewals", "renewing_until"):
        conn.exec_driver_sql(f"ALTER TABLE session ADD COLUMN {name} BIGINT NOT NULL DEFAULT 0")
