"""`sharinghub copy-store`: from one machine to several, with everything that the store holds."""

import sys
from contextlib import ExitStack
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID, TextColumn

from sharinghub_ext.background import WORKING
from sharinghub_ext.config import load_settings
from sharinghub_ext.storing import store_options
from stac_ext.store.copying import copy_store
from stac_ext.store.database import StoreError
from stac_ext.store.opening import open_store


def command(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="The SQLite store: sqlite:///path/to/sharinghub.db, or the path.")
    ],
) -> None:
    """Copy a SQLite store to the PostgreSQL database of SHARINGHUB_DATABASE_URL, and prove that both are equal.

    Stop the hub first: what it wrote meanwhile would be missing. The database must be empty; it is made ready. All is
    copied in one transaction, sessions and what waits in the inbox too: after an error nothing is there. DVC data is
    not in the store: the folder `objects` beside it is copied by other means, or named by SHARINGHUB_STORE_URL.

    Exit code 2 for settings, 4 for a store that cannot be used. Example:

        SHARINGHUB_DATABASE_URL=postgresql+psycopg://hub@db/hub sharinghub copy-store /data/sharinghub.db
    """
    settings = load_settings()
    options = store_options(settings)
    url = source if "://" in source else f"sqlite:///{source}"
    with ExitStack() as stack:
        old = open_store(url, options, migrating=False)
        stack.callback(old.close)
        if not stack.enter_context(old.alone(WORKING)):
            raise StoreError(f"a hub works on {old.name}: stop it first")
        new = open_store(settings.database_url, options)
        stack.callback(new.close)
        bar = stack.enter_context(
            Progress(
                TextColumn("{task.description}: {task.completed} rows"),
                console=Console(file=sys.stderr),
                transient=True,
            )
        )
        tasks: dict[str, TaskID] = {}

        def told(table: str, rows: int) -> None:
            if table not in tasks:
                tasks[table] = bar.add_task(table, total=None)
            bar.advance(tasks[table], rows)

        copied = copy_store(old, new, told)
    for one in copied:
        typer.echo(f"{one.table}: {one.rows} rows, equal in both (sha256 {one.digest[:16]}…)")
    typer.echo(f"{new.name} is the store now: start the hub with this SHARINGHUB_DATABASE_URL")
