"""What a word is in free text: decided here, so that both engines find the same.

Text is normalised (NFKD, marks dropped, casefold) and cut into runs of letters and digits; each Chinese or Japanese
character is a word of its own, as these are written without blanks.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MAX_WORDS: Final = 16_000  # PostgreSQL counts positions up to 16,383
MAX_SAME: Final = 255  # PostgreSQL keeps so many positions of one word
MAX_WORD: Final = 200
MAX_BYTES: Final = 500_000  # PostgreSQL takes 1 MiB with positions
MAX_ASKED: Final = 1_000  # words in one search, to be held by who parses it: PostgreSQL's stack ends at some thousands

_RUN: Final = re.compile(r"[^\W_]+")
_SINGLE: Final = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])")


def normalise(text: str) -> str:
    """`text` without case and marks."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFKD", bare.casefold())


def words_of(text: str) -> list[str]:
    """The words of one text in their order, each at most 200 characters long."""
    runs = _RUN.findall(_SINGLE.sub(r" \1 ", normalise(text)))
    return [run[:MAX_WORD] for run in runs]


def numbered(texts: Iterable[str | None]) -> list[tuple[int, str]]:
    """The words of several texts with their positions from 1; no phrase reaches from one text into the next."""
    found: list[tuple[int, str]] = []
    seen: dict[str, int] = {}
    position = size = 0
    for text in texts:
        for word in words_of(text or ""):
            position += 1
            size += len(word.encode())
            if position > MAX_WORDS or size > MAX_BYTES:
                return found
            seen[word] = seen.get(word, 0) + 1
            if seen[word] <= MAX_SAME:
                found.append((position, word))
        position += 1
    return found
