"""What a delivery means: which rights it ends at once, and what has to be read again. Its content is never believed
to widen anything.

Sources: https://docs.gitlab.com/administration/system_hooks/,
https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from dataclasses import dataclass
from typing import Any

from stac_ext.model import Visibility
from stac_ext.store.denials import (
    Denial,
    MemberRemoved,
    ProjectGone,
    ProjectMoved,
    SubtreeDistrusted,
    UserDistrusted,
    UserGained,
    VisibilityLowered,
)

_LEVELS = {"private": Visibility.PRIVATE, "internal": Visibility.INTERNAL}
_REREAD = frozenset(
    {
        "project_create",
        "project_update",
        "project_rename",
        "project_transfer",
        "project_destroy",
        "push",
        "tag_push",
        "repository_update",
        "release",
    }
)


@dataclass(frozen=True, slots=True)
class Hint:
    """What a delivery asks for. `scope` is `project:<id>`, `below:<path>`, or None where nothing is to be read.

    `project_id` and `path` are the project or group that it is about, as far as it says.
    """

    event: str
    scope: str | None = None
    denials: tuple[Denial, ...] = ()
    project_id: int | None = None
    path: str = ""


def interpret(payload: dict[str, Any]) -> Hint:
    """The hint in a hook's body; an unknown event asks for nothing."""
    event = _text(payload.get("event_name")) or _text(payload.get("object_kind"))
    project_id, user_id = _id(payload.get("project_id")), _id(payload.get("user_id"))
    if project_id is None and isinstance(payload.get("project"), dict):
        project_id = _id(payload["project"].get("id"))
    path = _path(payload)
    if event in _REREAD:
        if project_id is None:
            return Hint(event, path=path)
        denials = tuple(_project_denials(event, project_id, payload))
        return Hint(event, f"project:{project_id}", denials, project_id, path)
    return Hint(event, *_member_or_tree(event, project_id, user_id, payload), project_id, path)


def _project_denials(event: str, project_id: int, payload: dict[str, Any]) -> list[Denial]:
    if event == "project_destroy":
        return [ProjectGone(project_id)]
    denials: list[Denial] = [ProjectMoved(project_id)] if event == "project_transfer" else []
    # "private", or "visibilitylevel|private" in older versions
    stated = _text(payload.get("project_visibility")).rpartition("|")[2].lower()
    if event.startswith("project_") and stated in _LEVELS:
        denials.append(VisibilityLowered(project_id, _LEVELS[stated]))
    return denials


def _member_or_tree(
    event: str, project_id: int | None, user_id: int | None, payload: dict[str, Any]
) -> tuple[str | None, tuple[Denial, ...]]:
    match event:
        case "user_remove_from_team" | "user_update_for_team" if project_id is not None and user_id is not None:
            return None, (MemberRemoved(project_id, user_id),)
        case "user_remove_from_group" | "user_update_for_group" | "user_destroy" if user_id is not None:
            return None, (UserDistrusted(user_id),)
        case "user_add_to_team" | "user_add_to_group" if user_id is not None:
            return None, (UserGained(user_id),)
        case "group_rename":
            path = _text(payload.get("old_full_path"))
        case "group_destroy" | "subgroup_destroy":  # the second is told by hooks of groups
            path = _text(payload.get("full_path"))
            return (f"below:{path}", (SubtreeDistrusted(path, gone=True),)) if path else (None, ())
        case "user_rename":
            path = _text(payload.get("old_username"))
        case _:
            return None, ()
    return (f"below:{path}", (SubtreeDistrusted(path),)) if path else (None, ())


def _path(payload: dict[str, Any]) -> str:
    """The full path of the project or group that the delivery is about, as far as it says."""
    about = payload.get("project")
    within = about if isinstance(about, dict) else payload
    return _text(within.get("path_with_namespace")) or _text(payload.get("full_path"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 1024 else ""


def _id(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53 else None
