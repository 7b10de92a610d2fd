"""The routes below /browser. They say nothing of projects: what the pages show, a browser asks the API for."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import orjson
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sharinghub_ext.browser.files import INDEX, File, files_of, index_page
from sharinghub_ext.problems import not_found

_AS_IT_IS: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASKED_EACH_TIME: Final = {"Cache-Control": "no-cache"}
# Items say by the authentication extension that files take a token; here the cookie of the session is one.
_CONFIG: Final = """\
window.SHARINGHUB = %s;
window.STAC_BROWSER_CONFIG = {
  ...%s,
  preprocessSTAC(stac) {
    for (const one of [...Object.values(stac.assets || {}), ...(stac.links || [])]) {
      delete one["auth:refs"];
    }
    return stac;
  },
};
"""
_NOT_THERE: Final = """<!doctype html><html lang="en"><title>No STAC Browser here</title>
<h1>There is no STAC Browser here yet</h1>
<p>The catalogue itself is at <a href="{stac}">{stac}</a>, for pystac-client, QGIS and every other client of STAC
API.</p>
<p>Those who run this hub can build STAC Browser with Node 18 or newer: <code>make browser</code> in a checkout of the
hub, and then start it with <code>SHARINGHUB_BROWSER_FOLDER=build/browser</code>. Or they name one that runs elsewhere
by <code>SHARINGHUB_BROWSER_URL</code>.</p>
<p>Meanwhile any STAC Browser shows what is public: open
<a href="https://radiantearth.github.io/stac-browser/#/external/{stac}">radiantearth.github.io/stac-browser</a>.</p></html>
"""


class BrowserRoutes:
    """STAC Browser for the catalogue of a hub. Raises NotBuilt for a folder without one."""

    def __init__(self, folder: Path | None, public_url: str, gitlab_url: str, title: str, *, signing_in: bool) -> None:
        self._stac, self._public_url, self._signing_in = f"{public_url}/stac", public_url, signing_in
        self._files: dict[str, File] = files_of(folder) if folder is not None else {}
        self._page = index_page(folder) if folder is not None else None
        self._config = _CONFIG % (_json({"publicUrl": public_url}), _json(self._settings(title)))
        self._headers = {
            "Content-Security-Policy": _policy(gitlab_url),
            "Referrer-Policy": "same-origin",  # with `no-referrer` browsers send the sign-out as from `null`
            **_ASKED_EACH_TIME,
        }

    @property
    def url(self) -> str | None:
        """Where the catalogue is shown; None where there is no build. Paths there begin at the parent of its URL."""
        return None if self._page is None else f"{self._public_url}/browser/#/stac"

    def routes(self) -> list[Route]:
        """The routes, to be put into an application."""
        return [
            Route("/browser", self.slash, methods=["GET"]),
            Route("/browser/{path:path}", self.file, methods=["GET"]),
        ]

    async def slash(self, _: Request) -> Response:
        """GET /browser: its files are below."""
        return RedirectResponse(f"{self._public_url}/browser/", 307)

    async def file(self, request: Request) -> Response:
        """GET /browser/{path}: the page, the settings, or a file of the build."""
        path = str(request.path_params["path"])
        if path in ("", INDEX):
            return self._index()
        if path == "config.js" and self._page is not None:
            return Response(self._config, 200, _ASKED_EACH_TIME, "text/javascript")
        if path == "hub.js" and not self._signing_in:
            return Response("", 200, _ASKED_EACH_TIME, "text/javascript")
        found = self._files.get(path)
        if found is None:
            raise not_found()
        body = await run_sync(found.path.read_bytes)
        return Response(body, 200, _AS_IT_IS if found.lasts else _ASKED_EACH_TIME, found.media_type)

    def _index(self) -> Response:
        if self._page is None:
            return HTMLResponse(_NOT_THERE.format(stac=self._stac), 404)
        return HTMLResponse(self._page, 200, self._headers)

    def _settings(self, title: str) -> dict[str, object]:
        """What `config.schema.json` of STAC Browser knows."""
        return {
            "catalogUrl": self._stac,
            "catalogTitle": title,
            "allowExternalAccess": False,
            "historyMode": "hash",
            "authConfig": None,
            "socialSharing": [],
            "crossOriginMedia": None,
            "maxEntriesPerPage": 1000,
        }


def _policy(gitlab_url: str) -> str:
    """What the page may load: its own scripts, pictures and maps of the web, and what GitLab has."""
    parts = urlsplit(gitlab_url)
    gitlab = f"{parts.scheme}://{parts.netloc}"
    return (
        "default-src 'none'; script-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        f"font-src 'self' data:; img-src 'self' data: blob: https: {gitlab}; media-src 'self' https:; "
        f"connect-src 'self' https: {gitlab}; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def _json(value: object) -> str:
    """JSON that ends no script, wherever it stands."""
    return orjson.dumps(value).decode().replace("<", "\\u003c")
