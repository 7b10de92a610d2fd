"""In which of its languages a collection is told: the one that the caller's `Accept-Language` wants most.

The text of a category that is none of its `locales` counts as English, the language of what the hub brings along.
Sources: https://www.rfc-editor.org/rfc/rfc9110#name-accept-language,
https://github.com/stac-extensions/language (v1.0.0)
"""

import re
from dataclasses import replace
from typing import Any, Final

from stac_ext.categories import Category

EXTENSION: Final = "https://stac-extensions.github.io/language/v1.0.0/schema.json"
UNTRANSLATED: Final = "en"

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}|\*)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?", re.ASCII
)
_MAX_RANGES: Final = 50


def wanted_languages(header: str | None) -> list[str]:
    """The language ranges of an `Accept-Language`, the most wanted first; those that are none are passed over."""
    ranges = []
    for number, one in enumerate((header or "").split(",")[:_MAX_RANGES]):
        match = _RANGE.fullmatch(one)
        weight = float(match[2] or 1) if match else 0.0
        if match and 0 < weight <= 1:
            ranges.append((-weight, number, match[1].lower()))
    return [tag for _, _, tag in sorted(ranges)]


def language_of(category: Category, wanted: list[str]) -> str:
    """The language of a category that the first range fits which fits any."""
    tags = {one.language.lower(): one.language for one in category.locales}
    tags.setdefault(UNTRANSLATED, UNTRANSLATED)
    for tag in wanted:
        while tag:
            if tag == "*":
                return tags[UNTRANSLATED]
            if tag in tags:
                return tags[tag]
            tag = tag.rpartition("-")[0]
    return tags[UNTRANSLATED]


def translated(category: Category, language: str) -> Category:
    """The category with title and description in one of its languages."""
    told = category.in_language(language)
    return replace(category, title=told.title or category.title, description=told.description or category.description)


def language_headers(category: Category, language: str) -> dict[str, str]:
    """What an answer with this collection says of its language; of which language a lone text is, nobody knows."""
    return {"Vary": "Accept-Language", **({"Content-Language": language} if category.locales else {})}


def say_languages(collection: dict[str, Any], category: Category, language: str) -> dict[str, Any]:
    """The collection with the fields of the language extension, where the category has several."""
    if not category.locales:
        return collection
    tags = dict.fromkeys([UNTRANSLATED, *(one.language for one in category.locales)])
    return {
        **collection,
        "stac_extensions": [*collection["stac_extensions"], EXTENSION],
        "language": {"code": language},
        "languages": [{"code": tag} for tag in tags if tag != language],
    }
