"""The command line: `sharinghub serve · sync · reconcile · lint · explain · export · pull · dvc · migrate · hooks ·
config`, `doctor`, `copy-store`, `login`, `token`, `demo` and `standin`.

Exit codes: 1 not signed in, 2 settings, 3 GitLab, 4 store.
"""

import gc
import importlib
import sys
from types import ModuleType
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from sharinghub_ext import __version__

_MODULES: Final = (
    *("serve", "sync", "reconcile", "lint", "explain", "export", "pull", "dvc", "migrate", "hooks", "config"),
    *("doctor", "copy-store"),
    *("login", "token", "demo", "standin"),
)


class _Commands(TyperGroup):
    """Loads a command when it is asked for: each needs little of the program, and starts the sooner."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _MODULES:
            return None
        module = _loaded(cmd_name)
        if hasattr(module, "app"):
            found = get_command(module.app)
        else:
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(cmd_name)(module.command)
            found = get_command(alone)
        found.name = cmd_name
        return found


def _loaded(command: str) -> ModuleType:
    """The module of a command. What is imported stays: looking for garbage meanwhile is a tenth of the start."""
    gc.disable()
    try:
        return importlib.import_module(f"sharinghub_ext.cli.{command.replace('-', '_')}")
    finally:
        gc.enable()


app = typer.Typer(name="sharinghub", cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)


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
    except Exception as error:
        found = _exit_of(error)
        if found is None:
            raise
        _end(*found, str(error))


def _exit_of(error: Exception) -> tuple[int, str] | None:
    """The exit code and what cannot be used, None for an error of the program."""
    from sharinghub_ext.login.errors import LoginError

    if isinstance(error, LoginError):
        return error.code, error.title
    from sharinghub_ext.checks import GitLabCheckFailed
    from sharinghub_ext.config import SettingsError
    from stac_ext.store.database import StoreError

    if isinstance(error, SettingsError):
        return 2, "the settings cannot be used"
    if isinstance(error, GitLabCheckFailed):
        return 3, "GitLab cannot be used"
    return (4, "the store cannot be used") if isinstance(error, StoreError) else None


def _end(code: int, title: str, message: str) -> None:
    lines = "\n".join(f"  {line}" for line in message.splitlines())
    print(f"sharinghub: {title}\n{lines}", file=sys.stderr)
    raise SystemExit(code)
