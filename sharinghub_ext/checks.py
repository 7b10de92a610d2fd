"""Is GitLab there, is it GitLab, and is the service token good: asked at start, so that a mistake is told at once."""

import structlog

from gitlab_hooks.gateway.errors import AccessDenied, CredentialRefused, GitLabError, InsufficientScope, NotFound
from gitlab_hooks.gateway.service import ServiceClient
from sharinghub_ext.config import Settings

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
        raise _explained(error, url, client.anonymous) from error
    if identity is None:
        log.warning("no service token: only what everybody may see is catalogued (SHARINGHUB_GITLAB_TOKEN)")
        return
    log.info("service account", username=identity.username, scopes=list(identity.scopes))
    if "api" in identity.scopes:
        log.warning("the service token may write: a token with read_api is enough")
    if identity.admin:
        log.warning("the service account is an administrator: a bot that is Reporter in the groups is enough")


def _explained(error: GitLabError, url: str, anonymous: bool) -> GitLabCheckFailed:
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
