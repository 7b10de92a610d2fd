"""Git over HTTP: who may fetch and push, and what a push means to the rest.

The protocol is git's own (`--stateless-rpc`); refusals are worded as Gitlab::GitAccess words them. A token is the
password of HTTP Basic, any user name will do: fetching asks for `read_repository`, `write_repository` or `api`, pushing
for `write_repository` or `api`.
"""

from __future__ import annotations

import gzip
import zlib
from typing import Any

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from gitlab_hooks.standin import auth
from gitlab_hooks.standin.model import Project, Token
from gitlab_hooks.standin.objects import ZERO, run_git
from gitlab_hooks.standin.parameters import ApiError
from gitlab_hooks.standin.repository import BRANCHES
from gitlab_hooks.standin.world import World

FETCH, PUSH = "git-upload-pack", "git-receive-pack"
FETCH_SCOPES, PUSH_SCOPES = ("read_repository", "write_repository", "api"), ("write_repository", "api")
_NO_CACHE = {
    "Expires": "Fri, 01 Jan 1980 00:00:00 GMT",
    "Pragma": "no-cache",
    "Cache-Control": "no-cache, max-age=0, must-revalidate",
}
_DENIED = (
    "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect "
    "or you're required to use a token instead of a password.\n"
)
_ABSENT = "The project you were looking for could not be found or you don't have permission to view it.\n"


class Refused(Exception):
    """An answer in place of git's."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def _refused(status: int, text: str) -> Refused:
    headers = {"WWW-Authenticate": 'Basic realm="GitLab"'} if status == 401 else {}
    return Refused(PlainTextResponse(text, status, headers))


def split(path: str) -> tuple[str, str] | None:
    """Project path and what git wants of it, when a path is git's: `("a/b", "info/refs")`."""
    for wish in ("info/refs", FETCH, PUSH):
        if path.endswith(f"/{wish}"):
            return path[: -len(wish) - 1].strip("/"), wish
    return None


def answer(
    world: World, method: str, path: str, wish: str, headers: dict[str, str], query: dict[str, Any], body: bytes
) -> Response:
    """The answer to one of git's requests."""
    service = str(query.get("service") or "") if wish == "info/refs" else wish
    if service not in (FETCH, PUSH) or method != ("GET" if wish == "info/refs" else "POST"):
        return PlainTextResponse("Git access over HTTP of this kind is not supported.\n", 403)
    try:
        token = _token(world, headers, query)
        project = _project(world, path, token, service)
        if not path.endswith(".git") and wish == "info/refs":
            return RedirectResponse(f"{world.external_url}/{project.full_path}.git/info/refs?service={service}", 301)
        if wish == "info/refs":
            return _advertise(project, service, headers)
        body = _plain(headers, body)
        return _fetch(project, headers, body) if service == FETCH else _push(world, project, token, headers, body)
    except Refused as refused:
        return refused.response


def _token(world: World, headers: dict[str, str], query: dict[str, Any]) -> Token | None:
    text = auth.basic_password(headers)
    text = auth.token_text(headers, query) if text is None else text
    if text is None:
        return None
    try:
        token = auth.check_token(world, text)
        auth.check_user(token.user)
    except ApiError as error:
        raise _refused(401 if error.status == 401 else 403, _DENIED) from None
    return token


def _project(world: World, path: str, token: Token | None, service: str) -> Project:
    plain = path.removesuffix(".git")
    moved = world.moved_from(plain)
    project = world.project_at(plain) or (moved if isinstance(moved, Project) else None)
    user = token.user if token else None
    rights = world.reader(user).on(project) if project else None
    if project is None or rights is None or not rights.read_project:
        raise _refused(401, _DENIED) if token is None else _refused(404, _ABSENT)
    allowed = rights.download_code if service == FETCH else rights.push_code
    if not allowed and token is None:
        raise _refused(401, _DENIED)
    if service == PUSH and project.archived:
        raise _refused(403, "You can't push code to an archived project.\n")
    scopes, deed = (FETCH_SCOPES, "download code from") if service == FETCH else (PUSH_SCOPES, "push code to")
    if not allowed or (token is not None and not set(scopes) & set(token.scopes)):
        raise _refused(403, f"You are not allowed to {deed} this project.\n")
    return project


def _plain(headers: dict[str, str], body: bytes) -> bytes:
    if headers.get("content-encoding") not in ("gzip", "x-gzip"):
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        raise _refused(400, "The request body is not gzip.\n") from None


def _git(project: Project, service: str, headers: dict[str, str], *more: str, stdin: bytes = b"") -> bytes:
    wanted = headers.get("git-protocol", "")
    protocol = wanted if wanted in ("version=1", "version=2") else ""
    git_dir, command = project.repository.git_dir, service.removeprefix("git-")
    words = (command, "--stateless-rpc", *more, str(git_dir))
    return run_git(git_dir, *words, stdin=stdin, protocol=protocol, check=False)


def _advertise(project: Project, service: str, headers: dict[str, str]) -> Response:
    first = f"# service={service}\n".encode()
    refs = _git(project, service, headers, "--advertise-refs")
    body = b"%04x%s0000%s" % (len(first) + 4, first, refs)
    return Response(body, media_type=f"application/x-{service}-advertisement", headers=_NO_CACHE)


def _fetch(project: Project, headers: dict[str, str], body: bytes) -> Response:
    return Response(
        _git(project, FETCH, headers, stdin=body), media_type=f"application/x-{FETCH}-result", headers=_NO_CACHE
    )


def _push(world: World, project: Project, token: Token | None, headers: dict[str, str], body: bytes) -> Response:
    with world.lock:
        repository = project.repository
        before = repository.refs()
        output = _git(project, PUSH, headers, stdin=body)
        repository.forget()
        after = repository.refs()
        heads = [name.removeprefix(BRANCHES) for name in after if name.startswith(BRANCHES)]
        if not before and heads and repository.default_branch not in heads:
            repository.set_default_branch(heads[0])
        changes = [
            (ref, before.get(ref, ZERO), after.get(ref, ZERO))
            for ref in sorted({*before, *after})
            if before.get(ref) != after.get(ref)
        ]
        world.pushed(project, token.user if token else None, changes)
    return Response(output, media_type=f"application/x-{PUSH}-result", headers=_NO_CACHE)
