"""Where a caller's GitLab token may stand in a request, and where it must not."""

import base64
from dataclasses import replace

from starlette.requests import Request

from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.problems import Problem

_IN_QUERY = ("private_token", "access_token", "gitlab_token", "job_token", "token_secret")
_OTHER_KINDS = ("job-token", "deploy-token")
_MAX_LENGTH = 4096


def credential_of(request: Request, *, basic: bool = False) -> Credential | None:
    """The one GitLab token of a request, None for an anonymous one.

    Accepted are `Authorization: Bearer`, `PRIVATE-TOKEN`, and `X-Gitlab-Token` as SharingHub's clients send it; with
    `basic` (for downloads, as `wget` and `dvc` send it) also HTTP Basic with the token as the password.
    Raises Problem for a token in the query string, several different tokens, or another scheme.
    """
    for name in _IN_QUERY:
        if name in request.query_params:
            raise Problem(400, f"Tokens do not belong into URLs, where logs keep them: send {name} as a header.")
    found: list[Credential] = []
    authorization = request.headers.get("authorization")
    if authorization is not None:
        found.append(_of_authorization(authorization, basic))
    for header in _OTHER_KINDS:
        if header in request.headers:
            raise _refused(f"{header} is not accepted: send a personal, project or group access token with read_api.")
    for header, upstream in (("private-token", "PRIVATE-TOKEN"), ("x-gitlab-token", "Authorization")):
        if header in request.headers:
            found.append(Credential(request.headers[header].strip(), upstream, resent=True))
    if not all(one.token for one in found):
        raise _refused("The token is empty: is the variable that should hold it set?")
    if not found:
        return None
    if len({one.token for one in found}) > 1:
        raise Problem(400, "The request holds several different tokens: send one.")
    token = found[0].token
    if len(token) > _MAX_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        raise _refused("The token is not one of GitLab's: create one with the scope read_api.")
    return replace(found[0], resent=any(one.resent for one in found))


def _of_authorization(value: str, basic: bool) -> Credential:
    scheme, _, given = value.partition(" ")
    if scheme.lower() == "bearer" and given.strip():
        return Credential(given.strip())
    if basic and scheme.lower() == "basic":
        try:
            _, _, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
        except ValueError:
            password = ""
        return Credential(password, resent=True)
    raise _refused("Use the form 'Authorization: Bearer <token>' or 'PRIVATE-TOKEN: <token>'.")


def _refused(detail: str) -> Problem:
    return Problem(401, detail, {"WWW-Authenticate": 'Bearer realm="SharingHub", error="invalid_token"'})
