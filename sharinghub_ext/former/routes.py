"""The routes. A redirect is given to those who see the project, anybody else gets the 404 of what does not exist."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from gitlab_hooks.gateway.errors import GitLabError
from gitlab_hooks.gateway.rights import code_rights
from gitlab_hooks.gateway.viewer import ViewerClient
from sharinghub_ext.api.links import Urls
from sharinghub_ext.assets.names import Asset, Kind, asset_at
from sharinghub_ext.auth.dependency import caller_of, resolve_download_viewer, resolve_viewer
from sharinghub_ext.auth.identities import unavailable
from sharinghub_ext.former.asking import free_text, no_flags, translated
from sharinghub_ext.former.projects import Named, Projects
from sharinghub_ext.problems import Problem, not_found
from stac_ext.store.reader import CatalogueReader

_READ: Final = 2  # SharingHub's access levels; 4, who administers, matters to GitLab alone
_PUSH: Final = 3
_ARCHIVE: Final = "/archive."
_FILE: Final = "/repository/"
_MAX_MARKS: Final = 5
_SEE: Final = "See the page on moving from SharingHub in the hub's documentation."
GONE: Final[dict[str, str]] = {
    "/api/proxy/{rest:path}": "The hub passes no requests on to GitLab: ask GitLab itself, with your own token.",
    "/api/auth/info": "The hub hands no token out. `sharinghub token` prints one of yours; /auth/me says who you are.",
    "/api/config": "There is no configuration for a user interface here. /stac/collections lists the categories.",
    "/api/config/": "There is no configuration for a user interface here. /stac/collections lists the categories.",
}
MOVED: Final[dict[str, str]] = {
    "/status": "/readyz",
    "/openapi.json": "/api",
    "/api/docs": "/api.html",
    "/api/redoc": "/api.html",
    "/api/auth/login": "/auth/login",
    "/api/auth/logout": "/auth/logout",
}
NOT_KEPT: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
Answer = Callable[[Request], Awaitable[Response]]


class FormerRoutes:
    """SharingHub's routes below /api on this hub."""

    def __init__(
        self, reader: CatalogueReader, collections: Sequence[str], urls: Urls, viewer_client: ViewerClient
    ) -> None:
        self._projects, self._urls, self._viewer_client = Projects(reader, collections), urls, viewer_client

    def routes(self) -> list[Route]:
        """The routes, to be put into an application."""
        return [
            Route("/api/stac", self.stac, methods=["GET", "POST"]),
            Route("/api/stac/{rest:path}", self.stac, methods=["GET", "POST"]),
            Route("/api/check/{project:path}", self.check, methods=["GET"]),
            Route("/api/download/{rest:path}", self.download, methods=["GET"]),
            *(Route(path, self._to(target), methods=["GET"]) for path, target in MOVED.items()),
            *(Route(path, _gone(said), methods=NOT_KEPT) for path, said in GONE.items()),
        ]

    async def stac(self, request: Request) -> Response:
        """GET, POST /api/stac…: a redirect to the same below /stac, in GET with the question in STAC API's words."""
        rest = request.path_params.get("rest", "")
        if request.method == "POST":
            _plain(await request.body())
        searches = request.method == "GET" and (rest == "search" or rest.endswith("/items"))
        asked = translated(request.query_params) if searches else None
        query = request.url.query if asked is None else urlencode(asked)
        target = f"{self._urls.stac}/{rest}" if rest else self._urls.stac
        return RedirectResponse(f"{target}?{query}" if query else target, 308)

    async def check(self, request: Request) -> Response:
        """GET /api/check/{project}: 200 if the caller sees the project of this number or path, else 404.

        With `info=true` its number, name, path, the collections it is in, and 2 for who may read, 3 for who may push.
        """
        await resolve_viewer(request)
        project = await self._projects.named(request, str(request.path_params["project"]))
        if project is None:
            raise not_found()
        if request.query_params.get("info", "").lower() not in ("true", "1"):
            return Response()
        return JSONResponse(await self._told(request, project))

    async def download(self, request: Request) -> Response:
        """GET /api/download/{project}/repository/{file} and …/archive.zip: the way to the same below /assets."""
        await resolve_download_viewer(request)
        rest, revision = str(request.path_params["rest"]), request.query_params.get("ref") or "HEAD"
        parts = rest.split(_FILE)  # the path of a project, or of a file, may hold the mark, too
        for number in range(1, min(len(parts), _MAX_MARKS)):
            project = await self._projects.named(request, _FILE.join(parts[:number]))
            if project is not None:
                path = _FILE.join(parts[number:])
                return self._at(Asset(project.id, Kind.FILE, revision, tuple(path.split("/"))))
        name, _, ending = rest.rpartition(_ARCHIVE)
        project = await self._projects.named(request, name) if name else None
        if project is None:
            raise not_found()
        if ending != "zip":
            raise Problem(400, f"The hub has source archives as ZIP only: ask for archive.zip. {_SEE}")
        return self._at(Asset(project.id, Kind.ARCHIVE, revision, ()))

    async def _told(self, request: Request, project: Named) -> dict[str, Any]:
        credential = caller_of(request).credential
        level = _READ
        if credential is not None and not credential.is_job:
            try:
                rights = await code_rights(self._viewer_client, credential, project.id)
            except GitLabError as error:
                raise unavailable("it does not answer", None) from error
            level = _PUSH if rights.push else _READ
        return {
            "id": project.id,
            "name": project.name,
            "path": project.path,
            "access_level": level,
            "categories": sorted(project.items),
        }

    def _at(self, asset: Asset) -> Response:
        if asset_at(asset.address) is None:  # it would climb out of its project
            raise not_found()
        return RedirectResponse(self._urls.public + asset.address, 307)

    def _to(self, path: str) -> Answer:
        async def redirect(_: Request) -> Response:
            return RedirectResponse(self._urls.public + path, 307)

        return redirect


def _gone(said: str) -> Answer:
    async def answer(_: Request) -> Response:
        raise Problem(410, f"{said} {_SEE}")

    return answer


def _plain(body: bytes) -> None:
    """Refuses a body that asks in SharingHub's language, which a redirect cannot put into other words."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    q = asked.get("q") if isinstance(asked, dict) else None
    texts = [q] if isinstance(q, str) else q if isinstance(q, list) else []
    found = free_text(" ".join(map(str, texts)))
    if found.flags:
        raise no_flags(found.flags)
    if found.is_special:
        instead = orjson.dumps({"filter": found.filter, "filter-lang": "cql2-text"}).decode()
        raise Problem(400, f"`[topic]` in `q` is a filter here. Send instead of `q`: {instead} {_SEE}")
