"""Whose request this is: which token it carries, whether the token works, and whether its scopes are enough.

Answers as lib/api/api_guard.rb gives them: an unknown token is a plain 401, an expired or revoked one an OAuth error, a
token of too few scopes 403, a blocked account 403 with the reason.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from gitlab_hooks.standin.calls import refuse
from gitlab_hooks.standin.model import Token, User
from gitlab_hooks.standin.parameters import ApiError
from gitlab_hooks.standin.world import World

# Gitlab::Auth::UserAccessDeniedReason
_DENIED = {
    "blocked": "Your account has been blocked.",
    "banned": "Your account has been blocked.",
    "deactivated": "Your account has been deactivated by your administrator. Please log back in from a web browser "
    "to reactivate your account.",
}


def token_text(headers: dict[str, str], query: dict[str, Any]) -> str | None:
    """The token of a request: `?private_token=`, `PRIVATE-TOKEN`, or `Authorization: Bearer` (`?access_token=` too)."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return (
        query.get("private_token")
        or headers.get("private-token")
        or (bearer.strip() if scheme.lower() == "bearer" else None)
        or query.get("access_token")
        or None
    )


def basic_credentials(headers: dict[str, str]) -> tuple[str, str] | None:
    """User and password of HTTP Basic; both empty where they cannot be read."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def basic_password(headers: dict[str, str]) -> str | None:
    """The password of HTTP Basic, which is where git carries a token; any user name will do."""
    found = basic_credentials(headers)
    return None if found is None else found[1]


def check_token(world: World, text: str) -> Token:
    """The token that is meant, or the refusal of one that does not work."""
    token = world.tokens.get(text)
    if token is None:
        raise refuse(401, "401 Unauthorized")
    if token.revoked:
        raise _invalid("Token was revoked. You have to re-authorize from the user.")
    if token.expired(world.today(), world.now()):
        raise _invalid("Token is expired. You can either do re-authorization or token refresh.")
    return token


def _invalid(description: str) -> ApiError:
    challenge = f'Bearer realm="Protected by OAuth 2.0", error="invalid_token", error_description="{description}"'
    body = {"error": "invalid_token", "error_description": description}
    return ApiError(401, body, {"WWW-Authenticate": challenge})


def check_scope(token: Token, scopes: tuple[str, ...]) -> None:
    """Refuse a token that has none of the scopes that will do; no scopes at all means that any token will."""
    if scopes and not set(scopes) & set(token.scopes):
        wanted = " ".join(scopes)
        raise ApiError(
            403,
            {
                "error": "insufficient_scope",
                "error_description": "The request requires higher privileges than provided by the access token.",
                "scope": wanted,
            },
        )


def check_user(user: User) -> None:
    """Refuse an account that may not use the API."""
    if user.state != "active":
        raise refuse(403, f"403 Forbidden - {_DENIED[user.state]}")


def job_token_text(headers: dict[str, str], query: dict[str, Any]) -> str | None:
    """The token of a CI job, in its own header or parameter."""
    return headers.get("job-token") or query.get("job_token") or None


def authenticate(
    world: World, headers: dict[str, str], query: dict[str, Any], scopes: tuple[str, ...], *, jobs: bool = False
) -> tuple[User | None, Token | None]:
    """User and token of a request; nobody when it carries none. A job's token counts on routes for `jobs` only, and a
    deploy token nowhere (https://docs.gitlab.com/ci/jobs/ci_job_token/, https://docs.gitlab.com/user/project/deploy_tokens/).
    """
    if (text := job_token_text(headers, query)) is not None and jobs:
        token = world.tokens.get(text)
        if token is None or token.kind != "job" or token.revoked:
            raise refuse(401, "401 Unauthorized")
        check_user(token.user)
        return token.user, token
    text = token_text(headers, query)
    if not text:
        return None, None
    token = check_token(world, text)
    if token.kind in ("job", "deploy"):
        raise refuse(401, "401 Unauthorized")
    check_scope(token, scopes)
    check_user(token.user)
    return token.user, token
