"""What an answer says of the question in its headers: that its limit was lowered, and which names it meant perhaps."""

from collections.abc import Collection
from typing import Final
from urllib.parse import quote

from stac_ext.cql2.tree import Condition, properties_of
from stac_ext.near_misses import near_misses
from stac_ext.query import MAX_LIMIT, SearchQuery
from stac_ext.queryables import PREFIXES, QUERYABLE

_KNOWN: Final = frozenset({*QUERYABLE, "collection"})


def said_of(query: SearchQuery, limit: object) -> dict[str, str]:
    """The headers of the answer to a search with this limit, as it was asked for."""
    return {**limit_header(limit), **near_miss_header(query.filter)}


def limit_header(asked: object) -> dict[str, str]:
    """`SharingHub-Limit: 10000` where more was asked for."""
    lowered = asked is not None and str(asked).isdigit() and int(str(asked)) > MAX_LIMIT
    return {"SharingHub-Limit": str(MAX_LIMIT)} if lowered else {}


def near_miss_header(condition: Condition | None, known: Collection[str] = _KNOWN) -> dict[str, str]:
    """`SharingHub-Near-Miss: "stars";queryable="sharinghub:stars"` for each name that is none, and near to one.

    A list of strings with a parameter; other characters than those of ASCII are percent-encoded.
    Source: https://www.rfc-editor.org/rfc/rfc9651
    """
    if condition is None:
        return {}
    found = near_misses(properties_of(condition), known, PREFIXES)
    told = ", ".join(f'"{_ascii(name)}";queryable="{near}"' for name, near in found.items())
    return {"SharingHub-Near-Miss": told} if told else {}


def _ascii(name: str) -> str:
    return quote(name, safe=" !#$&'()*+,-./:;<=>?@[]^_`{|}~")
