"""The OpenAPI document in the version that a caller wants: 3.1 as it is made, or 3.0 for those who name it in `Accept`.

OGC API - Features asks for 3.0 (/req/oas30), newer tools read 3.1. Only what the document of this program uses is
rewritten; a test holds both against their specifications.
"""

from functools import cache
from typing import Any, Final

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sharinghub_ext.api.accepting import preferred

OAS31: Final = "application/vnd.oai.openapi+json;version=3.1"
OAS30: Final = "application/vnd.oai.openapi+json;version=3.0"


def serve_versions(app: FastAPI) -> None:
    """Let the route of the document answer in both versions, each made when it is first asked for."""

    @cache
    def written(version: str) -> bytes:
        document = app.openapi()
        return orjson.dumps(document if version == OAS31 else as_30(document))

    async def answer(request: Request) -> Response:
        wanted = preferred(request.headers.get("accept"), (OAS31, OAS30))
        return Response(written(wanted), headers={"content-type": wanted})

    at = next(n for n, one in enumerate(app.router.routes) if getattr(one, "path", None) == app.openapi_url)
    app.router.routes[at] = Route(str(app.openapi_url), answer, methods=["GET"], include_in_schema=False)


def as_30(document: dict[str, Any]) -> dict[str, Any]:
    """The document in OpenAPI 3.0.3."""
    told: dict[str, Any] = _rewritten(document)
    return {**told, "openapi": "3.0.3"}


def _rewritten(node: Any) -> Any:
    if isinstance(node, list):
        return [_rewritten(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {name: _rewritten(value) for name, value in node.items()}
    options = node.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        found["anyOf"] = [_rewritten(one) for one in options if one != {"type": "null"}]
        found["nullable"] = True
        if len(found["anyOf"]) == 1 and "$ref" not in found["anyOf"][0]:
            found = {**found.pop("anyOf")[0], **found}
    if "const" in node and isinstance(node["const"], str):
        found["enum"] = [found.pop("const")]
    if isinstance(node.get("prefixItems"), list):
        options = found.pop("prefixItems")
        found["items"] = options[0] if all(one == options[0] for one in options) else {"anyOf": options}
    for name in ("exclusiveMinimum", "exclusiveMaximum"):
        if isinstance(node.get(name), int | float) and not isinstance(node[name], bool):
            found |= {name: True, name.replace("exclusiveM", "m"): node[name]}
    return found
