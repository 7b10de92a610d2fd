"""How a project gets into the index, and out of it: read from GitLab, build its items, write them whole."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any

import orjson
import structlog

from gitlab_hooks.gateway.glance import Glance
from gitlab_hooks.reading import Absent, ProjectReader, Read, Unchanged
from gitlab_hooks.seen import Seen, told_by
from stac_ext.categories import Category
from stac_ext.clock import Clock
from stac_ext.extensions.schema_file import SchemaExtension
from stac_ext.items.builder import BuildContext, build_item
from stac_ext.items.versions import beside, in_order
from stac_ext.model import BuiltItem, OmittedFacet, Problem, ProjectFacts, Release
from stac_ext.store.database import Database
from stac_ext.store.records import ProjectRecord, to_record
from stac_ext.store.writer import CatalogueWriter, Put
from stac_ext.times import to_micros

VERSIONS_KEPT = 50
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
    """What indexing one project did, and why."""

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
        *,
        salt: str = "",
        versions_kept: int = VERSIONS_KEPT,
        extensions: Sequence[SchemaExtension] = (),
    ) -> None:
        """`salt` stands for everything but the project that shapes items; the newest `versions_kept` are kept."""
        self._reader = reader
        self._database = database
        self._writer = CatalogueWriter(database)
        self._categories = categories
        self._context = context
        self._clock = clock
        self._salt = salt
        self._versions_kept = versions_kept
        self._extensions = extensions
        self._seen = Seen()

    async def refresh(
        self, project_id: int, listed: dict[str, Any] | None = None, glance: Glance | None = None
    ) -> Outcome:
        """Make the index say of this project what GitLab says now. Raises GitLabError where it says nothing.

        `listed` and `glance` are what was told of it a moment ago, which saves calls for a project without changes.
        """
        return await asyncio.to_thread(self._refresh, project_id, listed, glance)

    def _refresh(self, project_id: int, listed: dict[str, Any] | None, glance: Glance | None) -> Outcome:
        told = told_by(listed, glance)
        if self._seen.is_same(project_id, told, self._writer.fingerprint(project_id)):
            return Outcome(project_id, Change.UNCHANGED)
        outcome, fingerprint = self._read(project_id, listed)
        self._seen.note(project_id, told, fingerprint)
        return outcome

    def _read(self, project_id: int, listed: dict[str, Any] | None) -> tuple[Outcome, str | None]:
        """What indexing did, and the fingerprint under which the whole project is indexed now."""
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
                return Outcome(project_id, change, reading.reason), None
            if isinstance(reading, Unchanged):
                return Outcome(project_id, Change.UNCHANGED), known
            record = self._build(reading, self._writer.versions(project_id, self._collections(reading.facts)))
            put = self._writer.put(record, began, to_micros(self._clock.now()))
            if put is not Put.SUPERSEDED:
                change = Change.INDEXED if put is Put.CHANGED else Change.UNCHANGED
                why = "" if change is not Change.INDEXED else "it has changed" if known else "it was not in the index"
                return Outcome(project_id, change, why), reading.fingerprint if reading.is_whole else None
        log.warning("rights of a project keep changing while it is read", project_id=project_id)
        return Outcome(project_id, Change.SKIPPED, "its rights kept changing while it was read"), None

    def _collections(self, facts: ProjectFacts) -> list[str]:
        return [one.id for one in self._categories if one.topic in facts.topics]

    def _build(self, reading: Read, held: Mapping[str, str]) -> ProjectRecord:
        """The newest state and the versions that are not held as they are; `held` are tags and what they are from."""
        facts = reading.facts
        categories = [one for one in self._categories if one.topic in facts.topics]
        releases = in_order(facts.releases)[-self._versions_kept :] if self._versions_kept else []
        facts = replace(facts, releases=tuple(one for one in facts.releases if one in releases or one.upcoming))
        built: list[tuple[BuiltItem, Release | None]] = [
            (build_item(facts, one, self._context, None, self._extensions), None) for one in categories
        ]
        same = {one.tag for one in releases if held.get(one.tag) == self._source(one, facts)}
        known = [(one.tag, one.sha) for one in releases if one.tag in same and one.sha]
        for release, at in self._reader.new_versions(facts, known):
            built += [(build_item(at, one, self._context, release, self._extensions), release) for one in categories]
        problems = [problem for one, release in built if release is None for problem in one.problems]
        if facts.files_truncated:
            fix = "keep large numbers of files in DVC, an archive or a package"
            problems.append(Problem("too-many-files", f"only {len(facts.files)} files were read", fix, path=""))
        problems += [_left_out(one) for one in facts.omitted]
        tags = [one.tag for one in releases]
        return ProjectRecord(
            id=facts.id,
            path=facts.path,
            visibility=facts.effective_visibility,
            fingerprint=reading.fingerprint,
            items=tuple(
                to_record(
                    one.item,
                    one.references,
                    version=release.tag if release else None,
                    source=self._source(release, facts) if release else None,
                )
                for one, release in built
            ),
            problems=tuple(dict.fromkeys(problems)),
            kept={tag: {one.id: beside(facts.id, tag, tags, one.id) for one in categories} for tag in same},
        )

    def _source(self, release: Release, facts: ProjectFacts) -> str:
        """What a version is built from: a commit, what its release says, and everything that shapes items.

        The visibility is told in it, and whether its files ask for a token.
        """
        visibility = [facts.visibility, facts.effective_visibility.name]
        told = [self._salt, release.sha, visibility, [repr(link) for link in release.links]]
        return hashlib.sha256(orjson.dumps(told)).hexdigest()


def _left_out(one: OmittedFacet) -> Problem:
    said = f"its {one.facet} are left out, as fewer people may see them than its code ({one.access_level})"
    fix = "give both the same access level in the project's settings, if they are to be shown"
    return Problem("facet-omitted", said, fix, path="")
