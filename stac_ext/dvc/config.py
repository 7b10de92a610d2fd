"""How a `.dvc/config` is read: sections of settings, as ConfigObj writes them for DVC, names in lower case.

Source: https://dvc.org/doc/user-guide/project-structure/configuration
"""

import re
from typing import Final

MAX_LINES: Final = 5_000
MAX_LINE: Final = 4_096

_SETTING = re.compile(r"(\"[^\"]{1,100}\"|'[^']{1,100}'|[^=\s]{1,100})\s*=\s*(.*)")
_SECTION = re.compile(r"\[+[^\]]*\]+\s*(?:#.*)?")
_OVER_LINES: Final = ("'''", '"""')
_QUOTED = re.compile(r"([\"'])(.*?)\1\s*(?:#.*)?")


Sections = dict[str, dict[str, str]]


def read_config(data: bytes) -> tuple[Sections, int | None]:
    """The settings by section, and the first line by which DVC refuses the whole file, None where there is none.

    A section that is named again goes on; lines that are none are passed over. A quoted section (`['remote "name"']`)
    is without its outer quotes. Raises nothing.
    """
    sections: Sections = {}
    settings: dict[str, str] = {}
    wrong: int | None = None
    written = data.decode("utf-8-sig", "replace")
    for number, line in enumerate(written.splitlines()[:MAX_LINES], 1):
        text = line.strip()[:MAX_LINE]
        if not text or text.startswith("#"):
            continue
        if text.startswith("["):
            if _SECTION.fullmatch(text) is None:
                wrong = wrong or number
            settings = sections.setdefault(_unquoted(text[1:].partition("]")[0].strip()).lower(), {})
        elif setting := _SETTING.fullmatch(text):
            settings[_unquoted(setting[1]).lower()] = _value(setting[2])
        else:
            wrong = wrong or number
    if any(mark in written for mark in _OVER_LINES):  # a value that goes over several lines
        wrong = None
    return sections, wrong


def _unquoted(text: str) -> str:
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _value(text: str) -> str:
    if quoted := _QUOTED.fullmatch(text):
        return quoted[2]
    return text.partition(" #")[0].strip()
