"""Which fields of an item a caller wants, and what is left of the item then.

Wanted fields are added to those that a valid item needs; what is not wanted is taken away last. A name without
`properties.` means a property unless an item has a member of that name.
Source: https://github.com/stac-api-extensions/fields
"""

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
_DEFAULT: Final = (
    *("id", "type", "collection", "stac_version", "geometry", "bbox", "links", "assets"),
    *("properties.datetime", "properties.start_datetime", "properties.end_datetime"),
)
_EXAMPLE: Final = "id,properties,-geometry"
_BODY_EXAMPLE: Final = '{"include":["properties"],"exclude":["geometry"]}'


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of fields, dots between the members of members; `include` holds the default ones, too."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]

    def of(self, item: dict[str, Any]) -> dict[str, Any]:
        """What is left of an item, which is changed. `properties` stay an object unless they are excluded."""
        left: dict[str, Any] = {"properties": {}}
        for name in self.include:
            _copy(name, item, left)
        for name in self.exclude:
            _remove(name, left)
        return {name: left[name] for name in item if name in left}


def parse_fields(value: object) -> Fields | None:
    """The fields that POST's object asks for; None where all are wanted. Raises InvalidParameter."""
    if value is None:
        return None
    if not isinstance(value, dict) or value.keys() - {"include", "exclude"}:
        raise InvalidParameter("fields", "must be an object with include and exclude", _BODY_EXAMPLE)
    include, exclude = (_names(value.get(which)) for which in ("include", "exclude"))
    return Fields(tuple(dict.fromkeys((*_DEFAULT, *include))), exclude)


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
        raise InvalidParameter("fields", "must be lists of names", _BODY_EXAMPLE)
    if len(value) > MAX_FIELDS:
        raise InvalidParameter("fields", f"has more than {MAX_FIELDS} names", _EXAMPLE)
    return tuple(one if one.partition(".")[0] in _MEMBERS else f"properties.{one}" for one in value)


def _splits(name: str, within: dict[str, Any]) -> tuple[str, str] | None:
    """The member of an object that a name begins with, and the rest: names of members may hold dots themselves."""
    if name in within:
        return name, ""
    at = name.find(".")
    while at >= 0:
        if name[:at] in within:
            return name[:at], name[at + 1 :]
        at = name.find(".", at + 1)
    return None


def _copy(name: str, source: dict[str, Any], target: dict[str, Any]) -> None:
    found = _splits(name, source)
    if found is None:
        return
    member, rest = found
    value = source[member]
    if not rest:
        target[member] = value
    elif isinstance(value, dict) and target.get(member) is not value:
        _copy(rest, value, target.setdefault(member, {}))


def _remove(name: str, target: dict[str, Any]) -> None:
    found = _splits(name, target)
    if found is None:
        return
    member, rest = found
    if not rest:
        del target[member]
    elif isinstance(target[member], dict):
        _remove(rest, target[member])
