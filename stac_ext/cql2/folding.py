"""What CASEI and ACCENTI make of a text, so that texts that differ in letter case or accents become equal.

A text is decomposed (NFKD); ACCENTI drops its marks, CASEI folds its case in full; what is left is composed again
(NFKC), so that an accented letter that stays is one character for a pattern.
Sources: https://docs.ogc.org/is/21-065r2/21-065r2.html#case-insensitive-comparison, Unicode, 5.18 Case Mappings
"""

import sys
import unicodedata
from functools import lru_cache


def folded(text: str, *, case: bool, marks: bool) -> str:
    """`text` without case, without marks, or without both."""
    decomposed = unicodedata.normalize("NFKD", text)
    if marks:
        decomposed = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFKC", decomposed.casefold() if case else decomposed)


@lru_cache(maxsize=1)
def marks_of_unicode() -> str:
    """Every mark that is dropped, for engines that fold by tables."""
    return "".join(char for char in _decomposed() if unicodedata.combining(char))


@lru_cache(maxsize=1)
def cases_of_unicode() -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """What has another case: characters, what each becomes in the same order, and those that become several."""
    pairs = [(char, char.casefold()) for char in _decomposed() if char.casefold() != char]
    single = [(char, low) for char, low in pairs if len(low) == 1]
    return (
        "".join(char for char, _ in single),
        "".join(low for _, low in single),
        tuple((char, low) for char, low in pairs if len(low) > 1),
    )


@lru_cache(maxsize=1)
def _decomposed() -> tuple[str, ...]:
    """Every character that can stand in a decomposed text."""
    points = (chr(point) for point in range(1, sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF)
    return tuple(char for char in points if unicodedata.is_normalized("NFKD", char))
