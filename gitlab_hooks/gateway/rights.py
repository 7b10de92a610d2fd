"""What a caller may do with the code of one project right now: asked of GitLab in one call, for anonymous callers too.

The same call says whether GitLab took the credential at all: one that it does not know must not count as none.
Source: https://docs.gitlab.com/api/graphql/reference/#projectpermissions
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from gitlab_hooks.gateway.errors import CredentialRefused, GitLabUnavailable
from gitlab_hooks.gateway.viewer import Credential, ViewerClient

_USER: Final = re.compile(r"gid://gitlab/User/([1-9][0-9]{0,17})", re.ASCII)
_RIGHTS: Final = """
query rights($ids: [ID!]) {
  currentUser { id }
  projects(ids: $ids, first: 1) { nodes { id topics userPermissions { downloadCode pushCode } } }
}"""


@dataclass(frozen=True, slots=True)
class CodeRights:
    """Whether the code may be downloaded and pushed to, the topics of the project, and whom the credential acts as."""

    download: bool = False
    push: bool = False
    topics: frozenset[str] = frozenset()
    user_id: int | None = None


async def code_rights(client: ViewerClient, credential: Credential | None, project_id: int) -> CodeRights:
    """Ask GitLab; no rights at all for a project that does not exist or that the caller does not see.

    Raises CredentialRefused, InsufficientScope, AccessDenied or GitLabUnavailable.
    """
    name = f"gid://gitlab/Project/{project_id}"
    data = await client.query(_RIGHTS, {"ids": [name]}, credential)
    user = data.get("currentUser")
    if credential is not None and not isinstance(user, dict):
        raise CredentialRefused("GitLab does not know this token")
    projects = data.get("projects")
    if not isinstance(projects, dict) or not isinstance(projects.get("nodes"), list):
        raise GitLabUnavailable("GitLab's answer about a project has an unknown shape")
    for node in projects["nodes"]:
        if isinstance(node, dict) and node.get("id") == name:
            return replace(_of_node(node), user_id=_id_of(user))
    return CodeRights(user_id=_id_of(user))


def _id_of(user: Any) -> int | None:
    match = _USER.fullmatch(str(user.get("id"))) if isinstance(user, dict) else None
    return int(match[1]) if match else None


def _of_node(node: dict[str, Any]) -> CodeRights:
    permissions, topics = node.get("userPermissions"), node.get("topics")
    if not isinstance(permissions, dict):
        return CodeRights()
    return CodeRights(
        download=permissions.get("downloadCode") is True,
        push=permissions.get("pushCode") is True,
        topics=frozenset(map(str, topics)) if isinstance(topics, list) else frozenset(),
    )
