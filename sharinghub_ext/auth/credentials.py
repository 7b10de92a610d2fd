"""Where a caller's GitLab token may stand in a request, and where it must not."""

import base64
from dataclasses import replace

from starlette.requests import Request

from gitlab_hooks.gateway.jobs import HEADER as JOB_HEADER
from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.problems import Problem

_DEPLOY_TOKEN = "gldt-"  # noqa: S105
_JOB_TOKEN = "glcbt-"  # noqa: S105
_JOB_USER = "gitlab-ci-token"
_HEADERS = (("private-token", "PRIVATE-TOKEN"), ("x-gitlab-token", "Authorization"), ("job-token", JOB_HEADER))
_MAX_LENGTH = 4096


def credential_of(request: Request, *, basic: bool = False) -> Credential | None:
    """The one GitLab token of a request, None for an anonymous one.

    Accepted are `Authorization: Bearer`, `PRIVATE-TOKEN`, `JOB-TOKEN` for the token of a CI job, and `X-Gitlab-Token`
    as SharingHub's clients send it; with `basic` (for downloads, as `wget` and `dvc` send it) also HTTP Basic with the
    token as the password. A job's token is known by its header, by its beginning, or by the user name that GitLab has
    for it. Raises Problem for several different tokens, a deploy token, or another scheme. Tokens in the query were
    refused before (`sharinghub_ext/edge/query_tokens.py`).
    """
    found: list[Credential] = []
    authorization = request.headers.get("authorization")
    if authorization is not None:
        found.append(_of_authorization(authorization, basic))
    if "deploy-token" in request.headers:
        raise _deploy_token()
    for header, upstream in _HEADERS:
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
    if token.startswith(_DEPLOY_TOKEN):
        raise _deploy_token()
    is_job = token.startswith(_JOB_TOKEN) or any(one.is_job for one in found)
    header = JOB_HEADER if is_job else found[0].header
    return replace(found[0], header=header, resent=any(one.resent for one in found))


def _of_authorization(value: str, basic: bool) -> Credential:
    scheme, _, given = value.partition(" ")
    if scheme.lower() == "bearer" and given.strip():
        return Credential(given.strip())
    if basic and scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
        except ValueError:
            user = password = ""
        return Credential(password, JOB_HEADER if user == _JOB_USER else "Authorization", resent=True)
    raise _refused("Use the form 'Authorization: Bearer <token>' or 'PRIVATE-TOKEN: <token>'.")


def _deploy_token() -> Problem:
    return _refused(
        "This is a deploy token: GitLab lets those reach git and the registries, and tells nobody what else they may "
        "read. Send a personal, project or group access token with the scope read_api, or the token of a CI job."
    )


def _refused(detail: str) -> Problem:
    return Problem(401, detail, {"WWW-Authenticate": 'Bearer realm="SharingHub", error="invalid_token"'})
