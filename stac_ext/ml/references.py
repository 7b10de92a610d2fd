"""Which data sets and models a card names: their texts and what kind of name each is; nothing is resolved here."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import TITLE_LIMIT, line_of, quoted

MAX_REFERENCES: Final = 100

_PATH = re.compile(r"[\w.-]+(/[\w.-]+)+")


class ReferenceKind(StrEnum):
    """How a project may be named; a PATH is one of GitLab or of Hugging Face, and only GitLab knows."""

    URL = "url"
    ID = "id"
    PATH = "path"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Reference:
    """One name as it is written; `field` is the front matter's field, for problems told about it."""

    text: str
    kind: ReferenceKind
    field: str


@dataclass(frozen=True, slots=True)
class References:
    """What a model was trained on, and what it was made from."""

    train_data: tuple[Reference, ...] = ()
    base_models: tuple[Reference, ...] = ()


def read_references(fields: dict[str, Any], log: ProblemLog) -> References:
    """`datasets` and `base_model` of the front matter, each a text or a list of texts."""
    return References(_references(fields, "datasets", log), _references(fields, "base_model", log))


def _references(fields: dict[str, Any], name: str, log: ProblemLog) -> tuple[Reference, ...]:
    value = fields.get(name)
    if value is None:
        return ()
    entries = value if isinstance(value, list) else [value]
    references: dict[Reference, None] = {}
    for entry in entries[:MAX_REFERENCES]:
        text = line_of(entry, TITLE_LIMIT)
        if text is None:
            said = f"{quoted(entry)} below `{name}` is no name and is left out."
            log.add("card-value", said, f"Write `{name}: [group/project]`.", field=name)
        else:
            references[Reference(text, _kind(text), name)] = None
    if len(entries) > MAX_REFERENCES:
        log.add("card-value", f"Only the first {MAX_REFERENCES} of `{name}` are used.", field=name)
    return tuple(references)


def _kind(text: str) -> ReferenceKind:
    if text.lower().startswith(("http://", "https://")):
        return ReferenceKind.URL
    if text.isascii() and text.isdigit():
        return ReferenceKind.ID
    return ReferenceKind.PATH if _PATH.fullmatch(text) else ReferenceKind.NAME
