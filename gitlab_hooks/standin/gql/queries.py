"""Resolvers of `Query`, `CurrentUser` and `Group`; what a caller may not see is null, as if it were not there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from gitlab_hooks.standin.finder import Filter, find_projects
from gitlab_hooks.standin.gql.connections import connection
from gitlab_hooks.standin.gql.context import LEVELS, Context, Info, access_level, from_global_id, global_id, time
from gitlab_hooks.standin.gql.projects import group_json, project_connection
from gitlab_hooks.standin.hooks import VERSION
from gitlab_hooks.standin.model import Membership, Project, User
from gitlab_hooks.standin.rest.groups import all_topics
from gitlab_hooks.standin.rest.users import REVISION

Json = dict[str, Any]
MOST_PATHS = 50


def _moment(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        raise GraphQLError(f'"{value}" is not a valid Time') from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def project(_root: Any, info: Info, fullPath: str) -> Project | None:
    context = Context.of(info)
    found = context.world.project_at(fullPath)
    return found if found and context.reader.on(found).read_project else None


def projects(_root: Any, info: Info, **given: Any) -> Json:
    context = Context.of(info)
    paths = given.get("fullPaths")
    if paths is not None and len(paths) > MOST_PATHS:
        raise GraphQLError(f"You cannot provide more than {MOST_PATHS} full paths.")
    ids = given.get("ids")
    level = {name: number for number, name in LEVELS.items()}.get(given.get("minAccessLevel") or "")
    wanted = Filter(
        ids=None if ids is None else frozenset(from_global_id(key, "Project") for key in ids),
        full_paths=None if paths is None else frozenset(paths),
        topics=tuple(given.get("topics") or ()),
        search=given.get("search") or None,
        search_namespaces=bool(given.get("searchNamespaces")),
        membership=bool(given.get("membership")),
        min_access_level=level,
        visibility=given.get("visibilityLevel"),
        personal=bool(given.get("personal")),
        archived={"ONLY": True, "EXCLUDE": False}.get(given.get("archived") or ""),
        active=given.get("active"),
        aimed_for_deletion=given.get("aimedForDeletion"),
        active_after=_moment(given.get("lastActivityAfter")),
        active_before=_moment(given.get("lastActivityBefore")),
    )
    return project_connection(find_projects(context.world, context.reader, wanted), given)


def group(_root: Any, info: Info, fullPath: str) -> Json | None:
    context = Context.of(info)
    return group_json(context, context.world.group_at(fullPath))


def group_projects(source: Json, info: Info, includeSubgroups: bool = False, **given: Any) -> Json:
    context, above = Context.of(info), source["group"]
    ids = given.get("ids")
    wanted = Filter(
        search=given.get("search") or None,
        ids=None if ids is None else frozenset(from_global_id(key, "Project") for key in ids),
    )
    rows = find_projects(context.world, context.reader, wanted)
    inside = [p for p in rows if p.group is above or (includeSubgroups and p.group and above in p.group.lineage())]
    return project_connection(inside, given)


def user_json(context: Context, user: User) -> Json:
    return {
        "id": global_id("User", user.id),
        "username": user.username,
        "name": user.name,
        "publicEmail": None,
        "webUrl": f"{context.world.external_url}/{user.username}",
        "avatarUrl": None,
        "state": user.state,
    }


def current_user(_root: Any, info: Info) -> Json | None:
    context = Context.of(info)
    return user_json(context, context.reader.user) if context.reader.user else None


def user(_root: Any, info: Info, id: str | None = None, username: str | None = None) -> Json | None:  # noqa: A002
    context = Context.of(info)
    if (id is None) == (username is None):
        raise GraphQLError("Provide either a single username or id")
    found = context.world.users.get(from_global_id(id, "User")) if id else context.world.user_named(username or "")
    return user_json(context, found) if found and context.reader.user else None


def starred(_source: Json, info: Info, **given: Any) -> Json:
    context = Context.of(info)
    wanted = Filter(starred=True, search=given.get("search") or None)
    return project_connection(find_projects(context.world, context.reader, wanted), given)


def memberships(_source: Json, info: Info, **given: Any) -> Json:
    """Direct memberships of projects, as `UserCore.projectMemberships` gives them."""
    context = Context.of(info)
    me = context.reader.user
    assert me is not None
    rows = [
        (item, item.members[me.id])
        for item in list(context.world.projects.values())
        if me.id in item.members and item.members[me.id].active(context.reader.today)
    ]

    def shape(row: tuple[Project, Membership]) -> Json:
        return {
            "id": global_id("ProjectMember", f"{row[0].id}-{me.id}"),
            "accessLevel": access_level(row[1].level),
            "expiresAt": time(row[1].expires_at),
            "project": row[0],
            "user": user_json(context, me),
        }

    return connection(rows, given, lambda row: [row[0].id], shape)


def topics(_root: Any, info: Info, **given: Any) -> Json:
    search = (given.get("search") or "").lower()
    rows = [row for row in all_topics(Context.of(info).world) if search in row[1].lower()]

    def shape(row: tuple[int, str, int]) -> Json:
        return {"id": global_id("Projects::Topic", row[0]), "name": row[1], "title": row[1], "description": None}

    return connection(rows, given, shape=shape)


def metadata(_root: Any, info: Info) -> Json | None:
    # `authorize :read_instance_metadata`: signed-in callers only.
    if Context.of(info).reader.user is None:
        return None
    return {"version": VERSION, "revision": REVISION, "enterprise": True}


RESOLVERS: dict[str, dict[str, Any]] = {
    "Query": {
        "project": project,
        "projects": projects,
        "group": group,
        "currentUser": current_user,
        "user": user,
        "topics": topics,
        "metadata": metadata,
    },
    "CurrentUser": {"starredProjects": starred, "projectMemberships": memberships},
    "Group": {"projects": group_projects},
}
