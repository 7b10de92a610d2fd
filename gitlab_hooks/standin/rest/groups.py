"""Groups and topics by REST."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import paging
from gitlab_hooks.standin.calls import Call, Router, forbidden, invalid, not_found, refuse, sees_group
from gitlab_hooks.standin.entities import Json, group_entity, project_entity
from gitlab_hooks.standin.finder import Filter, find_projects
from gitlab_hooks.standin.model import VISIBILITY_LEVELS, AccessLevel, Group, Project
from gitlab_hooks.standin.rest.projects import answer_list, listing_filter
from gitlab_hooks.standin.state import Conflict
from gitlab_hooks.standin.world import World


def _answer_groups(call: Call, rows: list[Group]) -> Response:
    search = (call.text("search") or "").lower()
    rows = [group for group in rows if search in f"{group.name}\n{group.full_path}".lower()]
    by = call.one_of("order_by", ("name", "path", "id"), "name")
    down = call.one_of("sort", ("asc", "desc"), "asc") == "desc"
    rows.sort(key=lambda g: ("" if by == "id" else getattr(g, by or "name").lower(), g.id), reverse=down)
    return paging.paged(call, rows, lambda group: group_entity(call.world, group))


def groups(call: Call) -> Response:
    rows = [group for group in list(call.world.groups.values()) if sees_group(call.world, call.reader, group)]
    least = call.number("min_access_level") or (AccessLevel.OWNER if call.flag("owned") else 0)
    if least:
        rows = [group for group in rows if call.reader.group_role(group).level >= least]
    elif call.flag("all_available", True) is False:
        rows = [group for group in rows if call.reader.group_role(group).level]
    if call.flag("top_level_only"):
        rows = [group for group in rows if group.parent is None]
    return _answer_groups(call, rows)


def _detail(call: Call, group: Group) -> Json:
    body = group_entity(call.world, group)
    if call.flag("with_projects", True):
        rows = find_projects(call.world, call.reader, Filter())
        body["projects"] = [project_entity(call, p, listed=True) for p in rows if p.namespace is group][:100]
        body["shared_projects"] = []
    return body


def one_group(call: Call) -> Response:
    return JSONResponse(_detail(call, call.group()))


def subgroups(call: Call) -> Response:
    above = call.group()
    rows = [g for g in list(call.world.groups.values()) if g.parent is above and sees_group(call.world, call.reader, g)]
    return _answer_groups(call, rows)


def descendants(call: Call) -> Response:
    rows = [item for item in call.world.below(call.group()) if isinstance(item, Group)]
    return _answer_groups(call, [group for group in rows if sees_group(call.world, call.reader, group)])


def group_projects(call: Call) -> Response:
    group = call.group()
    rows = find_projects(call.world, call.reader, listing_filter(call))
    if call.flag("include_subgroups"):
        inside = [p for p in rows if p.group and group in p.group.lineage()]
    else:
        inside = [p for p in rows if p.namespace is group]
    if call.flag("with_shared", True):
        inside += [p for p in rows if group.id in p.shares and p not in inside]
    return answer_list(call, inside)


def create_group(call: Call) -> Response:
    user = call.signed_in()
    name, path = call.required("name"), call.required("path")
    parent = call.world.groups.get(call.number("parent_id") or 0)
    if call.number("parent_id") and (parent is None or not sees_group(call.world, call.reader, parent)):
        raise not_found("Group")
    if user.external or (parent and not call.reader.maintains_group(parent)):
        raise forbidden()
    visibility = call.one_of("visibility", tuple(VISIBILITY_LEVELS), "private") or "private"
    if parent and VISIBILITY_LEVELS[visibility] > VISIBILITY_LEVELS[parent.visibility]:
        raise refuse(
            400,
            {
                "visibility_level": [
                    f"{visibility} is not allowed since the parent group has a {parent.visibility} visibility."
                ]
            },
        )
    full_path = f"{parent.full_path}/{path}" if parent else path
    inherits = parent is not None and call.reader.owns_group(parent) and not user.admin
    group = call.world.add_group(
        full_path,
        name,
        visibility=visibility,
        description=call.text("description") or "",
        owner=None if inherits else user,
    )
    return JSONResponse(group_entity(call.world, group), 201)


def _owned(call: Call) -> Group:
    call.signed_in()
    group = call.group()
    if not call.reader.owns_group(group):
        raise forbidden()
    return group


def update_group(call: Call) -> Response:
    group = _owned(call)
    visibility = call.one_of("visibility", tuple(VISIBILITY_LEVELS))
    if visibility or "description" in call.params:
        call.world.update_group(group, visibility=visibility, description=call.text("description"))
    call.world.rename_group(group, call.text("path"), call.text("name"))
    return JSONResponse(group_entity(call.world, group))


def remove_group(call: Call) -> Response:
    call.world.delete_group(_owned(call))
    return JSONResponse({"message": "202 Accepted"}, 202)


def share(call: Call) -> Response:
    group, level = _owned(call), call.number("group_access") or 0
    other = call.world.groups.get(call.number("group_id") or 0)
    if other is None or not sees_group(call.world, call.reader, other):
        raise not_found("Group")
    if level not in (10, 15, 20, 30, 40, 50):
        raise invalid("group_access", "does not have a valid value")
    try:
        call.world.share(group, other, level, expires_at=call.text("expires_at"))
    except Conflict as error:
        raise refuse(409, error.message) from None
    return JSONResponse(_detail(call, group), 201)


def unshare(call: Call) -> Response:
    group, key = _owned(call), call.path["group_id"]
    if not key.isdecimal() or int(key) not in group.shares:
        raise not_found("Group Link")
    call.world.unshare(group, group.shares[int(key)].group)
    return Response(status_code=204)


# Topics


def all_topics(world: World) -> list[tuple[int, str, int]]:
    """All topics of public projects and of others alike, as (id, name, number of projects), most used first."""
    counts: dict[str, int] = {}
    first: dict[str, Project] = {}
    for project in list(world.projects.values()):
        for topic in project.topics:
            counts[topic] = counts.get(topic, 0) + (project.visibility != "private")
            first.setdefault(topic, project)
    ids = {name: at for at, name in enumerate(first, 1)}
    return sorted(((ids[name], name, count) for name, count in counts.items()), key=lambda row: (-row[2], row[1]))


def _topic(row: tuple[int, str, int]) -> Json:
    return {
        "id": row[0],
        "name": row[1],
        "title": row[1],
        "description": None,
        "total_projects_count": row[2],
        "organization_id": 1,
        "avatar_url": None,
    }


def topics(call: Call) -> Response:
    search = (call.text("search") or "").lower()
    return paging.paged(call, [row for row in all_topics(call.world) if search in row[1].lower()], _topic)


def one_topic(call: Call) -> Response:
    found = next((row for row in all_topics(call.world) if str(row[0]) == call.path["id"]), None)
    if found is None:
        raise not_found()
    return JSONResponse(_topic(found))


def register(router: Router) -> None:
    router.on("GET", "/groups")(groups)
    router.on("POST", "/groups")(create_group)
    router.on("GET", "/groups/:id")(one_group)
    router.on("PUT", "/groups/:id")(update_group)
    router.on("DELETE", "/groups/:id")(remove_group)
    router.on("GET", "/groups/:id/subgroups")(subgroups)
    router.on("GET", "/groups/:id/descendant_groups")(descendants)
    router.on("GET", "/groups/:id/projects")(group_projects)
    router.on("POST", "/groups/:id/share")(share)
    router.on("DELETE", "/groups/:id/share/:group_id")(unshare)
    router.on("GET", "/topics")(topics)
    router.on("GET", "/topics/:id")(one_topic)
