"""How a route gets its caller and viewer: a dependency of every route that reads; without it a read fails instead of
leaking.
"""

from dataclasses import replace
from typing import cast

from starlette.requests import Request

from sharinghub_ext.auth.callers import Caller, Callers
from stac_ext.model import Viewer


async def resolve_viewer(request: Request) -> None:
    """Resolve the request's credential to a viewer, kept for the handlers. Raises Problem where it is refused."""
    await _resolve(request, basic=False)


async def resolve_download_viewer(request: Request) -> Caller:
    """The same for routes of downloads, which take HTTP Basic, too; the credential is asked about each file."""
    return await _resolve(request, basic=True)


async def _resolve(request: Request, *, basic: bool) -> Caller:
    caller = await callers_of(request).of(request, basic=basic)
    admit(request, caller)
    return caller


def admit(request: Request, caller: Caller) -> None:
    """Keep who calls for the handlers of a request."""
    request.state.caller, request.state.viewer = caller, caller.viewer


def callers_of(request: Request) -> Callers:
    """What tells who calls."""
    return cast("Callers", request.app.state.callers)


def caller_of(request: Request) -> Caller:
    """Who calls. Raises AttributeError where the route lacks the dependency."""
    return cast("Caller", request.state.caller)


def viewer_of(request: Request) -> Viewer:
    """The viewer of a request. Raises AttributeError where the route lacks the dependency."""
    return cast("Viewer", request.state.viewer)


async def viewer_for(request: Request, project_id: int) -> Viewer:
    """The viewer for a read of one project: a job may read what its lists do not show. Raises Problem 401 or 503."""
    caller = caller_of(request)
    if caller.credential is None or not caller.credential.is_job:
        return caller.viewer
    if not await callers_of(request).job_reads.may_read(caller.credential, project_id):
        return caller.viewer
    return replace(caller.viewer, proven=frozenset({project_id}))
