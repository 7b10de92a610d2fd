"""Proves that kinds of tokens count as GitLab means them: narrow ones do not inherit what their user may see."""

from typing import Any

import httpx
import pytest
import respx

from gitlab_hooks.gateway.errors import (
    AccessDenied,
    CredentialRefused,
    GitLabError,
    GitLabUnavailable,
    InsufficientScope,
)
from gitlab_hooks.gateway.viewer import Credential, Identity, ViewerClient

USER = {"id": 7, "username": "ada", "state": "active", "external": False, "is_admin": False}
NARROW = Identity(7, "ada", external=True, privileged=False, narrow=True, restricted=True)
CLASSIC = Identity(7, "ada", external=False, privileged=False, narrow=False)


async def identify(user: httpx.Response, own: httpx.Response, oauth: httpx.Response) -> Identity:
    async with httpx.AsyncClient(base_url="https://gitlab.test") as http:
        with respx.mock(base_url="https://gitlab.test") as gitlab:
            gitlab.get("/api/v4/user").mock(return_value=user)
            gitlab.route(path="/api/v4/personal_access_tokens/self").mock(return_value=own)
            gitlab.route(path="/oauth/token/info").mock(return_value=oauth)
            gitlab._assert_all_called = False
            return await ViewerClient(http, http).identify(Credential("token"))


NOTHING = httpx.Response(404, json={"error": "404 Not Found"})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 500])
async def test_an_oauth_token_works_whatever_the_route_for_personal_tokens_answers_to_it(status: int) -> None:
    """GitLab answers 400 there: "This endpoint requires token type to be a personal access token"."""
    refused = httpx.Response(status, json={"message": "no"})
    oauth = httpx.Response(200, json={"scope": ["read_api"], "resource_owner_id": 7})
    assert await identify(httpx.Response(200, json=USER), refused, oauth) == CLASSIC


@pytest.mark.parametrize(
    ("user", "own", "oauth", "expected"),
    [
        pytest.param({}, {"scopes": ["read_api"], "active": True}, None, CLASSIC, id="classic"),
        pytest.param({}, None, {"scope": ["openid", "read_api"]}, CLASSIC, id="oauth"),
        pytest.param({}, {"scopes": ["granular"]}, None, NARROW, id="fine-grained: internal ones are asked for, too"),
        pytest.param({}, None, None, NARROW, id="unknown kind"),
        pytest.param(
            {"bot": True}, {"scopes": ["api"]}, None, Identity(7, "ada", False, False, narrow=True), id="project token"
        ),
        pytest.param(
            {"external": True}, {"scopes": ["api"]}, None, Identity(7, "ada", True, False, False), id="external user"
        ),
        pytest.param(
            {"is_admin": True}, {"scopes": ["api"]}, None, Identity(7, "ada", False, True, False), id="administrator"
        ),
    ],
)
async def test_kinds(
    user: dict[str, Any], own: dict[str, Any] | None, oauth: dict[str, Any] | None, expected: Identity
) -> None:
    answers = [httpx.Response(200, json=one) if one is not None else NOTHING for one in (USER | user, own, oauth)]
    assert await identify(*answers) == expected


def test_a_missing_external_flag_counts_as_external() -> None:
    """Tested by the table above through `USER`; the flag alone is taken away here."""
    import asyncio

    user = {name: value for name, value in USER.items() if name != "external"}
    answers = httpx.Response(200, json=user), httpx.Response(200, json={"scopes": ["api"]}), NOTHING
    assert asyncio.run(identify(*answers)).external


@pytest.mark.parametrize(
    ("user", "own", "error"),
    [
        (httpx.Response(401, json={}), NOTHING, CredentialRefused),
        (httpx.Response(403, json={"error": "insufficient_scope"}), NOTHING, InsufficientScope),
        (httpx.Response(403, json={"message": "403 Forbidden - blocked"}), NOTHING, AccessDenied),
        (httpx.Response(200, json=USER | {"state": "blocked"}), NOTHING, AccessDenied),
        (httpx.Response(200, json=USER), httpx.Response(200, json={"scopes": ["read_user"]}), InsufficientScope),
        (
            httpx.Response(200, json=USER),
            httpx.Response(200, json={"scopes": ["api"], "revoked": True}),
            CredentialRefused,
        ),
        (httpx.Response(200, json=USER), httpx.Response(502, html="<h1>502</h1>"), GitLabUnavailable),
        (httpx.Response(200, html="<html>"), NOTHING, GitLabUnavailable),
        (httpx.Response(302, headers={"Location": "/users/sign_in"}), NOTHING, GitLabUnavailable),
    ],
)
async def test_refusals(user: httpx.Response, own: httpx.Response, error: type[GitLabError]) -> None:
    with pytest.raises(error):
        await identify(user, own, NOTHING)
