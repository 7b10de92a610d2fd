"""Where the values that describe an item come from, for `sharinghub lint`: each as the item shows it.

What the front matter says is never repeated here as it was written: it may hold what nobody is to be shown.
"""

from collections.abc import Iterator
from typing import Any

from stac_ext.items.described import is_description_read
from stac_ext.model import Told
from stac_ext.sanitize import clean_line, line_of

_MAX_SHOWN = 200


def tell(
    fields: dict[str, Any], body: str, item: dict[str, Any], readme: str, *, place: str | None, licence: str
) -> Iterator[Told]:
    """The fields that front matter at `readme` decides, and those that other sources do.

    `place` is the source of the item's geometry, None where it has none; `licence` that of its licence.
    """
    front = f"{readme} front matter"
    properties = item["properties"]
    named = line_of(fields.get("title")) or line_of(fields.get("pretty_name"))
    yield Told("title", _shown(properties.get("title")), front if named else "project name")
    if "description" in properties:
        source = readme if body.strip() else front if is_description_read(fields, body) else "project description"
        yield Told("description", _shown(properties["description"]), source)
    if "license" in properties:
        yield Told("license", properties["license"], licence)
    for name, words in (("keywords", ("keywords", "tags")), ("providers", ("providers",))):
        if name in properties and any(fields.get(word) for word in words):
            shown = [entry["name"] if isinstance(entry, dict) else entry for entry in properties[name]]
            yield Told(name, _shown(", ".join(shown)), f"{front} and GitLab")
    if place and item.get("bbox"):
        yield Told("bbox", _shown(", ".join(f"{side:g}" for side in item["bbox"])), place)
    if "start_datetime" in properties:
        yield Told("datetime", f"{properties['start_datetime']}/{properties['end_datetime']}", front)
    else:
        declared = properties["datetime"] != properties["updated"]
        yield Told("datetime", properties["datetime"], front if declared else "head commit")


def _shown(value: Any) -> str:
    return clean_line(str(value), _MAX_SHOWN)
