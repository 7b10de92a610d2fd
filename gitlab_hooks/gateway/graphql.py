"""One GraphQL query with the service token, and what its errors mean: unknown to this GitLab, refused, or trouble.

Source: https://docs.gitlab.com/api/graphql/
"""

import re
from dataclasses import dataclass
from typing import Any

import gitlab

from gitlab_hooks.gateway.errors import GitLabUnavailable, NotFound
from gitlab_hooks.gateway.transport import translated

_REFUSAL = "don't have permission"
_UNKNOWN = re.compile(r"doesn't exist on type|Cannot query field|Unknown argument|doesn't accept argument|complexity")


class NotUnderstood(Exception):
    """This GitLab does not know the query, or has no GraphQL at all: asking again does not help."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`troubled` holds the names on the paths of errors that are no refusals."""

    data: dict[str, Any]
    troubled: frozenset[str] = frozenset()


def ask(client: gitlab.Gitlab, query: str, variables: dict[str, Any]) -> Answer:
    """Run a query. Raises NotUnderstood, GitLabUnavailable, CredentialRefused, InsufficientScope or AccessDenied.

    Only what GitLab says of the query itself is NotUnderstood: if passing trouble counted as that, what was indexed
    before would be left out for good.
    """
    try:
        with translated():
            found = client.http_post(f"{client.url}/api/graphql", post_data={"query": query, "variables": variables})
    except NotFound as error:
        raise NotUnderstood from error
    if not isinstance(found, dict):
        raise GitLabUnavailable("GitLab's GraphQL answer has an unknown shape")
    errors = [error for error in found.get("errors") or () if isinstance(error, dict)]
    data = found.get("data")
    if not isinstance(data, dict):
        messages = [str(error.get("message"))[:500] for error in errors]
        if any(map(_UNKNOWN.search, messages)):
            raise NotUnderstood(messages[0])
        raise GitLabUnavailable("GitLab's GraphQL API answered with errors")
    troubled = {
        str(name)
        for error in errors
        if _REFUSAL not in str(error.get("message"))
        for name in error.get("path") or ("unknown",)
    }
    return Answer(data, frozenset(troubled))
