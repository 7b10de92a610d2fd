"""Projects by REST: listing, one, creating, changing, moving, archiving, starring, sharing, deleting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import paging
from gitlab_hooks.standin.calls import Call, Router, forbidden, invalid, not_found, refuse
from gitlab_hooks.standin.entities import group_entity, project_entity, project_full, user_basic
from gitlab_hooks.standin.finder import SORTABLE, Filter, find_projects, sort_projects
from gitlab_hooks.standin.model import VISIBILITY_LEVELS, AccessLevel, Group, Project, User
from gitlab_hooks.standin.parameters import ApiError
from gitlab_hooks.standin.registry_model import FACETS
from gitlab_hooks.standin.rest.languages import languages_of
from gitlab_hooks.standin.state import Conflict


def a_moment(call: Call, name: str) -> datetime | None:
    text = call.text(name)
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
    except ValueError:
        raise invalid(name) from None
    return found.replace(tzinfo=found.tzinfo or call.world.now().tzinfo) if found else None


def listing_filter(call: Call) -> Filter:
    """The filters of `GET /projects`. Those about the caller leave nothing for an anonymous one (ProjectsFinder)."""
    membership, owned, starred = (bool(call.flag(name)) for name in ("membership", "owned", "starred"))
    return Filter(
        topics=tuple(topic.strip() for topic in (call.text("topic") or "").split(",") if topic.strip()),
        visibility=call.one_of("visibility", tuple(VISIBILITY_LEVELS)),
        archived=call.flag("archived"),
        active=call.flag("active"),
        search=call.text("search") or None,
        search_namespaces=bool(call.flag("search_namespaces")),
        min_access_level=call.number("min_access_level"),
        active_after=a_moment(call, "last_activity_after"),
        active_before=a_moment(call, "last_activity_before"),
        id_after=call.number("id_after"),
        id_before=call.number("id_before"),
        membership=membership,
        owned=owned,
        starred=starred,
    )


def answer_list(call: Call, rows: list[Project]) -> Response:
    """A listing in the order and the kind of pages that are asked for."""
    by = call.one_of("order_by", SORTABLE, "created_at") or "created_at"
    rows = sort_projects(rows, by, call.one_of("sort", ("asc", "desc"), "desc") == "desc")

    def shape(project: Project) -> Any:
        return project_entity(call, project, listed=True)

    if call.one_of("pagination", ("keyset", "legacy", "offset")) == "keyset":
        paging.page_size(call)
        return paging.keyset_projects(call, rows, shape)
    return paging.paged(call, rows, shape, offset_limit=True)


def list_projects(call: Call) -> Response:
    # `include_pending_delete` is about rows that a worker is removing this moment: there are none here. Projects marked
    # for deletion are listed like any other, unless `active=true`.
    call.flag("include_pending_delete")
    return answer_list(call, find_projects(call.world, call.reader, listing_filter(call)))


def list_user_projects(call: Call) -> Response:
    owner = (
        call.world.users.get(int(call.path["id"]))
        if call.path["id"].isdecimal()
        else call.world.user_named(call.path["id"])
    )
    if owner is None:
        raise not_found("User")
    rows = find_projects(call.world, call.reader, listing_filter(call))
    return answer_list(call, [project for project in rows if project.namespace is owner])


def one_project(call: Call) -> Response:
    return JSONResponse(project_entity(call, call.project()))


def _namespace(call: Call, user: User) -> Group | User:
    """Where a new project goes: `namespace_id` (number or path) or the caller's own namespace."""
    given = call.text("namespace_id")
    if not given:
        return user
    found = call.world.groups.get(int(given)) if given.isdecimal() else call.world.find(given)
    if given.isdecimal() and int(given) == user.namespace_id:
        return user
    if found is user:
        return user
    if isinstance(found, Group) and (user.admin or call.reader.group_role(found).level >= AccessLevel.DEVELOPER):
        return found
    raise refuse(400, {"namespace": ["is not valid"]})


def _allowed_visibility(namespace: Group | User, visibility: str) -> None:
    above = namespace.visibility if isinstance(namespace, Group) else "public"
    if visibility in VISIBILITY_LEVELS and VISIBILITY_LEVELS[visibility] > VISIBILITY_LEVELS[above]:
        raise refuse(400, {"visibility_level": [f"{visibility} is not allowed in a {above} group."]})


def _topics(call: Call) -> list[str] | None:
    topics = call.list("topics")
    return call.list("tag_list") if topics is None else topics


def create_project(call: Call) -> Response:
    user = call.signed_in()
    name, path = call.text("name"), call.text("path")
    if not name and not path:
        raise invalid("name, path", "are missing, at least one parameter must be provided")
    if user.external:
        raise forbidden()
    namespace, visibility = _namespace(call, user), call.one_of("visibility", tuple(VISIBILITY_LEVELS), "private")
    assert visibility is not None
    _allowed_visibility(namespace, visibility)
    path = path or "-".join((name or "").split()).lower()
    readme = f"# {name or path}\n".encode() if call.flag("initialize_with_readme") else None
    project = call.world.add_project(
        f"{namespace.full_path}/{path}",
        name or path,
        description=call.text("description"),
        visibility=visibility,
        topics=_topics(call) or (),
        creator=user,
        files={"README.md": readme} if readme else None,
        repository_access_level=call.text("repository_access_level") or "enabled",
        default_branch=call.text("default_branch") or "main",
    )
    return _answer(call, project, 201)


def _answer(call: Call, project: Project, status: int = 200) -> Response:
    # A change may have changed the caller's own rights: look again.
    return JSONResponse(project_full(call.world, project, call.world.reader(call.user)), status)


def update_project(call: Call) -> Response:
    project = call.maintained()
    changes: dict[str, Any] = {
        key: call.text(key)
        for key in (
            *("name", "path", "description", "visibility", "repository_access_level", "default_branch"),
            *(f"{facet}_access_level" for facet in FACETS),
        )
        if key in call.params
    }
    if call.flag("repository_enabled") is not None and "repository_access_level" not in changes:
        changes["repository_access_level"] = "enabled" if call.flag("repository_enabled") else "disabled"
    topics = _topics(call)
    if topics is not None:
        changes["topics"] = topics
    if "visibility" in changes:
        if not call.rights(project).own:
            raise forbidden()
        _allowed_visibility(project.namespace, str(changes["visibility"]))
    call.world.update_project(project, **changes)
    return _answer(call, project)


def delete_project(call: Call) -> Response:
    project = call.owned()
    if call.flag("permanently_remove"):
        if project.marked_for_deletion_on is None:
            raise ApiError(400, {"message": "Project must be marked for deletion first."})
        if call.text("full_path") != project.full_path:
            raise ApiError(
                400, {"message": "`full_path` is incorrect. You must enter the complete path for the project."}
            )
        call.world.delete_project(project, immediately=True)
    elif project.marked_for_deletion_on is not None:
        raise ApiError(400, {"message": "Project has been already marked for deletion"})
    else:
        call.world.delete_project(project)
    return JSONResponse({"message": "202 Accepted"}, 202)


def restore_project(call: Call) -> Response:
    project = call.owned()
    call.world.restore_project(project)
    return _answer(call, project, 201)


def archive(call: Call) -> Response:
    project = call.owned()
    call.world.archive(project)
    return _answer(call, project, 201)


def unarchive(call: Call) -> Response:
    project = call.owned()
    call.world.unarchive(project)
    return _answer(call, project, 201)


def star(call: Call) -> Response:
    user, project = call.signed_in(), call.project()
    return _answer(call, project, 201) if call.world.star(project, user) else Response(status_code=304)


def unstar(call: Call) -> Response:
    user, project = call.signed_in(), call.project()
    return _answer(call, project, 201) if call.world.unstar(project, user) else Response(status_code=304)


def transfer(call: Call) -> Response:
    project, wanted = call.owned(), call.required("namespace")
    found = call.world.groups.get(int(wanted)) if wanted.isdecimal() else call.world.find(wanted)
    if not isinstance(found, Group | User) or (isinstance(found, User) and found is not call.user):
        raise not_found("Namespace")
    if isinstance(found, Group) and not call.reader.maintains_group(found):
        raise not_found("Namespace")
    call.world.transfer(project, found)
    return _answer(call, project)


def share(call: Call) -> Response:
    project = call.maintained()
    level = call.number("group_access") or 0
    group = call.world.groups.get(call.number("group_id") or 0)
    if group is None or not call.reader.sees_group(group):
        raise not_found()
    if level not in (10, 15, 20, 30, 40, 50):
        raise invalid("group_access", "does not have a valid value")
    try:
        made = call.world.share(project, group, level, expires_at=call.text("expires_at"))
    except Conflict:
        raise refuse(409, "Group already has access to this project") from None
    return JSONResponse(
        {
            "id": made.id,
            "project_id": project.id,
            "group_id": group.id,
            "group_access": int(made.level),
            "expires_at": made.expires_at.isoformat() if made.expires_at else None,
        },
        201,
    )


def unshare(call: Call) -> Response:
    project = call.maintained()
    key = call.path["group_id"]
    group = call.world.groups.get(int(key)) if key.isdecimal() else None
    if group is None or group.id not in project.shares:
        raise not_found("Group Link")
    call.world.unshare(project, group)
    return Response(status_code=204)


def languages(call: Call) -> Response:
    return JSONResponse(languages_of(call.readable().repository))


def starrers(call: Call) -> Response:
    project, world = call.project(), call.world
    rows = [world.users[key] for key in sorted(project.stargazers) if key in world.users]
    return paging.paged(call, rows, lambda user: {"starred_since": None, "user": user_basic(world, user)})


def project_groups(call: Call) -> Response:
    project = call.project()
    rows = project.group.lineage() if project.group else []
    return paging.paged(call, rows, lambda group: group_entity(call.world, group))


def register(router: Router) -> None:
    router.on("GET", "/projects")(list_projects)
    router.on("POST", "/projects")(create_project)
    router.on("GET", "/users/:id/projects")(list_user_projects)
    router.on("GET", "/projects/:id")(one_project)
    router.on("HEAD", "/projects/:id")(one_project)
    router.on("PUT", "/projects/:id")(update_project)
    router.on("DELETE", "/projects/:id")(delete_project)
    router.on("POST", "/projects/:id/restore")(restore_project)
    router.on("POST", "/projects/:id/archive")(archive)
    router.on("POST", "/projects/:id/unarchive")(unarchive)
    router.on("POST", "/projects/:id/star")(star)
    router.on("POST", "/projects/:id/unstar")(unstar)
    router.on("PUT", "/projects/:id/transfer")(transfer)
    router.on("POST", "/projects/:id/share")(share)
    router.on("DELETE", "/projects/:id/share/:group_id")(unshare)
    router.on("GET", "/projects/:id/languages")(languages)
    router.on("GET", "/projects/:id/starrers")(starrers)
    router.on("GET", "/projects/:id/groups")(project_groups)
