"""What `/auth/login` says where nobody can sign in with a browser."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sharinghub_ext.problems import Problem

_DETAIL: Final = (
    "Nobody can sign in here with a browser: whoever runs this hub has set up no application for it "
    "(SHARINGHUB_OAUTH_CLIENT_ID). Send a token of GitLab as a header."
)


def without_sign_in() -> list[Route]:
    """The routes, to be put into an application in place of those of signing in."""
    names = ("login", "callback", "logout")
    return [Route(f"/auth/{name}", _refused, methods=["GET"], include_in_schema=False) for name in names]


async def _refused(_: Request) -> Response:
    raise Problem(404, _DETAIL)
