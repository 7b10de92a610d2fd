"""What a value of an extension's field may be: checks that give the value as it is stored, or say what is wrong.

A check takes any value that YAML or JSON can hold and raises ValueError for one that it refuses.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from stac_ext.ml.values import bounded, number_of
from stac_ext.sanitize import MAX_INTEGER, clean_line, clean_text, line_of, quoted
from stac_ext.times import format_rfc3339, parse_rfc3339

Check = Callable[[Any], Any]

MAX_ENTRIES: Final = 1_000
MAX_PROSE: Final = 10_000


def number(least: float | None = None, most: float | None = None, *, above: float | None = None) -> Check:
    """A finite number in a range; `above` is a bound that it must exceed."""

    def check(value: Any) -> int | float:
        found = number_of(value)
        if found is None:
            raise ValueError(f"{quoted(value)} is no finite number")
        if least is not None and found < least:
            raise ValueError(f"{found:g} is less than {least:g}")
        if most is not None and found > most:
            raise ValueError(f"{found:g} is greater than {most:g}")
        if above is not None and found <= above:
            raise ValueError(f"{found:g} is not greater than {above:g}")
        return found

    return check


def whole(least: int | None = None) -> Check:
    """A whole number; `2.0` is one."""
    within = number(least)

    def check(value: Any) -> int:
        found = within(value)
        if abs(found) > MAX_INTEGER or found != int(found):
            raise ValueError(f"{quoted(value)} is no whole number")
        return int(found)

    return check


def line(value: Any) -> str:
    """One line of text; a number is the text that writes it."""
    if text := line_of(value, 500):
        return text
    raise ValueError(f"{quoted(value)} is no text")


def prose(value: Any) -> str:
    """Text of several lines."""
    text = clean_text(value, MAX_PROSE).strip() if isinstance(value, str) else line(value)
    if not text:
        raise ValueError("it is empty")
    return text


def boolean(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{quoted(value)} is neither true nor false")
    return value


def moment(value: Any) -> str:
    """A time, as RFC 3339 in UTC."""
    if not isinstance(value, str):
        raise ValueError(f"{quoted(value)} is no RFC 3339 time")
    return format_rfc3339(parse_rfc3339(value.strip()))


def choice(*allowed: str) -> Check:
    """One of some words, in any letter case."""
    words = {word.casefold(): word for word in allowed}

    def check(value: Any) -> str:
        word = words.get(line(value).casefold())
        if word is None:
            raise ValueError(f"{quoted(value)} is not one of {', '.join(allowed)}")
        return word

    return check


def null_or(check: Check) -> Check:
    """What `check` takes, or null."""
    return lambda value: None if value is None else check(value)


def either(*checks: Check) -> Check:
    """What the first check gives that takes the value; the last one says what is wrong."""

    def check(value: Any) -> Any:
        for one in checks[:-1]:
            try:
                return one(value)
            except ValueError:
                continue
        return checks[-1](value)

    return check


def entries(of: Check, *, counts: tuple[int, ...] = (), least: int = 0, unique: bool = False) -> Check:
    """A list; `counts` are the lengths that it may have. A single value is a list of it where one entry is enough."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            if counts or value is None:
                raise ValueError(f"{quoted(value)} is no list")
            value = [value]
        if counts and len(value) not in counts:
            raise ValueError(f"it has {len(value)} entries, not {' or '.join(map(str, counts))}")
        if not least <= len(value) <= MAX_ENTRIES:
            raise ValueError(f"it has {len(value)} entries; from {least} to {MAX_ENTRIES} are possible")
        found: list[Any] = []
        for index, entry in enumerate(value, 1):
            checked = _within(f"entry {index}", of, entry)
            if not (unique and checked in found):
                found.append(checked)
        return found

    return check


def table(of: Check) -> Check:
    """A mapping from names to values of one kind."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or not 0 < len(value) <= MAX_ENTRIES:
            raise ValueError(f"{quoted(value)} is no mapping of up to {MAX_ENTRIES} names")
        return {line(str(name)): _within(f"`{clean_line(str(name), 60)}`", of, entry) for name, entry in value.items()}

    return check


def record(
    required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *, closed: bool = False
) -> Check:
    """A mapping with certain keys. Other keys are kept as they are, or with `closed` refused.

    An optional key that is null counts as absent where its check refuses null.
    """
    known = {**required, **(optional or {})}

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(f"{quoted(value)} is no mapping")
        if closed and (more := [key for key in value if key not in known]):
            raise ValueError(f"`{clean_line(str(more[0]), 60)}` is no part of it")
        found: dict[str, Any] = {}
        for key, entry in value.items():
            if key not in known:
                if (name := line(str(key))) not in known:
                    found[name] = bounded(entry)
            elif entry is not None or key in required or _takes_null(known[key]):
                found[key] = _within(f"`{key}`", known[key], entry)
        if missing := [key for key in required if key not in found]:
            raise ValueError(f"it has no `{missing[0]}`")
        return found

    return check


def _takes_null(check: Check) -> bool:
    try:
        return check(None) is None
    except ValueError:
        return False


def _within(place: str, check: Check, value: Any) -> Any:
    try:
        return check(value)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
