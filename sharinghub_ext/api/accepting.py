"""Which form of an answer a caller wants most, by `Accept`.

Source: https://www.rfc-editor.org/rfc/rfc9110#name-accept
"""

import re
from collections.abc import Sequence
from typing import Final

_MAX_RANGES: Final = 50
_WEIGHT: Final = re.compile(r"[01](?:\.[0-9]{0,3})?", re.ASCII)


def preferred(header: str | None, offered: Sequence[str]) -> str:
    """The one of the media types that weighs most; of equal ones, or where none is accepted, the first."""
    ranges = [_range(one) for one in (header or "*/*").split(",")[:_MAX_RANGES]]
    return max(offered, key=lambda one: _weight(one, ranges))


_Range = tuple[str, frozenset[str], float]


def _range(text: str) -> _Range:
    name, *parameters = (part.strip().lower().replace(" ", "") for part in text.split(";"))
    weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    others = frozenset(one for one in parameters if not one.startswith("q="))
    return name, others, float(weight) if _WEIGHT.fullmatch(weight) else 0.0


def _weight(offered: str, ranges: Sequence[_Range]) -> float:
    """By the most specific range that a type fits: its name and parameters, its name, its kind, any."""
    name, parameters, _ = _range(offered)
    names = ("*/*", f"{name.partition('/')[0]}/*", name)
    fitting = [
        (names.index(one), len(others), weight)
        for one, others, weight in ranges
        if one in names and others <= parameters
    ]
    return max(fitting, default=(0, 0, 0.0))[2]
