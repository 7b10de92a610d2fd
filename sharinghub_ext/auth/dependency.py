"""How a route gets its viewer: a dependency of every route that reads; without it a read fails instead of leaking."""

from typing import cast

from starlette.requests import Request

from sharinghub_ext.auth.credentials import credential_of
from sharinghub_ext.auth.viewers import Viewers
from stac_ext.model import Viewer


async def resolve_viewer(request: Request) -> None:
    """Resolve the request's credential to a viewer, kept for the handlers. Raises Problem where it is refused."""
    viewers = cast("Viewers", request.app.state.viewers)
    client = request.client.host if request.client else ""
    request.state.viewer = await viewers.resolve(credential_of(request), client)


def viewer_of(request: Request) -> Viewer:
    """The viewer of a request. Raises AttributeError where the route lacks the dependency."""
    return cast("Viewer", request.state.viewer)
