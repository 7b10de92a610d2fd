"""Which fields of an item a caller wants, and what is left of the item then.

The most specific name decides, and of two equal ones that which is wanted. A name without `properties.` means a
property unless an item has a member of that name.
Source: https://github.com/stac-api-extensions/fields (v1.0.0-rc.3)
"""

import copy
from dataclasses import dataclass
from typing import Any, Final

from stac_ext.query import InvalidParameter

MAX_FIELDS: Final = 200
_MAX_NAME: Final = 300
_MEMBERS: Final = frozenset(
    {
        *("id", "type", "collection", "stac_version", "stac_extensions", "geometry", "bbox", "properties"),
        *("links", "assets"),
    }
)
_MINIMAL: Final = ("id", "type", "collection", "stac_version")
_DEFAULT: Final = (
    *(*_MINIMAL, "geometry", "bbox", "links", "assets"),
    *("properties.datetime", "properties.start_datetime", "properties.end_datetime"),
)
_EXAMPLE: Final = "id,properties,-geometry"


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of fields, dots between the members of members: what there is at first (None: all), and what is wanted and
    not wanted then.
    """

    base: tuple[str, ...] | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]

    def of(self, item: dict[str, Any]) -> dict[str, Any]:
        """What is left of an item."""
        left: dict[str, Any] = {}
        if self.base is None:
            left = copy.deepcopy(item)
        for name in self.base or ():
            _copy(name, item, left)
        changes = [
            (len(name), wanted, name) for wanted in (False, True) for name in (self.exclude, self.include)[wanted]
        ]
        for _, wanted, name in sorted(changes):
            if wanted:
                _copy(name, item, left)
            else:
                _remove(name, left)
        return {name: left[name] for name in item if name in left}


def parse_fields(value: object) -> Fields | None:
    """The fields that POST's object asks for; None where all are wanted. Raises InvalidParameter."""
    if value is None:
        return None
    if not isinstance(value, dict) or value.keys() - {"include", "exclude"}:
        raise refused()
    include, exclude = (_names(value.get(which)) for which in ("include", "exclude"))
    if include:
        return Fields(_MINIMAL, include, exclude)
    return Fields(None if exclude and "include" not in value else _DEFAULT, (), exclude)


def refused() -> InvalidParameter:
    """The error of what is no object."""
    return InvalidParameter("fields", "must be an object with include and exclude", _EXAMPLE)


def fields_from_text(text: str) -> dict[str, list[str]]:
    """The object that GET's text stands for: names with `-` before those to leave out, separated by commas."""
    names = [part.strip() for part in text.split(",") if part.strip()]  # a `+` that was not encoded arrives as a blank
    return {
        "include": [name.removeprefix("+") for name in names if not name.startswith("-")],
        "exclude": [name.removeprefix("-") for name in names if name.startswith("-")],
    }


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) and 0 < len(one) <= _MAX_NAME for one in value):
        raise InvalidParameter("fields", "must be lists of names", _EXAMPLE)
    if len(value) > MAX_FIELDS:
        raise InvalidParameter("fields", f"has more than {MAX_FIELDS} names", _EXAMPLE)
    return tuple(one if one.partition(".")[0] in _MEMBERS else f"properties.{one}" for one in value)


def _path(name: str, within: Any) -> list[str] | None:
    """The members that a name leads through, None where it leads nowhere: names of members may hold dots themselves."""
    if not isinstance(within, dict):
        return None
    if name in within:
        return [name]
    at = name.find(".")
    while at >= 0:
        if name[:at] in within and (rest := _path(name[at + 1 :], within[name[:at]])) is not None:
            return [name[:at], *rest]
        at = name.find(".", at + 1)
    return None


def _copy(name: str, source: dict[str, Any], target: dict[str, Any]) -> None:
    path = _path(name, source)
    if path is None:
        return
    *above, last = path
    for member in above:
        source, target = source[member], target.setdefault(member, {})
    target[last] = copy.deepcopy(source[last])


def _remove(name: str, target: dict[str, Any]) -> None:
    path = _path(name, target)
    if path is None:
        return
    *above, last = path
    for member in above:
        target = target[member]
    del target[last]
