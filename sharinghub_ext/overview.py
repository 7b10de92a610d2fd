"""A project's README as a page: read from GitLab with the caller's own token at the revision asked for, then rendered.

A repository that has a file of the page's name keeps it at that address; its page is had by `?view=overview`. The page
comes from the hub's own address, so it is sent with a policy under which nothing in it could run.
"""

import asyncio
import posixpath
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final, cast
from urllib.parse import quote, unquote

import httpx
import orjson
from starlette.requests import Request
from starlette.responses import Response

from gitlab_hooks.gateway.errors import CredentialRefused, GitLabError, GitLabUnavailable, NotFound
from gitlab_hooks.gateway.viewer import Credential, ViewerClient
from sharinghub_ext.api.links import Urls
from sharinghub_ext.auth.dependency import viewer_for
from sharinghub_ext.middleware import HEAD_MARK
from sharinghub_ext.problems import Problem, not_found
from stac_ext.cards.overview import MEDIA_TYPE, OVERVIEW, PAGE_NAME, Overview, content_policy, render_overview
from stac_ext.cards.references import CardPlace
from stac_ext.model import Viewer
from stac_ext.query import SearchQuery
from stac_ext.store.reader import CatalogueReader

MAX_BYTES: Final = 1024 * 1024
_PATIENCE: Final = 30.0  # seconds for the whole of it

_NAMES = ("README.md", "readme.md", "README.markdown", "README", "README.rst", "README.txt")
_SUFFIXES = frozenset({"", ".md", ".markdown", ".rst", ".txt"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}
# Same origin, so that a browser sends its cookie for pictures; nothing that runs is allowed.
_CONFINED = (
    "frame-ancestors 'self'; sandbox allow-same-origin allow-downloads allow-popups allow-popups-to-escape-sandbox"
)
# Threads of their own, so that costly cards hold up no read of the catalogue.
_RENDERERS = ThreadPoolExecutor(2, "overview")


def is_page(path: str) -> bool:
    """Whether this is the address of the page, unless the repository has a file of this name."""
    return path == PAGE_NAME


def is_asked_for(request: Request) -> bool:
    """Whether the page is asked for even where the repository has a file of its name."""
    return request.query_params.get("view") == OVERVIEW


async def overview_page(request: Request, credential: Credential | None, project_id: int, revision: str) -> Response:
    """The page of a project that the caller sees.

    Raises Problem: 404 without a README, 503 without GitLab; CredentialRefused.
    """
    client = cast("ViewerClient", request.app.state.viewer_client)
    item = await asyncio.to_thread(_item, request, await viewer_for(request, project_id), project_id)
    for name in dict.fromkeys([*_indexed(item, project_id), *_NAMES]):
        read = await _read(client, credential, project_id, revision, name)
        if read is not None:
            break
    else:
        raise not_found()
    place = _place(request, item, project_id, revision, name)
    title = str(item.get("properties", {}).get("title") or "")
    page = await asyncio.get_running_loop().run_in_executor(_RENDERERS, _render, read, place, title)
    headers = {**_HEADERS, "Content-Security-Policy": f"{content_policy(place)}; {_CONFINED}"}
    body = page.html.encode()
    if request.scope.get(HEAD_MARK):
        return Response(b"", 200, {**headers, "Content-Length": str(len(body))}, media_type=MEDIA_TYPE)
    return Response(body, 200, headers, media_type=MEDIA_TYPE)


def _render(read: tuple[bytes, bool], place: CardPlace, title: str) -> Overview:
    return render_overview(read[0], place, title, truncated=read[1])


def _item(request: Request, viewer: Viewer, project_id: int) -> dict[str, Any]:
    """The project's item as the caller sees it."""
    reader = cast("CatalogueReader", request.app.state.reader)
    found = reader.search(viewer, SearchQuery(ids=(str(project_id),), limit=1)).docs
    return cast("dict[str, Any]", orjson.loads(found[0])) if found else {}


def _indexed(item: dict[str, Any], project_id: int) -> Iterator[str]:
    """How the README is called in the index, in whatever letter case."""
    for asset in item.get("assets", {}).values():
        _, _, path = str(asset.get("href", "")).partition(f"/assets/{project_id}/")
        name = unquote(path.partition("/")[2])
        stem, suffix = posixpath.splitext(name.lower())
        if stem == "readme" and suffix in _SUFFIXES:
            yield name


def _place(request: Request, item: dict[str, Any], project_id: int, revision: str, name: str) -> CardPlace:
    urls = Urls(str(request.app.servers[0]["url"]))
    via = [link.get("href") for link in item.get("links", []) if link.get("rel") == "via"]
    return CardPlace(
        files_url=f"{urls.assets}/{project_id}/{quote(revision, safe='')}/",
        readme_path=name,
        revision=revision,
        project_url=via[0] if via else None,
        branch=item.get("properties", {}).get("sharinghub:default_branch"),
    )


async def _read(
    client: ViewerClient, credential: Credential | None, project_id: int, revision: str, name: str
) -> tuple[bytes, bool] | None:
    """The bytes of a file, at most `MAX_BYTES`, and whether that is only its head; None where there is none."""
    try:
        async with asyncio.timeout(_PATIENCE), _opened(client, credential, project_id, revision, name) as upstream:
            data = bytearray()
            async for chunk in upstream.aiter_raw():
                data += chunk
                if len(data) > MAX_BYTES:
                    return bytes(data[:MAX_BYTES]), True
            return bytes(data), False
    except NotFound:
        return None
    except GitLabUnavailable as error:
        raise Problem(503, f"The README cannot be read now ({error}). Try again soon.", {"Retry-After": "5"}) from error
    except (httpx.HTTPError, TimeoutError) as error:
        raise Problem(503, "GitLab broke off the README. Try again soon.", {"Retry-After": "5"}) from error
    except CredentialRefused as error:
        if credential is None:
            raise not_found() from error
        raise
    except GitLabError as error:  # refused: as if there were none
        raise not_found() from error


@asynccontextmanager
async def _opened(
    client: ViewerClient, credential: Credential | None, project_id: int, revision: str, name: str
) -> AsyncIterator[httpx.Response]:
    async with client.raw_file(credential, project_id, revision, name) as upstream:
        if upstream.is_redirect:  # to an object store, which the hub does not read, or to the page for signing in
            raise NotFound("GitLab does not send the file itself")
        is_html = upstream.headers.get("content-type", "").startswith("text/html")
        if is_html and "x-gitlab-blob-id" not in upstream.headers:
            raise GitLabUnavailable("what stands before it answered with a page instead of the file")
        yield upstream
