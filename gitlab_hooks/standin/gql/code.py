"""Resolvers below `Project.repository`, which is null for callers who may not read code."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gitlab_hooks.standin.gql.connections import connection
from gitlab_hooks.standin.gql.context import Context, Info, global_id, time
from gitlab_hooks.standin.lfs import lfs_oid, lfs_size
from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.objects import Entry

Json = dict[str, Any]


@dataclass(frozen=True)
class Folder:
    """A tree at a commit, with the rows that this page shows."""

    project: Project
    sha: str
    path: str
    rows: tuple[Entry, ...]


def commit_json(context: Context, project: Project, sha: str | None) -> Json | None:
    found = project.repository.commit(sha) if sha else None
    if found is None:
        return None
    return {
        "id": global_id("Commit", found.sha),
        "sha": found.sha,
        "shortId": found.sha[:8],
        "title": found.title,
        "message": found.message,
        "authoredDate": time(found.author.at),
        "committedDate": time(found.committer.at),
        "authorName": found.author.name,
        "webUrl": f"{context.world.external_url}/{project.full_path}/-/commit/{found.sha}",
    }


def _folder(project: Project, path: str, recursive: bool, ref: str | None) -> Folder | None:
    sha = project.repository.resolve(ref)
    rows = project.repository.listing(sha, path, recursive) if sha else None
    return Folder(project, sha, path, tuple(rows)) if sha and rows is not None else None


def empty(project: Project, _info: Info) -> bool:
    return project.repository.empty


def exists(_project: Project, _info: Info) -> bool:
    return True


def root_ref(project: Project, _info: Info) -> str | None:
    return None if project.repository.empty else project.repository.default_branch


def tree(
    project: Project, _info: Info, path: str = "", recursive: bool = False, ref: str | None = None
) -> Folder | None:
    return _folder(project, path or "", recursive, ref)


def paginated_tree(
    project: Project,
    _info: Info,
    path: str = "",
    recursive: bool = False,
    ref: str | None = None,
    **paging: Any,
) -> Json | None:
    """One `Tree` that holds a page of rows; the cursors count rows."""
    folder = _folder(project, path or "", recursive, ref)
    if folder is None:
        return None
    page = connection(folder.rows, paging)
    node = Folder(project, folder.sha, folder.path, tuple(page["nodes"]))
    edge = {"node": node, "cursor": page["pageInfo"]["endCursor"] or ""}
    return page | {"nodes": [node] if node.rows else [], "edges": [edge] if node.rows else []}


def branch_names(project: Project, _info: Info, searchPattern: str, offset: int, limit: int) -> list[str]:
    names = [name for name in project.repository.branches() if fnmatch.fnmatchcase(name, searchPattern)]
    return names[offset : offset + limit]


def blobs(project: Project, info: Info, paths: list[str], ref: str | None = None, **paging: Any) -> Json:
    repository = project.repository
    sha = repository.resolve(ref)
    entries = [repository.entry(sha, path) for path in dict.fromkeys(paths)] if sha else []
    rows = [entry for entry in entries if entry and entry.type == "blob"]
    base = f"/{project.full_path}/-"
    at = quote(ref or repository.default_branch)
    return connection(rows, paging, shape=lambda entry: _repository_blob(project, entry, f"{base}/{{}}/{at}"))


def _repository_blob(project: Project, entry: Entry, base: str) -> Json:
    data = project.repository.blob(entry.sha) or b""
    text = None if b"\0" in data[:8000] else data.decode(errors="replace")
    return {
        "id": global_id("Blob", entry.sha),
        "oid": entry.sha,
        "name": entry.name,
        "path": entry.path,
        "size": len(data),
        "rawSize": lfs_size(data) or len(data),
        "rawBlob": data.decode(errors="replace"),
        "rawTextBlob": text,
        "plainData": text,
        "lfsOid": lfs_oid(data),
        "mode": entry.mode,
        "webPath": f"{base.format('blob')}/{quote(entry.path)}",
        "rawPath": f"{base.format('raw')}/{quote(entry.path)}",
    }


def last_commit(folder: Folder, info: Info) -> Json | None:
    sha = folder.project.repository.last_commit(folder.sha, folder.path)
    return commit_json(Context.of(info), folder.project, sha)


def _row(entry: Entry) -> Json:
    return {
        "id": global_id("Gitlab::Git::Tree", entry.sha),
        "sha": entry.sha,
        "name": entry.name,
        "path": entry.path,
        "flatPath": entry.path,
        "type": entry.type,
        "mode": entry.mode,
    }


def tree_blobs(folder: Folder, info: Info, **paging: Any) -> Json:
    project = folder.project
    web = f"{Context.of(info).world.external_url}/{project.full_path}/-/blob/{folder.sha}"

    def shape(entry: Entry) -> Json:
        return _row(entry) | {
            "webUrl": f"{web}/{quote(entry.path)}",
            "lfsOid": lfs_oid(project.repository.blob(entry.sha) or b""),
        }

    return connection([row for row in folder.rows if row.type == "blob"], paging, shape=shape)


def tree_trees(folder: Folder, _info: Info, **paging: Any) -> Json:
    return connection([row for row in folder.rows if row.type == "tree"], paging, shape=_row)


RESOLVERS = {
    "Repository": {
        "empty": empty,
        "exists": exists,
        "rootRef": root_ref,
        "tree": tree,
        "paginatedTree": paginated_tree,
        "blobs": blobs,
        "branchNames": branch_names,
    },
    "Tree": {"lastCommit": last_commit, "blobs": tree_blobs, "trees": tree_trees},
}
