"""The DVC remote of each project, `/dvc/{project id}/{key}`: who may pull, who may push, and which answer says no.

Every refusal is sent before the body is read. Who may not read gets the same 404 for what is hidden and for what is
missing; whoever may read is told why a push is refused.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.audit import KnownRead, tell_of
from sharinghub_ext.auth.callers import Callers, challenged
from sharinghub_ext.auth.credentials import credential_of
from sharinghub_ext.client_address import client_of
from sharinghub_ext.dvc.directory import Directories, is_page
from sharinghub_ext.dvc.health import DataHealth
from sharinghub_ext.dvc.keys import ObjectName, parse_name, parse_project
from sharinghub_ext.dvc.receiving import Receiver
from sharinghub_ext.dvc.rights import LiveRights, Verdict
from sharinghub_ext.dvc.serving import object_response
from sharinghub_ext.dvc.store import ObjectStore, StoreDamaged, StoreFailure, StoreFull
from sharinghub_ext.problems import Problem, not_found

PATH: Final = "/dvc"
_WRITES: Final = ("PUT", "POST")
log = structlog.get_logger()


class DvcRemote:
    """The remotes of all projects on one store."""

    def __init__(
        self,
        store: ObjectStore,
        rights: LiveRights,
        receiver: Receiver,
        health: DataHealth,
        callers: Callers,
        public_url: str,
    ) -> None:
        self._health = health
        self._store, self._rights, self._receiver, self._callers = store, rights, receiver, callers
        self._public_url = public_url
        self._directories = Directories(f"{public_url}{PATH}")

    def routes(self) -> list[Route]:
        """The routes, to be put into an application."""
        about = [
            Route(f"{PATH}/{{project_id}}/setup", self.setup, methods=["GET"]),
            Route(f"{PATH}/{{project_id}}/health", self.health, methods=["GET"]),
        ]
        return [*about, Route(f"{PATH}/{{project_id}}/{{key:path}}", self.answer, methods=["GET", *_WRITES])]

    async def check(self) -> None:
        """Whether the store can be used. Raises StoreFailure."""
        await self._store.check()

    async def close(self) -> None:
        """Stop what is under way."""
        await self._health.close()
        await self._rights.close()
        await self._receiver.close()
        await self._store.close()

    async def answer(self, request: Request) -> Response:
        """GET, HEAD, POST or PUT of one object."""
        return await self._told(self._write if request.method in _WRITES else self._read, request)

    async def health(self, request: Request) -> Response:
        """Which objects items of the project name and the store lacks, for those who may push."""
        return await self._told(self._looked, request)

    async def _looked(self, request: Request) -> Response:
        number = parse_project(str(request.path_params["project_id"]))
        if number is None:
            raise not_found()
        _, verdict = await self._verdict(request, number)
        if not verdict.write:
            raise Problem(403, "What is missing in the store is told to those who may push to the project.")
        found = await self._health.of(number)
        return JSONResponse(found.told(), headers={"Cache-Control": "private, no-cache"})

    async def _told(self, work: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
        """The answer, or what became of the store in its place."""
        try:
            return await work(request)
        except StoreFull as error:
            log.error("the store of DVC data is full", error=str(error))
            raise Problem(507, "The hub has no room for more data. Tell those who run it.") from error
        except StoreDamaged as error:
            log.error("an object of DVC data is damaged", error=str(error))
            raise Problem(500, "The stored bytes are damaged and not sent. Tell those who run the hub.") from error
        except StoreFailure as error:
            log.error("the store of DVC data failed", error=str(error))
            detail = "The hub's store of data does not answer at the moment. Try again soon."
            raise Problem(503, detail, {"Retry-After": "5"}) from error
        except ClientDisconnect:
            return Response(None, 400)  # nobody is there to read it

    async def setup(self, request: Request) -> Response:
        """What to say to `dvc` for this remote, and what the caller may do there, for those who may pull."""
        number = parse_project(str(request.path_params["project_id"]))
        if number is None:
            raise not_found()
        credential, verdict = await self._verdict(request, number)
        url = f"{self._public_url}{PATH}/{number}"
        modify = "dvc remote modify --local hub"
        commands = [
            f"dvc remote add -d hub {url}",
            f"{modify} auth custom",
            f"{modify} custom_auth_header Authorization",
            f'{modify} password "Bearer $GITLAB_TOKEN"',
        ]
        push = verdict.write and credential is not None and not credential.is_job
        return JSONResponse({"url": url, "pull": True, "push": push, "commands": commands})

    async def _read(self, request: Request) -> Response:
        name, credential, verdict = await self._allowed(request)
        found = await self._store.open(name)
        if found is None:
            raise not_found()
        if credential is not None:
            self._tell(request, name, credential, verdict)
        if is_page(request, name):
            return await self._directories.page(request, name, found)
        return await object_response(request, name, found)

    async def _write(self, request: Request) -> Response:
        name, credential, verdict = await self._allowed(request)
        if credential is None:
            detail = "A push needs a token of GitLab: send one of somebody who may push code there."
            raise challenged(Problem(401, detail))
        if credential.is_job and not verdict.write:
            raise Problem(403, "The token of a CI job pulls and never pushes. Push with a token of GitLab.")
        if not verdict.write:
            raise Problem(403, "You may read this project, but not push code to it, so nothing is stored.")
        return await self._receiver.receive(request, name)

    def _tell(self, request: Request, name: ObjectName, credential: Credential, verdict: Verdict) -> None:
        known = self._callers.known(credential)
        by = self._callers.kind_of(credential)
        key = known.key if known is not None else None
        tell_of(request, KnownRead(name.project_id, name.key.text, None, key, verdict.user, by, verdict.public))

    async def _allowed(self, request: Request) -> tuple[ObjectName, Credential | None, Verdict]:
        """The object that is asked for, by a caller who may read it. Raises Problem 400, 401, 403, 404, 429 or 503."""
        name = parse_name(str(request.path_params["project_id"]), str(request.path_params["key"]))
        if name is None:
            raise not_found()
        return name, *await self._verdict(request, name.project_id)

    async def _visitors(self, visitor: Credential, project_id: int, client: str) -> tuple[Credential | None, Verdict]:
        """The verdict for somebody without a credential; that a visitors' token is refused is not their fault."""
        try:
            return visitor, await self._rights.of(visitor, project_id, client)
        except Problem as problem:
            if problem.status not in (401, 403):
                raise
        return None, await self._rights.of(None, project_id, client)

    async def _verdict(self, request: Request, project_id: int) -> tuple[Credential | None, Verdict]:
        """What a caller may do who may read. Raises Problem 400, 401, 403, 404, 429 or 503."""
        client = client_of(request)
        try:
            credential = credential_of(request, basic=True)
            if credential is None and (visitor := self._callers.stands_in(request)) is not None:
                credential, verdict = await self._visitors(visitor, project_id, client)
            else:
                verdict = await self._rights.of(credential, project_id, client)
        except Problem as problem:
            raise challenged(problem) from problem
        if not verdict.read:
            raise not_found()
        if not verdict.listed:
            raise Problem(
                404, "This project is not in the catalogue: give it a topic of the catalogue in GitLab first."
            )
        return credential, verdict
