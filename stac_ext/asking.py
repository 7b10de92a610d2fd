"""The whole of what a caller asks for: the parameters of a search with its filter, free text and order.

GET's texts become the JSON values that POST sends; these become one query.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from stac_ext.cql2.parsing import JSON, TEXT, parse_filter
from stac_ext.query import InvalidParameter, SearchQuery, from_text, parse_search
from stac_ext.sorting import parse_sort, sort_from_text
from stac_ext.words import MAX_ASKED, words_of

MAX_TERMS: Final = 50
CONDITIONS: Final = (
    *("collections", "ids", "bbox", "intersects", "datetime", "limit"),
    *("q", "sortby", "filter", "filter-lang", "filter-crs"),
)


def values_of_text(parameters: Mapping[str, str | None]) -> dict[str, Any]:
    """The JSON values that GET's texts stand for. Raises InvalidParameter."""
    values: dict[str, Any] = from_text(parameters)
    if text := parameters.get("sortby"):
        values["sortby"] = sort_from_text(text)
    if text := parameters.get("q"):
        values["q"] = text.split(",")
    if "filter" in values:
        values.setdefault("filter-lang", TEXT)
    return values


def query_of(values: Mapping[str, Any]) -> SearchQuery:
    """The query that these raw JSON values (None where absent) ask for. Raises InvalidParameter."""
    given = {name: value for name, value in values.items() if value is not None}
    own = {name: given.pop(name, None) for name in ("q", "sortby", "filter", "filter-lang", "filter-crs")}
    query = replace(parse_search(**given), sort=parse_sort(own["sortby"]), phrases=_phrases(own["q"]))
    if own["filter"] is None:
        if own["filter-lang"] is not None or own["filter-crs"] is not None:
            raise InvalidParameter("filter", "is missing, though its language or reference system is given", "a = 1")
        return query
    language = own["filter-lang"] or (JSON if isinstance(own["filter"], dict) else TEXT)
    return replace(query, filter=parse_filter(own["filter"], language, own["filter-crs"]))


def _phrases(value: object) -> tuple[tuple[str, ...], ...] | None:
    """Free text: terms of which an item must hold one, each a sequence of words."""
    if value is None:
        return None
    terms = [value] if isinstance(value, str) else value
    if not isinstance(terms, list) or not all(isinstance(one, str) for one in terms) or len(terms) > MAX_TERMS:
        raise InvalidParameter("q", f"must be at most {MAX_TERMS} texts", "flood,wild fire")
    found = tuple(words for term in terms if (words := tuple(words_of(term[:10_000]))))
    if sum(len(words) for words in found) > MAX_ASKED:
        raise InvalidParameter("q", f"has more than {MAX_ASKED} words", "flood,wild fire")
    return found
