"""Who may do what: visibility, membership, sharing and the repository feature level, decided as GitLab's policies do.

1. The role of a user in a project is the highest of all sources: the project, its group and every ancestor, groups
   invited to any of these (at most at the level of the invitation). Ended memberships and invitations do not count.
2. A group invited to a group brings only its direct members; one invited to a project brings inherited ones as well
   (https://docs.gitlab.com/user/project/members/sharing_projects_groups/).
3. Minimal Access gives nothing in projects. An owner of a personal namespace owns its projects.
4. `read_project`: any role; or public; or internal for a signed-in user who is not external.
5. `download_code`: a project open to the caller by its visibility; else Reporter, or a custom role that reads code.
   A members-only repository asks for a role of Guest or more besides, a disabled one is closed to everybody
   (app/policies/project_policy.rb: `public_access` enables `download_code`, `repository_disabled` prevents it;
   app/models/project_feature.rb: the least role for `repository` is Guest, Reporter only where the project is private).
6. Administrators and auditors read everything; administrators may do everything.
7. Releases, packages, images and models have levels of their own. Open ones are for whoever the project is open to and
   for members; members-only ones for members; packages and images ask members for Reporter, the others for Guest
   (PRIVATE_FEATURES_MIN_ACCESS_LEVEL in app/models/project_feature.rb). Packages may be public in any project.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gitlab_hooks.standin.model import AccessLevel, Group, Membership, Project, User
from gitlab_hooks.standin.registry_model import Facet

NOTHING = 0
_FOR_REPORTERS = ("package_registry", "container_registry")


@dataclass(frozen=True)
class Role:
    """The highest role of a user somewhere, and whether a custom role lets it read code."""

    level: int = NOTHING
    reads_code: bool = False

    def capped(self, level: int) -> Role:
        # A custom role does not travel through an invitation: only the base role does.
        return Role(min(self.level, level))

    def __or__(self, other: Role) -> Role:
        return Role(max(self.level, other.level), self.reads_code or other.reads_code)


@dataclass(frozen=True)
class Permissions:
    """What one caller may do with one project."""

    level: int
    read_project: bool
    download_code: bool
    push_code: bool
    maintain: bool
    own: bool


NONE = Permissions(NOTHING, False, False, False, False, False)


class Reader:
    """The rights of one caller (None = anonymous) on one day. Keeps what it worked out: make one per request."""

    def __init__(self, user: User | None, today: date) -> None:
        self.user = user
        self.today = today
        self._groups: dict[int, Role] = {}
        self._projects: dict[int, Permissions] = {}

    @property
    def reads_all(self) -> bool:
        return self.user is not None and (self.user.admin or self.user.auditor)

    def _direct(self, members: dict[int, Membership]) -> Role:
        found = members.get(self.user.id) if self.user else None
        if found is None or not found.active(self.today) or found.level < AccessLevel.GUEST:
            return Role()
        return Role(found.level, found.can_read_code)

    def group_role(self, group: Group) -> Role:
        """The role in a group: its own members, its ancestors', and direct members of groups invited to any of them."""
        known = self._groups.get(group.id)
        if known is None:
            known = self._direct(group.members)
            for share in group.shares.values():
                if share.active(self.today):
                    known |= self._direct(share.group.members).capped(share.level)
            if group.parent is not None:
                known |= self.group_role(group.parent)
            self._groups[group.id] = known
        return known

    def project_role(self, project: Project) -> Role:
        """The role in a project from every source."""
        if self.user is None:
            return Role()
        role = self._direct(project.members)
        if isinstance(project.namespace, Group):
            role |= self.group_role(project.namespace)
        elif project.namespace is self.user:
            role |= Role(AccessLevel.OWNER)
        for share in project.shares.values():
            if share.active(self.today):
                role |= self.group_role(share.group).capped(share.level)
        return role

    def on(self, project: Project) -> Permissions:
        """Everything this caller may do with `project`."""
        known = self._projects.get(project.id)
        if known is None:
            known = self._projects[project.id] = self._decide(project)
        return known

    def _decide(self, project: Project) -> Permissions:
        role = self.project_role(project)
        admin = self.user is not None and self.user.admin
        open_to_caller = self._open(project)
        member = role.level >= AccessLevel.GUEST
        if not (open_to_caller or member or self.reads_all):
            return NONE
        reads_code = open_to_caller or role.level >= AccessLevel.REPORTER or role.reads_code or self.reads_all
        if project.repository_access_level == "disabled":
            reads_code = False
        elif project.repository_access_level == "private":
            reads_code = reads_code and (member or self.reads_all)
        repository_on = project.repository_access_level != "disabled"
        return Permissions(
            level=role.level,
            read_project=True,
            download_code=reads_code,
            push_code=repository_on and not project.archived and (role.level >= AccessLevel.DEVELOPER or admin),
            maintain=role.level >= AccessLevel.MAINTAINER or admin,
            own=role.level >= AccessLevel.OWNER or admin,
        )

    def may(self, project: Project, facet: Facet) -> bool:
        """Whether this caller may read a part of `project` beside its code."""
        level, rights = project.facet_level(facet), self.on(project)
        if level == "disabled" or not rights.read_project:
            return False
        least = AccessLevel.REPORTER if facet in _FOR_REPORTERS else AccessLevel.GUEST
        if self.reads_all or level == "public" or rights.level >= least:
            return True
        return level == "enabled" and self._open(project)

    def _open(self, project: Project) -> bool:
        inside = self.user is not None and not self.user.external
        return project.visibility == "public" or (project.visibility == "internal" and inside)

    def sees_group(self, group: Group) -> bool:
        """Whether a group shows by itself: by its visibility or by a role in it."""
        if group.visibility == "public" or self.reads_all:
            return True
        if group.visibility == "internal" and self.user is not None and not self.user.external:
            return True
        return self.user is not None and self.group_role(group).level >= AccessLevel.GUEST

    def owns_group(self, group: Group) -> bool:
        return self.user is not None and (self.user.admin or self.group_role(group).level >= AccessLevel.OWNER)

    def maintains_group(self, group: Group) -> bool:
        return self.user is not None and (self.user.admin or self.group_role(group).level >= AccessLevel.MAINTAINER)
