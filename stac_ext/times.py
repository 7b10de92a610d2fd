"""How times are read and written: RFC 3339 text at the edges, microseconds since 1970 UTC in the store."""

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)


def to_micros(moment: datetime) -> int:
    """Whole microseconds from 1970-01-01T00:00:00Z to `moment`, negative before it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def parse_rfc3339(text: str) -> datetime:
    """The moment that `text` names, in UTC.

    Raises ValueError for anything but RFC 3339, section 5.6. A leap second counts as the last microsecond before it.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 date-time")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction = int((match[7] or "0")[:6].ljust(6, "0"))
    if second == 60:
        second, fraction = 59, 999_999
    moment = datetime(year, month, day, hour, minute, second, fraction, tzinfo=UTC)
    if match[8]:
        return moment
    if int(match[10]) > 23 or int(match[11]) > 59:
        raise ValueError("the offset is out of range")
    offset = timedelta(hours=int(match[10]), minutes=int(match[11]))
    try:
        return moment - offset if match[9] == "+" else moment + offset
    except OverflowError:
        raise ValueError("the year is out of range") from None


def format_rfc3339(moment: datetime) -> str:
    """`moment` as RFC 3339 text in UTC with `Z`, with a fraction only where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
