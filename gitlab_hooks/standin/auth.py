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


def basic_password(headers: dict[str, str]) -> str | None:
    """The password of HTTP Basic, which is where git carries a token; any user name will do."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def check_token(world: World, text: str) -> Token:
    """The token that is meant, or the refusal of one that does not work."""
    token = world.tokens.get(text)
    if token is None:
        raise refuse(401, "401 Unauthorized")
    if token.revoked:
        raise _invalid("Token was revoked. You have to re-authorize from the user.")
    if token.expired(world.today()):
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


def authenticate(
    world: World, headers: dict[str, str], query: dict[str, Any], scopes: tuple[str, ...]
) -> tuple[User | None, Token | None]:
    """User and token of a request; nobody when it carries none."""
    text = token_text(headers, query)
    if not text:
        return None, None
    token = check_token(world, text)
    check_scope(token, scopes)
    check_user(token.user)
    return token.user, token
