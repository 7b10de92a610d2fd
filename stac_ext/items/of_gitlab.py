"""What GitLab decides about an item and no README can change: its times but a declared extent, and `sharinghub:`."""

from datetime import UTC, datetime
from typing import Any, Final

from stac_ext.items.temporal import Interval
from stac_ext.model import ProjectFacts
from stac_ext.sanitize import MAX_INTEGER, TITLE_LIMIT, clean_line
from stac_ext.times import format_rfc3339

MAX_TOPICS: Final = 200


def updated(facts: ProjectFacts) -> datetime:
    """When the indexed state came to be: the head commit, or the creation of an empty project."""
    return _utc(facts.head_committed_at or facts.created_at)


def times(facts: ProjectFacts, interval: Interval | None) -> dict[str, Any]:
    """`datetime`, or the two ends of a declared interval, with `created` and `updated`."""
    written: dict[str, Any] = {"datetime": format_rfc3339(interval.start if interval else updated(facts))}
    if interval and not interval.is_instant:
        start, end = format_rfc3339(interval.start), format_rfc3339(interval.end)
        written = {"datetime": None, "start_datetime": start, "end_datetime": end}
    created = format_rfc3339(_utc(facts.created_at))
    return {**written, "created": created, "updated": format_rfc3339(updated(facts))}


def gitlab_properties(facts: ProjectFacts) -> dict[str, Any]:
    """The properties of the catalogue's own prefix."""
    topics = [topic for topic in (clean_line(topic, TITLE_LIMIT) for topic in facts.topics) if topic]
    branch = {"sharinghub:default_branch": clean_line(facts.default_branch)} if facts.default_branch else {}
    return {
        "sharinghub:id": facts.id,
        "sharinghub:path": clean_line(facts.path),
        "sharinghub:stars": min(max(0, facts.stars), MAX_INTEGER),
        **branch,
        **({"sharinghub:revision": clean_line(facts.head_sha)} if facts.head_sha else {}),
        "sharinghub:visibility": clean_line(facts.visibility),
        "sharinghub:archived": facts.archived,
        "sharinghub:topics": topics[:MAX_TOPICS],
    }


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
