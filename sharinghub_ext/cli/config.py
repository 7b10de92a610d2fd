"""`sharinghub config`: show the settings in force or all that there are, or turn SharingHub's into ours."""

import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import BaseModel, SecretStr

from sharinghub_ext.cli.example_file import example
from sharinghub_ext.cli.sharinghub_file import MAX_BYTES, NotSharingHubError, convert
from sharinghub_ext.config import Settings, SettingsError, load_settings

MASK = "**********"

# A password before the host of a URL, and one that is a parameter of it.
_PASSWORD = re.compile(r"(://[^/@:\s]*):\S*@")
_PARAMETER = re.compile(r"([?&][^=&\s]*(?:password|secret|token|key)[^=&\s]*)=[^&\s]*", re.IGNORECASE)


def command(
    from_sharinghub: Annotated[
        Path | None,
        typer.Option(
            "--from-sharinghub",
            metavar="FILE",
            help="Read SharingHub's YAML configuration, or the Helm values that hold it, and print it as ours.",
        ),
    ] = None,
    as_example: Annotated[
        bool, typer.Option("--example", help="Print a file with every setting, its meaning and its default.")
    ] = False,
) -> None:
    """Print the settings in force as YAML, with secrets masked.

    With --example nothing is read: a commented file is printed, to begin with.

    With --from-sharinghub FILE nothing of this hub is read: the settings that FILE makes are printed, to be used as
    SHARINGHUB_CONFIG_FILE, and on the error output each part that has no counterpart, and why. Secrets are never
    printed. Example:

        sharinghub config --from-sharinghub config.yaml > sharinghub.yaml
    """
    if as_example:
        typer.echo(example(), nl=False)
        return
    if from_sharinghub is None:
        typer.echo(_yaml(shown(load_settings())), nl=False)
        return
    try:
        converted = convert(_text(from_sharinghub))
    except NotSharingHubError as error:
        raise SettingsError(f"{from_sharinghub}: {error}") from None
    typer.echo(_yaml(converted.settings), nl=False)
    if converted.left_out:
        print("Without counterpart:", file=sys.stderr)
    for line in converted.left_out:
        print(f"  {line}", file=sys.stderr)


def shown(settings: Settings) -> dict[str, Any]:
    """Every setting by its name as in a YAML file; secrets and the passwords of URLs masked, null where not set."""
    return {name: _plain(getattr(settings, name)) for name in type(settings).model_fields}


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(entry) for entry in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):  # of a class of its own, as sizes in bytes are
        return int(value) if isinstance(value, int) else float(value)
    return _PARAMETER.sub(rf"\1={MASK}", _PASSWORD.sub(rf"\1:{MASK}@", str(value)))


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1).decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file}: it is not UTF-8") from None


def _yaml(settings: dict[str, Any]) -> str:
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=120) if settings else ""
