"""How a `.dvc/config` is read: sections of settings, as ConfigObj writes them for DVC, names in lower case.

Source: https://dvc.org/doc/user-guide/project-structure/configuration
"""

import re
from typing import Final

MAX_LINES: Final = 5_000
MAX_LINE: Final = 4_096

_SETTING = re.compile(r"(\"[^\"]{1,100}\"|'[^']{1,100}'|[^=\s]{1,100})\s*=\s*(.*)")
_QUOTED = re.compile(r"([\"'])(.*?)\1\s*(?:#.*)?")


def read_config(data: bytes) -> dict[str, dict[str, str]]:
    """The settings by section; a section that is named again goes on. Lines that are none are passed over.

    A quoted section (`['remote "name"']`) is without its outer quotes. Raises nothing.
    """
    sections: dict[str, dict[str, str]] = {}
    settings: dict[str, str] = {}
    for line in data.decode("utf-8-sig", "replace").splitlines()[:MAX_LINES]:
        text = line.strip()[:MAX_LINE]
        if not text or text.startswith("#"):
            continue
        if text.startswith("["):
            settings = sections.setdefault(_unquoted(text[1:].partition("]")[0].strip()).lower(), {})
        elif setting := _SETTING.fullmatch(text):
            settings[_unquoted(setting[1]).lower()] = _value(setting[2])
    return sections


def _unquoted(text: str) -> str:
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _value(text: str) -> str:
    if quoted := _QUOTED.fullmatch(text):
        return quoted[2]
    return text.partition(" #")[0].strip()
