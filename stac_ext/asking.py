"""The whole of what a caller asks for: the parameters of a search with its filter, free text and order.

GET's texts become the JSON values that POST sends; these become one query.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from stac_ext.cql2.parsing import JSON, TEXT, parse_filter
from stac_ext.cql2.stacql import EXAMPLE as QUERY_EXAMPLE
from stac_ext.cql2.stacql import parse_query
from stac_ext.cql2.tree import And, Condition
from stac_ext.fields import fields_from_text
from stac_ext.query import InvalidParameter, SearchQuery, from_text, parse_search
from stac_ext.sorting import parse_sort, sort_from_text
from stac_ext.words import MAX_ASKED, words_of

MAX_TERMS: Final = 50
CONDITIONS: Final = (
    *("collections", "ids", "bbox", "intersects", "datetime", "limit"),
    *("q", "sortby", "query", "filter", "filter-lang", "filter-crs"),
)

_OWN: Final = ("q", "sortby", "query", "filter", "filter-lang", "filter-crs")


def values_of_text(parameters: Mapping[str, str | None]) -> dict[str, Any]:
    """The JSON values that GET's texts stand for. Raises InvalidParameter."""
    values: dict[str, Any] = from_text(parameters)
    if text := parameters.get("sortby"):
        values["sortby"] = sort_from_text(text)
    if text := parameters.get("q"):
        values["q"] = text.split(",")
    if (text := parameters.get("fields")) is not None:
        values["fields"] = fields_from_text(text)
    if text := parameters.get("query"):
        try:
            values["query"] = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise InvalidParameter("query", "is not JSON", QUERY_EXAMPLE) from None
    if "filter" in values:
        values.setdefault("filter-lang", TEXT)
    return values


def query_of(values: Mapping[str, Any]) -> SearchQuery:
    """The query that these raw JSON values (None where absent) ask for. Raises InvalidParameter."""
    given = {name: value for name, value in values.items() if value is not None}
    own = {name: given.pop(name, None) for name in _OWN}
    query = replace(parse_search(**given), sort=parse_sort(own["sortby"]), phrases=phrases_of(own["q"]))
    asked = [condition for condition in (filter_of(own), _query(own["query"])) if condition is not None]
    return replace(query, filter=asked[0] if len(asked) == 1 else And(tuple(asked))) if asked else query


def filter_of(given: Mapping[str, Any]) -> Condition | None:
    """The condition of a filter with its language and reference system. Raises InvalidParameter."""
    value, language, crs = (given[name] for name in ("filter", "filter-lang", "filter-crs"))
    if value is None:
        if language is not None or crs is not None:
            raise InvalidParameter("filter", "is missing, though its language or reference system is given", "a = 1")
        return None
    if language is None:
        language = JSON if isinstance(value, dict | bool) else TEXT
    return parse_filter(value, language, crs)


def _query(value: object) -> Condition | None:
    return None if value is None else parse_query(value)


def phrases_of(value: object) -> tuple[tuple[str, ...], ...] | None:
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
