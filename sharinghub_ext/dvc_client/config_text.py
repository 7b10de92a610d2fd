"""How a file of DVC's configuration is changed in one section, and all else in it left as it is.

Source: https://dvc.org/doc/user-guide/project-structure/configuration
"""

import re
from collections.abc import Mapping
from typing import Final

_HEADER: Final = re.compile(r"\s*\[(.*)\]\s*(#.*)?", re.ASCII)
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:/~+=@%\[\]-]+( [A-Za-z0-9_.:/~+=-]+)?", re.ASCII)


def remote_section(remote: str) -> str:
    """The section of a remote, as DVC writes it."""
    return f"'remote \"{remote}\"'"


def value_of(text: str, section: str, key: str) -> str | None:
    """What a key of a section says, None where it is not there."""
    lines = text.splitlines()
    for at in _inside(lines, section):
        name, sign, value = lines[at].partition("=")
        if sign and name.strip() == key:
            return value.strip().strip("\"'")
    return None


def with_values(text: str, section: str, values: Mapping[str, str | None]) -> str:
    """The text with these values in the section, which is made where it is missing; None takes a key out.

    Raises ValueError for a value that DVC would not read as it is written.
    """
    if not all(value is None or _PLAIN.fullmatch(value) for value in values.values()):
        raise ValueError("a value holds characters that a configuration of DVC cannot hold")
    lines = text.splitlines()
    replaced = [at for at in _inside(lines, section) if lines[at].partition("=")[0].strip() in values]
    lines = [line for at, line in enumerate(lines) if at not in replaced]
    added = [f"    {key} = {value}" for key, value in values.items() if value is not None]
    start = _start(lines, section)
    if start is None:
        lines += [f"[{section}]", *added] if added else []
    else:
        lines[start + 1 : start + 1] = added
    return "".join(f"{line}\n" for line in lines)


def _start(lines: list[str], section: str) -> int | None:
    for at, line in enumerate(lines):
        header = _HEADER.fullmatch(line)
        if header and _bare(header[1]) == _bare(section):
            return at
    return None


def _inside(lines: list[str], section: str) -> list[int]:
    """The numbers of the lines of a section."""
    start = _start(lines, section)
    if start is None:
        return []
    end = next((at for at in range(start + 1, len(lines)) if _HEADER.fullmatch(lines[at])), len(lines))
    return list(range(start + 1, end))


def _bare(header: str) -> str:
    """A header without the quotes that may stand around it."""
    return header.strip().strip("'").replace('"', "").strip()
