"""Is GitLab there, is it GitLab, and are the configured tokens good: asked at start, so that a mistake is told at once.

The visitors' token is lent to everybody: one that can do more than read is refused, and so is one whose scopes GitLab
does not tell.
"""

from typing import Final

import structlog

from gitlab_hooks.gateway.errors import (
    AccessDenied,
    CredentialRefused,
    GitLabError,
    GitLabUnavailable,
    InsufficientScope,
    NotFound,
)
from gitlab_hooks.gateway.service import ServiceClient
from sharinghub_ext.config import Settings

_READING: Final = frozenset({"read_api", "read_user", "read_repository", "openid", "profile", "email"})
log = structlog.get_logger()


class GitLabCheckFailed(Exception):
    """GitLab cannot be used as it is configured. `fatal` is false where waiting may help."""

    def __init__(self, message: str, *, fatal: bool) -> None:
        super().__init__(message)
        self.fatal = fatal


def check_gitlab(settings: Settings, client: ServiceClient) -> None:
    """Raise GitLabCheckFailed with what to change; warn about a token that may do more than it needs."""
    url = settings.api_url
    try:
        if (target := client.redirected_to()) is not None:
            raise GitLabCheckFailed(f"SHARINGHUB_GITLAB_URL: {url} redirects to {target}: set that URL", fatal=True)
        identity = client.identity()
    except GitLabError as error:
        raise explained(error, url, client.anonymous) from error
    if identity is None:
        log.warning("no service token: only what everybody may see is catalogued (SHARINGHUB_GITLAB_TOKEN)")
        return
    log.info("service account", username=identity.username, scopes=list(identity.scopes))
    if "api" in identity.scopes:
        log.warning("the service token may write: a token with read_api is enough")
    if identity.admin:
        log.warning("the service account is an administrator: a bot that is Reporter in the groups is enough")


def check_visitor(settings: Settings, client: ServiceClient) -> None:
    """Raise GitLabCheckFailed for a visitors' token that can do more than read, or that cannot be used; what GitLab
    cannot say at the moment is not fatal, but the token must not be lent before it does.
    """
    try:
        identity = client.identity()
    except GitLabUnavailable as error:
        raise GitLabCheckFailed(f"SHARINGHUB_VISITOR_TOKEN: it cannot be checked now: {error}", fatal=False) from error
    except GitLabError as error:
        raise GitLabCheckFailed(f"SHARINGHUB_VISITOR_TOKEN: {settings.api_url}: {error}", fatal=True) from error
    scopes = identity.scopes if identity is not None else ()
    if "read_api" not in scopes:
        raise GitLabCheckFailed(
            "SHARINGHUB_VISITOR_TOKEN: GitLab does not say that it has the scope read_api: use a personal, project or "
            "group access token with read_api alone",
            fatal=True,
        )
    if more := sorted(set(scopes) - _READING):
        raise GitLabCheckFailed(
            f"SHARINGHUB_VISITOR_TOKEN: it can do more than read ({', '.join(more)}), and it is lent to everybody: "
            "create one with read_api alone",
            fatal=True,
        )
    if identity is not None and identity.admin:
        raise GitLabCheckFailed(
            "SHARINGHUB_VISITOR_TOKEN: it is an administrator's, and it is lent to everybody: use a bot's", fatal=True
        )


def explained(error: GitLabError, url: str, anonymous: bool) -> GitLabCheckFailed:
    """What to change; waiting helps only where GitLab gave no usable answer."""
    match error:
        case CredentialRefused() if anonymous:
            message = f"{url} shows nothing without a token: set SHARINGHUB_GITLAB_TOKEN"
        case CredentialRefused():
            message = f"SHARINGHUB_GITLAB_TOKEN: {url} refuses it: it is invalid, expired or revoked"
        case InsufficientScope():
            message = f"SHARINGHUB_GITLAB_TOKEN: it lacks the scope {error.scope}: create one with read_api"
        case AccessDenied():
            message = f"SHARINGHUB_GITLAB_TOKEN: {url} refuses its account: it may be blocked"
        case NotFound():
            message = f"SHARINGHUB_GITLAB_URL: there is no GitLab at {url} (its API answers 404)"
        case _:
            return GitLabCheckFailed(f"SHARINGHUB_GITLAB_URL: no GitLab answers at {url}: {error}", fatal=False)
    return GitLabCheckFailed(message, fatal=True)
