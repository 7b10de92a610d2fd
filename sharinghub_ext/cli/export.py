"""`sharinghub export`: the public part of the catalogue as files."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn

from sharinghub_ext.categories import resolve_categories
from sharinghub_ext.config import Settings, load_settings
from sharinghub_ext.export.folder import FolderTaken, whole_folder
from sharinghub_ext.export.public import PublicPart
from sharinghub_ext.export.static import write_catalogue
from sharinghub_ext.hub import build_context, known_address
from sharinghub_ext.storing import store_options
from stac_ext.store.database import Database
from stac_ext.store.opening import open_store
from stac_ext.store.reader import CatalogueReader


class Form(StrEnum):
    """How the items are written."""

    CATALOGUE = "catalogue"
    GEOPARQUET = "geoparquet"


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; an earlier export there is replaced.")],
    form: Annotated[
        Form, typer.Option("--format", help="A static STAC catalogue, or one stac-geoparquet file a collection.")
    ] = Form.CATALOGUE,
) -> None:
    """Write the public part of the catalogue, what everybody may see without a token, as files.

    Run it beside the store, with the settings of the hub. DIR is complete or untouched, whatever happens. Assets stay
    where they are. GeoParquet needs the extra `export`: pip install 'sharinghub[export]'. Exit code 1 if DIR holds
    something else or cannot be written, 4 if the store cannot be used. Example:

        sharinghub export /var/www/catalogue
    """
    settings = load_settings()
    database = open_store(settings.database_url, store_options(settings), migrating=False)
    try:
        number = _export(settings, database, folder, form)
    except (FolderTaken, OSError) as error:
        print(f"sharinghub: nothing was exported\n  {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    finally:
        database.close()
    typer.echo(f"{number} items in {folder}")


def _export(settings: Settings, database: Database, folder: Path, form: Form) -> int:
    context = build_context(settings, known_address(settings, database))
    public = PublicPart(CatalogueReader(database, context.item_url), resolve_categories(settings.categories), context)
    console, shown = Console(file=sys.stderr), TextColumn("Exported {task.completed} items")
    with whole_folder(folder) as making, Progress(shown, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def told(number: int) -> None:
            bar.advance(task, number)

        if form is Form.CATALOGUE:
            return write_catalogue(making, public, settings.title, settings.description, told)
        try:
            from sharinghub_ext.export.parquet import write_parquet
        except ImportError as error:
            raise OSError("GeoParquet needs more libraries: pip install 'sharinghub[export]'") from error
        return write_parquet(making, public, told)
