"""The command line: `sharinghub serve · sync · reconcile · lint · hooks · migrate · config · demo · standin`.

Exit codes: 2 settings, 3 GitLab, 4 store.
"""

import sys
from typing import Annotated

import typer

from sharinghub_ext import __version__
from sharinghub_ext.checks import GitLabCheckFailed
from sharinghub_ext.cli import config, demo, hooks, lint, migrate, reconcile, serve, standin, sync
from sharinghub_ext.config import SettingsError
from stac_ext.store.database import StoreError

app = typer.Typer(
    name="sharinghub",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.command)
app.command("sync")(sync.command)
app.command("reconcile")(reconcile.command)
app.command("lint")(lint.command)
app.command("migrate")(migrate.command)
app.add_typer(hooks.app, name="hooks")
app.command("config")(config.command)
app.command("demo")(demo.command)
app.command("standin")(standin.command)


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """A STAC catalogue of AI models and datasets on top of any GitLab.

    Settings are environment variables SHARINGHUB_…; the least is SHARINGHUB_GITLAB_URL.
    """
    if version:
        typer.echo(f"sharinghub {__version__}")
        raise typer.Exit


def main() -> None:
    """Run a command; what a user can mend becomes one message and an exit code, never a traceback."""
    try:
        app()
    except SettingsError as error:
        _end(2, "the settings cannot be used", str(error))
    except GitLabCheckFailed as error:
        _end(3, "GitLab cannot be used", str(error))
    except StoreError as error:
        _end(4, "the store cannot be used", str(error))


def _end(code: int, title: str, message: str) -> None:
    lines = "\n".join(f"  {line}" for line in message.splitlines())
    print(f"sharinghub: {title}\n{lines}", file=sys.stderr)
    raise SystemExit(code)
