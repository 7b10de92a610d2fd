"""Which other projects an item refers to, and as what: `related`, `datasets`, `base_model`, and links to items.

A name that can only be meant outside of this GitLab becomes a plain link where it is a URL.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pystac

from stac_ext.dvc.secrets import shown
from stac_ext.ml.references import References
from stac_ext.model import ProjectFacts
from stac_ext.problem_log import ProblemLog
from stac_ext.references import MAX_REFERENCES, Reference, read_reference
from stac_ext.sanitize import line_of, quoted
from stac_ext.urls import BuildContext, safe_url

DERIVED: Final = "derived_from"
# Source: https://github.com/stac-extensions/ml-model (v1.0.0), Relation types
TRAIN_DATA: Final = "ml-model:train-data"
_FIX: Final = "Write `group/name`, the project's number, or its URL."


@dataclass(frozen=True, slots=True)
class Referred:
    """References to projects of this GitLab, and links to what lies elsewhere."""

    references: tuple[Reference, ...] = ()
    links: tuple[pystac.Link, ...] = ()


def refer(
    fields: dict[str, Any],
    link_entries: list[Any],
    model: References,
    imported: Iterable[str],
    facts: ProjectFacts,
    context: BuildContext,
    log: ProblemLog,
) -> Referred:
    """Read them all. `link_entries` are those of `links` that name items, `imported` the addresses of projects of this
    GitLab that data is imported from; what names nothing is told to `log`.
    """
    reader = _Reader(facts, context, log)
    reader.take_related(fields.get("related"))
    for entry in link_entries:
        href, rel = (entry.get("href"), entry.get("rel")) if isinstance(entry, dict) else (entry, None)
        reader.take(href, line_of(rel, 200) or "related", None, "links")
    for one in model.train_data:
        reader.take(one.text, TRAIN_DATA, None, one.field)
    for one in model.base_models:
        reader.take(one.text, DERIVED, None, one.field)
    if not model.train_data and not model.base_models:  # a data set may name what it was made from as a card does
        for name in ("datasets", "base_model"):
            for text in _texts(fields.get(name)):
                reader.take(text, DERIVED, None, name)
    for text in filter(None, map(_source, _texts(fields.get("source_datasets")))):
        reader.take(text, DERIVED, None, "source_datasets")
    for address in imported:
        reader.take(address, DERIVED, None, "dvc import")
    return Referred(tuple(dict.fromkeys(reader.references)), tuple(reader.links))


class _Reader:
    def __init__(self, facts: ProjectFacts, context: BuildContext, log: ProblemLog) -> None:
        self.references: list[Reference] = []
        self.links: list[pystac.Link] = []
        self._facts = facts
        self._context = context
        self._log = log
        self._urls: set[tuple[str, str]] = set()
        self._full = False

    def take_related(self, value: Any) -> None:
        """SharingHub's `related: {collection: url or list}`; a list or a text names projects of any collection."""
        if value is None:
            return
        by_collection = value if isinstance(value, dict) else {None: value}
        for collection, named in list(by_collection.items())[:MAX_REFERENCES]:
            texts = _texts(named)
            if named is not None and not texts:
                said = f"Below `related`, {quoted(named)} names no project."
                self._log.add("related", said, _FIX, field="related")
            for text in texts:
                self.take(text, DERIVED, str(collection) if collection else None, "related")

    def take(self, text: Any, rel: str, collection: str | None, field: str) -> None:
        if len(self.references) + len(self.links) >= MAX_REFERENCES:
            if not self._full:
                self._full = True
                self._log.add("related", f"Only the first {MAX_REFERENCES} related projects are used.", field=field)
            return
        context = self._context
        found = read_reference(
            text,
            rel,
            self._facts.namespace,
            gitlab_url=context.gitlab_url,
            stac_url=context.stac_url,
            collection=collection,
        )
        if found is not None:
            if found.project_id != self._facts.id and found.path != self._facts.path.lower():
                self.references.append(found)
            return
        try:
            url = safe_url(text)
        except ValueError as error:
            said = f"{shown(text)} below `{field}` names no project: {error}."
            self._log.add("related", said, _FIX, field=field)
            return
        if (rel, url) not in self._urls:
            self._urls.add((rel, url))
            self.links.append(pystac.Link(rel, url))


def _source(text: Any) -> Any:
    """What one of a card's `source_datasets` names: `original` and `extended` name none, `extended|name` names one.

    Source: https://github.com/huggingface/hub-docs/blob/main/datasetcard.md
    """
    if not isinstance(text, str):
        return text
    name = text.strip().removeprefix("extended|")
    return None if name in ("original", "extended") else name


def _texts(value: Any) -> list[Any]:
    entries: Iterable[Any] = value if isinstance(value, list) else [] if value is None else [value]
    return [one for one in list(entries)[: MAX_REFERENCES + 1] if isinstance(one, str | int) and one is not True]
