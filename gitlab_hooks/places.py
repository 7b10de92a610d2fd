"""Where the hub has installed its hooks: at the instance, at groups, at every tagged project; kept in the store."""

from dataclasses import dataclass, field, replace
from typing import Final

import orjson

from stac_ext.store.database import Database

_NOTE: Final = "hook-places"


@dataclass(frozen=True, slots=True)
class Place:
    """One thing of GitLab that has web hooks: `instance`, or a `group` or `project` with its id."""

    kind: str
    id: int = 0
    name: str = ""

    @property
    def scope(self) -> str:
        """What a token of its hook speaks for."""
        return self.kind if self.kind == "instance" else f"{self.kind}:{self.id}"

    @property
    def api_path(self) -> str:
        """Where GitLab's API lists its hooks."""
        return "/hooks" if self.kind == "instance" else f"/{self.kind}s/{self.id}/hooks"

    def __str__(self) -> str:
        return self.kind if self.kind == "instance" else f"{self.kind} {self.name or self.id}"


@dataclass(frozen=True, slots=True)
class Places:
    """What has hooks of ours; `groups` are full paths by id."""

    instance: bool = False
    groups: dict[int, str] = field(default_factory=dict)
    projects: bool = False

    def __bool__(self) -> bool:
        return self.instance or bool(self.groups) or self.projects

    def with_group(self, group_id: int, path: str) -> "Places":
        return replace(self, groups={**self.groups, group_id: path})


def read_places(database: Database) -> Places:
    """What was noted; blocks."""
    noted = database.get_note(_NOTE)
    if noted is None:
        return Places()
    found = orjson.loads(noted)
    groups = {int(one): str(path) for one, path in found["groups"].items()}
    return Places(bool(found["instance"]), groups, bool(found["projects"]))


def note_places(database: Database, places: Places) -> None:
    """Keep it for every process on the store; blocks."""
    groups = {str(one): path for one, path in places.groups.items()}
    noted = {"instance": places.instance, "groups": groups, "projects": places.projects}
    database.set_note(_NOTE, orjson.dumps(noted).decode())
