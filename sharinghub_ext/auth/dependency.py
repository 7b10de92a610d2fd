"""How a route gets its viewer: a dependency of every route that reads; without it a read fails instead of leaking."""

from typing import cast

from starlette.requests import Request

from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.auth.credentials import credential_of
from sharinghub_ext.auth.viewers import Viewers
from stac_ext.model import Viewer


async def resolve_viewer(request: Request) -> None:
    """Resolve the request's credential to a viewer, kept for the handlers. Raises Problem where it is refused."""
    await _resolve(request, credential_of(request))


async def resolve_download_viewer(request: Request) -> Credential | None:
    """The same for routes of downloads, which take HTTP Basic, too; the credential is asked about each file."""
    credential = credential_of(request, basic=True)
    await _resolve(request, credential)
    return credential


async def _resolve(request: Request, credential: Credential | None) -> None:
    viewers = cast("Viewers", request.app.state.viewers)
    client = request.client.host if request.client else ""
    request.state.viewer = await viewers.resolve(credential, client)


def viewer_of(request: Request) -> Viewer:
    """The viewer of a request. Raises AttributeError where the route lacks the dependency."""
    return cast("Viewer", request.state.viewer)
