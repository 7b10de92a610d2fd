"""`sharinghub hooks`: what became of GitLab's deliveries, and another try for those that were given up."""

import dataclasses
from typing import Annotated

import orjson
import typer

from sharinghub_ext.config import load_settings
from sharinghub_ext.hub import store_options
from stac_ext.clock import SystemClock
from stac_ext.store.database import Database
from stac_ext.store.inbox import DeadLetter, Inbox
from stac_ext.store.opening import open_store
from stac_ext.times import format_rfc3339, from_micros, to_micros

app = typer.Typer(help="What became of GitLab's deliveries.", no_args_is_help=True)


@app.command("inbox")
def inbox(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    limit: Annotated[int, typer.Option(help="How many given up deliveries are listed.", min=1, max=10_000)] = 100,
) -> None:
    """Show how many deliveries wait and since when, and which were given up and why.

    Exit code 1 if any was given up: mend the reason, then run `sharinghub hooks replay`.
    """
    database = _store()
    try:
        box = Inbox(database)
        counts, oldest, dead = box.counts(), box.oldest(), box.dead(limit)
    finally:
        database.close()
    waiting, given_up = counts.get("queued", 0), counts.get("dead", 0)
    since = None if oldest is None else format_rfc3339(from_micros(oldest))
    if as_json:
        letters = [{**dataclasses.asdict(one), "received_at": _time(one)} for one in dead]
        found = {
            "queued": waiting,
            "oldest": since,
            "done": counts.get("done", 0),
            "dead": given_up,
            "letters": letters,
        }
        typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        typer.echo(f"{waiting} wait" + (f", the oldest since {since}" if since else ""))
        typer.echo(f"{given_up} were given up" + (f", the first {len(dead)}:" if given_up > len(dead) else ""))
        for one in dead:
            typer.echo(f"  {one.id}  {_time(one)}  {one.event}  {one.scope}  after {one.tries} tries: {one.error}")
    if given_up:
        raise typer.Exit(1)


@app.command("replay")
def replay(
    number: Annotated[int | None, typer.Argument(help="The number of one delivery, as `inbox` shows it.")] = None,
) -> None:
    """Queue again what was given up: all of it, or one delivery. A running hub takes it up within a second.

    Exit code 1 if there is no such delivery.
    """
    database = _store()
    try:
        queued = Inbox(database).replay(to_micros(SystemClock().now()), number)
    finally:
        database.close()
    typer.echo("1 delivery is queued again" if queued == 1 else f"{queued} deliveries are queued again")
    if number is not None and not queued:
        raise typer.Exit(1)


def _store() -> Database:
    """The store as it is: these commands neither make nor migrate one. Raises StoreError."""
    settings = load_settings()
    return open_store(settings.database_url, store_options(settings), migrating=False)


def _time(letter: DeadLetter) -> str:
    return format_rfc3339(from_micros(letter.received_at))
