"""How words are kept and looked for in each engine: FTS5 over plain text, or a `tsvector` with given positions.

Neither engine cuts or changes a word: `stac_ext/words.py` has done so, hence both find the same.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import ColumnElement, String, bindparam, cast, literal, literal_column
from sqlalchemy.dialects.postgresql import TSQUERY

from stac_ext.store.schema import item

_GAP: Final = "\ue000"  # stands where no word is, and can be asked for by nobody
_NOWHERE: Final = ("\ue001",)  # stands nowhere: what a phrase without words finds


def rendered(words: Sequence[tuple[int, str]], engine: str) -> str:
    """The words with their positions as the column `words` takes them."""
    if engine == "sqlite":
        line = [_GAP] * (words[-1][0] if words else 0)
        for position, word in words:
            line[position - 1] = word
        return " ".join(line)
    return " ".join(f"'{word}':{position}" for position, word in words)


def positions_of(line: str) -> list[tuple[int, str]]:
    """SQLite: the words of a column `words`, with their positions."""
    return [(at, word) for at, word in enumerate(line.split(" "), 1) if word and word != _GAP]


def matching(phrases: Iterable[Sequence[str]]) -> ColumnElement[bool]:
    """SQLite: the condition that a row of `item_text` holds one of the phrases, each words side by side."""
    query = " OR ".join(f'"{" ".join(phrase or _NOWHERE)}"' for phrase in phrases)
    return literal_column("item_text").op("MATCH", is_comparison=True)(bindparam(None, query, type_=String()))


def holds_any(phrases: Iterable[Sequence[str]]) -> ColumnElement[bool]:
    """PostgreSQL: the condition that an item's words hold one of the phrases."""
    query = " | ".join("(" + " <-> ".join(f"'{word}'" for word in phrase or _NOWHERE) + ")" for phrase in phrases)
    return item.c.words.op("@@", is_comparison=True)(cast(literal(query), TSQUERY))
