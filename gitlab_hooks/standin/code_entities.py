"""How commits, branches, tags, tree rows and releases look in JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from gitlab_hooks.standin.access import Permissions
from gitlab_hooks.standin.calls import Call
from gitlab_hooks.standin.entities import moment, user_basic
from gitlab_hooks.standin.model import Project, Release
from gitlab_hooks.standin.objects import Entry
from gitlab_hooks.standin.registry_model import ReleaseLink
from gitlab_hooks.standin.repository import Commit
from gitlab_hooks.standin.world import World

Json = dict[str, Any]


def commit_entity(world: World, project: Project, commit: Commit, *, stats: bool = False) -> Json:
    body: Json = {
        "id": commit.sha,
        "short_id": commit.sha[:8],
        "created_at": moment(commit.committer.at),
        "parent_ids": list(commit.parents),
        "title": commit.title,
        "message": commit.message,
        "author_name": commit.author.name,
        "author_email": commit.author.email,
        "authored_date": moment(commit.author.at),
        "committer_name": commit.committer.name,
        "committer_email": commit.committer.email,
        "committed_date": moment(commit.committer.at),
        "trailers": {},
        "extended_trailers": {},
        "web_url": f"{world.external_url}/{project.full_path}/-/commit/{commit.sha}",
    }
    if stats:
        body["stats"] = commit_stats(project, commit)
    return body


def commit_stats(project: Project, commit: Commit) -> Json:
    rows = project.repository.git("show", "--numstat", "--format=", "--first-parent", commit.sha).decode().splitlines()
    numbers = [row.split("\t")[:2] for row in rows if row]
    added = sum(int(row[0]) for row in numbers if row[0].isdecimal())
    removed = sum(int(row[1]) for row in numbers if row[1].isdecimal())
    return {"additions": added, "deletions": removed, "total": added + removed}


def commit_detail(world: World, project: Project, commit: Commit, *, stats: bool = True) -> Json:
    return commit_entity(world, project, commit, stats=stats) | {
        "status": None,
        "project_id": project.id,
        "last_pipeline": None,
    }


def branch_entity(world: World, project: Project, name: str, commit: Commit, rights: Permissions) -> Json:
    default = name == project.repository.default_branch
    return {
        "name": name,
        "commit": commit_entity(world, project, commit),
        "merged": False,
        "protected": default,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": rights.push_code,
        "default": default,
        "web_url": f"{world.external_url}/{project.full_path}/-/tree/{quote(name)}",
    }


def tag_entity(world: World, project: Project, name: str, target: str, commit: Commit) -> Json:
    release = project.releases.get(name)
    found = project.repository.objects.read(target)
    annotated = found is not None and found[0] == "tag"
    message = found[1].decode(errors="replace").partition("\n\n")[2].strip() if found and annotated else ""
    return {
        "name": name,
        "message": message,
        "target": target,
        "commit": commit_entity(world, project, commit),
        "release": {"tag_name": release.tag, "description": release.description} if release else None,
        "protected": False,
        "created_at": moment(commit.committer.at) if annotated else None,
    }


def tree_entity(entry: Entry) -> Json:
    return {"id": entry.sha, "name": entry.name, "type": entry.type, "path": entry.path, "mode": entry.mode}


def _newest(link: ReleaseLink) -> int:
    return -link.id


def link_url(url: str, link: ReleaseLink) -> str:
    """What is linked to. Samples link to this GitLab itself before its address is known."""
    return f"{url}{link.url}" if link.url.startswith("/") else link.url


def download_url(url: str, project: Project, release: Release, link: ReleaseLink) -> str:
    """GitLab's own permanent URL for a link with a path, else what is linked to."""
    base = f"{url}/{project.full_path}/-/releases/{quote(release.tag, safe='')}/downloads"
    return f"{base}{quote(link.path)}" if link.path else link_url(url, link)


def link_entity(call: Call, project: Project, release: Release, link: ReleaseLink) -> Json:
    return {
        "id": link.id,
        "name": link.name,
        "url": link_url(call.world.external_url, link),
        "direct_asset_url": download_url(call.world.external_url, project, release, link),
        "link_type": link.kind,
    }


def release_entity(call: Call, project: Project, release: Release) -> Json:
    """A release; its commit and its source archives only for those who may read code."""
    web = f"{call.world.external_url}/{project.full_path}"
    reads_code = call.rights(project).download_code
    body: Json = {
        "tag_name": release.tag,
        "name": release.name,
        "description": release.description,
        "created_at": moment(release.created_at),
        "released_at": moment(release.released_at),
        "upcoming_release": release.released_at > call.world.now(),
    }
    if release.author:
        body["author"] = user_basic(call.world, release.author)
    commit = project.repository.commit(release.sha) if release.sha else None
    sources = []
    if reads_code:
        if commit:
            body["commit"] = commit_entity(call.world, project, commit)
        body |= {
            "commit_path": f"/{project.full_path}/-/commit/{release.sha}",
            "tag_path": f"/{project.full_path}/-/tags/{quote(release.tag, safe='')}",
        }
        stem = f"{web}/-/archive/{release.tag}/{project.path}-{release.tag.replace('/', '-')}"
        sources = [{"format": kind, "url": f"{stem}.{kind}"} for kind in ("zip", "tar.gz", "tar.bz2", "tar")]
    links = [link_entity(call, project, release, link) for link in sorted(release.links.values(), key=_newest)]
    body["assets"] = {"count": len(sources) + len(links), "links": links}
    if reads_code:
        body["assets"]["sources"] = sources
    body["evidences"] = []
    if reads_code:
        body["_links"] = {"self": f"{web}/-/releases/{quote(release.tag, safe='')}"}
    return body
