"""Where a client gets a token for the hub: the document of RFC 9728, and the challenges that lead to it.

The document lies below the public URL. Where that has a path, RFC 9728 puts it at the host's root, before the path
(section 3.1); a proxy may or may not pass that on, so both addresses answer and challenges name the first.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sharinghub_ext.config import Settings

PATH: Final = "/.well-known/oauth-protected-resource"
CLIENT_ID: Final = "sharinghub_device_client_id"  # a member of our own: RFC 9728 allows others beside its own
_BEARER: Final = 'Bearer realm="SharingHub"'


def resource_metadata(settings: Settings, public_url: str) -> dict[str, Any]:
    """The document. The id of the application for the command line is told where there is one; it is no secret."""
    told = {
        "resource": public_url,
        "authorization_servers": [settings.gitlab_url],
        "scopes_supported": ["read_api", "openid"],
        "bearer_methods_supported": ["header"],
        "resource_name": settings.title,
    }
    return told if settings.device_client_id is None else {**told, CLIENT_ID: settings.device_client_id}


def metadata_routes(settings: Settings, public_url: str) -> list[Route]:
    """The routes of the document, the same for everybody."""
    told = resource_metadata(settings, public_url)

    async def answer(_: Request) -> Response:
        return JSONResponse(told)

    prefix = urlsplit(public_url).path
    return [Route(path, answer, methods=["GET"]) for path in dict.fromkeys((PATH, PATH + prefix))]


def led_to_metadata(challenge: str, public_url: str) -> str:
    """A `WWW-Authenticate` that asks for a token of GitLab, with where to get one (RFC 9728, section 5.1)."""
    return challenge.replace(_BEARER, f'{_BEARER}, resource_metadata="{public_url}{PATH}"', 1)
