"""Repositories by REST: trees, blobs, commits, branches, tags, comparisons and archives."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import paging
from gitlab_hooks.standin.calls import Call, Router, invalid, not_found, refuse
from gitlab_hooks.standin.code_entities import branch_entity, commit_detail, commit_entity, tag_entity, tree_entity
from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.parameters import ApiError
from gitlab_hooks.standin.repository import Commit
from gitlab_hooks.standin.rest.files import check_large, raw_answer
from gitlab_hooks.standin.rest.projects import a_moment
from gitlab_hooks.standin.state import Conflict

ARCHIVES = {
    "tar.gz": "application/gzip",
    "zip": "application/zip",
    "tar": "application/x-tar",
    "tgz": "application/gzip",
}


def tree(call: Call) -> Response:
    project = call.readable()
    recursive = bool(call.flag("recursive"))
    sha = project.repository.resolve(call.text("ref"))
    if sha is None:
        raise not_found("Tree")
    rows = project.repository.listing(sha, call.text("path") or "", recursive)
    if rows is None:
        raise not_found("invalid revision or path")
    kind = call.one_of("pagination", ("legacy", "keyset", "none"), "legacy")
    if kind == "none":
        if not recursive:
            raise invalid("pagination", 'cannot be "none" unless "recursive" is true')
        return JSONResponse([tree_entity(row) for row in rows])
    if kind == "keyset":
        return paging.keyset_tree(call, rows, tree_entity)
    return paging.paged(call, rows, tree_entity)


def _blob(call: Call) -> tuple[Project, bytes]:
    project = call.readable()
    data = project.repository.blob(call.path["sha"]) if _is_name(call.path["sha"]) else None
    if data is None:
        raise not_found("Blob")
    return project, data


def _is_name(sha: str) -> bool:
    return len(sha) == 40 and all(c in "0123456789abcdef" for c in sha)


def blob(call: Call) -> Response:
    project, data = _blob(call)
    check_large(call, project, data)
    content = base64.b64encode(data).decode()
    return JSONResponse({"size": len(data), "encoding": "base64", "content": content, "sha": call.path["sha"]})


def blob_raw(call: Call) -> Response:
    return raw_answer(_blob(call)[1], call.path["sha"], {})


def commits(call: Call) -> Response:
    project = call.readable()
    repository = project.repository
    ref = call.text("ref_name") or call.text("ref")
    sha = repository.resolve(ref)
    if sha is None:
        if ref and not repository.empty:
            raise not_found("Commit")
        return paging.paged(call, [], tree_entity)
    options = [f"--since={moment.isoformat()}" for moment in [a_moment(call, "since")] if moment]
    options += [f"--until={moment.isoformat()}" for moment in [a_moment(call, "until")] if moment]
    options += ["--first-parent"] if call.flag("first_parent") else []
    size = paging.page_size(call)
    page = max(1, call.number("page", 1) or 1)
    # One more than the page, to know whether there is a next one; GitLab counts no commits either.
    options += [f"--skip={(page - 1) * size}", f"--max-count={size + 1}"]
    shas = repository.log(sha, path=call.text("path") or "", options=tuple(options))
    stats = bool(call.flag("with_stats"))
    headers = {
        "X-Per-Page": str(size),
        "X-Page": str(page),
        "X-Prev-Page": str(page - 1) if page > 1 else "",
        "X-Next-Page": str(page + 1) if len(shas) > size else "",
    }
    if len(shas) > size:
        headers["Link"] = paging.link(call, "next", per_page=size, page=page + 1)
    rows = [found for found in map(repository.commit, shas[:size]) if found]
    return JSONResponse([commit_entity(call.world, project, row, stats=stats) for row in rows], headers=headers)


def _commit(call: Call) -> tuple[Project, Commit]:
    project = call.readable()
    sha = project.repository.resolve(call.path["sha"])
    found = project.repository.commit(sha) if sha else None
    if found is None:
        raise not_found("Commit")
    return project, found


def one_commit(call: Call) -> Response:
    project, found = _commit(call)
    return JSONResponse(commit_detail(call.world, project, found, stats=call.flag("stats", True) is not False))


def commit_diff(call: Call) -> Response:
    project, found = _commit(call)
    return paging.paged(call, _diffs(project, found.parents[0] if found.parents else None, found.sha), lambda row: row)


def _diffs(project: Project, old: str | None, new: str) -> list[dict[str, Any]]:
    changed = project.repository.changes(old, new)
    kinds = {path: kind for kind, paths in changed.items() for path in paths}
    return [
        {
            "diff": "",
            "collapsed": False,
            "too_large": True,
            "new_path": path,
            "old_path": path,
            "a_mode": "0" if kind == "added" else "100644",
            "b_mode": "0" if kind == "removed" else "100644",
            "new_file": kind == "added",
            "renamed_file": False,
            "deleted_file": kind == "removed",
            "generated_file": False,
        }
        for path, kind in sorted(kinds.items())
    ]


def compare(call: Call) -> Response:
    project = call.readable()
    repository = project.repository
    old, new = repository.resolve(call.required("from")), repository.resolve(call.required("to"))
    if old is None or new is None:
        raise not_found("Ref")
    rows = [found for found in map(repository.commit, repository.log(new, f"^{old}", options=("--reverse",))) if found]
    shapes = [commit_entity(call.world, project, row) for row in rows]
    return JSONResponse(
        {
            "commit": shapes[-1] if shapes else None,
            "commits": shapes,
            "diffs": _diffs(project, old, new),
            "compare_timeout": False,
            "compare_same_ref": old == new,
            "web_url": f"{call.world.external_url}/{project.full_path}/-/compare/{old}...{new}",
        }
    )


# Branches


def branches(call: Call) -> Response:
    project, search = call.readable(), (call.text("search") or "").lower()
    rows = [name for name in project.repository.branches() if search in name.lower()]
    return paging.paged(call, rows, lambda name: _branch(call, project, name))


def _branch(call: Call, project: Project, name: str) -> dict[str, Any]:
    commit = project.repository.commit(project.repository.branches().get(name, ""))
    if commit is None:
        raise not_found("Branch")
    return branch_entity(call.world, project, name, commit, call.rights(project))


def one_branch(call: Call) -> Response:
    return JSONResponse(_branch(call, call.readable(), call.path["name"]))


def create_branch(call: Call) -> Response:
    project, name = call.writable(), call.required("branch")
    _check_ref_name(project, name, "branch")
    with _plain_errors():
        call.world.add_branch(project, name, call.required("ref"), author=call.user)
    return JSONResponse(_branch(call, project, name), 201)


def remove_branch(call: Call) -> Response:
    project, name = call.writable(), call.path["name"]
    if name not in project.repository.branches():
        raise not_found("Branch")
    if name == project.repository.default_branch:
        raise refuse(405, "Cannot remove HEAD branch")
    call.world.remove_branch(project, name, author=call.user)
    return Response(status_code=204)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Branches and tags answer with a plain message, not with one for each attribute."""
    try:
        yield
    except Conflict as error:
        raise refuse(400, error.message) from None


def _check_ref_name(project: Project, name: str, kind: str) -> None:
    try:
        project.repository.git("check-ref-format", f"refs/heads/{name}")
    except subprocess.CalledProcessError:
        raise refuse(400, f"{kind.title()} name is invalid") from None


# Tags


def tags(call: Call) -> Response:
    project, search = call.readable(), (call.text("search") or "").lower()
    rows = [name for name in project.repository.tags() if search in name.lower()]
    by = call.one_of("order_by", ("name", "updated", "version"), "updated")

    def key(name: str) -> Any:
        found = project.repository.commit(project.repository.resolve(f"refs/tags/{name}") or "")
        return (found.committer.at.timestamp() if found and by == "updated" else 0.0, name)

    rows.sort(key=key, reverse=call.one_of("sort", ("asc", "desc"), "desc") == "desc")
    return paging.paged(call, rows, lambda name: _tag(call, project, name))


def _tag(call: Call, project: Project, name: str) -> dict[str, Any]:
    target = project.repository.tags().get(name)
    commit = project.repository.commit(project.repository.peel(target) or "") if target else None
    if target is None or commit is None:
        raise not_found("Tag")
    return tag_entity(call.world, project, name, target, commit)


def one_tag(call: Call) -> Response:
    return JSONResponse(_tag(call, call.readable(), call.path["name"]))


def create_tag(call: Call) -> Response:
    project, name = call.writable(), call.required("tag_name")
    _check_ref_name(project, name, "tag")
    with _plain_errors():
        call.world.add_tag(project, name, call.required("ref"), call.text("message"), author=call.user)
    return JSONResponse(_tag(call, project, name), 201)


def remove_tag(call: Call) -> Response:
    project, name = call.writable(), call.path["name"]
    if name not in project.repository.tags():
        raise not_found("Tag")
    call.world.remove_tag(project, name, author=call.user)
    return Response(status_code=204)


# Archives


def archive(call: Call) -> Response:
    """The files of a commit, packed by git; the name in it is `<path>-<ref>-<commit>` as GitLab makes it."""
    kind = call.path.get("format") or call.text("format") or "tar.gz"
    project = call.readable()
    ref = call.text("sha") or project.repository.default_branch
    sha = project.repository.resolve(ref)
    if sha is None or kind not in ARCHIVES:
        raise not_found("File")
    path = call.text("path")
    if path and project.repository.entry(sha, path) is None:
        raise not_found("File")
    stem = f"{project.path}-{ref.replace('/', '-')}-{sha}"
    only = [f":(literal){path}"] if path else []
    data = project.repository.git("archive", f"--format={kind}", f"--prefix={stem}/", sha, *only)
    return Response(
        data,
        media_type=ARCHIVES[kind],
        headers={
            "Content-Disposition": f'attachment; filename="{stem}.{kind}"',
            "Cache-Control": "private",
        },
    )


def archive_as(call: Call) -> Response:
    kind = call.path["last"].partition("archive.")[2]
    if not call.path["last"].startswith("archive."):
        raise ApiError(404, {"error": "404 Not Found"})
    call.path["format"] = kind
    return archive(call)


def register(router: Router) -> None:
    base = "/projects/:id/repository"
    router.on("GET", f"{base}/tree")(tree)
    router.on("GET", f"{base}/blobs/:sha")(blob)
    router.on("GET", f"{base}/blobs/:sha/raw")(blob_raw)
    router.on("GET", f"{base}/commits")(commits)
    router.on("GET", f"{base}/commits/:sha")(one_commit)
    router.on("GET", f"{base}/commits/:sha/diff")(commit_diff)
    router.on("GET", f"{base}/compare")(compare)
    router.on("GET", f"{base}/branches", jobs=True)(branches)
    router.on("POST", f"{base}/branches")(create_branch)
    router.on("GET", f"{base}/branches/:name")(one_branch)
    router.on("DELETE", f"{base}/branches/:name")(remove_branch)
    router.on("GET", f"{base}/tags", jobs=True)(tags)
    router.on("POST", f"{base}/tags")(create_tag)
    router.on("GET", f"{base}/tags/:name")(one_tag)
    router.on("DELETE", f"{base}/tags/:name")(remove_tag)
    router.on("GET", f"{base}/archive")(archive)
    router.on("GET", f"{base}/:last")(archive_as)
