"""What every resolver knows: the world, the caller's rights, and how ids and times are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from gitlab_hooks.standin.access import Reader
from gitlab_hooks.standin.world import World

Info = GraphQLResolveInfo[Any]
LEVELS = {
    0: "NO_ACCESS",
    5: "MINIMAL_ACCESS",
    10: "GUEST",
    15: "PLANNER",
    20: "REPORTER",
    30: "DEVELOPER",
    40: "MAINTAINER",
    50: "OWNER",
}


@dataclass(frozen=True)
class Context:
    """One GraphQL request."""

    world: World
    reader: Reader

    @classmethod
    def of(cls, info: Info) -> Context:
        found = info.context
        assert isinstance(found, cls)
        return found


def global_id(kind: str, key: object) -> str:
    return f"gid://gitlab/{kind}/{key}"


def from_global_id(text: str, kind: str) -> int:
    """The number in a global id of the right kind; anything else is an error, as in GitLab."""
    prefix, _, key = text.rpartition("/")
    if not text.startswith("gid://gitlab/") or not key.isdecimal():
        raise GraphQLError(f'"{text}" is not a valid GitLab ID.')
    if prefix != f"gid://gitlab/{kind}":
        raise GraphQLError(f'"{text}" does not represent an instance of {kind}')
    return int(key)


def time(value: datetime | date | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{value.isoformat()}T00:00:00Z"


def access_level(level: int) -> dict[str, Any]:
    name = LEVELS[level]
    human = {0: None, 5: "Minimal Access"}.get(level, name.title())
    return {"integerValue": level, "stringValue": name, "humanAccess": human}
