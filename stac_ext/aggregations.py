"""Which aggregations there are, what each asks the store for, and how its answer is told.

Source: https://github.com/stac-api-extensions/aggregation (v0.3.0)
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final, Protocol

from stac_ext.query import InvalidParameter
from stac_ext.times import format_rfc3339, from_micros

MAX_BUCKETS: Final = 1_000
INTERVAL: Final = "datetime_frequency_interval"
PRECISION: Final = "centroid_geohash_grid_frequency_precision"
OPTIONS: Final = (INTERVAL, PRECISION)
_UNITS: Final = ("year", "month", "day")
_MAX_PRECISION: Final = 6
_EPOCH: Final = date(1970, 1, 1).toordinal()
_BASE32: Final = "0123456789bcdefghjkmnpqrstuvwxyz"
_RANGES: Final[tuple[tuple[int, int | None], ...]] = ((0, 1), (1, 10), (10, 100), (100, None))
_EXAMPLE: Final = "total_count,license_frequency"


class Counted(Protocol):
    """What a store counts of the items of a search that a viewer may see."""

    def total(self) -> int: ...
    def times(self) -> tuple[int, int] | None: ...
    def days(self) -> Counter[int]: ...
    def column(self, name: str) -> Counter[Any]: ...
    def text(self, name: str) -> Counter[str]: ...
    def listed(self, name: str) -> Counter[str]: ...
    def cells(self, columns: int, rows: int) -> Counter[tuple[int, int]]: ...


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One aggregation, with its options set."""

    name: str
    data_type: str
    _answer: Callable[[Counted], dict[str, Any]]

    def of(self, counted: Counted) -> dict[str, Any]:
        """The Aggregation object."""
        return {"name": self.name, "data_type": self.data_type, **self._answer(counted)}


def parse_aggregations(value: object, options: Mapping[str, object]) -> tuple[Aggregation, ...]:
    """The aggregations that are asked for by name; none is asked for unless it is named. Raises InvalidParameter."""
    known = _known(_unit(options.get(INTERVAL)), _precision(options.get(PRECISION)))
    names = [] if value is None else value
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise InvalidParameter("aggregations", "must be a list of names", _EXAMPLE)
    for one in names:
        if one not in known:
            raise InvalidParameter("aggregations", f"{one[:100]!r} is none; {', '.join(known)} are", _EXAMPLE)
    return tuple(known[one] for one in dict.fromkeys(names))


def described() -> list[dict[str, Any]]:
    """All aggregations that can be asked for."""
    return [{"name": one.name, "data_type": one.data_type} for one in _known(None, 2).values()]


def _unit(value: object) -> str | None:
    if value is not None and value not in _UNITS:
        raise InvalidParameter(INTERVAL, f"must be one of {', '.join(_UNITS)}", "month")
    return None if value is None else str(value)


def _precision(value: object) -> int:
    if value is None:
        return 2
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MAX_PRECISION:
        raise InvalidParameter(PRECISION, f"must be a whole number from 1 to {_MAX_PRECISION}", "3")
    return value


def _known(unit: str | None, precision: int) -> dict[str, Aggregation]:
    found = (
        Aggregation("total_count", "integer", lambda counted: {"value": counted.total()}),
        Aggregation("datetime_min", "datetime", partial(_end, which=0)),
        Aggregation("datetime_max", "datetime", partial(_end, which=1)),
        Aggregation("datetime_frequency", "datetime", partial(_days, unit=unit)),
        Aggregation("collection_frequency", "string", lambda counted: _single(counted, counted.column("collection"))),
        Aggregation("license_frequency", "string", lambda counted: _single(counted, counted.column("license"))),
        Aggregation("framework_frequency", "string", lambda counted: _single(counted, counted.text("mlm:framework"))),
        Aggregation("task_frequency", "string", lambda counted: _terms(counted.listed("mlm:tasks"))),
        Aggregation("keyword_frequency", "string", lambda counted: _terms(counted.listed("keywords"))),
        Aggregation("topic_frequency", "string", lambda counted: _terms(counted.listed("sharinghub:topics"))),
        Aggregation("stars_frequency", "numeric", _stars),
        Aggregation("centroid_geohash_grid_frequency", "string", partial(_places, precision=precision)),
    )
    return {one.name: one for one in found}


def _end(counted: Counted, which: int) -> dict[str, Any]:
    ends = counted.times()
    return {"value": None if ends is None else format_rfc3339(from_micros(ends[which]))}


def _single(counted: Counted, found: Counter[str]) -> dict[str, Any]:
    """Terms of which an item has one at most, so that those without can be told."""
    told = _terms(found)
    return {**told, "overflow": counted.total() - sum(one["frequency"] for one in told["buckets"])}


def _terms(found: Counter[str]) -> dict[str, Any]:
    most = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_BUCKETS]
    return {"buckets": [{"key": key, "data_type": "string", "frequency": count} for key, count in most]}


def _days(counted: Counted, unit: str | None) -> dict[str, Any]:
    """When items begin. Unless it is said, days become months, and months years, where they would be very many."""
    days = counted.days()
    span = max(days) - min(days) if days else 0
    unit = unit or ("day" if span <= 92 else "month" if span <= 3_653 else "year")
    found: Counter[str] = Counter()
    for number, count in days.items():
        day = date.fromordinal(_EPOCH + number)
        begin = {"year": day.replace(month=1, day=1), "month": day.replace(day=1), "day": day}[unit]
        found[f"{begin.isoformat()}T00:00:00Z"] += count
    latest = sorted(found.items())[-MAX_BUCKETS:]
    buckets = [{"key": key, "data_type": f"interval_{unit}", "frequency": count} for key, count in latest]
    return {"buckets": buckets, "overflow": found.total() - sum(count for _, count in latest)}


def _stars(counted: Counted) -> dict[str, Any]:
    stars, buckets = counted.column("stars"), []
    for least, beyond in _RANGES:
        count = sum(n for value, n in stars.items() if least <= value and (beyond is None or value < beyond))
        ends = {"from": least} if beyond is None else {"from": least, "to": beyond}
        key = f"{least}-{'*' if beyond is None else beyond}"
        buckets.append({"key": key, "data_type": "numeric", "frequency": count, **ends})
    return {"buckets": buckets, "overflow": counted.total() - stars.total()}


def _places(counted: Counted, precision: int) -> dict[str, Any]:
    """By geohash (https://en.wikipedia.org/wiki/Geohash): five bits a character, the first of the longitude."""
    bits = 5 * precision
    columns, rows = (bits + 1) // 2, bits // 2
    found = counted.cells(2**columns, 2**rows)
    named = Counter({_geohash(x, y, bits): count for (x, y), count in found.items()})
    return _single(counted, named)


def _geohash(x: int, y: int, bits: int) -> str:
    number = 0
    left = {0: (bits + 1) // 2, 1: bits // 2}
    for place in range(bits):
        which = place % 2
        left[which] -= 1
        number = number << 1 | ((y if which else x) >> left[which]) & 1
    return "".join(_BASE32[number >> shift & 31] for shift in range(bits - 5, -1, -5))
