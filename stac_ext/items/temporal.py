"""Which time an item has: what `extent.temporal` declares, in the notations that people write.

Two ends are an interval, one of them may be open (null, `..`, missing). One moment, or one day, is an instant; one
month or one year is the interval that it spans. A day that ends an interval counts to its last second.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import quoted

OPEN_START: Final = datetime(1, 1, 1, tzinfo=UTC)
OPEN_END: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

_OPEN = frozenset({"", "..", "null", "none", "open", "now", "present", "ongoing", "today", "-", "~"})
_STARTS = ("start", "begin", "from", "start_datetime", "start_date")
_ENDS = ("end", "to", "until", "end_datetime", "end_date")
_FIX = "Write `temporal: [2020-01-01, 2020-12-31]`, with null for an open end."

# fmt: off
_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)
# fmt: on
_MONTHS = {name[:size]: n for n, name in enumerate(_MONTH_NAMES, 1) for size in (3, 4, len(name))}
_TIME = (
    r"(?:[Tt ]\s*(?P<h>\d\d):?(?P<mi>\d\d)(?::?(?P<s>\d\d)(?:[.,](?P<f>\d{1,12}))?)?"
    r"\s*(?P<z>[Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?"
)
_NOTATIONS = tuple(
    re.compile(notation, re.ASCII)
    for notation in (
        r"(?P<y>\d{4})",
        r"(?P<y>\d{4})-(?P<m>\d\d?)",
        r"(?P<y>\d{4})-(?P<m>\d\d?)-(?P<d>\d\d?)" + _TIME,
        r"(?P<y>\d{4})/(?P<m>\d\d?)/(?P<d>\d\d?)" + _TIME,
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)" + _TIME,
        r"(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{4})" + _TIME,
        r"(?:[A-Za-z]{3,9},? )?(?P<d>\d\d?)(?:st|nd|rd|th)?[ -](?P<b>[A-Za-z]{3,9})\.?,?[ -](?P<y>\d{4})" + _TIME,
        r"(?:[A-Za-z]{3,9},? )?(?P<b>[A-Za-z]{3,9})\.? (?P<d>\d\d?)(?:st|nd|rd|th)?,? (?P<y>\d{4})" + _TIME,
        r"(?P<b>[A-Za-z]{3,9})\.?,? (?P<y>\d{4})",
    )
)


@dataclass(frozen=True, slots=True)
class Interval:
    """A declared time, both ends included; an instant has one moment as both ends."""

    start: datetime
    end: datetime

    @property
    def is_instant(self) -> bool:
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class _Span:
    """What one notation names: its first and last moment; `day` where it may stand for an instant."""

    first: datetime
    last: datetime
    single: bool


def read_temporal(value: Any, log: ProblemLog, field: str = "extent.temporal") -> Interval | None:
    """The declared time, or None where none is declared or none can be used, which is then told to `log`."""
    try:
        return _interval(value)
    except ValueError as error:
        log.add("temporal-extent", f"The temporal extent is not used: {error}.", _FIX, field=field)
        return None


def _interval(value: Any) -> Interval | None:
    if isinstance(value, dict):
        value = value.get("interval", value) if "interval" in value else value
    if isinstance(value, dict):
        ends = [[value[key] for key in keys if key in value] for keys in (_STARTS, _ENDS)]
        if not any(ends):
            raise ValueError("it names neither a start nor an end")
        return _between(*(end[0] if end else None for end in ends))
    if isinstance(value, list):
        if value and all(isinstance(entry, list) for entry in value):
            return _hull([_interval(entry) for entry in value])
        if len(value) == 1:
            return _interval(value[0]) if not isinstance(value[0], list | dict) else _refuse_kind(value[0])
        if len(value) != 2:
            raise ValueError(f"it has {len(value)} ends, not 2")
        return _between(*value)
    if _is_open(value):
        return None
    text = _text(value)
    try:
        span = _parse(text)
    except ValueError:
        parts = text.split("/")
        if len(parts) % 2:
            raise
        half = len(parts) // 2
        return _between("/".join(parts[:half]), "/".join(parts[half:]))
    return Interval(span.first, span.first if span.single else span.last)


def _between(start: Any, end: Any) -> Interval | None:
    if _is_open(start) and _is_open(end):
        return None
    first = OPEN_START if _is_open(start) else _parse(_text(start)).first
    last = OPEN_END if _is_open(end) else _parse(_text(end)).last
    if first > last:
        raise ValueError("its start is after its end")
    return Interval(first, last)


def _hull(intervals: list[Interval | None]) -> Interval | None:
    if not all(intervals):
        return None
    known = [interval for interval in intervals if interval]
    return Interval(min(i.start for i in known), max(i.end for i in known))


def _is_open(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in _OPEN)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else _refuse_kind(value)


def _refuse_kind(value: Any) -> Any:
    raise ValueError(f"{quoted(value)} is not a date")


def _parse(text: str) -> _Span:
    text = text.strip()
    if len(text) <= 60:
        for notation in _NOTATIONS:
            if match := notation.fullmatch(text):
                try:
                    return _span(match.groupdict())
                except (ValueError, OverflowError):
                    break
    raise ValueError(f"{quoted(text)} is not a date")


def _span(parts: dict[str, str | None]) -> _Span:
    year = int(parts["y"] or 0)
    named = parts.get("b")
    month = _MONTHS.get(named.lower(), 0) if named else int(parts.get("m") or 0)
    if named and not month:
        raise ValueError("no month")
    day = int(parts.get("d") or 0)
    if hour := parts.get("h"):
        moment = _moment(year, month, day, int(hour), parts)
        return _Span(moment, moment, True)
    if "d" in parts:
        first = datetime(year, month, day, tzinfo=UTC)
        return _Span(first, first + timedelta(hours=23, minutes=59, seconds=59), True)
    if "m" in parts or named:
        first, last = datetime(year, month, 1, tzinfo=UTC), calendar.monthrange(year, month)[1]
        return _Span(first, datetime(year, month, last, 23, 59, 59, tzinfo=UTC), False)
    return _Span(datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC), False)


def _moment(year: int, month: int, day: int, hour: int, parts: dict[str, str | None]) -> datetime:
    second = min(int(parts["s"] or 0), 59) if parts["s"] == "60" else int(parts["s"] or 0)  # a leap second
    fraction = int((parts["f"] or "0")[:6].ljust(6, "0"))
    moment = datetime(year, month, day, hour, int(parts["mi"] or 0), second, fraction, tzinfo=_zone(parts["z"]))
    return moment.astimezone(UTC)


def _zone(text: str | None) -> timezone:
    if not text or text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[3:].lstrip(":") or 0)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
