"""What items may be sorted by, and how a caller says it.

Source: https://github.com/stac-api-extensions/sort
"""

from typing import Any, Final

from stac_ext.query import DEFAULT_SORT, InvalidParameter, SortKey

MAX_KEYS: Final = 5
SORTABLE: Final[dict[str, dict[str, Any]]] = {
    "id": {"title": "Item ID", "type": "string"},
    "collection": {"title": "Collection ID", "type": "string"},
    "datetime": {"title": "Date and time", "type": "string", "format": "date-time"},
    "created": {"title": "Created", "type": "string", "format": "date-time"},
    "updated": {"title": "Updated", "type": "string", "format": "date-time"},
    "title": {"title": "Title, whatever its letter case", "type": "string"},
    "license": {"title": "Licence", "type": "string"},
    "sharinghub:stars": {"title": "Stars in GitLab", "type": "integer"},
}
_EXAMPLE: Final = "-updated,+title"


def parse_sort(value: object) -> tuple[SortKey, ...]:
    """The order that `sortby` asks for: a list of objects with `field` and `direction`. Raises InvalidParameter."""
    if value is None or value == []:
        return DEFAULT_SORT
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise InvalidParameter("sortby", "must be a list of objects", _EXAMPLE)
    if len(value) > MAX_KEYS:
        raise InvalidParameter("sortby", f"has more than {MAX_KEYS} fields", _EXAMPLE)
    keys: dict[str, SortKey] = {}
    for one in value:
        field, direction = one.get("field"), one.get("direction", "asc")
        name = field.removeprefix("properties.") if isinstance(field, str) else ""
        if name not in SORTABLE:
            shown = str(field)[:100]
            raise InvalidParameter("sortby", f"{shown!r} is not sortable; {', '.join(SORTABLE)} are", _EXAMPLE)
        if direction not in ("asc", "desc"):
            raise InvalidParameter("sortby", "has a direction other than asc and desc", _EXAMPLE)
        keys.setdefault(name, SortKey(name, descending=direction == "desc"))
    return tuple(keys.values())


def sort_from_text(text: str) -> list[dict[str, str]]:
    """The list that GET's text stands for: names with `-` before those that descend, separated by commas."""
    found = []
    for part in text.split(","):
        name = part.strip()  # a `+` that was not encoded arrives as a blank
        found.append({"field": name.lstrip("+-"), "direction": "desc" if name.startswith("-") else "asc"})
    return found
