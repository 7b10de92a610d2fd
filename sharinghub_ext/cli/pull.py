"""`sharinghub pull`: an item's files and DVC data, without git and without DVC."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from sharinghub_ext.login.credentials_file import CredentialsFile, config_folder
from sharinghub_ext.login.errors import LoginError
from sharinghub_ext.login.keeper import Keeper
from sharinghub_ext.login.places import address
from sharinghub_ext.login.renewing import usable_token
from sharinghub_ext.login.web import Web
from sharinghub_ext.pull import manifest
from sharinghub_ext.pull.errors import PullError
from sharinghub_ext.pull.fetching import Done, Failed, Fetcher
from sharinghub_ext.pull.hub import Hub
from sharinghub_ext.pull.naming import Wanted, wanted
from sharinghub_ext.pull.planning import Plan, plan
from sharinghub_ext.pull.target import Target
from stac_ext.clock import SystemClock
from stac_ext.globs import Glob


def command(
    item: Annotated[
        str,
        typer.Argument(
            metavar="ITEM[@REVISION]",
            help="A project by its id or path, with a release, branch, tag or commit behind an @; or the address of an "
            "item.",
        ),
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Where to; it is made.")] = Path(),
    path: Annotated[
        list[str] | None,
        typer.Option("--path", metavar="GLOB", help="Only files whose path fits, such as 'data/**'; may be repeated."),
    ] = None,
    hub: Annotated[
        str | None,
        typer.Option("--hub", metavar="URL", envvar="SHARINGHUB", help="The hub, if ITEM is not an address."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=32, help="How many files at the same time.")] = 8,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Use no token.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are here with other bytes.")] = False,
) -> None:
    """Download the files of an item and the data that DVC tracks for it; neither git nor DVC is needed.

    The token is that of the variable GITLAB_TOKEN, in a CI job else that of the job (CI_JOB_TOKEN), else that of
    `sharinghub login`; without any, what is public is had. It goes to the hub alone.

    Each file is checked (size, checksum) and then appears as a whole. Run it again after a break: it goes on where it
    was, and fetches nothing that is here already. DIR/.sharinghub-pull.json says what was pulled, with checksums.

    Exit code 0: all is here; 1: the hub says no, or a file is not there; 2: something here must change first; 3: the
    hub does not answer. Examples:

    \b
        sharinghub pull https://hub.example.org/stac/collections/ai-model/items/42 --to model
        sharinghub pull --hub https://hub.example.org group/project@v1.2.0 --path 'weights/**'
    """
    try:
        asked = wanted(item, hub)
        target = Target(to)
        with Hub(asked.hub, None if anonymous else _header(asked), jobs) as there:
            planned = _chosen(plan(there, asked.project, asked.revision), path or [])
            failed = _fetch(there, target, planned, jobs, force=force)
    except PullError as error:
        typer.echo(f"sharinghub: {error}", err=True)
        raise typer.Exit(error.code) from None
    if failed:
        raise typer.Exit(max(one.error.code for one in failed))


def _header(asked: Wanted) -> tuple[str, str] | None:
    """The header that carries the caller's token."""
    if value := os.environ.get("GITLAB_TOKEN", "").strip():
        return "Authorization", f"Bearer {value}"
    if value := os.environ.get("CI_JOB_TOKEN", "").strip():
        return "JOB-TOKEN", value
    keeper = Keeper(CredentialsFile(config_folder()), lambda line: typer.echo(f"sharinghub: {line}", err=True))
    try:
        if keeper.read(place := address(asked.hub)) is None:
            return None
        with Web() as web:
            return "Authorization", f"Bearer {usable_token(place, keeper, web, SystemClock())}"
    except LoginError as error:
        raise PullError(error.code, f"{error} (--anonymous pulls what is public)") from error


def _chosen(planned: Plan, globs: list[str]) -> Plan:
    """The plan with the files that fit one of the globs. Raises PullError where none does."""
    try:
        patterns = [Glob(one) for one in globs]
    except ValueError as error:
        raise PullError(2, f"--path: {error}") from error
    files = tuple(one for one in planned.files if not patterns or any(one_of.matches(one.path) for one_of in patterns))
    if not files:
        said = "no file of the item fits --path" if patterns else "the item has no files"
        raise PullError(1, f"{said}; there are {len(planned.files)}")
    return Plan(planned.item, planned.revision, files, planned.elsewhere, planned.missing)


def _fetch(hub: Hub, target: Target, planned: Plan, jobs: int, *, force: bool) -> list[Failed]:
    """Get the files, tell of it, and write the manifest, also of what was got before a failure."""
    before = manifest.known(target)
    manifest.begin(target, hub.address, planned, before)
    before = manifest.known(target)
    sizes = [one.size for one in planned.files]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    done: list[Done] = []
    failed: list[Failed] = []
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(f"{len(planned.files)} files", total=total)
        brought = {path: (str(one.get("sha256", "")), str(one.get("source", ""))) for path, one in before.items()}
        fetcher = Fetcher(hub, target, brought, lambda number: bar.advance(task, number), force=force)
        for one in fetcher.fetch_all(planned.files, jobs):
            if isinstance(one, Done):
                done.append(one)
            else:
                failed.append(one)
    manifest.write(target, hub.address, planned, done, before)
    for one in sorted(failed, key=lambda one: one.file.path):
        typer.echo(f"sharinghub: {one.error}", err=True)
    for place in planned.elsewhere:
        typer.echo(f"sharinghub: not fetched, it lies elsewhere: {place}", err=True)
    for source in planned.missing:
        typer.echo(f"sharinghub: not at this revision: {source}", err=True)
    kept = sum(one.kept for one in done)
    size = sum(one.size for one in done)
    typer.echo(f"{len(done)} files, {size} bytes in {target.folder} ({kept} were here already)")
    return failed
