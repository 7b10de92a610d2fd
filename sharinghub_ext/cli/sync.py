"""`sharinghub sync`: index once, with progress, and report what was left out and why."""

import asyncio
import sys
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gitlab_hooks.gateway.errors import GitLabError
from gitlab_hooks.indexer import Change
from gitlab_hooks.sweep import Report
from sharinghub_ext.checks import GitLabCheckFailed, check_gitlab
from sharinghub_ext.config import Settings, load_settings
from sharinghub_ext.hub import Hub, build_hub
from sharinghub_ext.logs import configure_logs
from stac_ext.store.writer import CatalogueWriter


def command() -> None:
    """Make the index equal to GitLab once, and report what was skipped and why.

    Safe to repeat, and beside a running hub. Exit code 3 if GitLab cannot be read, 1 if single projects could not.
    """
    settings = load_settings()
    configure_logs(settings.model_copy(update={"log_level": "error"}))
    report, problems = asyncio.run(sweep_once(settings))
    show(report, problems, Console(soft_wrap=True, markup=False, highlight=False))
    if report.failed:
        raise typer.Exit(1)


async def sweep_once(
    settings: Settings, doing: str = "Indexing"
) -> tuple[Report, list[tuple[str, list[dict[str, Any]]]]]:
    """One sweep with progress on standard error: what it did, and the problems of all projects that are indexed."""
    hub = build_hub(settings)
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[path]}"))
    try:
        await asyncio.to_thread(check_gitlab, settings, hub.service)
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(doing, total=None, path="")

            def progress(done: int, total: int, path: str) -> None:
                bar.update(task, completed=done, total=total, path=path)

            report = await hub.sweep(progress)
            if report.failed:
                await _again(hub, report)
            return report, await asyncio.to_thread(CatalogueWriter(hub.database).problems)
    except GitLabError as error:
        raise GitLabCheckFailed(f"{settings.api_url}: {error}", fatal=False) from error
    finally:
        await hub.close()


async def _again(hub: Hub, report: Report) -> None:
    """Read once more what GitLab gave no usable answer for."""
    failed, report.failed = report.failed, []
    for project_id, path, _ in failed:
        try:
            report.add(path, await hub.indexer.refresh(project_id))
        except GitLabError as error:
            report.failed.append((project_id, path, str(error)))
        except Exception as error:
            report.failed.append((project_id, path, f"{type(error).__name__}: {error}"))


def show(report: Report, problems: list[tuple[str, list[dict[str, Any]]]], console: Console) -> None:
    """Print a report for a person: what was left out and why, then what could not be used in the cards."""
    counts = ", ".join(f"{report.counts[change]} {change.value}" for change in Change)
    console.print(f"{counts}, {len(report.failed)} failed")
    rows = [("skipped", path, reason) for path, reason in report.skipped]
    rows += [("removed", path, reason) for path, reason in report.removed]
    rows += [("failed", path, reason) for _, path, reason in report.failed]
    for what, path, why in sorted(rows):
        console.print(f"{what} {path}: {why}")
    if problems:
        console.print("\nIn the cards of projects:")
    for path, found in problems:
        for one in found:
            line = f", line {one['line']}" if one["line"] else ""
            fix = f" {one['fix']}" if one["fix"] else ""
            console.print(f"{path} ({one['rule']}{line}): {one['message']}{fix}")
