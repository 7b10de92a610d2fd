"""OpenID Connect: the discovery document, the keys, and identity tokens.

Sources: https://docs.gitlab.com/integration/openid_connect_provider/, doorkeeper-openid_connect
"""

from __future__ import annotations

import functools
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from gitlab_hooks.standin.model import User
from gitlab_hooks.standin.oauth_model import Application
from gitlab_hooks.standin.world import World

DISCOVERY = "/.well-known/openid-configuration"
IDENTITY_SECONDS = 120


@functools.cache
def signing_key() -> RSAKey:
    """One key for all worlds of a process: making one takes a while."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=True, auto_kid=True)


def discovery(world: World) -> dict[str, Any]:
    """What clients learn of the instance."""
    url = world.external_url
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/oauth/authorize",
        "token_endpoint": f"{url}/oauth/token",
        "revocation_endpoint": f"{url}/oauth/revoke",
        "introspection_endpoint": f"{url}/oauth/introspect",
        "userinfo_endpoint": f"{url}/oauth/userinfo",
        "jwks_uri": f"{url}/oauth/discovery/keys",
        "device_authorization_endpoint": f"{url}/oauth/authorize_device",
        "scopes_supported": ["api", "read_api", "read_user", "read_repository", "openid", "profile", "email"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": [
            "authorization_code",
            "password",
            "client_credentials",
            "device_code",
            "refresh_token",
        ],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claim_types_supported": ["normal"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "name", "preferred_username"],
        "code_challenge_methods_supported": ["plain", "S256"],
    }


def keys() -> dict[str, Any]:
    """The public keys."""
    return {"keys": [signing_key().as_dict(private=False)]}


def identity_token(world: World, application: Application, user: User, nonce: str | None) -> str:
    """Who signed in, for one application."""
    now = int(world.now().timestamp())
    claims: dict[str, Any] = {
        "iss": world.external_url,
        "sub": str(user.id),
        "aud": application.client_id,
        "exp": now + IDENTITY_SECONDS,
        "iat": now,
        "auth_time": now,
        **userinfo(user),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    key = signing_key()
    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


def userinfo(user: User) -> dict[str, Any]:
    """What is told of a user."""
    return {"sub": str(user.id), "name": user.name, "preferred_username": user.username, "nickname": user.username}
