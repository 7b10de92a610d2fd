"""What counts as a number, a version or a name of a model, and how large a free value may be."""

import math
import re
import unicodedata
from typing import Any, Final

from stac_ext.sanitize import MAX_INTEGER, clean_line, clean_text, quoted
from stac_ext.urls import DATA, safe_url

MAX_DEPTH: Final = 8
MAX_VALUES: Final = 1_000
MAX_TEXT: Final = 4_000

_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,16}", re.ASCII)
# https://semver.org, each part bounded
_SEMVER = re.compile(
    r"(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})"
    r"(-(0|[1-9]\d{0,9}|\d{0,9}[a-zA-Z-][0-9a-zA-Z-]{0,40})(\.(0|[1-9]\d{0,9}|\d{0,9}[a-zA-Z-][0-9a-zA-Z-]{0,40})){0,9})?"
    r"(\+[0-9a-zA-Z-]{1,60}(\.[0-9a-zA-Z-]{1,60}){0,9})?",
    re.ASCII,
)
# The pre-releases that Python packages write, https://packaging.python.org/en/latest/specifications/version-specifiers/
_PYTHON = re.compile(r"(\d{1,9}\.\d{1,9}\.\d{1,9})(?:\.?(a|b|rc|dev)(\d{1,9}))(\+[0-9a-zA-Z.-]{1,60})?", re.ASCII)


def bounded(value: Any) -> Any:
    """`value` as JSON of at most 1,000 values, 8 deep. Raises ValueError where it is larger or not finite."""
    return _bounded(value, [MAX_VALUES], MAX_DEPTH)


def _bounded(value: Any, left: list[int], depth: int) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        raise ValueError(f"it has more than {MAX_VALUES} values or is nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        return {clean_line(str(key), 200): _bounded(entry, left, depth - 1) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_bounded(entry, left, depth - 1) for entry in value]
    if isinstance(value, str):
        return clean_text(value, MAX_TEXT)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= MAX_INTEGER else str(value)[:MAX_TEXT]
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise ValueError("it holds a value that JSON does not have")


def number_of(value: Any) -> int | float | None:
    """The finite number that a value is, or that a text writes; None where it is none."""
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return None
        value = int(text) if _WHOLE.fullmatch(text) else float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return value if abs(value) <= MAX_INTEGER else None
    return value if math.isfinite(value) else None


def whole_of(value: Any, least: int = 0) -> int:
    """A whole number of at least `least`. Raises ValueError."""
    number = number_of(value)
    if number is None or number != int(number) or not least <= number <= MAX_INTEGER:
        raise ValueError(f"{quoted(value)} is no whole number of at least {least}")
    return int(number)


def semver_of(value: Any) -> str:
    """A full semantic version; `2.3.0rc1` of a Python package becomes `2.3.0-rc1`. Raises ValueError."""
    text = clean_line(value, 200).removeprefix("v") if isinstance(value, str) else ""
    if _SEMVER.fullmatch(text):
        return text
    python = _PYTHON.fullmatch(text)
    if python and _SEMVER.fullmatch(said := f"{python[1]}-{python[2]}{python[3]}{python[4] or ''}"):
        return said
    raise ValueError(f"{quoted(value)} is no version of three numbers, as 2.3.0")


def text_of(value: Any, limit: int = 500) -> str:
    """One line of text. Raises ValueError where the value is no text, or an empty one."""
    text = clean_line(value, limit) if isinstance(value, str) else ""
    if not text:
        raise ValueError(f"{quoted(value)} is no text")
    return text


def source_of(value: Any) -> str:
    """A name, or a URL that may be shown to everybody. Raises ValueError."""
    text = text_of(value)
    return safe_url(text, DATA) if "://" in text or text.lower().startswith(("javascript:", "data:")) else text


def ascii_of(text: str) -> str:
    """`text` without its accents, and without what ASCII does not have."""
    return unicodedata.normalize("NFKD", text[:2_000]).encode("ascii", "ignore").decode()


def slug_of(text: str, separator: str = "-") -> str:
    """`text` in lower-case ASCII letters and digits, with one `separator` for each run of anything else."""
    return re.sub(r"[^a-z0-9]+", separator, ascii_of(text).lower()).strip(separator)[:100].rstrip(separator)
