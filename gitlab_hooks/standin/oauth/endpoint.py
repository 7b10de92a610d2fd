"""Which request about signing in is answered by what."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import auth
from gitlab_hooks.standin.oauth import identity, pages, tokens
from gitlab_hooks.standin.parameters import ApiError, parse_body
from gitlab_hooks.standin.world import World


def is_about_signing_in(path: str) -> bool:
    return path.startswith("/oauth/") or path == identity.DISCOVERY


def answer(
    world: World, method: str, path: str, headers: dict[str, str], query: dict[str, Any], body: bytes
) -> Response:
    """The answer to one request."""
    given = query | (parse_body(headers.get("content-type", ""), body) if method == "POST" else {})
    match method, path:
        case "GET", identity.DISCOVERY:
            return JSONResponse(identity.discovery(world))
        case "GET", "/oauth/discovery/keys":
            return JSONResponse(identity.keys())
        case (("GET" | "POST"), "/oauth/authorize"):
            return pages.authorize(world, method, given)
        case (("GET" | "POST"), "/oauth/device"):
            return pages.device(world, method, given)
        case "POST", "/oauth/token":
            return tokens.token(world, headers, given)
        case "POST", "/oauth/revoke":
            return tokens.revoke(world, headers, given)
        case "POST", "/oauth/authorize_device":
            return tokens.begin_device(world, given)
        case "GET", "/oauth/token/info":
            return _info(world, headers, query)
        case (("GET" | "POST"), "/oauth/userinfo"):
            user, _ = auth.authenticate(world, headers, query, ("openid",))
            if user is None:
                raise ApiError(401, {"error": "invalid_token"})
            return JSONResponse(identity.userinfo(user))
    return JSONResponse({"error": "404 Not Found"}, 404)


def _info(world: World, headers: dict[str, str], query: dict[str, Any]) -> Response:
    user, token = auth.authenticate(world, headers, query, ())
    if user is None or token is None or token.kind != "oauth":
        raise ApiError(401, {"error": "invalid_token", "error_description": "The access token is invalid"})
    pair = next(one for one in world.pairs.values() if one.access is token)
    left = int((token.ends_at - world.now()).total_seconds()) if token.ends_at else None
    return JSONResponse(
        {
            "resource_owner_id": user.id,
            "scope": list(token.scopes),
            "expires_in": left,
            "application": {"uid": pair.application.client_id},
            "created_at": int(token.created_at.timestamp()),
        }
    )
