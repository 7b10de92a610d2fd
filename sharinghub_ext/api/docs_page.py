"""The page at /api.html that shows the OpenAPI document, and the policy under which a browser runs it.

Its scripts and styles come from the hub itself; the one script in the page is allowed by its hash, so that no other
script would run there.
"""

import base64
import hashlib
import re
from typing import Final

from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH: Final = "/api.html"
STATIC: Final = "/api.static"
_INLINE: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def docs_route(title: str, prefix: str) -> Route:
    """The route of the page, for a hub whose public URL has the path `prefix`."""
    static = f"{prefix}{STATIC}"
    page = bytes(
        get_swagger_ui_html(
            openapi_url=f"{prefix}/api",
            title=title,
            swagger_js_url=f"{static}/swagger-ui-bundle.js",
            swagger_css_url=f"{static}/swagger-ui.css",
            swagger_favicon_url=f"{static}/favicon.png",
        ).body
    )
    headers = {"Content-Security-Policy": policy_of(page)}

    async def docs_page(_: Request) -> Response:
        return Response(page, 200, headers, media_type="text/html")

    return Route(PATH, docs_page, methods=["GET"])


def policy_of(page: bytes) -> str:
    """What a browser may load and run for the page."""
    hashes = [base64.b64encode(hashlib.sha256(one).digest()).decode() for one in _INLINE.findall(page)]
    scripts = " ".join(["'self'", *(f"'sha256-{one}'" for one in hashes)])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
