"""The whole index against the whole of GitLab: every tagged project is compared, what is gone is dropped, and a report
says what was left out and why. One bad project never stops the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from gitlab_hooks.gateway.errors import GitLabError, GitLabUnavailable
from gitlab_hooks.gateway.glance import PROJECTS_A_CALL, Glance
from gitlab_hooks.gateway.service import ServiceClient
from gitlab_hooks.indexer import Change, Indexer, Outcome
from stac_ext.store.writer import CatalogueWriter

log = structlog.get_logger()
_LISTING_ATTEMPTS = 3


@dataclass(slots=True)
class Report:
    """What a sweep found and did. `failed` are projects without a usable answer of GitLab; they stay as they were."""

    counts: dict[Change, int] = field(default_factory=lambda: dict.fromkeys(Change, 0))
    indexed: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, path: str, outcome: Outcome) -> None:
        self.counts[outcome.change] += 1
        if outcome.change is Change.INDEXED:
            self.indexed.append((path, outcome.reason))
        if outcome.change is Change.SKIPPED:
            self.skipped.append((path, outcome.reason))
        if outcome.change is Change.REMOVED:
            self.removed.append((path, outcome.reason))


Progress = Callable[[int, int, str], None]


class Sweep:
    """Compares the index with GitLab and repairs every difference; idempotent."""

    def __init__(
        self,
        client: ServiceClient,
        indexer: Indexer,
        writer: CatalogueWriter,
        topics: Sequence[str],
        concurrency: int = 4,
        pause: Callable[[], float] = lambda: 0.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`pause` tells the seconds to wait before the next project, so that GitLab's limit is not used up."""
        self._pause, self._sleep = pause, sleep
        self._client = client
        self._indexer = indexer
        self._writer = writer
        self._topics = topics
        self._concurrency = concurrency

    async def run(self, progress: Progress = lambda done, total, path: None) -> Report:
        """One pass. Raises GitLabError where GitLab cannot even be listed; then nothing is dropped."""
        listed = await asyncio.to_thread(self._listed)
        known = await asyncio.to_thread(self._writer.project_ids)
        gone = sorted(known - listed.keys())
        report = Report()
        glances = await asyncio.to_thread(self._glances, sorted(listed))
        todo: Iterator[tuple[int, dict[str, Any] | None]] = iter([*listed.items(), *((one, None) for one in gone)])
        total = len(listed) + len(gone)
        done = 0

        async def work() -> None:
            nonlocal done
            for project_id, entry in todo:
                while (seconds := self._pause()) > 0:
                    log.info("sweep waits for GitLab's rate limit", seconds=round(seconds, 1))
                    await self._sleep(seconds)
                path = str(entry.get("path_with_namespace")) if entry else f"project {project_id}"
                await self._one(project_id, path, entry, glances.get(project_id), report)
                done += 1
                progress(done, total, path)

        async with asyncio.TaskGroup() as group:
            for _ in range(self._concurrency):
                group.create_task(work())
        log.info("sweep done", failed=len(report.failed), **{change.value: n for change, n in report.counts.items()})
        return report

    async def _one(
        self, project_id: int, path: str, entry: dict[str, Any] | None, glance: Glance | None, report: Report
    ) -> None:
        try:
            report.add(path, await self._indexer.refresh(project_id, entry, glance))
        except GitLabError as error:
            report.failed.append((project_id, path, str(error)))
            log.warning("project not read", project_id=project_id, error=str(error))
        except Exception as error:  # whatever one project holds must not stop the rest
            report.failed.append((project_id, path, f"{type(error).__name__}: {error}"))
            log.exception("project could not be indexed", project_id=project_id)

    def _glances(self, project_ids: Sequence[int]) -> dict[int, Glance]:
        """What is seen of the projects before they are read, many at a time."""
        seen: dict[int, Glance] = {}
        for start in range(0, len(project_ids), PROJECTS_A_CALL):
            seen |= self._client.glances(project_ids[start : start + PROJECTS_A_CALL])
        return seen

    def _listed(self) -> dict[int, dict[str, Any]]:
        for attempt in range(1, _LISTING_ATTEMPTS + 1):
            try:
                return {
                    project["id"]: project
                    for topic in self._topics
                    for project in self._client.tagged_projects(topic)
                    if isinstance(project.get("id"), int)
                }
            except GitLabUnavailable:
                if attempt == _LISTING_ATTEMPTS:
                    raise
                log.warning("listing of projects failed and is started again", attempt=attempt)
        raise AssertionError("unreachable")
