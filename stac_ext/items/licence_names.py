"""Which licence a text names: an SPDX expression, the way people call a well-known licence, or the URL of its page.

Source: https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/
"""

import re
from typing import Final, NamedTuple

from stac_ext.items import spdx

_TOKEN = re.compile(r"\s*([()]|[A-Za-z0-9.\-+:]+)", re.ASCII)
_REFERENCE = re.compile(r"(DocumentRef-[A-Za-z0-9.\-]+:)?LicenseRef-[A-Za-z0-9.\-]+", re.ASCII)
_MAX_TEXT = 500
_MAX_NESTING = 20

# How licences are called where nobody thinks of SPDX; keys are lower case with blanks for all other characters.
_SPOKEN: Final = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2 0": "Apache-2.0",
    "apache license 2 0": "Apache-2.0",
    "apache license version 2 0": "Apache-2.0",
    "apache software license 2 0": "Apache-2.0",
    "mit license": "MIT",
    "the mit license": "MIT",
    "expat": "MIT",
    "bsd 2 clause license": "BSD-2-Clause",
    "simplified bsd": "BSD-2-Clause",
    "bsd 3 clause license": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "gpl 2": "GPL-2.0-only",
    "gpl v2": "GPL-2.0-only",
    "gplv2": "GPL-2.0-only",
    "gpl 3": "GPL-3.0-only",
    "gpl v3": "GPL-3.0-only",
    "gplv3": "GPL-3.0-only",
    "gnu gpl v3": "GPL-3.0-only",
    "gnu general public license v3 0": "GPL-3.0-only",
    "agpl v3": "AGPL-3.0-only",
    "agplv3": "AGPL-3.0-only",
    "lgpl v3": "LGPL-3.0-only",
    "lgplv3": "LGPL-3.0-only",
    "mozilla public license 2 0": "MPL-2.0",
    "eupl": "EUPL-1.2",
    "eupl 1 2": "EUPL-1.2",
    "etalab": "etalab-2.0",
    "licence ouverte 2 0": "etalab-2.0",
    "the unlicense": "Unlicense",
    "cc0": "CC0-1.0",
    "cc0 1 0": "CC0-1.0",
    "odbl": "ODbL-1.0",
    "odc by": "ODC-By-1.0",
    "pddl": "PDDL-1.0",
    "cecill b": "CECILL-B",
    "cecill c": "CECILL-C",
    **{
        f"{name} {version}": f"CC-{code}-{version.replace(' ', '.')}"
        for version in ("2 0", "2 5", "3 0", "4 0")
        for code, names in {
            "BY": ("cc by", "creative commons attribution"),
            "BY-SA": (
                "cc by sa",
                "creative commons attribution sharealike",
                "creative commons attribution share alike",
            ),
            "BY-NC": ("cc by nc", "creative commons attribution noncommercial"),
            "BY-ND": ("cc by nd",),
            "BY-NC-SA": ("cc by nc sa",),
            "BY-NC-ND": ("cc by nc nd",),
        }.items()
        for name in names
    },
}
_CC_URL = re.compile(r"https?://creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)(/.*)?", re.ASCII)


class Understood(NamedTuple):
    """An SPDX expression with the letter case of the SPDX list, and the listed identifiers in it."""

    written: str
    known: tuple[str, ...]


def understand(text: str) -> Understood | None:
    """The expression that a text is or stands for, None where it is unknown."""
    expression = spdx_expression(text) or spdx_expression(_SPOKEN.get(spoken(text), ""))
    if expression is None and (identifier := _of_page(text)):
        return Understood(identifier, (identifier,))
    return Understood(*expression) if expression else None


def spoken(text: str) -> str:
    """A text as the words that it has: lower case, with one blank for all other characters."""
    return " ".join(re.split(r"[^a-z0-9]+", text.lower()[:_MAX_TEXT])).strip()


def spdx_expression(text: str) -> tuple[str, tuple[str, ...]] | None:
    """A valid SPDX expression with the letter case of the SPDX list, and the listed identifiers in it; else None."""
    if len(text) > _MAX_TEXT:
        return None
    tokens: list[str] = []
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            return None
        tokens.append(match[1])
        at = match.end()
    return _parse(tokens)


def _parse(tokens: list[str]) -> tuple[str, tuple[str, ...]] | None:
    """A walk with two states: an operand is expected, or an operator is. Precedence does not matter to validity."""
    written: list[str] = []
    known: list[str] = []
    depth, operand, plain = 0, True, False
    for word in tokens:
        upper = word.upper()
        if operand and word == "(":
            depth += 1
            written.append("(")
        elif operand and (written and written[-1] == "WITH"):
            exception = spdx.EXCEPTIONS.get(word.lower())
            if exception is None:
                return None
            written.append(exception)
            operand, plain = False, False
        elif operand:
            name = _identifier(word)
            if name is None:
                return None
            written.append(name)
            known += [name.removesuffix("+")] if name.removesuffix("+").lower() in spdx.LICENCES else []
            operand, plain = False, True
        elif word == ")":
            depth -= 1
            written.append(")")
            plain = False
        elif upper in ("AND", "OR") or (upper == "WITH" and plain):
            written.append(upper)
            operand = True
        else:
            return None
        if not 0 <= depth <= _MAX_NESTING:
            return None
    if operand or depth:
        return None
    return " ".join(written).replace("( ", "(").replace(" )", ")"), tuple(dict.fromkeys(known))


def _identifier(token: str) -> str | None:
    if _REFERENCE.fullmatch(token):
        return token
    exact = spdx.LICENCES.get(token.lower())
    if exact is None and token.endswith("+"):
        base = spdx.LICENCES.get(token[:-1].lower())
        return f"{base}+" if base else None
    return exact


def _of_page(url: str) -> str | None:
    if match := _CC_URL.fullmatch(url):
        code = "cc0" if match[2] == "zero" else f"cc-{match[2]}"
        return spdx.LICENCES.get(f"{code}-{match[3]}")
    if match := re.fullmatch(r"https?://(?:spdx\.org/licenses|opensource\.org/licenses?)/([\w.+-]+?)(\.html|/)?", url):
        return spdx.LICENCES.get(match[1].lower())
    return None
