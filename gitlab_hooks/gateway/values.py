"""How odd values in GitLab's answers are taken: a missing or strange one costs itself, not what it stands in."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from stac_ext.times import parse_rfc3339

UNKNOWN_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_GLOBAL_ID = re.compile(r"gid://gitlab/[A-Za-z:]+/([1-9][0-9]{0,17})")


def moment(value: Any) -> datetime:
    """A date-time in UTC; GitLab's carry an offset. The beginning of 1970 for what is none."""
    try:
        return parse_rfc3339(str(value))
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return UNKNOWN_TIME
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def number_of(global_id: Any) -> int | None:
    """The number in a GraphQL id such as `gid://gitlab/Packages::Package/7`."""
    found = _GLOBAL_ID.fullmatch(str(global_id))
    return int(found[1]) if found else None


def rows(connection: Any) -> list[dict[str, Any]]:
    """The nodes of a GraphQL connection, none where there is no connection."""
    nodes = connection.get("nodes") if isinstance(connection, dict) else None
    return [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []


def hexadecimal(value: Any, digits: int) -> str | None:
    """A digest in lower case, None for what is none."""
    text = value.lower() if isinstance(value, str) else ""
    return text if re.fullmatch(rf"[0-9a-f]{{{digits}}}", text) else None


def size(value: Any) -> int | None:
    """A number of bytes."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None
