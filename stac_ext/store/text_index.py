"""How words are kept and looked for in each engine: FTS5 over plain text, or a `tsvector` with given positions.

Neither engine cuts or changes a word: `stac_ext/words.py` has done so, hence both find the same.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Dialect, String, bindparam, cast, literal, literal_column, select
from sqlalchemy.dialects.postgresql import TSQUERY

from stac_ext.store.schema import item, item_text

_GAP = "\ue000"  # stands where no word is, and can be asked for by nobody


def rendered(words: Sequence[tuple[int, str]], engine: str) -> str:
    """The words with their positions as the column `words` takes them."""
    if engine == "sqlite":
        line = [_GAP] * (words[-1][0] if words else 0)
        for position, word in words:
            line[position - 1] = word
        return " ".join(line)
    return " ".join(f"'{word}':{position}" for position, word in words)


def holds_any(phrases: Iterable[Sequence[str]], dialect: Dialect) -> ColumnElement[bool]:
    """The condition that an item's words hold one of the phrases, each a sequence of words side by side."""
    if dialect.name == "sqlite":
        query = " OR ".join(f'"{" ".join(phrase)}"' for phrase in phrases)
        matching = select(item_text.c.rowid).where(
            literal_column("item_text").op("MATCH")(bindparam(None, query, type_=String()))
        )
        return item.c.pk.in_(matching)
    query = " | ".join("(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in phrases)
    return item.c.words.op("@@", is_comparison=True)(cast(literal(query), TSQUERY))
