"""Where everything of one stand-in is found: ids, paths, old paths, the clock, and who is told of a change."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from threading import RLock
from typing import Any

from gitlab_hooks.standin import payloads
from gitlab_hooks.standin.access import Reader
from gitlab_hooks.standin.hooks import HookSender
from gitlab_hooks.standin.model import Group, Hook, Project, Token, User
from stac_ext.clock import Clock, SystemClock

_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")
Target = User | Group | Project


def in_utc(moment: datetime | None) -> datetime | None:
    """A moment in UTC; one without a zone is taken for UTC."""
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class Conflict(ValueError):
    """What was asked for is taken or not allowed; the message is GitLab's. `field` is the attribute at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field} {message}")
        self.field = field
        self.message = message


class State:
    """The data of one instance. Changes are made under `lock`; ids are never used twice."""

    def __init__(self, repositories: Path, clock: Clock | None = None) -> None:
        self.repositories = Path(repositories)
        self.repositories.mkdir(parents=True, exist_ok=True)
        self.clock: Clock = clock or SystemClock()
        self.lock = RLock()
        self.hooks = HookSender(self.clock)
        self.users: dict[int, User] = {}
        self.tokens: dict[str, Token] = {}
        self.groups: dict[int, Group] = {}
        self.projects: dict[int, Project] = {}
        self.system_hooks: dict[int, Hook] = {}
        self.large_reads: dict[tuple[int, int], int] = {}
        self.registry_down = False
        self.object_storage: str | None = None  # a URL: Git LFS and packages are redirected there
        self.objects: dict[str, bytes] = {}  # what lies there, once it was asked for
        self._routes: dict[str, Target] = {}
        self._old_routes: dict[str, Project | Group] = {}
        self._ids: defaultdict[str, count[int]] = defaultdict(lambda: count(1))
        self.external_url = "http://gitlab.example.com"

    @property
    def external_url(self) -> str:
        """The address of this instance, without a slash at the end; the server sets it when its port is known."""
        return self.hooks.external_url

    @external_url.setter
    def external_url(self, url: str) -> None:
        self.hooks.external_url = url.rstrip("/")

    def now(self) -> datetime:
        return self.clock.now()

    def today(self) -> date:
        return self.now().date()

    def next_id(self, kind: str) -> int:
        return next(self._ids[kind])

    def reader(self, user: User | None) -> Reader:
        """The rights of a caller at this moment."""
        return Reader(user, self.today())

    # Paths

    def find(self, path: str) -> Target | None:
        """What lives at a full path now (letter case does not matter)."""
        return self._routes.get(path.lower())

    def project_at(self, path: str) -> Project | None:
        found = self.find(path)
        return found if isinstance(found, Project) else None

    def group_at(self, path: str) -> Group | None:
        found = self.find(path)
        return found if isinstance(found, Group) else None

    def moved_from(self, path: str) -> Project | Group | None:
        """What used to live at a path that nobody has taken since."""
        return self._old_routes.get(path.lower()) if path.lower() not in self._routes else None

    def _claim(self, path: str, target: Target) -> None:
        if not all(_PATH.fullmatch(part) for part in path.split("/")) or path.endswith((".git", ".atom")):
            raise Conflict("path", "can contain only letters, digits, '_', '-' and '.'")
        taken = self._routes.get(path.lower())
        if taken is not None and taken is not target:
            raise Conflict("path", "has already been taken")
        self._routes[path.lower()] = target
        self._old_routes.pop(path.lower(), None)

    def _release(self, path: str, target: Project | Group, *, redirect: bool) -> None:
        if self._routes.get(path.lower()) is target:
            del self._routes[path.lower()]
        if redirect:
            self._old_routes[path.lower()] = target

    def _forget_old_paths(self, target: Project | Group) -> None:
        self._old_routes = {path: other for path, other in self._old_routes.items() if other is not target}

    def below(self, group: Group) -> list[Group | Project]:
        """All subgroups and projects of a group, at any depth."""
        groups, projects = list(self.groups.values()), list(self.projects.values())
        inside: list[Group | Project] = [g for g in groups if g is not group and group in g.lineage()]
        inside += [p for p in projects if p.group and group in p.group.lineage()]
        return inside

    # Events

    def system_event(self, event: str, payload: dict[str, Any], flag: str | None = None) -> None:
        """Tell the system hooks; `flag` names the setting a hook must have on (None: all hooks get it)."""
        for hook in self.system_hooks.values():
            if flag is None or getattr(hook, flag):
                self.hooks.send(hook, event, payload)

    def group_hook_event(self, group: Group | None, kind: str, payload: dict[str, Any]) -> None:
        """Tell the hooks of a group and of those above it of a change of a `member`, `subgroup` or `project`."""
        for above in group.lineage() if group else []:
            for hook in above.hooks.values():
                if getattr(hook, f"{kind}_events") and self.hooks.executable(hook):
                    self.hooks.send(hook, kind, payload)

    def project_event(self, event: str, project: Project, old_path: str | None = None) -> None:
        payload = payloads.project_event(event, project, old_path)
        self.system_event(event, payload)
        if event in ("project_create", "project_destroy"):
            self.group_hook_event(project.group, "project", payload)
