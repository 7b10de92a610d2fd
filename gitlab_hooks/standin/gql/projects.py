"""Resolvers of `Project`: what a caller who sees a project may know of it."""

from __future__ import annotations

from typing import Any

from gitlab_hooks.standin.calls import sees_group
from gitlab_hooks.standin.entities import statistics, urls
from gitlab_hooks.standin.gql.code import commit_json
from gitlab_hooks.standin.gql.connections import connection
from gitlab_hooks.standin.gql.context import Context, Info, access_level, global_id, time
from gitlab_hooks.standin.gql.registries import release_assets
from gitlab_hooks.standin.model import Group, Project, Release, User
from gitlab_hooks.standin.rest.languages import color_of, languages_of

Json = dict[str, Any]
SORTS = {
    "latest_activity": "last_activity_at",
    "created": "created_at",
    "updated": "updated_at",
    "stars": "star_count",
    "id": "id",
    "name": "name",
    "path": "path",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "last_activity_at": "last_activity_at",
    "star_count": "star_count",
}


def project_connection(rows: list[Project], arguments: dict[str, Any]) -> Json:
    """A page of projects sorted by `<field>_<direction>`, `id_desc` when that says nothing."""
    field, _, direction = str(arguments.get("sort") or "id_desc").lower().rpartition("_")
    if field not in SORTS or direction not in ("asc", "desc"):
        field, direction = "id", "desc"
    down = direction == "desc"

    def place(project: Project) -> list[Any]:
        value = getattr(project, SORTS[field])
        if field == "id":
            return [project.id]
        return [value.isoformat() if hasattr(value, "isoformat") else value, project.id]

    return connection(sorted(rows, key=place, reverse=down), arguments, place, descending=down)


def group_json(context: Context, group: Group | None) -> Json | None:
    if group is None or not sees_group(context.world, context.reader, group):
        return None
    return {
        "id": global_id("Group", group.id),
        "name": group.name,
        "path": group.path,
        "fullPath": group.full_path,
        "visibility": group.visibility,
        "maxAccessLevel": access_level(context.reader.group_role(group).level),
        "group": group,
    }


def namespace(project: Project, info: Info) -> Json | None:
    owner = project.namespace
    if isinstance(owner, User):
        return {
            "id": global_id("Namespaces::UserNamespace", owner.namespace_id),
            "name": owner.name,
            "path": owner.username,
            "fullPath": owner.username,
            "visibility": "public",
        }
    return group_json(Context.of(info), owner)


def permissions(project: Project, info: Info) -> Json:
    rights = Context.of(info).reader.on(project)
    return {
        "readProject": rights.read_project,
        "downloadCode": rights.download_code,
        "pushCode": rights.push_code,
        "adminProject": rights.maintain,
        "readWiki": rights.read_project,
    }


def repository(project: Project, info: Info) -> Project | None:
    return project if Context.of(info).reader.on(project).download_code else None


def languages(project: Project, info: Info) -> list[Json] | None:
    if not Context.of(info).reader.on(project).download_code:
        return None
    return [
        {"name": name, "share": share, "color": color_of(name)}
        for name, share in languages_of(project.repository).items()
    ]


def project_statistics(project: Project, info: Info) -> Json | None:
    if Context.of(info).reader.on(project).level < 20 and not Context.of(info).reader.reads_all:
        return None
    found = statistics(project)
    return {
        "commitCount": found["commit_count"],
        "storageSize": found["storage_size"],
        "repositorySize": found["repository_size"],
        "lfsObjectsSize": found["lfs_objects_size"],
        "packagesSize": found["packages_size"],
    }


def releases(project: Project, info: Info, sort: str = "RELEASED_AT_DESC", **paging: Any) -> Json:
    context = Context.of(info)
    field, _, direction = (sort or "RELEASED_AT_DESC").lower().rpartition("_")
    field = {"created": "created_at"}.get(field, field)
    down = direction == "desc"
    reads_code = context.reader.on(project).download_code

    def place(release: Release) -> list[Any]:
        return [getattr(release, field).isoformat(), release.tag]

    def shape(release: Release) -> Json:
        return {
            "id": global_id("Release", f"{project.id}-{release.tag}"),
            "name": release.name,
            "tagName": release.tag,
            "description": release.description,
            "createdAt": time(release.created_at),
            "releasedAt": time(release.released_at),
            "upcomingRelease": release.released_at > context.world.now(),
            "commit": commit_json(context, project, release.sha) if reads_code else None,
            "assets": release_assets(context, project, release),
        }

    seen = project.releases.values() if context.reader.may(project, "releases") else ()
    rows = sorted(seen, key=place, reverse=down)
    return connection(rows, paging, place, shape, descending=down)


RESOLVERS: dict[str, Any] = {
    "id": lambda project, info: global_id("Project", project.id),
    "nameWithNamespace": lambda project, info: project.full_name,
    "fullPath": lambda project, info: project.full_path,
    "descriptionHtml": lambda project, info: None,
    "webUrl": lambda project, info: urls(Context.of(info).world, project)["web_url"],
    "httpUrlToRepo": lambda project, info: urls(Context.of(info).world, project)["http_url_to_repo"],
    "sshUrlToRepo": lambda project, info: urls(Context.of(info).world, project)["ssh_url_to_repo"],
    "createdAt": lambda project, info: time(project.created_at),
    "updatedAt": lambda project, info: time(project.updated_at),
    "lastActivityAt": lambda project, info: time(project.last_activity_at),
    "starCount": lambda project, info: project.star_count,
    "forksCount": lambda project, info: 0,
    "topics": lambda project, info: sorted(project.topics),
    "markedForDeletionOn": lambda project, info: time(project.marked_for_deletion_on),
    "isForked": lambda project, info: False,
    "openIssuesCount": lambda project, info: 0,
    "avatarUrl": lambda project, info: None,
    "lfsEnabled": lambda project, info: True,
    "maxAccessLevel": lambda project, info: access_level(Context.of(info).reader.on(project).level),
    "userPermissions": permissions,
    "repository": repository,
    "namespace": namespace,
    "group": lambda project, info: group_json(Context.of(info), project.group),
    "releases": releases,
    "languages": languages,
    "statistics": project_statistics,
}
