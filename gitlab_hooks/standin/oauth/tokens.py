"""What `/oauth/token` gives for which grant, and what `/oauth/revoke` takes away.

Sources: https://docs.gitlab.com/api/oauth2/, https://www.rfc-editor.org/rfc/rfc6749#section-5.2,
https://www.rfc-editor.org/rfc/rfc8628#section-3.5
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin.applications import ACCESS_SECONDS
from gitlab_hooks.standin.auth import basic_credentials
from gitlab_hooks.standin.oauth.identity import identity_token
from gitlab_hooks.standin.oauth_model import Application, TokenPair
from gitlab_hooks.standin.parameters import ApiError
from gitlab_hooks.standin.world import World

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_POLL = timedelta(seconds=5)


def refused(error: str, description: str, status: int = 400) -> ApiError:
    """An OAuth error."""
    return ApiError(status, {"error": error, "error_description": description})


def client_of(world: World, headers: dict[str, str], given: dict[str, Any]) -> Application:
    """The application that asks, authenticated where it is confidential."""
    user, password = basic_credentials(headers) or (given.get("client_id"), given.get("client_secret"))
    found = world.applications.get(str(user or ""))
    right = found is not None and hmac.compare_digest(str(password or "").encode(), found.secret.encode())
    if found is None or (found.confidential and not right):
        text = "Client authentication failed due to unknown client, no client authentication included, or unsupported."
        raise refused("invalid_client", text, 401)
    return found


def token(world: World, headers: dict[str, str], given: dict[str, Any]) -> Response:
    """POST /oauth/token."""
    application, kind = client_of(world, headers, given), given.get("grant_type")
    nonce = None
    if kind == "authorization_code":
        pair, nonce = _of_code(world, application, given)
    elif kind == "refresh_token":
        found = world.refresh(str(given.get("refresh_token", "")), application)
        if found is None:
            raise _invalid_grant()
        pair = found
    elif kind == DEVICE_GRANT:
        pair = _of_device(world, application, given)
    else:
        raise refused("unsupported_grant_type", "The authorization grant type is not supported.")
    answer = {
        "access_token": pair.access.value,
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": pair.refresh,
        "scope": " ".join(pair.scopes),
        "created_at": int(world.now().timestamp()),
    }
    if "openid" in pair.scopes:
        answer["id_token"] = identity_token(world, application, pair.user, nonce)
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _of_code(world: World, application: Application, given: dict[str, Any]) -> tuple[TokenPair, str | None]:
    code = world.take_code(str(given.get("code", "")))
    if code is None or code.application is not application or code.redirect_uri != given.get("redirect_uri"):
        raise _invalid_grant()
    verifier = str(given.get("code_verifier", ""))
    hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    proven = hashed if code.method == "S256" else verifier
    if code.challenge is not None and not hmac.compare_digest(proven, code.challenge):
        raise _invalid_grant()
    if code.user.state != "active":
        raise _invalid_grant()
    return world.sign_in(application, code.user, code.scopes), code.nonce


def _of_device(world: World, application: Application, given: dict[str, Any]) -> TokenPair:
    grant = world.device_grants.get(str(given.get("device_code", "")))
    if grant is None or grant.application is not application:
        raise _invalid_grant()
    if grant.ends_at <= world.now():
        raise refused("expired_token", "The device code has expired.")
    if grant.denied:
        raise refused("access_denied", "The resource owner or authorization server denied the request.")
    if grant.user is None:
        soon = grant.asked_at is not None and world.now() - grant.asked_at < _POLL
        grant.asked_at = world.now()
        raise refused("slow_down" if soon else "authorization_pending", "The authorization request is still pending.")
    del world.device_grants[grant.device_code]
    return world.sign_in(application, grant.user, grant.scopes)


def _invalid_grant() -> ApiError:
    return refused(
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
        "authorization request, or was issued to another client.",
    )


def revoke(world: World, headers: dict[str, str], given: dict[str, Any]) -> Response:
    """POST /oauth/revoke: 200 for what is unknown, too."""
    application, text = client_of(world, headers, given), str(given.get("token", ""))
    for pair in list(world.pairs.values()):
        if text in (pair.refresh, pair.access.value) and pair.application is application:
            world.revoke_pair(pair)
    return JSONResponse({})


def begin_device(world: World, given: dict[str, Any]) -> Response:
    """POST /oauth/authorize_device."""
    application = world.applications.get(str(given.get("client_id", "")))
    if application is None:
        raise refused("invalid_client", "Client authentication failed due to unknown client.", 401)
    scopes = tuple(str(given.get("scope", "")).split()) or application.scopes
    if not set(scopes) <= set(application.scopes):
        raise refused("invalid_scope", "The requested scope is invalid, unknown, or malformed.")
    grant = world.begin_device_grant(application, scopes)
    page = f"{world.external_url}/oauth/device"
    return JSONResponse(
        {
            "device_code": grant.device_code,
            "user_code": grant.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={grant.user_code}",
            "expires_in": int((grant.ends_at - world.now()).total_seconds()),
            "interval": 5,
        }
    )
