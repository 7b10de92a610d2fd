"""`sharinghub lint`: what is wrong with one project, and the item that it would become."""

import os
import re
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sharinghub_ext.categories import resolve_categories
from sharinghub_ext.config import SettingsError, load_settings
from sharinghub_ext.lint.at_gitlab import read_project
from sharinghub_ext.lint.findings import Linted, lint
from sharinghub_ext.lint.local import read_folder, top_of
from sharinghub_ext.lint.reports import (
    Format,
    gitlab_report,
    item_document,
    json_report,
    provenance_table,
    text_report,
)
from sharinghub_ext.lint.subject import Subject, UnknownCategoryError
from sharinghub_ext.logs import configure_logs
from stac_ext.categories import DEFAULT_CATEGORIES
from stac_ext.rules import Severity

_PROJECT = re.compile(r"[0-9]+|https?://.+|[^./~][^\s]*/[^\s]*", re.DOTALL)


class FailOn(StrEnum):
    """The least severity that makes the exit code 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"


def command(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH|PROJECT]",
            help="A folder; or the path, id or address of a project at GitLab. Default: the checkout you are in.",
            show_default=False,
        ),
    ] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(
            "--category",
            metavar="ID",
            help="Lint it as ai-model or dataset (may be repeated). Default: as its topics say, else as each.",
        ),
    ] = None,
    report: Annotated[Format, typer.Option("--format", help="How problems are written.")] = Format.TEXT,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Write the report to FILE, and text for a person as well."),
    ] = None,
    fail_on: Annotated[FailOn, typer.Option(help="The least severity that makes the exit code 1.")] = FailOn.WARNING,
    item: Annotated[bool, typer.Option("--item", help="Print the item that would result, as STAC JSON.")] = False,
    provenance: Annotated[bool, typer.Option("--provenance", help="Show where each value comes from.")] = False,
    at_gitlab: Annotated[
        bool, typer.Option("--gitlab", help="PROJECT is at GitLab even if there is a folder of this name.")
    ] = False,
) -> None:
    """Tell what is wrong with one project, by the rules of the catalogue itself.

    A folder is read offline, without any settings: the files that git tracks, as they are now. A project at GitLab is
    read with SHARINGHUB_GITLAB_URL and SHARINGHUB_GITLAB_TOKEN, as `sync` does. Nothing is changed.

    Each problem has its file, line, severity and rule, and what to do about it; docs/lint.md lists the rules. An error
    is a leaked secret or a source that is lost whole, a warning costs a field, info costs nothing.

    \b
    Examples:
      sharinghub lint
      sharinghub lint --category dataset --item path/to/checkout
      sharinghub lint --provenance group/project

    \b
    A job that shows the problems in merge requests:
      sharinghub-lint:
        script:
          - sharinghub lint --format gitlab --output gl-code-quality-report.json
        artifacts:
          when: always
          reports:
            codequality: gl-code-quality-report.json

    In a CI job the project's topics are known; on your machine --category says what it is. Otherwise it is linted for
    each collection.

    Exit code 0: no problem of the severity --fail-on or worse; 1: there are such problems; 2: the settings or the
    command line cannot be used; 3: GitLab cannot be read.
    """
    if item and (report is Format.GITLAB or (output is not None and report is Format.TEXT)):
        raise typer.BadParameter("goes with --format text (to the standard output) or json", param_hint="--item")
    subject = _subject(target, category or [], at_gitlab=at_gitlab)
    linted = lint(subject)
    for note in subject.notes:
        typer.echo(f"sharinghub: {note}", err=True)
    _write(linted, report, output, item=item, provenance=provenance)
    worst = linted.worst()
    if fail_on is not FailOn.NEVER and worst is not None and worst >= Severity[fail_on.name]:
        raise typer.Exit(1)


def _subject(target: str | None, wanted: Sequence[str], *, at_gitlab: bool) -> Subject:
    """What is to be linted. Raises SettingsError for what is neither a folder nor a project."""
    try:
        if at_gitlab and target is None:
            raise SettingsError("--gitlab: name the project, as in: sharinghub lint --gitlab group/project")
        if target is None:
            return read_folder(top_of(Path.cwd()), DEFAULT_CATEGORIES, wanted, os.environ)
        if not at_gitlab and os.path.isdir(target):
            return read_folder(Path(target), DEFAULT_CATEGORIES, wanted, os.environ)
        if not at_gitlab and os.path.exists(target):
            raise SettingsError(f"{target} is no folder: name the folder of the project, or go there and name none")
        if not _PROJECT.fullmatch(target):
            raise SettingsError(f"{target}: there is no such folder, and a project is named as group/project")
        return _from_gitlab(target, wanted)
    except UnknownCategoryError as error:
        raise SettingsError(f"--category: {error}") from None


def _from_gitlab(target: str, wanted: Sequence[str]) -> Subject:
    settings = load_settings()
    configure_logs(settings.model_copy(update={"log_level": "error"}))
    categories = resolve_categories(settings.categories)
    with Console(stderr=True).status("Reading the project from GitLab"):  # shown on a terminal only
        return read_project(settings, target, categories, wanted)


def _write(linted: Linted, report: Format, output: Path | None, *, item: bool, provenance: bool) -> None:
    text = text_report(linted) + (f"\n{provenance_table(linted)}" if provenance else "")
    made = {
        Format.TEXT: lambda: text,
        Format.JSON: lambda: json_report(linted, items=item, provenance=provenance),
        Format.GITLAB: lambda: gitlab_report(linted),
    }[report]()
    if output is not None:
        try:
            output.write_bytes(_utf8(made))
        except OSError as error:
            raise SettingsError(f"--output: {output}: {error.strerror or error}") from None
        _print(text)
    elif item and report is Format.TEXT:
        _print(text, error=True)
        _print(item_document(linted))
    else:
        _print(made)


def _print(text: str, *, error: bool = False) -> None:
    """Written as UTF-8, whatever the locale of a CI job is."""
    stream = (sys.stderr if error else sys.stdout).buffer
    stream.write(_utf8(text))
    stream.flush()


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
