"""`sharinghub migrate`: bring the store's tables to what this version of the program needs, or say what is missing."""

import time
from typing import Annotated

import typer

from sharinghub_ext.config import load_settings
from sharinghub_ext.storing import store_options
from stac_ext.store.migrations import CURRENT, Step
from stac_ext.store.opening import open_store, pending_at


def command(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing: list what is pending; exit code 1 if anything is.")
    ] = False,
) -> None:
    """Make the store, or apply the steps that it still needs, and say which.

    A running hub of the version before goes on meanwhile. Exit code 4 if the store cannot be used.
    """
    settings = load_settings()
    options = store_options(settings)
    if check:
        steps = pending_at(settings.database_url, options)
        for step in steps:
            typer.echo(f"pending {step.number}: {step.purpose}")
        if steps:
            raise typer.Exit(1)
    else:
        began = time.monotonic()
        applied: list[Step] = []

        def told(step: Step) -> None:
            applied.append(step)
            typer.echo(f"step {step.number}: {step.purpose}")

        open_store(settings.database_url, options, told=told).close()
        if applied:
            typer.echo(f"done in {time.monotonic() - began:.1f} s: the store has schema version {CURRENT}")
            return
    typer.echo(f"nothing to do: the store has schema version {CURRENT}")
