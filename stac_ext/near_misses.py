"""Which names of a filter are no queryables but look like one: a wrong name finds nothing, and is no error.

Source: OGC API - Features - Part 3, where `additionalProperties` of the queryables lets any name be asked about
"""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Final

MAX_NAMED: Final = 10
_ALIKE: Final = 0.8  # of 1: as `difflib` measures it


def near_misses(names: Iterable[str], known: Collection[str], patterns: Collection[str] = ()) -> Mapping[str, str]:
    """The queryable that each name is near to; names that are queryables, or near to none, are left out.

    `patterns` are beginnings of names of which there are any number. A name without a prefix is also held against what
    follows the prefixes of others: `stars` means `sharinghub:stars`.
    """
    found: dict[str, str] = {}
    bare = {one.partition(":")[2].casefold(): one for one in known if ":" in one}
    whole = {one.casefold(): one for one in known}
    for name in sorted(names):
        if name in known or name.startswith(tuple(patterns)) or len(found) == MAX_NAMED:
            continue
        asked = name.casefold()
        near = whole.get(asked) or bare.get(asked) or _likest(asked, whole)
        if near is None and ":" not in name:
            near = _likest(asked, bare)
        if near is not None:
            found[name] = near
    return found


def _likest(asked: str, among: Mapping[str, str]) -> str | None:
    likest = get_close_matches(asked, among, 1, _ALIKE)
    return among[likest[0]] if likest else None
