"""Proves how connections to PostgreSQL are set up: what no result shows until it is too late."""

import pytest
from sqlalchemy import text

from stac_ext.store.database import Database


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_connections_plan_for_the_values_and_let_nobody_wait_for_ever(database: Database) -> None:
    with database.read() as conn:
        settings = {
            name: conn.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("plan_cache_mode", "statement_timeout", "idle_in_transaction_session_timeout", "jit")
        }
        assert conn.execute(text("SHOW transaction_read_only")).scalar_one() == "on"
    assert settings["plan_cache_mode"] == "force_custom_plan"
    assert settings["jit"] == "off"
    assert settings["statement_timeout"] not in ("0", "")
    assert settings["idle_in_transaction_session_timeout"] not in ("0", "")
