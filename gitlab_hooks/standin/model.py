"""What the stand-in keeps: users, tokens, groups, projects, releases and hooks, as objects that refer to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitlab_hooks.standin.oauth_model import Job
    from gitlab_hooks.standin.registry_model import Facet, Image, MlModel, Package, ReleaseLink
    from gitlab_hooks.standin.repository import Repository


class AccessLevel(IntEnum):
    """GitLab's roles by number (https://docs.gitlab.com/api/access_requests/#valid-access-levels)."""

    MINIMAL = 5
    GUEST = 10
    PLANNER = 15
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


VISIBILITY_LEVELS = {"private": 0, "internal": 10, "public": 20}
REPOSITORY_LEVELS = ("disabled", "private", "enabled")
USER_STATES = ("active", "blocked", "deactivated", "banned")


@dataclass(eq=False)
class User:
    """An account. `state` other than `active` may not use the API."""

    id: int
    username: str
    name: str
    created_at: datetime
    namespace_id: int
    admin: bool = False
    auditor: bool = False
    external: bool = False
    bot: bool = False
    state: str = "active"
    updated_at: datetime | None = None

    @property
    def email(self) -> str:
        return f"{self.username}@example.com"

    @property
    def full_path(self) -> str:
        return self.username


@dataclass(eq=False)
class Token:
    """An access token. It ends at 00:00 UTC of `expires_at`; one of OAuth at the moment `ends_at`.

    `kind` is `personal`, `project`, `group`, `oauth`, `deploy` or `job`.
    """

    id: int
    user: User
    value: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: date | None = None
    revoked: bool = False
    kind: str = "personal"
    ends_at: datetime | None = None
    job: Job | None = None

    def expired(self, today: date, now: datetime | None = None) -> bool:
        over = self.ends_at is not None and now is not None and self.ends_at <= now
        return over or (self.expires_at is not None and self.expires_at <= today)


@dataclass(eq=False)
class Membership:
    """One user's role in one group or project; it ends at 00:00 UTC of `expires_at`."""

    user: User
    level: AccessLevel
    created_at: datetime
    expires_at: date | None = None
    can_read_code: bool = False

    def active(self, today: date) -> bool:
        return self.expires_at is None or self.expires_at > today


@dataclass(eq=False)
class Share:
    """An invitation of a whole group, at most at `level`."""

    id: int
    group: Group
    level: AccessLevel
    expires_at: date | None = None

    def active(self, today: date) -> bool:
        return self.expires_at is None or self.expires_at > today


@dataclass(eq=False)
class Group:
    """A group or subgroup; membership is inherited downwards."""

    id: int
    path: str
    name: str
    parent: Group | None
    visibility: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    members: dict[int, Membership] = field(default_factory=dict)
    shares: dict[int, Share] = field(default_factory=dict)
    hooks: dict[int, Hook] = field(default_factory=dict)

    @property
    def full_path(self) -> str:
        return f"{self.parent.full_path}/{self.path}" if self.parent else self.path

    @property
    def full_name(self) -> str:
        return f"{self.parent.full_name} / {self.name}" if self.parent else self.name

    def lineage(self) -> list[Group]:
        """This group and its ancestors, nearest first."""
        return [self, *(self.parent.lineage() if self.parent else [])]


@dataclass(eq=False)
class Release:
    """A release of a tag."""

    tag: str
    name: str
    description: str
    created_at: datetime
    released_at: datetime
    author: User | None
    sha: str | None
    links: dict[int, ReleaseLink] = field(default_factory=dict)


@dataclass(eq=False)
class Hook:
    """A web hook of a project or of a group; one without either is a system hook."""

    id: int
    url: str
    token: str | None
    created_at: datetime
    project: Project | None = None
    group: Group | None = None
    push_events: bool = False
    tag_push_events: bool = False
    releases_events: bool = False
    member_events: bool = False
    subgroup_events: bool = False
    project_events: bool = False
    repository_update_events: bool = False
    push_events_branch_filter: str | None = None
    enable_ssl_verification: bool = True
    signing_token: str | None = None
    name: str | None = None
    description: str | None = None
    failures: int = 0
    backoffs: int = 0
    disabled_until: datetime | None = None

    @property
    def is_of_system(self) -> bool:
        return self.project is None and self.group is None


@dataclass(eq=False)
class Project:
    """A project and its repository. `path` is the last segment only."""

    id: int
    path: str
    name: str
    namespace: Group | User
    visibility: str
    created_at: datetime
    updated_at: datetime
    last_activity_at: datetime
    repository: Repository
    description: str | None = None
    topics: tuple[str, ...] = ()
    creator: User | None = None
    repository_access_level: str = "enabled"
    archived: bool = False
    star_base: int = 0
    stargazers: set[int] = field(default_factory=set)
    members: dict[int, Membership] = field(default_factory=dict)
    shares: dict[int, Share] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)
    hooks: dict[int, Hook] = field(default_factory=dict)
    marked_for_deletion_on: date | None = None
    tag_messages: dict[str, str] = field(default_factory=dict)
    path_before_deletion: tuple[str, str] | None = None
    facet_levels: dict[Facet, str] = field(default_factory=dict)
    packages: dict[int, Package] = field(default_factory=dict)
    images: dict[int, Image] = field(default_factory=dict)
    models: dict[int, MlModel] = field(default_factory=dict)
    lfs_objects: dict[str, bytes] = field(default_factory=dict)
    job_allowlist: set[int] = field(default_factory=set)  # projects whose jobs reach this one

    @property
    def full_path(self) -> str:
        return f"{self.namespace.full_path}/{self.path}"

    def facet_level(self, facet: Facet) -> str:
        """Who may use a part of the project beside its code: `disabled`, `private`, `enabled` or `public`."""
        return self.facet_levels.get(facet, "enabled")

    @property
    def star_count(self) -> int:
        return self.star_base + len(self.stargazers)

    @property
    def group(self) -> Group | None:
        return self.namespace if isinstance(self.namespace, Group) else None

    def all_hooks(self) -> list[Hook]:
        """Its own hooks and those of the groups above it."""
        above = self.group.lineage() if self.group else []
        return [*self.hooks.values(), *(hook for group in above for hook in group.hooks.values())]

    @property
    def full_name(self) -> str:
        owner = self.namespace.full_name if isinstance(self.namespace, Group) else self.namespace.name
        return f"{owner} / {self.name}"
