"""SharingHub's way of asking for items, as STAC API has it: the language of its `q`, its `mode`, its names to sort by.

Its `q` is one text: `[a topic]`, as often as wanted, `:starred`, and words, all of which GitLab's search had to find in
the name, the path or the description of a project.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sharinghub_ext.problems import Problem

_TOPIC: Final = re.compile(r"\[([^\[\]]+)\]")
_FLAG: Final = re.compile(r"(?<!\S):([\w-]+)")
_SORTED_BY: Final = {"name": "title", "stars": "sharinghub:stars", "updated": "updated", "created": "created"}
_MODES: Final = {
    "full": None,
    "preview": "title,description,keywords,license,sharinghub:path,sharinghub:stars,assets.preview",
    "reference": "title,sharinghub:path",
}
_MAX_WORDS: Final = 20
_WILD: Final = re.compile(r"[%_\\]")


@dataclass(frozen=True, slots=True)
class FreeText:
    """What a `q` of SharingHub asks for; `starred` is what this hub cannot know."""

    topics: tuple[str, ...]
    words: tuple[str, ...]
    flags: tuple[str, ...]

    @property
    def is_special(self) -> bool:
        """Whether it means something else to STAC API."""
        return bool(self.topics or self.flags)

    @property
    def filter(self) -> str | None:
        """The same as a filter in CQL2 text; None for nothing."""
        asked = [f'A_CONTAINS("sharinghub:topics", ({_text(one)}))' for one in self.topics]
        for word in self.words:
            pattern = _text(f"%{_WILD.sub(_escaped, word)}%")
            fields = ("title", "description", '"sharinghub:path"')
            asked.append("(" + " OR ".join(f"CASEI({one}) LIKE CASEI({pattern})" for one in fields) + ")")
        return " AND ".join(asked) or None


def free_text(q: str) -> FreeText:
    """What a `q` of SharingHub asks for."""
    rest = _FLAG.sub(" ", _TOPIC.sub(" ", q))
    return FreeText(
        tuple(" ".join(one.split()) for one in _TOPIC.findall(q)),
        tuple(rest.replace(",", " ").split()),
        tuple(_FLAG.findall(q)),
    )


def translated(asked: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a search at SharingHub as this hub's. Raises Problem 400 for what has no counterpart."""
    found = {name: value for name, value in asked.items() if value}
    for cursor in ("before", "after"):
        if cursor in found:
            raise _refused(
                f"SharingHub's page cursor `{cursor}` names nothing here. Begin at the first page, and follow the links"
                " with rel=next."
            )
    mode = found.pop("mode", "full")
    if mode not in _MODES:
        raise _refused(f"`mode` is one of {', '.join(_MODES)}. Here `fields` says what is wanted of an item.")
    if (fields := _MODES[mode]) is not None:
        found.setdefault("fields", fields)
    if order := found.get("sortby"):
        found["sortby"] = ",".join(_sorted_by(one.strip()) for one in order.split(","))
    if (q := found.pop("q", None)) is not None:
        found |= _filtered(free_text(q), found.get("filter"))
    return found


def _filtered(asked: FreeText, besides: str | None) -> dict[str, str]:
    if asked.flags:
        raise no_flags(asked.flags)
    if len(asked.words) > _MAX_WORDS:
        raise _refused(f"`q` holds more than {_MAX_WORDS} words.")
    if asked.filter is None:
        return {}
    return {"filter": f"({besides}) AND {asked.filter}" if besides else asked.filter}


def no_flags(flags: tuple[str, ...]) -> Problem:
    """The refusal of `:starred` and the like."""
    return _refused(
        f"`:{flags[0]}` cannot be asked here: the hub does not read which projects you starred. GitLab lists them under"
        " /dashboard/projects/starred; `ids` takes their numbers or paths, separated by commas."
    )


def _sorted_by(name: str) -> str:
    direction = "-" if name.startswith("-") else ""
    name = name.lstrip("+-").removeprefix("properties.").removeprefix("sharinghub:")
    return direction + _SORTED_BY.get(name, name)


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def _text(value: str) -> str:
    """A text of CQL2: a quote in it is written twice."""
    return "'" + value.replace("'", "''") + "'"


def _refused(detail: str) -> Problem:
    return Problem(400, f"{detail} See the page on moving from SharingHub in the hub's documentation.")
