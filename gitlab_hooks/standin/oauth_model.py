"""What signing in with this GitLab leaves behind: applications, codes, device codes, CI jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitlab_hooks.standin.model import Project, Token, User


@dataclass(eq=False)
class Application:
    """An OAuth application. One that is not confidential has no secret that counts."""

    id: int
    name: str
    client_id: str
    secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    confidential: bool = True


@dataclass(eq=False)
class Code:
    """A code that a browser carries back: good once, for ten minutes, for one application and one address."""

    application: Application
    user: User
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    method: str
    nonce: str | None
    ends_at: datetime


@dataclass(eq=False)
class DeviceGrant:
    """A sign-in on a device without a browser: waits until somebody enters its user code elsewhere."""

    application: Application
    device_code: str = field(repr=False)
    user_code: str
    scopes: tuple[str, ...]
    ends_at: datetime
    asked_at: datetime | None = None
    user: User | None = None
    denied: bool = False


@dataclass(eq=False)
class Job:
    """A CI job of a project that runs with the rights of a user; its token ends with it."""

    id: int
    project: Project
    user: User
    token: Token
    running: bool = True


@dataclass(eq=False)
class TokenPair:
    """An access token and the refresh token that follows it. Both end when they are refreshed."""

    application: Application
    user: User
    access: Token
    refresh: str = field(repr=False)
    scopes: tuple[str, ...] = ()
    revoked: bool = False
