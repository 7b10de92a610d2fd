"""How a project, a group, a user or a hook looks in JSON: which fields, and for whom (GitLab's lib/api/entities)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from gitlab_hooks.standin.access import Reader, Role
from gitlab_hooks.standin.calls import Call
from gitlab_hooks.standin.licences import licence_of
from gitlab_hooks.standin.model import Group, Hook, Membership, Project, Share, Token, User
from gitlab_hooks.standin.registry_model import FACETS
from gitlab_hooks.standin.repository import Repository
from gitlab_hooks.standin.world import World

Json = dict[str, Any]


def moment(value: datetime | None) -> str | None:
    """A point in time as the REST API writes it."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if value else None


def day(value: Any) -> str | None:
    return value.isoformat() if value else None


def user_basic(world: World, user: User) -> Json:
    return {
        "id": user.id,
        "username": user.username,
        "public_email": None,
        "name": user.name,
        "state": user.state,
        "locked": False,
        "avatar_url": f"{world.external_url}/uploads/-/system/user/avatar/{user.id}/avatar.png",
        "web_url": f"{world.external_url}/{user.username}",
    }


def user_public(world: World, user: User) -> Json:
    """What `/user` says of the caller."""
    return (
        user_basic(world, user)
        | {
            "created_at": moment(user.created_at),
            "bio": "",
            "location": "",
            "linkedin": "",
            "twitter": "",
            "discord": "",
            "website_url": "",
            "github": "",
            "organization": "",
            "job_title": "",
            "pronouns": None,
            "bot": user.bot,
            "work_information": None,
            "followers": 0,
            "following": 0,
            "is_followed": False,
            "local_time": None,
            "last_sign_in_at": None,
            "confirmed_at": moment(user.created_at),
            "last_activity_on": None,
            "email": user.email,
            "commit_email": user.email,
            "theme_id": 3,
            "color_scheme_id": 1,
            "projects_limit": 100000,
            "current_sign_in_at": None,
            "identities": [],
            "can_create_group": True,
            "can_create_project": True,
            "two_factor_enabled": False,
            "external": user.external,
            "private_profile": False,
            "namespace_id": user.namespace_id,
        }
        | ({"is_admin": True} if user.admin else {})
        | ({"is_auditor": True} if user.auditor else {})
    )


def token_entity(token: Token, active: bool) -> Json:
    return {
        "id": token.id,
        "name": token.name,
        "description": None,
        "revoked": token.revoked,
        "created_at": moment(token.created_at),
        "scopes": list(token.scopes),
        "user_id": token.user.id,
        "last_used_at": None,
        "active": active,
        "expires_at": day(token.expires_at),
    }


def namespace_basic(world: World, namespace: Group | User) -> Json:
    group = namespace if isinstance(namespace, Group) else None
    return {
        "id": namespace.id if group else namespace.namespace_id,  # type: ignore[union-attr]
        "name": namespace.name,
        "path": group.path if group else namespace.full_path,
        "kind": "group" if group else "user",
        "full_path": namespace.full_path,
        "parent_id": group.parent.id if group and group.parent else None,
        "avatar_url": None,
        "web_url": f"{world.external_url}/{'groups/' if group else ''}{namespace.full_path}",
    }


def urls(world: World, project: Project) -> Json:
    web = f"{world.external_url}/{project.full_path}"
    host = urlsplit(world.external_url).hostname
    return {
        "ssh_url_to_repo": f"git@{host}:{project.full_path}.git",
        "http_url_to_repo": f"{web}.git",
        "web_url": web,
    }


def readme_of(repository: Repository) -> str | None:
    """Path of the README that GitLab shows: the first one in the root, Markdown before others."""
    sha = repository.resolve()
    rows = (repository.listing(sha) or []) if sha else []
    names = [row.path for row in rows if row.type == "blob" and row.name.lower().partition(".")[0] == "readme"]
    return min(names, key=lambda name: (not name.lower().endswith((".md", ".markdown")), name), default=None)


def project_identity(project: Project) -> Json:
    return {
        "id": project.id,
        "description": project.description,
        "name": project.name,
        "name_with_namespace": project.full_name,
        "path": project.path,
        "path_with_namespace": project.full_path,
        "created_at": moment(project.created_at),
    }


def project_basic(world: World, project: Project, reader: Reader, *, licence: bool = False) -> Json:
    """What everybody gets; `default_branch`, `readme_url` and `forks_count` only with the right to read code."""
    body = project_identity(project)
    repository, reads_code = project.repository, reader.on(project).download_code
    web = f"{world.external_url}/{project.full_path}"
    topics = sorted(project.topics)
    if reads_code:
        body["default_branch"] = repository.default_branch
    body |= {"tag_list": topics, "topics": topics, **urls(world, project)}
    if reads_code:
        readme = readme_of(repository)
        blob = f"{web}/-/blob/{repository.default_branch}/"
        body |= {"readme_url": blob + quote(readme) if readme else None, "forks_count": 0}
        if licence:
            found = licence_of(repository)
            body["license_url"] = blob + quote(found[0]) if found else None
            body["license"] = (
                {
                    "key": found[1].key,
                    "name": found[1].name,
                    "nickname": found[1].nickname,
                    "html_url": found[1].html_url,
                    "source_url": found[1].source_url,
                }
                if found
                else None
            )
    return body | {
        "avatar_url": None,
        "star_count": project.star_count,
        "last_activity_at": moment(project.last_activity_at),
        "namespace": namespace_basic(world, project.namespace),
    }


def project_full(
    world: World, project: Project, reader: Reader, *, listed: bool = False, licence: bool = False
) -> Json:
    """What signed-in callers get. In a list `group_access` tells of the immediate group only."""
    body = project_basic(world, project, reader, licence=licence)
    rights, level = reader.on(project), project.repository_access_level
    api = f"{world.external_url}/api/v4/projects/{project.id}"
    body |= {
        "container_registry_image_prefix": f"registry.example.com/{project.full_path.lower()}",
        "_links": {
            "self": api,
            "issues": f"{api}/issues",
            "merge_requests": f"{api}/merge_requests",
            "repo_branches": f"{api}/repository/branches",
            "labels": f"{api}/labels",
            "events": f"{api}/events",
            "members": f"{api}/members",
            "cluster_agents": f"{api}/cluster_agents",
        },
        "marked_for_deletion_at": day(project.marked_for_deletion_on),
        "marked_for_deletion_on": day(project.marked_for_deletion_on),
        "packages_enabled": project.facet_level("package_registry") != "disabled",
        "empty_repo": project.repository.empty,
        "archived": project.archived,
        "visibility": project.visibility,
    }
    if isinstance(project.namespace, User):
        body["owner"] = user_basic(world, project.namespace)
    body |= {
        "resolve_outdated_diff_discussions": False,
        "issues_enabled": True,
        "merge_requests_enabled": level != "disabled",
        "wiki_enabled": True,
        "jobs_enabled": level != "disabled",
        "snippets_enabled": True,
        "container_registry_enabled": project.facet_level("container_registry") != "disabled",
        "service_desk_enabled": False,
        "can_create_merge_request_in": rights.download_code and rights.level > 0,
        "issues_access_level": "enabled",
        "repository_access_level": level,
        "merge_requests_access_level": level,
        "forking_access_level": level,
        "wiki_access_level": "enabled",
        "builds_access_level": level,
        "snippets_access_level": "enabled",
        "pages_access_level": "private",
        "analytics_access_level": "enabled",
        **{f"{facet}_access_level": project.facet_level(facet) for facet in FACETS},
        "emails_disabled": False,
        "emails_enabled": True,
        "shared_runners_enabled": True,
        "lfs_enabled": True,
        "creator_id": project.creator.id if project.creator else None,
        "import_status": "none",
        "open_issues_count": 0,
        "description_html": "",
        "updated_at": moment(project.updated_at),
        "ci_config_path": None,
        "public_jobs": True,
        "shared_with_groups": [shared_group(share) for share in project.shares.values()],
        "request_access_enabled": True,
        "merge_method": "merge",
        "permissions": _permissions(project, reader, listed),
    }
    return body


def _permissions(project: Project, reader: Reader, listed: bool) -> Json:
    """Direct roles only: access by an invited group shows in neither (B4 of the project's notes on GitLab)."""
    user, today = reader.user, reader.today

    def entry(members: dict[int, Membership]) -> Json | None:
        found = members.get(user.id) if user else None
        usable = found is not None and found.active(today)
        return {"access_level": int(found.level), "notification_level": 3} if found and usable else None

    lineage = project.group.lineage() if project.group else []
    groups = [entry(group.members) for group in (lineage[:1] if listed else lineage)]
    best = max((found for found in groups if found), key=lambda found: int(found["access_level"]), default=None)
    return {"project_access": entry(project.members), "group_access": best}


def project_entity(call: Call, project: Project, *, listed: bool = False) -> Json:
    """A project for this caller: the basic fields for anonymous callers and for `simple=true`."""
    licence = not listed and bool(call.flag("license"))
    if call.user is None or (listed and call.flag("simple")):
        return project_basic(call.world, project, call.reader, licence=licence)
    body = project_full(call.world, project, call.reader, listed=listed, licence=licence)
    if call.flag("statistics") and call.rights(project).level >= 20:
        body["statistics"] = statistics(project)
    return body


def statistics(project: Project) -> Json:
    repository = project.repository
    sha = repository.resolve()
    commits = repository.count(sha) if sha else 0
    size = repository.size()
    lfs = sum(map(len, project.lfs_objects.values()))
    packages = sum(len(file.data) for package in project.packages.values() for file in package.files.values())
    return {
        "commit_count": commits,
        "storage_size": size + lfs + packages,
        "repository_size": size,
        "wiki_size": 0,
        "lfs_objects_size": lfs,
        "job_artifacts_size": 0,
        "pipeline_artifacts_size": 0,
        "packages_size": packages,
        "snippets_size": 0,
        "uploads_size": 0,
    }


def shared_group(share: Share) -> Json:
    return {
        "group_id": share.group.id,
        "group_name": share.group.name,
        "group_full_path": share.group.full_path,
        "group_access_level": int(share.level),
        "expires_at": day(share.expires_at),
    }


def group_entity(world: World, group: Group) -> Json:
    return {
        "id": group.id,
        "web_url": f"{world.external_url}/groups/{group.full_path}",
        "name": group.name,
        "path": group.path,
        "description": group.description,
        "visibility": group.visibility,
        "share_with_group_lock": False,
        "require_two_factor_authentication": False,
        "project_creation_level": "developer",
        "subgroup_creation_level": "maintainer",
        "lfs_enabled": True,
        "archived": False,
        "avatar_url": None,
        "request_access_enabled": True,
        "full_name": group.full_name,
        "full_path": group.full_path,
        "created_at": moment(group.created_at),
        "parent_id": group.parent.id if group.parent else None,
        "shared_with_groups": [shared_group(share) for share in group.shares.values()],
        "marked_for_deletion_on": None,
    }


def member_entity(world: World, membership: Membership, role: Role | None = None) -> Json:
    body = user_basic(world, membership.user) | {
        "access_level": int(membership.level),
        "created_at": moment(membership.created_at),
        "expires_at": day(membership.expires_at),
        "membership_state": "active",
    }
    if role is not None:
        body["access_level"] = role.level
    if membership.can_read_code:
        body["member_role"] = {"id": 1, "name": "Guest that reads code", "base_access_level": 10, "read_code": True}
    return body


def hook_entity(world: World, hook: Hook) -> Json:
    """A hook; its secret is never told."""
    body: Json = {
        "id": hook.id,
        "url": hook.url,
        "name": hook.name,
        "description": hook.description,
        "created_at": moment(hook.created_at),
        "push_events": hook.push_events,
        "tag_push_events": hook.tag_push_events,
        "merge_requests_events": False,
        "repository_update_events": hook.repository_update_events,
        "enable_ssl_verification": hook.enable_ssl_verification,
        "alert_status": world.hooks.status(hook),
        "disabled_until": moment(hook.disabled_until),
        "url_variables": [],
        "custom_headers": [],
        "push_events_branch_filter": hook.push_events_branch_filter,
        "branch_filter_strategy": "wildcard",
    }
    if hook.is_of_system:
        return body
    about: Json = {"project_id": hook.project.id} if hook.project else {}
    if hook.group:
        kinds = ("member", "subgroup", "project")
        about = {"group_id": hook.group.id, **{f"{kind}_events": getattr(hook, f"{kind}_events") for kind in kinds}}
    unused = (
        "issues",
        "confidential_issues",
        "note",
        "confidential_note",
        "pipeline",
        "wiki_page",
        "job",
        "deployment",
        "feature_flag",
        "emoji",
        "milestone",
        "resource_access_token",
        "vulnerability",
    )
    return (
        body
        | {f"{kind}_events": False for kind in unused}
        | {
            "releases_events": hook.releases_events,
            "custom_webhook_template": None,
        }
        | about
    )
