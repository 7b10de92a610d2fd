"""What text and values from a repository may look like in an item: no control characters, bounded."""

import json
import re
from typing import Any, Final

MAX_INTEGER: Final = 2**53
TITLE_LIMIT: Final = 300
LINE_LIMIT: Final = 2_000

# C0 but tab and newline, DEL and C1, surrogates that stand alone, and the two code points that no file may hold.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# What shows nothing, or turns the direction of the text around it: by these one name can pass for another.
_DECEIVING = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")


def clean_text(text: str, limit: int) -> str:
    """`text` with `\\n` line ends, without characters that JSON, XML or a terminal would choke on, cut at `limit`."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:limit]


def clean_line(text: str, limit: int = LINE_LIMIT) -> str:
    """`text` as one line: cleaned, each run of white space one blank, none at the ends, cut at `limit`."""
    shown = _DECEIVING.sub("", clean_text(text[: limit * 8], limit * 8))
    return _SPACES.sub(" ", shown).strip()[:limit].rstrip()


def line_of(value: object, limit: int = LINE_LIMIT) -> str | None:
    """The one line that a scalar stands for: text, or a number that YAML read from it. None where there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return clean_line(str(value), limit) or None


def lines_of(value: object, limit: int = TITLE_LIMIT) -> tuple[list[str], bool]:
    """The lines of a list of scalars, or of text with commas, each once; and whether all of the value was used."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        line = line_of(value, limit)
        return ([line], True) if line else ([], value is None)
    lines = [line_of(entry, limit) for entry in value]
    return list(dict.fromkeys(line for line in lines if line)), all(line is not None for line in lines)


def quoted(value: Any, limit: int = 60) -> str:
    """A value as it is shown in a message: JSON, cut short."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else f"a list of {len(value)}"
    text = json.dumps(clean_line(value, limit + 1), ensure_ascii=False) if isinstance(value, str) else str(value)
    return text if len(text) <= limit + 2 else f"{text[:limit]}…"
