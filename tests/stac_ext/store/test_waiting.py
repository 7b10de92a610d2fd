"""Proves that a migration that has to wait for somebody holds up nobody else."""

import threading
import time

from sqlalchemy import text

from stac_ext.store.database import StoreOptions
from stac_ext.store.migrations import CURRENT, migrate, version_of
from stac_ext.store.opening import connect
from tests.support.postgres import PostgresServer


def test_reads_go_on_while_a_step_waits_for_a_backup(postgres: PostgresServer) -> None:
    """A step that waited for a lock let every read queue up behind it, for as long as the backup ran."""
    url = postgres.create()
    old, new = connect(url, StoreOptions(timeout=5)), connect(url)
    migrate(old, upto=1)
    with old.read() as backup:
        backup.execute(text("LOCK TABLE item IN ACCESS SHARE MODE"))
        step = threading.Thread(target=migrate, args=(new,))
        step.start()
        end, read = time.monotonic() + 3, 0
        while time.monotonic() < end:
            with old.read() as conn:
                conn.execute(text("SELECT count(*) FROM item"))
                read += 1
        assert read > 1
        assert version_of(old) == 1
    step.join(60)
    assert version_of(new) == CURRENT
    old.close()
    new.close()
    postgres.drop(url)
