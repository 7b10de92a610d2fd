"""Files, archives and packages, streamed from GitLab with the caller's own token: GitLab decides about each download.

Only of projects whose item the caller sees, and even then GitLab is asked for each file: a caller whom it refuses gets
the same 404 as for a file that does not exist.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Final, cast
from urllib.parse import quote, unquote, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from gitlab_hooks.gateway.errors import GitLabError, GitLabUnavailable
from gitlab_hooks.gateway.viewer import Credential, ViewerClient
from sharinghub_ext.auth.dependency import resolve_download_viewer, viewer_for
from sharinghub_ext.middleware import HEAD_MARK
from sharinghub_ext.overview import is_asked_for, is_page, overview_page
from sharinghub_ext.problems import Problem, not_found
from stac_ext.media_types import BINARY, file_kind
from stac_ext.store.reader import CatalogueReader

_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_CHUNK = 64 * 1024
# How GitLab's download of each kind of package begins, how many names follow it here, and what stands before the last.
# Sources: https://docs.gitlab.com/user/packages/generic_packages/, https://docs.gitlab.com/api/packages/pypi/
_PACKAGES: Final[dict[str, tuple[tuple[str, ...], int, tuple[str, ...]]]] = {
    "generic": (("generic",), 3, ()),
    "pypi": (("pypi", "files"), 2, ()),
    "ml_models": (("ml_models",), 2, ("files",)),
}
_HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "private, no-store",
}


async def asset(request: Request) -> Response:
    """GET /assets/{project_id}/{revision}/{path}: the file at that revision, as GitLab gives it to the caller.

    `README.html` is the page of the README where the repository has no file of this name.
    """
    path = str(request.path_params["path"])
    credential, project_id = await _admitted(request, path)
    revision = str(request.path_params["revision"])
    if is_page(path) and is_asked_for(request):
        return await overview_page(request, credential, project_id, revision)
    try:
        return await _passed_on(
            request, credential, _client(request).raw_file(credential, project_id, revision, path), path
        )
    except Problem as problem:
        if problem.status != 404 or not is_page(path):
            raise
    return await overview_page(request, credential, project_id, revision)


async def archive(request: Request) -> Response:
    """GET /assets/{project_id}/archive/{revision}.zip: the source code at that revision."""
    revision = str(request.path_params["revision"])
    credential, project_id = await _admitted(request, revision)
    opened = _client(request).archive(credential, project_id, revision)
    return await _passed_on(request, credential, opened, f"{project_id}-{revision[:12]}.zip")


async def package_file(request: Request) -> Response:
    """GET /assets/{project_id}/packages/{kind}/{names}: one file of a package of GitLab's registries."""
    names = str(request.path_params["names"])
    credential, project_id = await _admitted(request, names)
    parts = [unquote(part) for part in _raw_path(request).rpartition("/packages/")[2].split("/")]
    wanted = _PACKAGES.get(parts[0])
    if wanted is None or len(parts) - 1 != wanted[1] or any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise not_found()
    opened = _client(request).package_file(credential, project_id, [*wanted[0], *parts[1:-1], *wanted[2], parts[-1]])
    return await _passed_on(request, credential, opened, parts[-1])


async def _admitted(request: Request, path: str) -> tuple[Credential | None, int]:
    """The caller's credential and the project, if the catalogue shows it to them and the path can be one."""
    caller = await resolve_download_viewer(request)
    project_id = str(request.path_params["project_id"])
    if not _ID.fullmatch(project_id) or any(part in ("", ".", "..") for part in path.split("/")) or "\0" in path:
        raise not_found()
    reader = cast("CatalogueReader", request.app.state.reader)
    viewer = await viewer_for(request, int(project_id))
    if not await asyncio.to_thread(reader.shows_project, viewer, int(project_id)):
        raise not_found()  # no way to what is not in the catalogue, however open GitLab is
    return caller.credential, int(project_id)


def _client(request: Request) -> ViewerClient:
    return cast("ViewerClient", request.app.state.viewer_client)


def _raw_path(request: Request) -> str:
    """The path as it was sent: a package's version may hold an encoded slash."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.partition(b"?")[0].decode("latin-1")


async def _passed_on(
    request: Request,
    credential: Credential | None,
    opened: AbstractAsyncContextManager[httpx.Response],
    name: str,
) -> Response:
    """What GitLab answers, streamed; refused and missing are the same."""
    async with AsyncExitStack() as stack:
        try:
            upstream = await stack.enter_async_context(opened)
        except GitLabUnavailable as error:
            raise Problem(
                503, f"The file cannot be read now ({error}). Try again soon.", {"Retry-After": "5"}
            ) from error
        except GitLabError as error:  # refused for this file: as if there were none
            raise not_found() from error
        if (
            upstream.headers.get("content-type", "").startswith("text/html")
            and "x-gitlab-blob-id" not in upstream.headers
        ):
            raise Problem(502, "What stands before GitLab answered with a page instead of the file. Try again later.")
        if upstream.is_redirect:
            return _redirect(upstream, credential)
        headers = {**_HARMLESS, "Content-Disposition": _disposition(name)}
        if (length := upstream.headers.get("content-length", "")).isdigit():
            headers["Content-Length"] = length
        media_type = file_kind(name).media_type or BINARY
        if request.scope.get(HEAD_MARK):
            return Response(b"", 200, headers, media_type=media_type)
        body = _stream(upstream, stack.pop_all())
        return StreamingResponse(body, 200, headers, media_type=media_type)


async def _stream(upstream: httpx.Response, stack: AsyncExitStack) -> AsyncIterator[bytes]:
    async with stack:
        async for chunk in upstream.aiter_raw(_CHUNK):
            yield chunk


def _redirect(upstream: httpx.Response, credential: Credential | None) -> Response:
    """GitLab sends large files from object storage: passed on, but only to clients that keep their token from it."""
    target = upstream.headers.get("location", "")
    if urlsplit(target).scheme not in ("http", "https"):
        raise Problem(502, "GitLab redirected this download to an address that cannot be passed on.")
    if urlsplit(target).path.endswith("/users/sign_in"):
        raise not_found()
    if credential is not None and credential.resent:
        raise Problem(
            502,
            "GitLab keeps this file in an object store. Send the token as 'Authorization: Bearer', which clients do "
            "not pass on to other hosts, instead of in a header of its own.",
        )
    return RedirectResponse(target, 302, {"Cache-Control": "private, no-store"})


def _disposition(path: str) -> str:
    """A name for saving, in RFC 6266 form; content is never shown in the page's origin as active content."""
    name = path.rpartition("/")[2]
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
