"""Groups: where they live, who is invited, and what happens to everything below when one is renamed."""

from __future__ import annotations

from datetime import date, datetime

from gitlab_hooks.standin import payloads
from gitlab_hooks.standin.model import VISIBILITY_LEVELS, AccessLevel, Group, Project, Share, User
from gitlab_hooks.standin.people import People, as_date
from gitlab_hooks.standin.state import Conflict, in_utc


class Namespaces(People):
    """Groups and invitations of groups."""

    def add_group(
        self,
        path: str,
        name: str | None = None,
        *,
        visibility: str = "private",
        description: str = "",
        owner: User | None = None,
        created_at: datetime | None = None,
    ) -> Group:
        """A group at a full path; its parents must exist. Fires `group_create`, for an owner `user_add_to_group`."""
        if visibility not in VISIBILITY_LEVELS:
            raise Conflict("visibility_level", "is not included in the list")
        with self.lock:
            above, _, last = path.rpartition("/")
            parent = self.group_at(above) if above else None
            if above and parent is None:
                raise Conflict("parent", f"{above} does not exist")
            now = in_utc(created_at) or self.now()
            group = Group(self.next_id("namespace"), last, name or last, parent, visibility, now, now, description)
            self._claim(group.full_path, group)
            self.groups[group.id] = group
            self.system_event("group_create", payloads.group_event("group_create", group))
            self.group_hook_event(parent, "subgroup", payloads.subgroup_event("subgroup_create", group))
            if owner is not None:
                self.add_member(group, owner, AccessLevel.OWNER)
            return group

    def rename_group(self, group: Group, path: str | None = None, name: str | None = None) -> None:
        """Change the last segment of the path, or the name.

        A new path fires `group_rename` and nothing for the projects below; a new name alone fires nothing.
        """
        with self.lock:
            group.updated_at = self.now()
            group.name = name or group.name
            if not path or path == group.path:
                return
            old = (group.path, group.full_path)
            inside: list[Group | Project] = [group, *self.below(group)]
            before = [(item, item.full_path) for item in inside]
            if self.find("/".join([*group.full_path.split("/")[:-1], path])) not in (None, group):
                raise Conflict("path", "has already been taken")
            group.path = path
            for item, old_path in before:
                self._release(old_path, item, redirect=True)
            for item in inside:
                self._claim(item.full_path, item)
            self.system_event("group_rename", payloads.group_event("group_rename", group, old))

    def update_group(self, group: Group, *, visibility: str | None = None, description: str | None = None) -> None:
        """Change visibility or description. GitLab sends no hook for it."""
        if visibility is not None and visibility not in VISIBILITY_LEVELS:
            raise Conflict("visibility_level", "is not included in the list")
        with self.lock:
            group.visibility = visibility or group.visibility
            group.description = group.description if description is None else description
            group.updated_at = self.now()

    def share(
        self,
        target: Group | Project,
        with_group: Group,
        level: AccessLevel | int = AccessLevel.REPORTER,
        *,
        expires_at: date | datetime | str | None = None,
    ) -> Share:
        """Invite a group, at most at `level`. GitLab sends no hook for it."""
        with self.lock:
            if with_group.id in target.shares:
                raise Conflict("shared_with_group_id", "has already been taken")
            share = Share(self.next_id("share"), with_group, AccessLevel(level), as_date(expires_at))
            target.shares[with_group.id] = share
            return share

    def unshare(self, target: Group | Project, with_group: Group) -> None:
        """Withdraw the invitation of a group. GitLab sends no hook for it."""
        with self.lock:
            target.shares.pop(with_group.id, None)
