"""The newest commit of a hundred projects in one call, and which of them have nothing beside their code: for those,
nothing but this and their attributes can have changed.

Source: https://docs.gitlab.com/api/graphql/reference/#project
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import gitlab

from gitlab_hooks.gateway.graphql import ask
from gitlab_hooks.gateway.transport import translated
from gitlab_hooks.gateway.values import number_of, rows

PROJECTS_A_CALL: Final = 100  # the largest page


@dataclass(frozen=True, slots=True)
class Glance:
    """`head` is the newest commit of the default branch, None where there is none; `updated` GitLab's `updatedAt`."""

    head: str | None
    updated: str | None


def glances(client: gitlab.Gitlab, project_ids: Sequence[int], lists: Collection[str]) -> dict[int, Glance]:
    """What is seen of at most 100 projects, by id: those that have anything in one of the `lists` (fields of GraphQL's
    Project), whose code may not be read, or that GitLab had trouble with, are left out. Raises NotUnderstood and what
    `ask` raises.
    """
    answer = ask(client, _query(lists), {"ids": [f"gid://gitlab/Project/{one}" for one in project_ids]})
    if answer.troubled:  # which of the projects it is about cannot be told
        return {}
    with translated():
        found = {number_of(row.get("id")): row for row in rows(answer.data["projects"])}
        return {key: _glance(row) for key, row in found.items() if key is not None and _is_bare(row, lists)}


def _query(lists: Collection[str]) -> str:
    beside = " ".join(f"{name}(first: 1) {{ nodes {{ __typename }} }}" for name in sorted(lists))
    return (
        f"query glances($ids: [ID!]) {{ projects(ids: $ids, first: {PROJECTS_A_CALL}) {{ nodes {{\n"
        f"id updatedAt repository {{ tree {{ lastCommit {{ sha }} }} }} {beside} }} }} }}"
    )


def _is_bare(row: dict[str, Any], lists: Collection[str]) -> bool:
    return isinstance(row.get("repository"), dict) and not any(rows(row.get(name)) for name in lists)


def _glance(row: dict[str, Any]) -> Glance:
    commit = (row["repository"].get("tree") or {}).get("lastCommit") or {}
    return Glance(str(commit["sha"]) if commit.get("sha") else None, row.get("updatedAt"))
