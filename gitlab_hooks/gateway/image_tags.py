"""The tags of container images by GraphQL: how they are asked for by the image's id, and read from the answer.

GitLab itself asks the registry for them, which may be down while everything else is well.
Source: https://docs.gitlab.com/api/graphql/reference/#querycontainerrepository
"""

import re
from collections.abc import Sequence
from typing import Any

from gitlab_hooks.gateway.graphql import Answer
from gitlab_hooks.gateway.values import rows
from stac_ext.model import ImageTag

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def ask_for_tags(images: Sequence[int]) -> str:
    """The fields of `Query` for at most 100 tags of each image."""
    return " ".join(
        f'i{image}: containerRepository(id: "gid://gitlab/ContainerRepository/{image}")'
        " { tags(first: 100) { nodes { name digest } } }"
        for image in images
    )


def tags_in(answer: Answer, images: Sequence[int]) -> dict[int, tuple[ImageTag, ...]]:
    """The tags by image; those are left out of which the registry said nothing."""
    found = {image: answer.data.get(f"i{image}") for image in images if f"i{image}" not in answer.troubled}
    return {image: tuple(map(tag_of, rows(details.get("tags")))) for image, details in found.items() if details}


def tag_of(row: dict[str, Any]) -> ImageTag:
    """A tag as REST or GraphQL tells it; only the latter knows digests in a list."""
    digest = str(row.get("digest"))
    return ImageTag(str(row.get("name") or ""), digest if _DIGEST.fullmatch(digest) else None)
