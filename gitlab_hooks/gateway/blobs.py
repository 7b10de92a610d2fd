"""What git blobs are without reading them one by one: size, Git LFS object, and the text of small ones.

Source: https://docs.gitlab.com/api/graphql/reference/#repositoryblobs
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import gitlab

from gitlab_hooks.gateway.errors import GitLabUnavailable
from gitlab_hooks.gateway.graphql import ask
from gitlab_hooks.gateway.transport import translated
from gitlab_hooks.gateway.values import hexadecimal, rows, size

PATHS_A_CALL: Final = 80  # each path costs one, and the page doubles nearly: 200 are allowed without a token
_FACTS = "path oid size rawSize lfsOid"
_TEXTS = "path oid rawTextBlob"


@dataclass(frozen=True, slots=True)
class BlobFacts:
    """`size` in bytes of the content: that of the large object where the blob is a Git LFS pointer."""

    blob_id: str
    size: int | None
    lfs_sha256: str | None = None


def facts(client: gitlab.Gitlab, project_id: int, ref: str, paths: Sequence[str]) -> dict[str, BlobFacts]:
    """By path, what is known of at most 80 blobs. Raises NotUnderstood, GitLabUnavailable."""
    found: dict[str, BlobFacts] = {}
    for row in _blobs(client, project_id, ref, paths, _FACTS):
        lfs = hexadecimal(row.get("lfsOid"), 64)
        found[str(row["path"])] = BlobFacts(str(row["oid"]), size(row.get("rawSize" if lfs else "size")), lfs)
    return found


def texts(client: gitlab.Gitlab, project_id: int, ref: str, paths: Sequence[str]) -> dict[str, bytes]:
    """By path, the bytes of small text files, at most 80; those are left out of which GraphQL changed a byte.

    GitLab converts texts to UTF-8: only what has the blob's own git name is the file. Raises as `facts`.
    """
    found: dict[str, bytes] = {}
    for row in _blobs(client, project_id, ref, paths, _TEXTS):
        text = row.get("rawTextBlob")
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else None
        if data is not None and _git_name(data, len(str(row["oid"]))) == row["oid"]:
            found[str(row["path"])] = data
    return found


def _git_name(data: bytes, digits: int) -> str:
    made = hashlib.sha256() if digits == 64 else hashlib.sha1(usedforsecurity=False)
    made.update(b"blob %d\0" % len(data) + data)
    return made.hexdigest()


def _blobs(client: gitlab.Gitlab, project_id: int, ref: str, paths: Sequence[str], fields: str) -> list[dict[str, Any]]:
    query = (
        "query blobs($ids: [ID!], $paths: [String!]!, $ref: String) { projects(ids: $ids, first: 1) { nodes {"
        f" repository {{ blobs(paths: $paths, ref: $ref, first: {PATHS_A_CALL}) {{ nodes {{ {fields} }} }} }} }} }} }}"
    )
    variables = {"ids": [f"gid://gitlab/Project/{project_id}"], "paths": list(paths), "ref": ref}
    answer = ask(client, query, variables)
    if answer.troubled:
        raise GitLabUnavailable("GitLab could not read the repository")
    with translated():
        found = rows(answer.data["projects"])
        repository = found[0].get("repository") if found else None
        return rows(repository.get("blobs")) if isinstance(repository, dict) else []
