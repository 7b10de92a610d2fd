"""Which projects a listing holds: what the caller may see, filtered and sorted as REST and GraphQL both ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gitlab_hooks.standin.access import Reader
from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.world import World

SORTABLE = ("id", "name", "path", "created_at", "updated_at", "star_count", "last_activity_at", "similarity")


@dataclass(frozen=True)
class Filter:
    """What is asked for; None means that it does not matter. `topics` must all be there, in this letter case."""

    topics: tuple[str, ...] = ()
    visibility: str | None = None
    archived: bool | None = None
    active: bool | None = None
    aimed_for_deletion: bool | None = None
    membership: bool = False
    owned: bool = False
    starred: bool = False
    personal: bool = False
    search: str | None = None
    search_namespaces: bool = False
    min_access_level: int | None = None
    active_after: datetime | None = None
    active_before: datetime | None = None
    id_after: int | None = None
    id_before: int | None = None
    ids: frozenset[int] | None = None
    full_paths: frozenset[str] | None = None

    def wants(self, project: Project, reader: Reader) -> bool:
        """Whether a project the caller may see is among them."""
        user, deleted = reader.user, project.marked_for_deletion_on is not None
        if not all(topic in project.topics for topic in self.topics):
            return False
        if self.visibility is not None and project.visibility != self.visibility:
            return False
        if self.archived is not None and project.archived != self.archived:
            return False
        if self.active is not None and (not project.archived and not deleted) != self.active:
            return False
        if self.aimed_for_deletion is not None and deleted != self.aimed_for_deletion:
            return False
        if self.id_after is not None and project.id <= self.id_after:
            return False
        if self.id_before is not None and project.id >= self.id_before:
            return False
        if self.active_after is not None and project.last_activity_at < self.active_after:
            return False
        if self.active_before is not None and project.last_activity_at > self.active_before:
            return False
        if self.search is not None and not self._matches(project):
            return False
        if self.starred and (user is None or user.id not in project.stargazers):
            return False
        if self.personal and (user is None or project.namespace is not user):
            return False
        least = max(10 if self.membership else 0, 50 if self.owned else 0, self.min_access_level or 0)
        return not least or reader.project_role(project).level >= least

    def _matches(self, project: Project) -> bool:
        where = [project.path, project.name, project.description or ""]
        if self.search_namespaces:
            where.append(project.full_path)
        return (self.search or "").lower() in "\n".join(where).lower()


def find_projects(world: World, reader: Reader, wanted: Filter) -> list[Project]:
    """All projects that the caller may see and asks for, by id."""
    candidates: Iterable[Project] = list(world.projects.values())
    if wanted.ids is not None:
        candidates = [world.projects[i] for i in sorted(wanted.ids) if i in world.projects]
    if wanted.full_paths is not None:
        paths = {path.lower() for path in wanted.full_paths}
        candidates = [p for p in candidates if p.full_path.lower() in paths]
    return [p for p in candidates if wanted.wants(p, reader) and reader.on(p).read_project]


def sort_projects(rows: list[Project], by: str, descending: bool) -> list[Project]:
    """Sorted by a field, then by id the same way round."""

    def key(project: Project) -> tuple[Any, int]:
        value = project.id if by in ("id", "similarity") else getattr(project, by)
        return (value.lower() if isinstance(value, str) else value, project.id)

    return sorted(rows, key=key, reverse=descending)
