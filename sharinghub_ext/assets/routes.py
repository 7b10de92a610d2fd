"""The routes below /assets: who may have the bytes of which project, asked of GitLab for each file.

Only of projects whose item the caller sees, and even then GitLab is asked for each file: a caller whom it refuses gets
the same 404 as for a file that does not exist.
"""

from dataclasses import replace
from typing import Final

import orjson
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gitlab_hooks.gateway.errors import CredentialRefused
from sharinghub_ext.assets.answering import answer
from sharinghub_ext.assets.names import Asset, Kind, asset_at, sent_path
from sharinghub_ext.assets.signing import METHODS, SignedAddresses, is_signed, refused
from sharinghub_ext.assets.upstream import Upstream
from sharinghub_ext.audit import KnownRead, tell_of
from sharinghub_ext.auth.callers import Caller, Callers
from sharinghub_ext.auth.credentials import credential_of
from sharinghub_ext.auth.dependency import admit, resolve_download_viewer, viewer_for
from sharinghub_ext.auth.sessions import key_of
from sharinghub_ext.auth.signing_in import require_own_page
from sharinghub_ext.client_address import client_of
from sharinghub_ext.middleware import HEAD_MARK
from sharinghub_ext.overview import is_asked_for, is_page, overview_page
from sharinghub_ext.problems import Problem, not_found
from stac_ext.store.reader import CatalogueReader
from stac_ext.times import format_rfc3339

_EXAMPLE: Final = '{"href": "…/assets/42/main/README.md", "method": "GET"}'
_NO_STORE: Final = {"Cache-Control": "private, no-store"}


class Assets:
    """Downloads. `limit` is the most bytes of one answer, 0 for no limit. Without sessions nothing is signed."""

    def __init__(
        self,
        upstream: Upstream,
        callers: Callers,
        reader: CatalogueReader,
        signed: SignedAddresses | None,
        public_url: str,
        limit: int,
    ) -> None:
        self._upstream, self._callers, self._reader = upstream, callers, reader
        self._signed, self._public_url, self._limit = signed, public_url, limit

    def routes(self) -> list[Route]:
        """The routes, to be put into an application. The address itself says what it names (`names.py`)."""
        routes = [
            Route("/assets/{project_id}/archive/{revision}.zip", self.archive, methods=["GET"]),
            Route("/assets/{project_id}/packages/{names:path}", self.package, methods=["GET"]),
            Route("/assets/{project_id}/{revision}/{path:path}", self.file, methods=["GET"]),
        ]
        return routes if self._signed is None else [Route("/assets/sign", self.sign, methods=["POST"]), *routes]

    async def file(self, request: Request) -> Response:
        """GET /assets/{project_id}/{revision}/{path}: the file at that revision, as GitLab gives it to the caller.

        `README.html` is the page of the README where the repository has no file of this name.
        """
        return await self._download(request)

    async def archive(self, request: Request) -> Response:
        """GET /assets/{project_id}/archive/{revision}.zip: the source code at that revision."""
        return await self._download(request)

    async def package(self, request: Request) -> Response:
        """GET /assets/{project_id}/packages/{kind}/{names}: one file of a package of GitLab's registries."""
        return await self._download(request)

    async def sign(self, request: Request) -> Response:
        """POST /assets/sign: an address of a file for five minutes, which needs no header; of a session only.

        Nothing is said of whether the file exists: that is asked when the address is used.
        """
        require_own_page(request, self._public_url)
        caller = await self._callers.of(request)
        if self._signed is None or caller.session is None:
            detail = (
                "Only who is signed in with a browser (/auth/login) gets signed addresses. Send a token as a header."
            )
            raise Problem(403, detail, _NO_STORE)
        method, asset = self._asked(await request.body())
        href, ends = self._signed.sign(caller.session, method, asset)
        return JSONResponse({"href": href, "method": method, "expires": format_rfc3339(ends)}, headers=_NO_STORE)

    async def _download(self, request: Request) -> Response:
        asset = asset_at(sent_path(request.scope))
        caller = await self._caller(request, asset)
        if asset is None:
            raise not_found()
        viewer = await viewer_for(request, asset.project_id)
        if not await run_sync(self._reader.shows_project, viewer, asset.project_id):
            raise not_found()  # no way to what is not in the catalogue, however open GitLab is
        try:
            return await self._read(request, caller, asset)
        except CredentialRefused:
            again = await self._callers.after_refusal(caller)
        if again is None:
            raise not_found()
        try:
            return await self._read(request, again, asset)
        except CredentialRefused:
            raise not_found() from None

    def _asked(self, body: bytes) -> tuple[str, Asset]:
        try:
            wanted = orjson.loads(body)
        except ValueError:
            wanted = None
        wanted = wanted if isinstance(wanted, dict) else {}
        href, method = str(wanted.get("href", "")), wanted.get("method", "GET")
        path = href.removeprefix(self._public_url) if href.startswith(f"{self._public_url}/") else href
        asset = asset_at(path) if path.isascii() and not {"?", "#"} & set(path) else None
        if asset is None or method not in METHODS:
            raise Problem(400, f"Send the address of an asset of this hub, without a query, as JSON: {_EXAMPLE}")
        return method, asset

    async def _caller(self, request: Request, asset: Asset | None) -> Caller:
        if not is_signed(request):
            return await resolve_download_viewer(request)
        if credential_of(request, basic=True) is not None:
            raise Problem(400, "Send a token or a signed address, not both.")
        if self._signed is None or asset is None:
            raise refused()
        method = "HEAD" if request.scope.get(HEAD_MARK) else "GET"
        session = self._signed.session_of(request, method, asset)
        cookie = self._callers.cookie(request)
        if cookie is not None and key_of(cookie) != session:
            raise refused()
        try:
            caller = await self._callers.of_session(session, client_of(request))
        except Problem as problem:
            if problem.status == 401:
                raise refused() from problem
            raise
        caller = replace(caller, signed=True)
        admit(request, caller)
        return caller

    async def _read(self, request: Request, caller: Caller, asset: Asset) -> Response:
        if caller.credential is not None:
            await self._tell(request, caller, asset)
        if asset.kind is not Kind.FILE or not is_page(asset.path):
            return await answer(request, self._upstream, caller.credential, asset, self._limit)
        if not is_asked_for(request):
            try:
                return await answer(request, self._upstream, caller.credential, asset, self._limit)
            except Problem as problem:
                if problem.status != 404:
                    raise
        with self._upstream.slots.held(client_of(request), stranger=caller.credential is None):
            return await overview_page(request, caller.credential, asset.project_id, asset.revision)

    async def _is_public(self, project_id: int) -> bool:
        everybody = await self._callers.viewers.resolve(None)
        return await run_sync(self._reader.shows_project, everybody, project_id)

    async def _tell(self, request: Request, caller: Caller, asset: Asset) -> None:
        known = self._callers.known(caller.credential)
        principal, user = (known.key, known.user_id) if known is not None else (caller.viewer.principal, None)
        public = await self._is_public(asset.project_id)
        read = KnownRead(asset.project_id, asset.path, asset.revision or None, principal, user, caller.by, public)
        tell_of(request, read)

    async def close(self) -> None:
        """Release connections."""
        await self._upstream.close()
