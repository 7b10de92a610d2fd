"""What GitLab tells of itself beside its projects: its version, its time, and whether it knows an application.

Sources: https://docs.gitlab.com/api/version/, https://docs.gitlab.com/api/applications/,
https://www.rfc-editor.org/rfc/rfc6749#section-5.2
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from gitlab_hooks.gateway.errors import GitLabError
from gitlab_hooks.gateway.transport import Connection, connect, translated

_NUMBERS = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Greeting:
    """How GitLab answered. `version` is None where it tells it to nobody without a token."""

    is_gitlab: bool
    version: str | None = None
    time: datetime | None = None
    redirects_to: str | None = None

    @property
    def numbers(self) -> tuple[int, int]:
        """Major and minor version; zeros where the version is none."""
        found = _NUMBERS.match(self.version or "")
        return (int(found[1]), int(found[2])) if found else (0, 0)


@dataclass(frozen=True, slots=True)
class KnownApplication:
    """An OAuth application as GitLab lists it for administrators."""

    client_id: str
    redirects: tuple[str, ...]


def greeting(connection: Connection, token: str | None) -> Greeting:
    """Ask for the version, which needs no right. Raises GitLabUnavailable where nothing answers."""
    gitlab = connect(connection, token)
    with translated():
        headers = {"PRIVATE-TOKEN": token} if token else {}
        answer = gitlab.session.get(
            f"{gitlab.api_url}/version", headers=headers, allow_redirects=False, timeout=gitlab.timeout
        )
    time = _time(answer.headers.get("Date"))
    if answer.is_redirect:
        return Greeting(False, time=time, redirects_to=str(answer.headers.get("Location", "another address")))
    said = _object(answer)
    version = said.get("version")
    known = isinstance(version, str) or (answer.status_code in (401, 403) and bool({"message", "error"} & said.keys()))
    return Greeting(known, version[:40] if isinstance(version, str) else None, time)


def application_error(connection: Connection, client_id: str, secret: str | None, redirect: str) -> str | None:
    """What GitLab says to a code that nobody was given: `invalid_grant` if it knows the application and its secret,
    `invalid_client` if not. Raises GitLabUnavailable.
    """
    gitlab = connect(connection, None)
    form = {
        "grant_type": "authorization_code",
        "code": "none",
        "code_verifier": "none",
        "redirect_uri": redirect,
        "client_id": client_id,
        **({"client_secret": secret} if secret is not None else {}),
    }
    with translated():
        answer = gitlab.session.post(
            f"{connection.url}/oauth/token", data=form, allow_redirects=False, timeout=gitlab.timeout
        )
    error = _object(answer).get("error")
    return error if isinstance(error, str) and re.fullmatch(r"[a-z_]{1,40}", error) else None


def applications(connection: Connection, token: str) -> tuple[KnownApplication, ...] | None:
    """The applications of the instance, None for a token that is no administrator's."""
    gitlab = connect(connection, token)
    try:
        with translated():
            listed = list(gitlab.http_list("/applications", iterator=True, per_page=100))
    except GitLabError:
        return None
    return tuple(
        KnownApplication(str(one.get("application_id")), tuple(str(one.get("callback_url") or "").split()))
        for one in listed
    )


def _object(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _time(header: str | None) -> datetime | None:
    try:
        told = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
