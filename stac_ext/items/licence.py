"""Which licence an item states: what the README declares, else what GitLab detected, as SPDX knows it.

STAC's `license` holds one identifier, so an SPDX expression is `other` there and is kept beside it as it was written.
Source: https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from stac_ext.items import spdx
from stac_ext.model import DetectedLicence
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import line_of, quoted
from stac_ext.urls import safe_url

OTHER: Final = "other"

_TOKEN = re.compile(r"\s*([()]|[A-Za-z0-9.\-+:]+)", re.ASCII)
_REFERENCE = re.compile(r"(DocumentRef-[A-Za-z0-9.\-]+:)?LicenseRef-[A-Za-z0-9.\-]+", re.ASCII)
_STAC_LICENCE = re.compile(r"[A-Za-z0-9.\-+]+", re.ASCII)
_MAX_TEXT = 500
_MAX_NESTING = 20
_FIX = "Write an SPDX identifier, as `license: Apache-2.0`, or add `license-url`."

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


@dataclass(frozen=True, slots=True)
class Licence:
    """`id` is what STAC's `license` holds, None where none is known. `written` is the text that `id` cannot hold.

    `links` are the URLs where the licence can be read, each with a title.
    """

    id: str | None = None
    written: str | None = None
    links: tuple[tuple[str, str], ...] = ()


def resolve_licence(
    declared: Any, declared_url: Any, detected: DetectedLicence | None, log: ProblemLog, field: str = "license"
) -> Licence:
    """The licence by front matter, else by GitLab's detection, else none, which is then told to `log`."""
    url = _declared_url(declared_url or (declared.get("url") if isinstance(declared, dict) else None), log)
    text = _declared_text(declared, log, field)
    if text is not None:
        return _from_text(text, url, log, field)
    if detected is not None:
        return _from_detection(detected, url, log)
    if url is not None:
        return Licence(_from_url(url) or OTHER, None, ((url, "Licence"),))
    log.add("licence-missing", "No licence is known, so nobody knows what they may do with this.", _FIX, field=field)
    return Licence()


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


def _from_text(text: str, url: str | None, log: ProblemLog, field: str) -> Licence:
    spoken = " ".join(re.split(r"[^a-z0-9]+", text.lower()[:_MAX_TEXT])).strip()
    expression = spdx_expression(text) or spdx_expression(_SPOKEN.get(spoken, ""))
    if expression is not None:
        written, known = expression
        pages = tuple((f"https://spdx.org/licenses/{name}.html", name) for name in known)
        links = ((url, written),) if url else pages
        if _STAC_LICENCE.fullmatch(written):
            return Licence(written, None, links)
        return Licence(OTHER, written, links)
    own_url = _url(text)
    if own_url is not None and (known_url := _from_url(own_url)):
        return Licence(known_url, None, ((own_url, known_url),))
    links = tuple((link, "Licence") for link in dict.fromkeys((url, own_url)) if link)
    if spoken in ("other", "proprietary", "various"):
        return Licence(OTHER, None if spoken == "other" else text, links)
    if not links:
        log.add("licence-unknown", f"{quoted(text)} is no SPDX licence; the item says `other`.", _FIX, field=field)
    return Licence(OTHER, text, links)


def _from_detection(detected: DetectedLicence, url: str | None, log: ProblemLog) -> Licence:
    source = url or _url(detected.url)
    known = spdx.LICENCES.get(detected.key.lower())
    links = ((source, known or "Licence"),) if source else ()
    if known is not None:
        return Licence(known, None, links or ((f"https://spdx.org/licenses/{known}.html", known),))
    name = line_of(detected.name) or line_of(detected.key)
    log.add(
        "licence-unknown", "GitLab does not recognise the licence file; the item says `other`.", _FIX, path="LICENSE"
    )
    return Licence(OTHER, None if name in (None, "Other") else name, links)


def _from_url(url: str) -> str | None:
    if match := _CC_URL.fullmatch(url):
        code = "cc0" if match[2] == "zero" else f"cc-{match[2]}"
        return spdx.LICENCES.get(f"{code}-{match[3]}")
    if match := re.fullmatch(r"https?://(?:spdx\.org/licenses|opensource\.org/licenses?)/([\w.+-]+?)(\.html|/)?", url):
        return spdx.LICENCES.get(match[1].lower())
    return None


def _declared_text(declared: Any, log: ProblemLog, field: str) -> str | None:
    value = declared
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("name", value.get("id"))
    text = line_of(value)
    if text is None and declared not in (None, "", []):
        log.add("licence-unknown", f"`license` is {quoted(declared)}, not text.", _FIX, field=field)
    return text


def _declared_url(value: Any, log: ProblemLog) -> str | None:
    if value is None:
        return None
    url = _url(value)
    if url is None:
        log.add("licence-url", "`license-url` is no web address.", "Write an https address.", field="license-url")
    return url


def _url(value: Any) -> str | None:
    try:
        return safe_url(value)
    except ValueError:
        return None
