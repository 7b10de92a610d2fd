"""`sharinghub hooks`: the hub's hooks at GitLab, what became of their deliveries, and another try for those that were
given up.
"""

import dataclasses
from dataclasses import replace
from typing import Annotated

import orjson
import typer

from gitlab_hooks.care import Finding
from gitlab_hooks.gateway.errors import GitLabError, NotFound
from gitlab_hooks.places import note_places, read_places
from sharinghub_ext.checks import GitLabCheckFailed
from sharinghub_ext.config import Settings, load_settings
from sharinghub_ext.hook_care import build_admin, build_care
from sharinghub_ext.hub import known_address
from sharinghub_ext.storing import store_options
from stac_ext.clock import SystemClock
from stac_ext.store.database import Database
from stac_ext.store.inbox import DeadLetter, Inbox
from stac_ext.store.opening import open_store
from stac_ext.store.writer import CatalogueWriter
from stac_ext.times import format_rfc3339, from_micros, to_micros

app = typer.Typer(help="The hub's hooks at GitLab, and what became of their deliveries.", no_args_is_help=True)


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


@app.command("install")
def install(
    groups: Annotated[
        list[str] | None, typer.Option("--group", help="The full path of a group (GitLab Premium); may be repeated.")
    ] = None,
    projects: Annotated[bool, typer.Option("--projects", help="At every tagged project, also those to come.")] = False,
) -> None:
    """Make the hub's hooks at GitLab: one for the whole instance where the token is an administrator's, else at every
    tagged project; or where you say. A running hub with the same settings keeps them right from then on.

    Needs SHARINGHUB_GITLAB_ADMIN_TOKEN (scope api) and SHARINGHUB_HOOK_SECRET. Exit code 1 if a hook is not right.
    """
    settings = load_settings()
    admin = build_admin(settings)
    database = _store(settings)
    try:
        care = build_care(settings, admin, known_address(settings, database))
        places = read_places(database)
        for path in groups or ():
            place = admin.group(path)
            places = places.with_group(place.id, place.name)
        if projects or not groups:
            everywhere = not projects and admin.is_administrator()
            places = replace(places, instance=places.instance or everywhere, projects=places.projects or not everywhere)
        note_places(database, places)
        found = [care.mend(one) for one in care.places(places, CatalogueWriter(database).project_ids())]
    except NotFound as error:
        raise typer.BadParameter("GitLab shows no such group to SHARINGHUB_GITLAB_ADMIN_TOKEN") from error
    except GitLabError as error:
        raise GitLabCheckFailed(f"{settings.api_url}: {error}", fatal=False) from error
    finally:
        database.close()
    _tell(found)


@app.command("status")
def status(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show how the hub's hooks at GitLab are; nothing is changed. Exit code 1 if one is not right: see `repair`."""
    _look(mending=False, as_json=as_json)


@app.command("repair")
def repair(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Make the hub's hooks right where they were installed: address, events, secret; wake those that GitLab has put to
    rest. Exit code 1 if one could not be mended.
    """
    _look(mending=True, as_json=as_json)


def _look(*, mending: bool, as_json: bool) -> None:
    settings = load_settings()
    admin = build_admin(settings)
    database = _store(settings)
    try:
        care = build_care(settings, admin, known_address(settings, database))
        places = list(care.places(read_places(database), CatalogueWriter(database).project_ids()))
        found = [care.mend(one) if mending else care.look(one) for one in places]
    finally:
        database.close()
    if not places:
        typer.echo("no hooks are installed: the index is right by sweeps alone (see `sharinghub hooks install`)")
        return
    _tell(found, as_json)


def _tell(found: list[Finding], as_json: bool = False) -> None:
    if as_json:
        rows = [{"place": str(one.place), "mended": one.mended, "problems": one.problems} for one in found]
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    else:
        for one in found:
            said = "right" if not one.problems else "; ".join(one.problems)
            typer.echo(f"{one.place}: {said}{' (mended)' if one.mended else ''}")
    if any(one.problems and not one.mended for one in found):
        raise typer.Exit(1)


def _store(settings: Settings | None = None) -> Database:
    """The store as it is: these commands neither make nor migrate one. Raises StoreError."""
    settings = settings or load_settings()
    return open_store(settings.database_url, store_options(settings), migrating=False)


def _time(letter: DeadLetter) -> str:
    return format_rfc3339(from_micros(letter.received_at))
