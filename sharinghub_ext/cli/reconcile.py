"""`sharinghub reconcile`: compare the whole index with GitLab once, repair it, and print each difference."""

import asyncio
from typing import Annotated, Any

import orjson
import typer

from gitlab_hooks.sweep import Report
from sharinghub_ext.cli.sync import sweep_once
from sharinghub_ext.config import load_settings
from sharinghub_ext.logs import configure_logs


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find and repair every difference between the index and GitLab, and print them.

    Safe to repeat, after a kill, and beside a running hub, which does the same every SHARINGHUB_SWEEP_SECONDS.
    Exit code 3 if GitLab cannot be read, 1 if single projects could not.
    """
    settings = load_settings()
    configure_logs(settings.model_copy(update={"log_level": "error"}))
    report, _ = asyncio.run(sweep_once(settings, "Comparing"))
    if as_json:
        typer.echo(orjson.dumps(_as_json(report), option=orjson.OPT_INDENT_2).decode())
    else:
        for line in _lines(report):
            typer.echo(line)
    if report.failed:
        raise typer.Exit(1)


def _differences(report: Report) -> list[tuple[str, str, str]]:
    """What was done, to which project, and why; by path."""
    repaired = [("indexed", path, why) for path, why in report.indexed]
    repaired += [("removed", path, why) for path, why in report.removed]
    repaired += [("failed", path, why) for _, path, why in report.failed]
    return sorted(repaired, key=lambda one: (one[1], one[0]))


def _as_json(report: Report) -> dict[str, Any]:
    counts = {change.value: count for change, count in report.counts.items()}
    found = [{"change": change, "path": path, "reason": why} for change, path, why in _differences(report)]
    return {"counts": {**counts, "failed": len(report.failed)}, "differences": found}


def _lines(report: Report) -> list[str]:
    found = _differences(report)
    lines = [f"{change} {path}: {why}" for change, path, why in found]
    repaired = len(found) - len(report.failed)
    said = (
        "no difference"
        if not repaired
        else "1 difference repaired"
        if repaired == 1
        else f"{repaired} differences repaired"
    )
    failed = f", {len(report.failed)} could not be read" if report.failed else ""
    return [*lines, f"{said} among {sum(report.counts.values()) + len(report.failed)} projects{failed}"]
