"""Which hyperparameters a model was trained with: names as MLM takes them, bounded values.

Source: https://github.com/stac-extensions/mlm (v1.5.2)
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from stac_ext.ml.values import ascii_of, bounded, number_of
from stac_ext.sanitize import clean_line, quoted

MAX_HYPERPARAMETERS: Final = 200

_EXPONENT: Final = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,20})?[eE][+-]?[0-9]{1,3}", re.ASCII)


def read_hyperparameters(value: Any) -> dict[str, Any]:
    """A mapping of hyperparameters; other characters in a name than MLM takes become `_`. Raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError(f"{quoted(value)} is no mapping")
    if len(value) > MAX_HYPERPARAMETERS:
        raise ValueError(f"it has more than {MAX_HYPERPARAMETERS} entries")
    read = _named((str(key), _numbers(entry)) for key, entry in bounded(value).items())
    if not read:
        raise ValueError("it is empty")
    return read


def from_texts(parameters: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Parameters that a tracking server keeps as text, the first 200; what writes a number or a truth is one."""
    return _named((name, _plain(text)) for name, text in list(parameters)[:MAX_HYPERPARAMETERS])


def _named(parameters: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in parameters:
        name = re.sub(r"[^0-9a-zA-Z_.-]+", "_", ascii_of(clean_line(key, 200))).strip("_")
        if name:
            read.setdefault(name, value)
    return read


def _numbers(value: Any) -> Any:
    """The value with text such as `1e-4` as the number that it writes, which YAML 1.1 takes for text."""
    if isinstance(value, dict):
        return {key: _numbers(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_numbers(entry) for entry in value]
    if isinstance(value, str) and _EXPONENT.fullmatch(value):
        number = number_of(value)
        return value if number is None else number
    return value


def _plain(text: str) -> Any:
    line = clean_line(text, 500)
    number = number_of(line)
    if number is not None:
        return number
    return {"true": True, "false": False, "none": None}.get(line.lower(), line)
