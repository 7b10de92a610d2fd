"""Whether a project is as it was when it was last read whole: by what a listing and a glance tell, without a call."""

import hashlib
from typing import Any

import orjson

from gitlab_hooks.gateway.glance import Glance
from gitlab_hooks.reading.attributes import SOURCES


class Seen:
    """Remembers of each project what was told before it was read, and under which fingerprint it was then indexed.

    What is told must be older than the reading: then an index that is newer than it is only looked at once more.
    """

    def __init__(self) -> None:
        self._seen: dict[int, tuple[str, str]] = {}

    def is_same(self, project_id: int, told: str | None, fingerprint: str | None) -> bool:
        """Whether the project tells what it told then, and the index holds what it was then made to hold."""
        return told is not None and fingerprint is not None and self._seen.get(project_id) == (told, fingerprint)

    def note(self, project_id: int, told: str | None, fingerprint: str | None) -> None:
        """The project was read after it told this, and is indexed under this fingerprint."""
        if told is None or not fingerprint:
            self._seen.pop(project_id, None)
        else:
            self._seen[project_id] = (told, fingerprint)


def told_by(listed: dict[str, Any] | None, glance: Glance | None) -> str | None:
    """Everything that can have changed of a project without releases, packages, images and models, as a digest; None
    where it was not all told.
    """
    if listed is None or glance is None or not {"visibility", "repository_access_level"} <= listed.keys():
        return None
    told = [[listed.get(name) for name in SOURCES], glance.head, glance.updated]
    marked = [listed.get("marked_for_deletion_on"), listed.get("marked_for_deletion_at"), listed.get("empty_repo")]
    return hashlib.sha256(orjson.dumps([told, marked], option=orjson.OPT_SORT_KEYS)).hexdigest()
