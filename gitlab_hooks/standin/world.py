"""The whole content of a stand-in GitLab, and every way to change it; what the server answers is read from here."""

from __future__ import annotations

from typing import Any

from gitlab_hooks.standin.applications import Applications
from gitlab_hooks.standin.hooks import Delivery
from gitlab_hooks.standin.model import AccessLevel, Group, Hook, Project, Release, Token, User

__all__ = ["AccessLevel", "Delivery", "Group", "Hook", "Project", "Release", "Token", "User", "World"]

_PROJECT_FLAGS = {"push_events": True}
# https://docs.gitlab.com/api/system_hooks/: push and tag off, repository_update on when not said otherwise.
_SYSTEM_FLAGS = {"repository_update_events": True}
HOOK_FLAGS = (
    "push_events",
    "tag_push_events",
    "releases_events",
    "repository_update_events",
    "member_events",
    "subgroup_events",
    "project_events",
    "enable_ssl_verification",
)
_KEPT = (*HOOK_FLAGS, "push_events_branch_filter", "name", "description", "signing_token")


class World(Applications):
    """One GitLab.

    >>> world = World(repositories=Path("/tmp/repositories"))
    >>> ada = world.add_user("ada", name="Ada Lovelace")
    >>> earth = world.add_group("earth", visibility="public")
    >>> flood = world.add_project("earth/flood", visibility="public", files={"README.md": b"# Flood"})
    """

    def add_project_hook(self, project: Project, url: str, token: str | None = None, **settings: Any) -> Hook:
        """A web hook of one project. `push_events` is on unless switched off; settings GitLab has but we do not fire
        (`issues_events`, …) are accepted and ignored."""
        with self.lock:
            kept = {key: value for key, value in (_PROJECT_FLAGS | settings).items() if key in _KEPT}
            hook = Hook(self.next_id("hook"), url, token, self.now(), project, **kept)
            project.hooks[hook.id] = hook
            return hook

    def add_group_hook(self, group: Group, url: str, token: str | None = None, **settings: Any) -> Hook:
        """A web hook of a group, called for everything below it (GitLab Premium)."""
        with self.lock:
            kept = {key: value for key, value in (_PROJECT_FLAGS | settings).items() if key in _KEPT}
            hook = Hook(self.next_id("hook"), url, token, self.now(), None, group, **kept)
            group.hooks[hook.id] = hook
            return hook

    def add_system_hook(self, url: str, token: str | None = None, **settings: Any) -> Hook:
        """A hook of the whole instance. `repository_update_events` is on unless switched off, pushes are not."""
        with self.lock:
            kept = {key: value for key, value in (_SYSTEM_FLAGS | settings).items() if key in _KEPT}
            hook = Hook(self.next_id("hook"), url, token, self.now(), None, **kept)
            self.system_hooks[hook.id] = hook
            return hook

    def update_hook(self, hook: Hook, **settings: Any) -> None:
        """Change a hook; a new address starts with a clean record."""
        with self.lock:
            if settings.get("url", hook.url) != hook.url:
                hook.failures = hook.backoffs = 0
                hook.disabled_until = None
            for key, value in settings.items():
                if key in (*_KEPT, "url", "token"):
                    setattr(hook, key, value)

    def remove_hook(self, hook: Hook) -> None:
        with self.lock:
            of = hook.project or hook.group
            (of.hooks if of else self.system_hooks).pop(hook.id, None)
