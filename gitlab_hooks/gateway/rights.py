"""What a caller may do with one project right now: asked of GitLab in one call, for anonymous callers too.

The same call says whether GitLab took the credential at all: one that it does not know must not count as none.
Source: https://docs.gitlab.com/api/graphql/reference/#projectpermissions
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from gitlab_hooks.gateway.errors import CredentialRefused, GitLabUnavailable
from gitlab_hooks.gateway.values import number_of
from gitlab_hooks.gateway.viewer import Credential, ViewerClient

_RIGHTS: Final = """
query rights($ids: [ID!]) {
  currentUser { id }
  projects(ids: $ids, first: 1) { nodes { id topics userPermissions { downloadCode pushCode } } }
}"""
_MAINTAINED: Final = """
query maintained($ids: [ID!], $path: ID!) {
  currentUser { id }
  named: projects(ids: $ids, first: 1) { nodes { id userPermissions { adminProject } } }
  placed: project(fullPath: $path) { id userPermissions { adminProject } }
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
    user_id = number_of(user.get("id")) if isinstance(user, dict) else None
    if credential is not None and not isinstance(user, dict):
        raise CredentialRefused("GitLab does not know this token")
    projects = data.get("projects")
    if not isinstance(projects, dict) or not isinstance(projects.get("nodes"), list):
        raise GitLabUnavailable("GitLab's answer about a project has an unknown shape")
    for node in projects["nodes"]:
        if isinstance(node, dict) and node.get("id") == name:
            return replace(_of_node(node), user_id=user_id)
    return CodeRights(user_id=user_id)


async def maintained(client: ViewerClient, credential: Credential, project_id: int | None, path: str) -> int | None:
    """The project that GitLab has at this path, else the one of this number, if the caller may administer it.

    The question is the same whether or not there is such a project. Raises as `code_rights`.
    """
    named = f"gid://gitlab/Project/{project_id or 0}"
    data = await client.query(_MAINTAINED, {"ids": [named], "path": path}, credential)
    if not isinstance(data.get("currentUser"), dict):
        raise CredentialRefused("GitLab does not know this token")
    placed, projects = data.get("placed"), data.get("named")
    if not isinstance(projects, dict) or not isinstance(projects.get("nodes"), list):
        raise GitLabUnavailable("GitLab's answer about a project has an unknown shape")
    of_id = [one for one in projects["nodes"] if isinstance(one, dict) and one.get("id") == named]
    for node in [placed] if isinstance(placed, dict) else of_id:
        permissions = node.get("userPermissions")
        if isinstance(permissions, dict) and permissions.get("adminProject") is True:
            return number_of(node.get("id"))
    return None


def _of_node(node: dict[str, Any]) -> CodeRights:
    permissions, topics = node.get("userPermissions"), node.get("topics")
    if not isinstance(permissions, dict):
        return CodeRights()
    return CodeRights(
        download=permissions.get("downloadCode") is True,
        push=permissions.get("pushCode") is True,
        topics=frozenset(map(str, topics)) if isinstance(topics, list) else frozenset(),
    )
