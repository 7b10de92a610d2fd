"""`sharinghub standin`: a stand-in GitLab with sample projects, for trying the hub and for developing against it."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sharinghub_ext.cli.stopping import stop_signals
from sharinghub_ext.config import SettingsError
from stac_ext.clock import SystemClock

if TYPE_CHECKING:
    from gitlab_hooks.standin.server import StandIn


def command(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = 8929,
    empty: Annotated[bool, typer.Option("--empty", help="Without the sample projects.")] = False,
) -> None:
    """Run a stand-in GitLab: its REST and GraphQL API, git over HTTP, and hooks, with sample people and projects.

    Its state is lost when it ends. It is for trying things out and for tests; it is no GitLab.
    """
    # Imported here, so that the commands of production never load the stand-in.
    from gitlab_hooks.standin.samples import populate
    from gitlab_hooks.standin.server import StandIn
    from gitlab_hooks.standin.world import World

    with stop_signals() as until_stopped, tempfile.TemporaryDirectory(prefix="standin-") as folder:
        world = World(repositories=Path(folder), clock=SystemClock())
        samples = None if empty else populate(world)
        with listening(StandIn(world, host=host, port=port), f"--host {host} --port {port}") as server:
            typer.echo(f"Stand-in GitLab at {server.url}")
            sys.stdout.flush()
            for name, token in samples.tokens.items() if samples else ():
                typer.echo(f"  {name:16} {token}")
            until_stopped()


@contextmanager
def listening(server: "StandIn", options: str) -> Iterator["StandIn"]:
    """A stand-in that runs inside of this. Raises SettingsError where it cannot listen."""
    try:
        server.start()
    except OSError as error:
        raise SettingsError(f"{options}: cannot listen there: {error.strerror}") from error
    try:
        yield server
    finally:
        server.stop()
