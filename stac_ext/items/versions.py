"""What the versions of a project are called, and which stand beside each.

A release is the item `42@v1.2.0`, a `/` in its tag a `~`. Versions are in the order of semantic versioning, and of
their release where they are no such versions. Source: https://github.com/stac-extensions/version (v1.2.0)
"""

from collections.abc import Sequence
from typing import Final

from stac_ext.model import Release
from stac_ext.references import Reference
from stac_ext.semver import version_key

EXTENSION: Final = "https://stac-extensions.github.io/version/v1.2.0/schema.json"


def version_id(project_id: int, tag: str) -> str:
    """The item id of a version."""
    return f"{project_id}@{tag.replace('/', '~')}"


def in_order(releases: Sequence[Release]) -> list[Release]:
    """Released versions, oldest first; upcoming ones and those without a commit are none."""
    real = [one for one in releases if one.sha and not one.upcoming and one.tag and len(one.tag) <= 200]
    return sorted(real, key=lambda one: version_key(one.tag, one.released_at))


def beside(project_id: int, tag: str | None, ordered: Sequence[str], collection: str) -> tuple[Reference, ...]:
    """The latest version, and the ones before and after `tag`; the newest state (None) knows the latest only."""
    if not ordered:
        return ()
    named = {"latest-version": ordered[-1]}
    if tag in ordered:
        place = ordered.index(tag)
        if place > 0:
            named["predecessor-version"] = ordered[place - 1]
        if place + 1 < len(ordered):
            named["successor-version"] = ordered[place + 1]
    return tuple(
        Reference(rel, project_id=project_id, collection=collection, version=one) for rel, one in named.items()
    )
