"""Single files by REST: as JSON, as raw bytes, their headers; and commits of files."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin.calls import Call, Router, invalid, not_found, refuse
from gitlab_hooks.standin.code_entities import commit_detail
from gitlab_hooks.standin.lfs import lfs_oid
from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.objects import Entry
from gitlab_hooks.standin.repository import check_path
from gitlab_hooks.standin.rest.ranges import stored

LARGE_FILE, LARGE_READS_A_MINUTE = 10 * 1024 * 1024, 5
ACTIONS = ("create", "delete", "move", "update", "chmod")


def _file(call: Call, *, ref_needed: bool) -> tuple[Project, str, Entry, bytes]:
    """The file that is meant and the commit it is read at."""
    project, repository = call.readable(), None
    if ref_needed:
        call.required("ref")
    repository = project.repository
    sha = repository.resolve(call.text("ref"))
    if sha is None:
        raise not_found("Commit")
    entry = repository.entry(sha, call.path["path"])
    data = repository.blob(entry.sha) if entry else None
    if entry is None or data is None:
        raise not_found("File")
    return project, sha, entry, data


def check_large(call: Call, project: Project, data: bytes) -> None:
    """Let a project's large files be had as JSON five times a minute only (API::Helpers::BlobHelpers)."""
    if len(data) <= LARGE_FILE:
        return
    key = (project.id, int(call.world.now().timestamp()) // 60)
    reads = call.world.large_reads
    reads[key] = reads.get(key, 0) + 1
    if reads[key] > LARGE_READS_A_MINUTE:
        raise refuse(429, {"error": "This endpoint has been requested too many times. Try again later."})


def _about(call: Call, project: Project, sha: str, entry: Entry, data: bytes) -> dict[str, Any]:
    return {
        "file_name": entry.name,
        "file_path": entry.path,
        "size": len(data),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(data).hexdigest(),
        "ref": call.text("ref"),
        "blob_id": entry.sha,
        "commit_id": sha,
        "last_commit_id": project.repository.last_commit(sha, entry.path),
        "execute_filemode": entry.mode == "100755",
    }


def _headers(about: dict[str, Any]) -> dict[str, str]:
    """The same facts as `X-Gitlab-…` headers (API::Helpers::HeadersHelpers)."""
    return {
        f"X-Gitlab-{key.replace('_', '-').title().replace('Sha256', 'Sha256')}": _text(value)
        for key, value in about.items()
        if value is not None
    }


def _text(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.encode().decode("latin-1")


def file_json(call: Call) -> Response:
    project, sha, entry, data = _file(call, ref_needed=True)
    check_large(call, project, data)
    about = _about(call, project, sha, entry, data)
    return JSONResponse(about | {"content": base64.b64encode(data).decode()}, headers=_headers(about))


def file_head(call: Call) -> Response:
    project, sha, entry, data = _file(call, ref_needed=True)
    return Response(headers=_headers(_about(call, project, sha, entry, data)))


def raw_answer(data: bytes, name: str, headers: dict[str, str]) -> Response:
    """Bytes as they are, always whole: Workhorse streams the blob from git and knows no Range."""
    return Response(
        data,
        media_type="text/plain",
        headers={
            "Cache-Control": "max-age=0, private, must-revalidate, no-store, no-cache",
            "Pragma": "no-cache",
            "Expires": "Fri, 01 Jan 1990 00:00:00 GMT",
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": f'inline; filename="{_text(name).replace(chr(34), "")}"',
            **headers,
        },
    )


def file_raw(call: Call) -> Response:
    """A file; with `lfs=true` the content of a Git LFS pointer, which is a stored file and honours ranges."""
    project, sha, entry, data = _file(call, ref_needed=False)
    oid = lfs_oid(data)
    if call.flag("lfs") and oid is not None:
        if oid not in project.lfs_objects:
            raise not_found()
        return stored(call, project.lfs_objects[oid], {"Content-Disposition": f'attachment; filename="{oid}"'})
    return raw_answer(data, entry.name, _headers(_about(call, project, sha, entry, data)))


def _content(text: Any, encoding: str) -> bytes:
    if encoding == "base64":
        try:
            return base64.b64decode(str(text))
        except (binascii.Error, ValueError):
            raise invalid("content") from None
    return str(text).encode()


def _signature(call: Call) -> tuple[str, str] | None:
    user = call.signed_in()
    name, email = call.text("author_name"), call.text("author_email")
    return (name or user.name, email or user.email) if name or email else None


def _commit(call: Call, project: Project, files: dict[str, bytes | None], executable: set[str]) -> str:
    branch = call.required("branch")
    start = call.text("start_branch") or call.text("start_sha")
    repository = project.repository
    if branch not in repository.branches() and not repository.empty and not start:
        raise refuse(400, "You can only create or edit files when you are on a branch")
    try:
        return call.world.commit(
            project,
            files,
            call.required("commit_message"),
            author=call.signed_in(),
            branch=branch,
            start_branch=start,
            signature=_signature(call),
            executable=frozenset(executable),
        )
    except ValueError as error:
        raise refuse(400, str(error)) from None


def _exists(call: Call, project: Project, path: str) -> Entry | None:
    start = call.text("start_branch") or call.text("start_sha")
    heads = project.repository.branches()
    sha = project.repository.resolve(call.text("branch") if call.text("branch") in heads else start)
    entry = project.repository.entry(sha, path) if sha else None
    return entry if entry and entry.type == "blob" else None


def write_file(call: Call) -> Response:
    """Create (POST), change (PUT) or remove (DELETE) one file."""
    project, path = call.writable(), call.path["path"]
    for name in ("branch", "commit_message", *(("content",) if call.method != "DELETE" else ())):
        if call.text(name) is None:
            raise invalid(name, "is missing")
    found = _exists(call, project, path)
    if call.method == "POST" and found:
        raise refuse(400, "A file with this name already exists")
    if call.method != "POST" and not found:
        raise refuse(400, "A file with this name doesn't exist")
    content = None if call.method == "DELETE" else _content(call.params["content"], call.text("encoding") or "text")
    _commit(call, project, {path: content}, {path} if call.flag("execute_filemode") else set())
    if call.method == "DELETE":
        return Response(status_code=204)
    body = {"file_path": path, "branch": call.text("branch")}
    return JSONResponse(body, 201 if call.method == "POST" else 200)


def create_commit(call: Call) -> Response:
    """A commit of several actions at once."""
    project = call.writable()
    actions = call.params.get("actions")
    if not isinstance(actions, list):
        raise invalid("actions", "is missing" if actions is None else "is invalid")
    files: dict[str, bytes | None] = {}
    executable: set[str] = set()
    for action in actions:
        if not isinstance(action, dict) or action.get("action") not in ACTIONS or not action.get("file_path"):
            raise invalid("actions[0][action]", "does not have a valid value")
        _apply(call, project, action, files, executable)
    sha = _commit(call, project, files, executable)
    commit = project.repository.commit(sha)
    assert commit is not None
    return JSONResponse(commit_detail(call.world, project, commit), 201)


def _apply(
    call: Call, project: Project, action: dict[str, Any], files: dict[str, bytes | None], executable: set[str]
) -> None:
    kind, path = action["action"], str(action["file_path"])
    encoding = str(action.get("encoding") or "text")
    before = str(action.get("previous_path") or path) if kind == "move" else path
    try:
        check_path(path)
    except ValueError as error:
        raise refuse(400, str(error)) from None
    found = _exists(call, project, before)
    known = files.get(before) is not None or (found is not None and before not in files)
    if kind == "create" and known:
        raise refuse(400, "A file with this name already exists")
    if kind != "create" and not known:
        raise refuse(400, "A file with this name doesn't exist")
    old = files.get(before) or (project.repository.blob(found.sha) if found else None) or b""
    if action.get("execute_filemode"):
        executable.add(path)
    if kind == "delete":
        files[path] = None
        return
    if kind == "move":
        files[before] = None
    files[path] = _content(action["content"], encoding) if "content" in action and kind != "chmod" else old


def register(router: Router) -> None:
    base = "/projects/:id/repository/files/:path"
    router.on("GET", base, "read_repository")(file_json)
    router.on("HEAD", base, "read_repository")(file_head)
    router.on("GET", f"{base}/raw", "read_repository", jobs=True)(file_raw)
    router.on("HEAD", f"{base}/raw", "read_repository", jobs=True)(file_raw)
    router.on("POST", base)(write_file)
    router.on("PUT", base)(write_file)
    router.on("DELETE", base)(write_file)
    router.on("POST", "/projects/:id/repository/commits")(create_commit)
