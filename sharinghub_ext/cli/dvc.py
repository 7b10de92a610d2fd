"""`sharinghub dvc`: what DVC needs in a clone, to pull and push through a hub."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from sharinghub_ext.dvc_client.asking import Hub, parse_hub
from sharinghub_ext.dvc_client.clone import Clone
from sharinghub_ext.dvc_client.errors import SetupError
from sharinghub_ext.dvc_client.setting_up import Token, set_up

app = typer.Typer(help="What DVC needs in a clone, to pull and push through a hub.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """What DVC needs in a clone, to pull and push through a hub.

    `sharinghub dvc setup HUB_URL` writes the remote; then it is `dvc pull` and `dvc push` as everywhere. Nothing of the
    hub's own settings (SHARINGHUB_…) is read.
    """


@app.command("setup")
def setup(
    hub: Annotated[
        str,
        typer.Argument(metavar="HUB_URL", help="The address of the hub, or of its remote: https://…/dvc/42."),
    ],
    project: Annotated[
        str | None,
        typer.Argument(
            metavar="PROJECT",
            help="The project's id, or its path at GitLab. Default: the one that `origin` names.",
            show_default=False,
        ),
    ] = None,
    remote: Annotated[str, typer.Option(help="The name of the remote.")] = "hub",
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Use no token: public data is pulled without.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Change a remote of this name that leads elsewhere, and the default remote.")
    ] = False,
) -> None:
    """Write the DVC remote of a project into the clone that you are in, and check that it works.

    The token is that of the variable GITLAB_TOKEN, in a CI job else that of the job (CI_JOB_TOKEN, which pulls only);
    else it is asked for. It needs the scope read_api. It is written into .dvc/config.local, which git leaves out, for
    you alone (0600), together with the address, so that no commit leads it elsewhere. The address is written into
    .dvc/config: commit that. Whoever may push stores an object of no bytes, as a check.

    Exit code 0: written; 1: the hub says no; 2: something here must change first; 3: the hub does not answer. Example:

        GITLAB_TOKEN=… sharinghub dvc setup https://hub.example.org && dvc pull
    """
    try:
        address, of_address = parse_hub(hub)
        clone = Clone(Path.cwd())
        token = None if anonymous else _token()
        with Hub(address, token.header if token else None) as asked:
            done = set_up(clone, asked, project or of_address, remote, token, force=force)
    except SetupError as error:
        typer.echo(f"sharinghub: {error}", err=True)
        raise typer.Exit(error.code) from None
    typer.echo(f"The remote '{remote}' is {done.url}: you may {'pull and push' if done.push else 'pull'}.")
    typer.echo("Commit .dvc/config" + (", and never .dvc/config.local: it holds your token." if token else "."))


@app.command("status")
def status(
    hub: Annotated[
        str, typer.Argument(metavar="HUB_URL", help="The address of the hub, or of its remote: https://…/dvc/42.")
    ],
    project: Annotated[
        str | None,
        typer.Argument(metavar="PROJECT", help="The project's id, or its path at GitLab.", show_default=False),
    ] = None,
) -> None:
    """Say which data the newest state and the releases of a project name and the hub does not have.

    For those who may push. The token is that of the variable GITLAB_TOKEN, else it is asked for; it needs the scope
    read_api. What is missing is pushed again by `dvc push` from a clone that has it, at the release that names it.

    Exit code 0: all is there; 1: something is missing, or the hub says no; 2: which project?; 3: the hub does not
    answer. Example:

        GITLAB_TOKEN=… sharinghub dvc status https://hub.example.org group/project
    """
    try:
        address, of_address = parse_hub(hub)
        named = project or of_address or Clone(Path.cwd()).project_path()
        if named is None:
            raise SetupError(2, "which project? Name it by its id or path, for the clone has no `origin`")
        token = _token()
        with Hub(address, token.header if token else None) as asked:
            told = asked.health(asked.project_id(named))
    except SetupError as error:
        typer.echo(f"sharinghub: {error}", err=True)
        raise typer.Exit(error.code) from None
    for path, key, items in told["objects"]:
        typer.echo(f"missing: {path} ({key}), named by {', '.join(items)}")
    if told["missing"] > len(told["objects"]):
        typer.echo(f"… and {told['missing'] - len(told['objects'])} more")
    most = "" if told.get("complete") else " (the project has more: these were looked for)"
    typer.echo(f"{told['missing']} of {told['looked_for']} objects are missing{most}")
    if told["missing"]:
        raise typer.Exit(1)


def _token() -> Token | None:
    if value := os.environ.get("GITLAB_TOKEN", "").strip():
        return Token(value)
    if value := os.environ.get("CI_JOB_TOKEN", "").strip():
        return Token(value, is_job=True)
    if not sys.stdin.isatty():
        return None
    value = typer.prompt(
        "A token of GitLab with read_api (none for public data)", "", hide_input=True, show_default=False
    )
    return Token(value.strip()) if value.strip() else None
