"""Accounts and tokens: who exists, who may sign in, which tokens work."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from gitlab_hooks.standin import payloads
from gitlab_hooks.standin.model import USER_STATES, AccessLevel, Group, Membership, Project, Token, User
from gitlab_hooks.standin.state import State, in_utc


def as_date(value: date | datetime | str | None) -> date | None:
    """A date from what callers give: a date, a moment or `YYYY-MM-DD`."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        return date.fromisoformat(value[:10]) if value else None
    return value


class People(State):
    """Users, their tokens and their memberships."""

    def add_user(
        self,
        username: str,
        name: str | None = None,
        *,
        admin: bool = False,
        auditor: bool = False,
        external: bool = False,
        state: str = "active",
        bot: bool = False,
        created_at: datetime | None = None,
    ) -> User:
        """A new account with a personal namespace at `username`. Fires `user_create`."""
        if state not in USER_STATES:
            raise ValueError(f"state must be one of {USER_STATES}")
        with self.lock:
            since = in_utc(created_at) or self.now()
            user = User(
                self.next_id("user"),
                username,
                name or username,
                since,
                self.next_id("namespace"),
                admin=admin,
                auditor=auditor,
                external=external,
                bot=bot,
                state=state,
            )
            self._claim(username, user)
            self.users[user.id] = user
            self.system_event("user_create", payloads.user_event("user_create", user))
            return user

    def user_named(self, username: str) -> User | None:
        found = self.find(username)
        return found if isinstance(found, User) else None

    def block_user(self, user: User) -> None:
        """Block an account. GitLab sends no hook for it."""
        self.set_user_state(user, "blocked")

    def unblock_user(self, user: User) -> None:
        """Let a blocked account in again. GitLab sends no hook for it."""
        self.set_user_state(user, "active")

    def set_user_state(self, user: User, state: str) -> None:
        """`active`, `blocked`, `deactivated` or `banned`."""
        if state not in USER_STATES:
            raise ValueError(f"state must be one of {USER_STATES}")
        with self.lock:
            user.state = state
            user.updated_at = self.now()

    def update_user(self, user: User, **changes: Any) -> None:
        """Set `external`, `admin`, `auditor` or `name` of an account. No hook."""
        with self.lock:
            for field, value in changes.items():
                if field not in ("external", "admin", "auditor", "name"):
                    raise ValueError(f"cannot set {field}")
                setattr(user, field, value)
            user.updated_at = self.now()

    def rename_user(self, user: User, username: str) -> None:
        """Change the user name, and so the paths of all personal projects. Fires `user_rename` and nothing else."""
        with self.lock:
            own = [p for p in self.projects.values() if p.namespace is user]
            old, old_paths = user.username, [p.full_path for p in own]
            self._claim(username, user)
            if username.lower() != old.lower():
                del self._routes[old.lower()]
            user.username = username
            user.updated_at = self.now()
            for project, path in zip(own, old_paths, strict=True):
                self._release(path, project, redirect=True)
                self._claim(project.full_path, project)
            self.system_event("user_rename", payloads.user_event("user_rename", user, old))

    def add_token(
        self,
        user: User,
        value: str | None = None,
        name: str = "token",
        scopes: Sequence[str] = ("read_api",),
        expires_at: date | datetime | str | None = None,
    ) -> Token:
        """A personal access token; it ends at 00:00 UTC of `expires_at`."""
        with self.lock:
            value = value or f"glpat-{secrets.token_urlsafe(15)}"
            token = Token(self.next_id("token"), user, value, name, tuple(scopes), self.now(), as_date(expires_at))
            self.tokens[value] = token
            return token

    def revoke_token(self, token: Token | str) -> None:
        """End a token now. GitLab sends no hook for it."""
        with self.lock:
            (self.tokens[token] if isinstance(token, str) else token).revoked = True

    # Memberships

    def add_member(
        self,
        target: Group | Project,
        user: User,
        level: AccessLevel | int = AccessLevel.REPORTER,
        *,
        expires_at: date | datetime | str | None = None,
        can_read_code: bool | None = None,
    ) -> Membership:
        """Give a role. `can_read_code=True` is the custom role "Guest that may read code".

        Fires `user_add_to_team` (project) or `user_add_to_group`.
        """
        with self.lock:
            membership = Membership(user, AccessLevel(level), self.now(), as_date(expires_at), bool(can_read_code))
            target.members[user.id] = membership
            self._member_event("user_add_to", target, membership)
            return membership

    def update_member(
        self,
        target: Group | Project,
        user: User,
        level: AccessLevel | int | None = None,
        *,
        expires_at: date | datetime | str | None = None,
        can_read_code: bool | None = None,
    ) -> Membership:
        """Change a role. Fires `user_update_for_team` or `user_update_for_group`."""
        with self.lock:
            membership = target.members[user.id]
            if level is not None:
                membership.level = AccessLevel(level)
            if can_read_code is not None:
                membership.can_read_code = can_read_code
            membership.expires_at = as_date(expires_at)
            self._member_event("user_update_for", target, membership)
            return membership

    def remove_member(self, target: Group | Project, user: User) -> None:
        """Take a role away. Fires `user_remove_from_team` or `user_remove_from_group`."""
        with self.lock:
            self._member_event("user_remove_from", target, target.members.pop(user.id))

    def _member_event(self, action: str, target: Group | Project, membership: Membership) -> None:
        payload = payloads.member_event(action, target, membership, self.now())
        self.system_event(payload["event_name"], payload)
        if isinstance(target, Group):
            self.group_hook_event(target, "member", payload)
