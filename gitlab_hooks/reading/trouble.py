"""What becomes of a project when a part of it cannot be read now: what was indexed of it stays, but not for ever.

A project that is not in the index yet is indexed without that part; one that is keeps its item, and is read again, for
an hour. Then the rest is more worth than the part (a container registry that is down must not hold up a new card), and
the item loses it until it can be read again.
"""

from datetime import datetime, timedelta
from threading import Lock
from typing import Final

import structlog

from gitlab_hooks.gateway.errors import GitLabUnavailable
from stac_ext.clock import Clock

PATIENCE: Final = timedelta(hours=1)
log = structlog.get_logger()


class Patience:
    """Since when parts of which projects cannot be read. Safe for several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[int, datetime] = {}
        self._lock = Lock()

    def over(self, project_id: int) -> None:
        """Everything could be read."""
        with self._lock:
            self._since.pop(project_id, None)

    def bear(self, project_id: int, troubled: frozenset[str], *, indexed: bool) -> None:
        """Raises GitLabUnavailable while what is indexed is worth more than what could be read."""
        if not troubled:
            return
        now = self._clock.now()
        with self._lock:
            since = self._since.setdefault(project_id, now)
        what = ", ".join(sorted(troubled))
        if indexed and now - since < PATIENCE:
            raise GitLabUnavailable(f"GitLab gave no usable answer about {what}")
        log.warning("project is indexed without what cannot be read", project_id=project_id, parts=what)
