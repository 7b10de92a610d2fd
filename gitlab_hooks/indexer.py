"""How a project gets into the index, and out of it: read from GitLab, build its items, write them whole."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

import structlog

from gitlab_hooks.reading import Absent, ProjectReader, Read, Unchanged
from stac_ext.categories import Category
from stac_ext.clock import Clock
from stac_ext.items.builder import BuildContext, build_item
from stac_ext.model import Problem
from stac_ext.store.database import Database
from stac_ext.store.records import ProjectRecord, to_record
from stac_ext.store.writer import CatalogueWriter, Put
from stac_ext.times import to_micros

_ATTEMPTS = 4
log = structlog.get_logger()


class Change(Enum):
    """What indexing a project did."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What indexing one project did, and why where it was not simply indexed."""

    project_id: int
    change: Change
    reason: str = ""


class Indexer:
    """Keeps the index equal to GitLab, one project at a time."""

    def __init__(
        self,
        reader: ProjectReader,
        database: Database,
        categories: Sequence[Category],
        context: BuildContext,
        clock: Clock,
    ) -> None:
        self._reader = reader
        self._database = database
        self._writer = CatalogueWriter(database)
        self._categories = categories
        self._context = context
        self._clock = clock

    async def refresh(self, project_id: int, listed: dict[str, Any] | None = None) -> Outcome:
        """Make the index say of this project what GitLab says now. Raises GitLabError where it says nothing."""
        return await asyncio.to_thread(self._refresh, project_id, listed)

    def _refresh(self, project_id: int, listed: dict[str, Any] | None) -> Outcome:
        for _ in range(_ATTEMPTS):
            began = self._database.seq()
            known = self._writer.fingerprint(project_id)
            reading = self._reader.read(project_id, known, listed, partial(self._writer.lower, project_id))
            listed = None
            if isinstance(reading, Absent):
                dropped = self._writer.drop(project_id, began)
                if dropped is Put.SUPERSEDED:
                    continue
                change = Change.REMOVED if dropped is Put.CHANGED else Change.SKIPPED
                return Outcome(project_id, change, reading.reason)
            if isinstance(reading, Unchanged):
                return Outcome(project_id, Change.UNCHANGED)
            record = self._build(reading)
            put = self._writer.put(record, began, to_micros(self._clock.now()))
            if put is not Put.SUPERSEDED:
                change = Change.INDEXED if put is Put.CHANGED else Change.UNCHANGED
                return Outcome(project_id, change)
        log.warning("rights of a project keep changing while it is read", project_id=project_id)
        return Outcome(project_id, Change.SKIPPED, "its rights kept changing while it was read")

    def _build(self, reading: Read) -> ProjectRecord:
        facts = reading.facts
        built = [build_item(facts, one, self._context) for one in self._categories if one.topic in facts.topics]
        problems = [problem for one in built for problem in one.problems]
        if facts.files_truncated:
            fix = "keep large numbers of files in DVC, an archive or a package"
            problems.append(Problem("too-many-files", f"only {len(facts.files)} files were read", fix, path=""))
        return ProjectRecord(
            id=facts.id,
            path=facts.path,
            visibility=facts.effective_visibility,
            fingerprint=reading.fingerprint,
            items=tuple(to_record(one.item) for one in built),
            problems=tuple(dict.fromkeys(problems)),
        )
