"""`sharinghub doctor`: what keeps this hub from working, and what to do about it."""

from collections.abc import Iterator
from typing import Annotated

import orjson
import typer

from sharinghub_ext.config import SettingsError, load_settings
from sharinghub_ext.doctor.finding import Finding, Situation, State
from sharinghub_ext.doctor.settings import told
from stac_ext.clock import SystemClock

_MARKS = {State.GOOD: "ok     ", State.WARNING: "warning", State.FAULT: "FAULT  ", State.SKIPPED: "-      "}


def command(
    project: Annotated[
        str | None,
        typer.Argument(
            metavar="PROJECT",
            help="Look also whether the DVC data is there that the items of this project name; its id, or path.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look at settings, stores, GitLab, tokens, sign-in, hooks and the address; say what is wrong and what to do.

    Run it with the settings of the hub, beside it or before it is started. Nothing is changed but a note in the store,
    and a few bytes that are written to the object store and removed again. No secret is printed.

    Exit code 0: no fault, warnings at most; 1: at least one fault.
    """
    found = []
    for name, finding in _findings(project):
        found.append((name, finding))
        if not as_json:
            typer.echo(f"{_MARKS[finding.state]}  {name}: {finding.seen}")
            if finding.advice:
                typer.echo(f"         -> {finding.advice}")
    faults = sum(finding.state is State.FAULT for _, finding in found)
    if as_json:
        checks = [{"check": name, "state": one.state, "seen": one.seen, "advice": one.advice} for name, one in found]
        typer.echo(orjson.dumps({"faults": faults, "checks": checks}, option=orjson.OPT_INDENT_2).decode())
    if faults:
        raise typer.Exit(1)


def _findings(project: str | None) -> Iterator[tuple[str, Finding]]:
    try:
        settings = load_settings()
    except SettingsError as error:
        yield from (("settings", finding) for finding in told(error))
        return
    from sharinghub_ext.doctor.examining import examine

    yield from examine(Situation(settings, SystemClock()), project)
