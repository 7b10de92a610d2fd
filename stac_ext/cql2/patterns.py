"""Patterns of LIKE: `%` is any text, `_` one character, and a backslash takes the meaning of the next one away."""

import re
from typing import Final

PIECE: Final = re.compile(r"\\(.)|([%_])|([^\\%_])", re.DOTALL)


def fits(text: str, pattern: str) -> bool:
    """Whether a whole text fits a pattern, in time that grows with the product of their lengths at most."""
    pieces = [(found[2] or "", found[1] or found[3] or "") for found in PIECE.finditer(pattern)]
    at = place = 0
    last, resumed = -1, 0  # the last `%`, and up to where it reaches
    while at < len(text):
        wild, char = pieces[place] if place < len(pieces) else ("end", "")
        if wild == "%":
            last, resumed, place = place, at, place + 1
        elif wild == "_" or (not wild and char == text[at]):
            at, place = at + 1, place + 1
        elif last >= 0:
            resumed += 1
            at, place = resumed, last + 1
        else:
            return False
    return all(wild == "%" for wild, _ in pieces[place:])
