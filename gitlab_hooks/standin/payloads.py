"""What a web hook's body says: the JSON of each event, as GitLab documents it.

Sources: https://docs.gitlab.com/administration/system_hooks/ and
https://docs.gitlab.com/user/project/integrations/webhook_events/.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gitlab_hooks.standin.model import VISIBILITY_LEVELS, AccessLevel, Group, Membership, Project, Release, User
from gitlab_hooks.standin.objects import ZERO
from gitlab_hooks.standin.repository import BRANCHES

Payload = dict[str, Any]
COMMITS_SHOWN = 20


def stamp(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def project_event(event: str, project: Project, old_path: str | None = None) -> Payload:
    """`project_create`, `_update`, `_rename`, `_transfer` and `_destroy`. There is no list of topics in any of them."""
    owner = project.namespace if isinstance(project.namespace, User) else None
    members = project.group.members.values() if project.group else ()
    owners = [owner] if owner else [m.user for m in members if m.level >= AccessLevel.OWNER]
    body: Payload = {
        "created_at": stamp(project.created_at),
        "updated_at": stamp(project.updated_at),
        "event_name": event,
        "name": project.name,
        "path": project.path,
        "path_with_namespace": project.full_path,
        "project_id": project.id,
        "project_namespace_id": 100_000 + project.id,
        "owner_name": owner.name if owner else project.namespace.name,
        "owner_email": owner.email if owner else "",
        "owners": [{"name": user.name, "email": user.email} for user in owners],
        "project_visibility": project.visibility,
    }
    if old_path is not None:
        body["old_path_with_namespace"] = old_path
    return body


def group_event(event: str, group: Group, old: tuple[str, str] | None = None) -> Payload:
    """`group_create`, `group_destroy`, `group_rename` (`old` = old path and old full path)."""
    body: Payload = {
        "created_at": stamp(group.created_at),
        "updated_at": stamp(group.updated_at),
        "event_name": event,
        "name": group.name,
        "path": group.path,
        "full_path": group.full_path,
        "group_id": group.id,
    }
    if old is not None:
        body |= {"old_path": old[0], "old_full_path": old[1]}
    return body


def subgroup_event(event: str, group: Group) -> Payload:
    """`subgroup_create` and `subgroup_destroy`, as hooks of the groups above are told."""
    above = group.parent
    parents = {
        "parent_group_id": above.id if above else None,
        "parent_name": above.name if above else None,
        "parent_path": above.path if above else None,
        "parent_full_path": above.full_path if above else None,
    }
    return group_event(event, group) | parents


def user_event(event: str, user: User, old_username: str | None = None) -> Payload:
    """`user_create`, `user_destroy`, `user_rename`, `user_failed_login`."""
    body: Payload = {
        "created_at": stamp(user.created_at),
        "updated_at": stamp(user.updated_at or user.created_at),
        "event_name": event,
        "name": user.name,
        "email": user.email,
        "user_id": user.id,
        "username": user.username,
    }
    if old_username is not None:
        body["old_username"] = old_username
    if event == "user_failed_login":
        body["state"] = user.state
    return body


def member_event(action: str, target: Group | Project, membership: Membership, at: datetime) -> Payload:
    """`user_add_to_*`, `user_update_for_*`, `user_remove_from_*`; `action` is the part before `_team` or `_group`."""
    user, role = membership.user, membership.level.name.title()
    who = {"user_email": user.email, "user_name": user.name, "user_username": user.username, "user_id": user.id}
    times = {"created_at": stamp(membership.created_at), "updated_at": stamp(at)}
    if isinstance(target, Group):
        about: Payload = {
            "event_name": f"{action}_group",
            "group_id": target.id,
            "group_name": target.name,
            "group_path": target.path,
            "group_access": role,
        }
        return {**times, **about, **who}
    about = {
        "event_name": f"{action}_team",
        "project_id": target.id,
        "project_name": target.name,
        "project_path": target.path,
        "project_path_with_namespace": target.full_path,
        "access_level": role,
        "project_visibility": target.visibility,
    }
    return {**times, **about, **who}


def project_hook_attrs(project: Project, url: str) -> Payload:
    """The `project` object of push, tag and release bodies."""
    web, host = f"{url}/{project.full_path}", url.split("://", 1)[1].split(":")[0].split("/")[0]
    ssh = f"git@{host}:{project.full_path}.git"
    return {
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "web_url": web,
        "avatar_url": None,
        "git_ssh_url": ssh,
        "git_http_url": f"{web}.git",
        "namespace": project.namespace.name,
        "visibility_level": VISIBILITY_LEVELS[project.visibility],
        "path_with_namespace": project.full_path,
        "default_branch": project.repository.default_branch,
        "ci_config_path": "",
        "homepage": web,
        "url": ssh,
        "ssh_url": ssh,
        "http_url": f"{web}.git",
    }


def push(
    project: Project, user: User | None, ref: str, old: str, new: str, url: str, *, with_commits: bool = True
) -> Payload:
    """A `push` or `tag_push` body. System hooks get no commits."""
    repository = project.repository
    branch = ref.startswith(BRANCHES)
    kind = "push" if branch else "tag_push"
    shas = repository.pushed(old, new) if branch and new != ZERO else []
    checkout = repository.peel(new) if new != ZERO else None
    web = f"{url}/{project.full_path}"
    attrs = project_hook_attrs(project, url)
    return {
        "object_kind": kind,
        "event_name": kind,
        "before": old,
        "after": new,
        "ref": ref,
        "ref_protected": branch and ref == BRANCHES + repository.default_branch,
        "checkout_sha": checkout,
        "message": None if branch else project.tag_messages.get(ref.removeprefix("refs/tags/")),
        "user_id": user.id if user else None,
        "user_name": user.name if user else None,
        "user_username": user.username if user else None,
        "user_email": "",
        "user_avatar": None,
        "project_id": project.id,
        "project": attrs,
        "commits": [_commit(project, sha, web) for sha in shas[-COMMITS_SHOWN:]] if with_commits else [],
        "total_commits_count": len(shas),
        "push_options": {},
        "repository": {
            "name": project.name,
            "url": attrs["url"],
            "description": project.description,
            "homepage": web,
            "git_http_url": attrs["git_http_url"],
            "git_ssh_url": attrs["git_ssh_url"],
            "visibility_level": attrs["visibility_level"],
        },
    }


def _commit(project: Project, sha: str, web: str) -> Payload:
    commit = project.repository.commit(sha)
    assert commit is not None
    return {
        "id": sha,
        "message": commit.message,
        "title": commit.title,
        "timestamp": commit.committer.at.isoformat(),
        "url": f"{web}/-/commit/{sha}",
        "author": {"name": commit.author.name, "email": commit.author.email},
        **project.repository.changes(commit.parents[0] if commit.parents else None, sha),
    }


def repository_update(project: Project, user: User | None, changes: list[tuple[str, str, str]], url: str) -> Payload:
    """`repository_update`: once for each push, whatever the number of refs."""
    return {
        "event_name": "repository_update",
        "user_id": user.id if user else None,
        "user_name": user.name if user else None,
        "user_email": user.email if user else None,
        "user_avatar": None,
        "project_id": project.id,
        "project": project_hook_attrs(project, url),
        "changes": [{"before": old, "after": new, "ref": ref} for ref, old, new in changes],
        "refs": [ref for ref, _, _ in changes],
    }


def _link_url(url: str, linked: str) -> str:
    return f"{url}{linked}" if linked.startswith("/") else linked


def release(action: str, project: Project, release: Release, url: str) -> Payload:
    """The Release Hook: `create`, `update` or `delete`."""
    web = f"{url}/{project.full_path}"
    commit = project.repository.commit(release.sha) if release.sha else None
    sources = [
        {"format": kind, "url": f"{web}/-/archive/{release.tag}/{project.path}-{release.tag}.{kind}"}
        for kind in ("zip", "tar.gz", "tar.bz2", "tar")
    ]
    return {
        "id": project.id * 1000 + sorted(project.releases).index(release.tag) if release.tag in project.releases else 0,
        "created_at": release.created_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "description": release.description,
        "name": release.name,
        "released_at": release.released_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "tag": release.tag,
        "object_kind": "release",
        "project": project_hook_attrs(project, url),
        "url": f"{web}/-/releases/{release.tag}",
        "action": action,
        "assets": {
            "count": len(sources) + len(release.links),
            "links": [
                {"id": link.id, "link_type": link.kind, "name": link.name, "url": _link_url(url, link.url)}
                for link in release.links.values()
            ],
            "sources": sources,
        },
        "commit": _commit(project, commit.sha, web) if commit else None,
    }
