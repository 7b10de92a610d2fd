"""What the versions of a project are called, and which stand beside each.

A release is the item `42@v1.2.0`, a `/` in its tag a `~`. Versions are in the order of semantic versioning, and of
their release where they are no such versions. Source: https://github.com/stac-extensions/version (v1.2.0)
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from stac_ext.model import ProjectFacts, Release
from stac_ext.references import Reference
from stac_ext.sanitize import clean_line
from stac_ext.semver import parse_version, version_key

MAX_TAG: Final = 200
_ITEM_ID: Final = re.compile(r"([1-9][0-9]{0,17})(@.+)?", re.ASCII | re.DOTALL)
EXTENSION: Final = "https://stac-extensions.github.io/version/v1.2.0/schema.json"


def version_id(project_id: int, tag: str) -> str:
    """The item id of a version."""
    return f"{project_id}@{clean_line(tag.replace('/', '~'), MAX_TAG)}"


def project_of(item_id: str) -> int | None:
    """The id of the project that an item id names, of its newest state or of a version; None where it names none."""
    match = _ITEM_ID.fullmatch(item_id)
    return int(match[1]) if match else None


def in_order(releases: Sequence[Release]) -> list[Release]:
    """Released versions, oldest first; upcoming ones and those without a commit are none."""
    real = [one for one in releases if one.sha and not one.upcoming and one.tag and len(one.tag) <= MAX_TAG]
    return sorted(real, key=lambda one: version_key(one.tag, one.released_at))


def with_models_of(release: Release, facts: ProjectFacts) -> ProjectFacts:
    """The facts with those versions of registered models only that are called as the release: others may be later."""
    number = parse_version(release.tag)
    same = (one for one in facts.models if number and parse_version(one.version) == number)
    return replace(facts, models=tuple(same))


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
