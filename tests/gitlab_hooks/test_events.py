"""Proves what a delivery means: what it ends at once, what is read again, and that odd content is harmless."""

from typing import Any

import pytest

from gitlab_hooks.events import Hint, interpret
from stac_ext.model import Visibility
from stac_ext.store.denials import (
    MemberRemoved,
    ProjectGone,
    ProjectMoved,
    SubtreeDistrusted,
    UserDistrusted,
    UserGained,
    VisibilityLowered,
)

LOWERED = VisibilityLowered(42, Visibility.PRIVATE)


@pytest.mark.parametrize(
    ("payload", "hint"),
    [
        ({"event_name": "project_create", "project_id": 42}, Hint("project_create", "project:42")),
        ({"event_name": "project_rename", "project_id": 42}, Hint("project_rename", "project:42")),
        (
            {"event_name": "project_update", "project_id": 42, "project_visibility": "private"},
            Hint("project_update", "project:42", (LOWERED,)),
        ),
        (
            {"event_name": "project_update", "project_id": 42, "project_visibility": "visibilitylevel|private"},
            Hint("project_update", "project:42", (LOWERED,)),
        ),
        (
            {"event_name": "project_update", "project_id": 42, "project_visibility": "public"},
            Hint("project_update", "project:42"),
        ),
        (
            {"event_name": "project_transfer", "project_id": 42, "project_visibility": "private"},
            Hint("project_transfer", "project:42", (ProjectMoved(42), LOWERED)),
        ),
        (
            {"event_name": "project_destroy", "project_id": 42},
            Hint("project_destroy", "project:42", (ProjectGone(42),)),
        ),
        ({"object_kind": "push", "event_name": "push", "project_id": 42}, Hint("push", "project:42")),
        ({"object_kind": "tag_push", "project_id": 42}, Hint("tag_push", "project:42")),
        ({"object_kind": "release", "project": {"id": 42}}, Hint("release", "project:42")),
        ({"event_name": "repository_update", "project_id": 42}, Hint("repository_update", "project:42")),
        (
            {"event_name": "user_remove_from_team", "project_id": 42, "user_id": 7},
            Hint("user_remove_from_team", None, (MemberRemoved(42, 7),)),
        ),
        (
            {"event_name": "user_update_for_team", "project_id": 42, "user_id": 7},
            Hint("user_update_for_team", None, (MemberRemoved(42, 7),)),
        ),
        (
            {"event_name": "user_remove_from_group", "group_id": 3, "user_id": 7},
            Hint("user_remove_from_group", None, (UserDistrusted(7),)),
        ),
        (
            {"event_name": "user_update_for_group", "group_id": 3, "user_id": 7},
            Hint("user_update_for_group", None, (UserDistrusted(7),)),
        ),
        ({"event_name": "user_destroy", "user_id": 7}, Hint("user_destroy", None, (UserDistrusted(7),))),
        (
            {"event_name": "user_add_to_team", "project_id": 42, "user_id": 7},
            Hint("user_add_to_team", None, (UserGained(7),)),
        ),
        ({"event_name": "user_add_to_group", "user_id": 7}, Hint("user_add_to_group", None, (UserGained(7),))),
        (
            {"event_name": "group_rename", "old_full_path": "a/b", "full_path": "a/c"},
            Hint("group_rename", "below:a/b", (SubtreeDistrusted("a/b"),)),
        ),
        (
            {"event_name": "group_destroy", "full_path": "a/b"},
            Hint("group_destroy", "below:a/b", (SubtreeDistrusted("a/b", gone=True),)),
        ),
        (
            {"event_name": "subgroup_destroy", "full_path": "a/b/c", "group_id": 7},
            Hint("subgroup_destroy", "below:a/b/c", (SubtreeDistrusted("a/b/c", gone=True),)),
        ),
        (
            {"event_name": "user_rename", "old_username": "ada"},
            Hint("user_rename", "below:ada", (SubtreeDistrusted("ada"),)),
        ),
        ({"event_name": "unheard_of", "project_id": 42}, Hint("unheard_of")),
        ({"object_kind": "pipeline", "project": {"id": 42}}, Hint("pipeline")),
        ({}, Hint("")),
        ({"event_name": None, "object_kind": 5}, Hint("")),
        ({"event_name": "x" * 2000}, Hint("")),
        ({"event_name": "project_destroy"}, Hint("project_destroy")),
        ({"event_name": "project_destroy", "project_id": "42"}, Hint("project_destroy")),
        ({"event_name": "project_destroy", "project_id": True}, Hint("project_destroy")),
        ({"event_name": "project_destroy", "project_id": 2**60}, Hint("project_destroy")),
        (
            {"event_name": "project_update", "project_id": 42, "project_visibility": ["private"]},
            Hint("project_update", "project:42"),
        ),
        ({"event_name": "user_remove_from_team", "project_id": 42}, Hint("user_remove_from_team")),
        ({"event_name": "group_rename", "old_full_path": ""}, Hint("group_rename")),
    ],
)
def test_a_delivery_means(payload: dict[str, Any], hint: Hint) -> None:
    found = interpret(payload)
    assert (found.event, found.scope, found.denials) == (hint.event, hint.scope, hint.denials)


@pytest.mark.parametrize(
    ("payload", "about"),
    [
        ({"event_name": "project_update", "project_id": 42, "path_with_namespace": "a/b"}, (42, "a/b")),
        ({"object_kind": "push", "project": {"id": 42, "path_with_namespace": "a/b"}}, (42, "a/b")),
        ({"event_name": "group_destroy", "full_path": "a/b"}, (None, "a/b")),
        ({"event_name": "user_destroy", "user_id": 7}, (None, "")),
        ({"object_kind": "push", "project": {"id": True, "path_with_namespace": 3}}, (None, "")),
    ],
)
def test_what_a_delivery_is_about_is_told(payload: dict[str, Any], about: tuple[int | None, str]) -> None:
    found = interpret(payload)
    assert (found.project_id, found.path) == about
