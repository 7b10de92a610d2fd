"""`sharinghub explain`: why a user sees an item or not, by what the store knows now and when it was learnt."""

from typing import Annotated

import orjson
import typer

from sharinghub_ext.auth.explaining import Bounds, Explanation, explain
from sharinghub_ext.auth.identities import Freshness
from sharinghub_ext.categories import resolve_categories
from sharinghub_ext.config import Settings, load_settings
from sharinghub_ext.storing import store_options
from stac_ext.clock import SystemClock
from stac_ext.store.evidence import EvidenceTable, asked_item
from stac_ext.store.opening import open_store


def command(
    user: Annotated[str, typer.Argument(metavar="USER", help="A user of GitLab, by name or number.")],
    item: Annotated[
        str,
        typer.Argument(
            metavar="ITEM", help="An item: its id, its collection and id (ai-model/42), or the path of its project."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say why a user sees an item or does not, from what the hub knows and when it learnt it. GitLab is not asked.

    Run it beside the store, with the settings of the hub. Exit code 0 if the user sees the item by what is known, 1 if
    not or if the user is not known, 4 if the store cannot be used.
    """
    settings = load_settings()
    collections = [one.id for one in resolve_categories(settings.categories)]
    database = open_store(settings.database_url, store_options(settings), migrating=False)
    try:
        evidence = EvidenceTable(database).gather(asked_item(item, collections), user)
    finally:
        database.close()
    found = explain(evidence, bounds_of(settings), SystemClock().now(), full=True)
    typer.echo(orjson.dumps(found.as_json(), option=orjson.OPT_INDENT_2).decode() if as_json else _text(found))
    if not found.sees:
        raise typer.Exit(1)


def bounds_of(settings: Settings) -> Bounds:
    """The limits by the settings; when the last sweep was, only the running hub knows."""
    return Bounds(
        Freshness.of(settings.grants_ttl, settings.grants_hard_ttl),
        settings.sweep_seconds,
        hooks=bool(settings.hook_secrets or settings.hook_signing_keys),
    )


def _text(found: Explanation) -> str:
    width = max(len(one.about) for one in found.statements)
    return "\n".join([found.headline, *(f"  {one.about:{width}}  {one.said}" for one in found.statements)])
