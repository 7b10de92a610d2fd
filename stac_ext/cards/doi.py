"""What is a DOI, and which ones a text names: first those of Markdown links, then the addresses of the resolver.

Source: https://www.doi.org/doi-handbook/HTML/syntax.html
"""

import re
from typing import Any, Final, NamedTuple

from stac_ext.sanitize import line_of

MAX_NAMED: Final = 50

_MAX_DOI = 250
_DOI = re.compile(
    r"(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?(10\.[0-9]{4,9}/[-._;()/:a-z0-9]+)", re.IGNORECASE | re.ASCII
)
_RESOLVER = r"https?://(?:dx\.)?doi\.org/"
_NAME = r"(10\.[0-9]{4,9}/(?:[-._;/:A-Za-z0-9]|\([-._;/:A-Za-z0-9]{0,60}\)){1,200})"
_LINK = re.compile(rf"\[([^\[\]\n]{{1,500}})\]\(<?{_RESOLVER}{_NAME}", re.ASCII)
_PLAIN = re.compile(_RESOLVER + _NAME, re.ASCII)
# Words of links that say nothing about what they lead to.
_EMPTY_WORDS = frozenset(
    {"doi", "here", "link", "paper", "article", "publication", "this paper", "the paper", "zenodo"}
)


class NamedDoi(NamedTuple):
    """A DOI, the words of the link to it if they say what it is, and where in the text it stands."""

    doi: str
    words: str | None
    at: int


def doi_of(value: Any) -> str | None:
    """The DOI without any resolver before it that a value is, or None."""
    text = line_of(value)
    match = _DOI.fullmatch(text) if text and len(text) <= _MAX_DOI else None
    return match[1] if match else None


def dois_in(text: str) -> list[NamedDoi]:
    """The DOIs of a text, each once, at most `MAX_NAMED`."""
    found: dict[str, NamedDoi] = {}
    for pattern in (_LINK, _PLAIN):
        for match in pattern.finditer(text):
            doi = match[match.re.groups].rstrip(".,;:")
            if doi_of(doi) is None:  # nothing but punctuation behind the prefix
                continue
            if len(found) >= MAX_NAMED:
                break
            words = _words(match[1], doi) if match.re.groups > 1 else None
            found.setdefault(doi.casefold(), NamedDoi(doi, words, match.start()))
    return list(found.values())


def _words(text: str, doi: str) -> str | None:
    words = line_of(text.removeprefix("DOI:"))
    if words is None or words.casefold() in _EMPTY_WORDS or doi_of(words.strip("`*_ ")) is not None:
        return None
    return words if doi.casefold() not in words.casefold() or len(words) > len(doi) + 20 else None
