"""Which licence a LICENSE file holds: by an SPDX tag in it, else by the title and the phrases that only one text has.

A file with the texts of several licences is not decided: nobody but its author knows which of them count.
Source: https://spdx.github.io/spdx-spec/v3.0.1/annexes/using-SPDX-short-identifiers-in-source-files/
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from stac_ext.items.licence_names import understand
from stac_ext.items.readme_text import decode_readme
from stac_ext.model import FileText

_NAME = re.compile(r"(licen[cs]e|copying)(\.(md|txt|rst))?", re.IGNORECASE)
_TAG = re.compile(r"^[^\n]{0,20}SPDX-License-Identifier:[ \t]*([^\n]{1,300})", re.MULTILINE)
_NOISE = re.compile(r"[\W_]+")
_HEAD = 1_500  # characters in which the title of a text, or its tag, stands
_MAX_TEXT = 256 * 1024

# The titles of texts, and the notices that name one of them in its place, in words.
_TITLES: Final = tuple(
    (re.compile(rf"\b{pattern}\b"), identifier)
    for pattern, identifier in (
        (r"apache license version 2 0 january 2004", "Apache-2.0"),
        (r"licensed under the apache license version 2 0", "Apache-2.0"),
        (r"gnu affero general public license version 3 19 november 2007", "AGPL-3.0-only"),
        (r"gnu lesser general public license version 3 29 june 2007", "LGPL-3.0-only"),
        (r"gnu lesser general public license version 2 1 february 1999", "LGPL-2.1-only"),
        (r"gnu library general public license version 2 june 1991", "LGPL-2.0-only"),
        (r"gnu general public license version 3 29 june 2007", "GPL-3.0-only"),
        (r"gnu general public license version 2 june 1991", "GPL-2.0-only"),
        (r"gnu free documentation license version 1 3", "GFDL-1.3-only"),
        (r"mozilla public licen[cs]e (mpl )?v(ersion)? ?2 0", "MPL-2.0"),
        (r"mozilla public license version 1 1", "MPL-1.1"),
        (r"eclipse public license v(ersion)? 2 0", "EPL-2.0"),
        (r"eclipse public license v(ersion)? 1 0", "EPL-1.0"),
        (r"european union public licence (eupl )?v(ersion)? ?1 2", "EUPL-1.2"),
        (r"european union public licence (eupl )?v(ersion)? ?1 1", "EUPL-1.1"),
        (r"cecill free software license agreement (notice )?version 2 1", "CECILL-2.1"),
        (r"cecill b free software license agreement", "CECILL-B"),
        (r"cecill c free software license agreement", "CECILL-C"),
        (r"contrat de licence de logiciel libre cecill b", "CECILL-B"),
        (r"contrat de licence de logiciel libre cecill c", "CECILL-C"),
        (r"contrat de licence de logiciel libre cecill (?![bc]\b)(avertissement )?version 2 1", "CECILL-2.1"),
        (r"mit no attribution", "MIT-0"),
        (r"zope public license (zpl )?version 2 1", "ZPL-2.1"),
        (r"boost software license version 1 0", "BSL-1.0"),
        (r"business source license 1 1", "BUSL-1.1"),
        (r"artistic license 2 0", "Artistic-2.0"),
        (r"sil open font license version 1 1", "OFL-1.1"),
        (r"academic free license (afl )?v(ersion)? 3 0", "AFL-3.0"),
        (r"open software license (osl )?v(ersion)? 3 0", "OSL-3.0"),
        (r"university of illinois ncsa open source license", "NCSA"),
        (r"microsoft public license", "MS-PL"),
        (r"mulan permissive software license version 2", "MulanPSL-2.0"),
        (r"python software foundation license version 2", "PSF-2.0"),
        (r"do what the fuck you want to public license", "WTFPL"),
        (r"cc0 1 0 universal", "CC0-1.0"),
        (r"open database licen[cs]e odbl", "ODbL-1.0"),
        (r"attribution licen[cs]e odc by", "ODC-By-1.0"),
        (r"public domain dedication and licen[cs]e pddl", "PDDL-1.0"),
        (r"community data license agreement permissive version 2 0", "CDLA-Permissive-2.0"),
        (r"community data license agreement permissive version 1 0", "CDLA-Permissive-1.0"),
        (r"community data license agreement sharing version 1 0", "CDLA-Sharing-1.0"),
        (r"computational use of data agreement", "C-UDA-1.0"),
        (r"licence ouverte (open licence )?(version )?2 0", "etalab-2.0"),
    )
)
_CREATIVE_COMMONS = re.compile(
    r"\battribution( non ?commercial)?( share ?alike| no ?derivatives| no ?derivs)? "
    r"(4 0 international|3 0 unported|2 5 generic|2 0 generic)\b"
)
# A notice in the place of the text: it says whether later versions may be chosen.
_NOTICE = re.compile(
    r"\bgnu (?P<kind>lesser |affero )?general public license(?: v\d)? as published by the free software foundation "
    r"(?:either )?version (?P<version>2 1|2|3)(?: of the license)?(?P<later> or at your option any later version)?"
)
_KINDS = {None: "GPL", "lesser ": "LGPL", "affero ": "AGPL"}
# Phrases that stand in the text itself: all of the first, none of the second.
_PHRASES: Final = (
    (
        "MIT",
        (
            "permission is hereby granted free of charge to any person obtaining a copy of this software and "
            "associated documentation files",
            "the above copyright notice and this permission notice shall be included in all copies or substantial "
            "portions of the software",
        ),
        ("shall not be used in advertising or otherwise to promote",),
    ),
    (
        "ISC",
        (
            "permission to use copy modify and distribute this software for any purpose with or without fee is "
            "hereby granted provided that the above copyright notice and this permission notice appear in all copies",
        ),
        (),
    ),
    (
        "0BSD",
        (
            "permission to use copy modify and distribute this software for any purpose with or without fee is "
            "hereby granted",
        ),
        ("hereby granted provided that",),
    ),
    (
        "Zlib",
        ("the origin of this software must not be misrepresented", "altered source versions must be plainly marked"),
        (),
    ),
    ("Unlicense", ("this is free and unencumbered software released into the public domain",), ()),
    (
        "PostgreSQL",
        (
            "permission to use copy modify and distribute this software and its documentation for any purpose without "
            "fee and without a written agreement is hereby granted",
        ),
        (),
    ),
)
_BSD = "redistribution and use in source and binary forms with or without modification are permitted"
# Permissions beside the text of a GNU licence, which change what it is.
_EXCEPTION = re.compile(r"\b(linking exception|in addition to the permissions in the gnu)\b")
_ENDORSE = re.compile(r"\b(endorse or promote|used to endorse)\b")
# Licences of models that SPDX does not list: shown by their names.
_NAMED: Final = tuple(
    (re.compile(rf"\b{pattern}\b"), name)
    for pattern, name in (
        (r"llama 2 community license agreement", "Llama 2 Community License"),
        (r"llama 3 community license agreement", "Llama 3 Community License"),
        (r"llama 3 1 community license agreement", "Llama 3.1 Community License"),
        (r"llama 3 2 community license agreement", "Llama 3.2 Community License"),
        (r"llama 3 3 community license agreement", "Llama 3.3 Community License"),
        (r"llama 4 community license agreement", "Llama 4 Community License"),
        (r"gemma terms of use", "Gemma Terms of Use"),
        (r"creativeml open ?rail(?: ?\+\+)? m", "CreativeML OpenRAIL-M"),
        (r"bigscience open ?rail m", "BigScience OpenRAIL-M"),
        (r"bigscience rail license", "BigScience RAIL License"),
    )
)


@dataclass(frozen=True, slots=True)
class LicenceText:
    """What a licence file says. `expression` is SPDX, `name` a licence that SPDX does not list; both None: unknown."""

    path: str
    expression: str | None = None
    name: str | None = None
    line: int = 1


def licence_texts(texts: Mapping[str, FileText]) -> tuple[LicenceText, ...]:
    """The licence files in the root of a repository, by path, and what each says."""
    paths = sorted(path for path in texts if "/" not in path and _NAME.fullmatch(path))
    return tuple(recognise(path, decode_readme(texts[path].data, texts[path].truncated).text) for path in paths)


def recognise(path: str, text: str) -> LicenceText:
    """What the text of one licence file says."""
    text = text[:_MAX_TEXT]
    tag = _TAG.search(text[:_HEAD])
    if tag and (understood := understand(tag[1].strip(" \t*/->"))):
        return LicenceText(path, understood.written, line=text.count("\n", 0, tag.start()) + 1)
    words = _NOISE.sub(" ", text.lower()).strip().replace(" and or ", " and ")
    head = words[:_HEAD]
    found = dict.fromkeys([*_titled(head), *_phrased(words)])
    if not found and (notice := _NOTICE.search(head)):
        number = notice["version"].replace(" ", ".")
        version = number if "." in number else f"{number}.0"
        later = "or-later" if notice["later"] else "only"
        found = {f"{_KINDS[notice['kind']]}-{version}-{later}": None}
    if any("GPL" in identifier for identifier in found) and _EXCEPTION.search(words):
        return LicenceText(path)
    if len(found) == 1:
        return LicenceText(path, next(iter(found)))
    named = {name for pattern, name in _NAMED if pattern.search(head)}
    return LicenceText(path, name=named.pop() if len(named) == 1 and not found else None)


def _titled(head: str) -> Iterable[str]:
    for pattern, identifier in _TITLES:
        if pattern.search(head):
            yield identifier
    for match in _CREATIVE_COMMONS.finditer(head):
        parts = ["BY", "NC" if match[1] else "", {"s": "SA", "n": "ND"}.get((match[2] or " -")[1], "")]
        yield f"CC-{'-'.join(part for part in parts if part)}-{match[3][0]}.{match[3][2]}"


def _phrased(words: str) -> Iterable[str]:
    for identifier, wanted, unwanted in _PHRASES:
        if all(phrase in words for phrase in wanted) and not any(phrase in words for phrase in unwanted):
            yield identifier
    if _BSD in words and "zope public license" not in words:
        if "all advertising materials mentioning features" in words:
            yield "BSD-4-Clause"
        elif "no express or implied licenses to any party s patent rights are granted" in words:
            yield "BSD-3-Clause-Clear"
        else:
            yield "BSD-3-Clause" if _ENDORSE.search(words) else "BSD-2-Clause"
