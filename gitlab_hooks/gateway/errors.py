"""What can go wrong when GitLab is asked, and whether asking again later helps.

GitLabError
├── GitLabUnavailable     unreachable, slow, 429, 5xx, or an answer that is not GitLab's: try again later
├── CredentialRefused     401: the token is invalid, expired or revoked
├── InsufficientScope     403: the token lacks a scope that it needs
├── AccessDenied          403: blocked, or not allowed here
└── NotFound              404: does not exist, or may not be seen
"""


class GitLabError(Exception):
    """GitLab could not be asked, or refused. Messages hold no token and no URL with a query."""


class GitLabUnavailable(GitLabError):
    """GitLab gave no usable answer; `retry_after` is in seconds where GitLab named one."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CredentialRefused(GitLabError):
    """The token is invalid, expired or revoked."""


class InsufficientScope(GitLabError):
    """The token may not use the API; `scope` names what GitLab asks for."""

    def __init__(self, scope: str = "read_api") -> None:
        super().__init__(f"the token lacks the scope {scope}")
        self.scope = scope


class AccessDenied(GitLabError):
    """GitLab knows the caller and refuses."""


class NotFound(GitLabError):
    """What was asked for does not exist, or may not be seen."""
