"""That a licence is stated as SPDX knows it, taken from the right source, and never guessed silently."""

from typing import Any

import pytest

from stac_ext.items.licence import Licence, resolve_licence, spdx_expression
from stac_ext.model import DetectedLicence
from stac_ext.problem_log import ProblemLog

APACHE_FILE = DetectedLicence("apache-2.0", "Apache License 2.0", "https://gl.example/g/p/-/blob/main/LICENSE")
SPDX = "https://spdx.org/licenses"


def resolve(declared: Any, url: Any = None, detected: DetectedLicence | None = None) -> tuple[Licence, list[str]]:
    log = ProblemLog()
    licence = resolve_licence(declared, url, detected, log)
    return licence, [problem.rule for problem in log.result()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MIT", "MIT"),
        ("mit", "MIT"),
        ("apache-2.0", "Apache-2.0"),
        ("GPL-2.0+", "GPL-2.0+"),
        ("gpl-3.0-or-later", "GPL-3.0-or-later"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("(MIT AND (bsd-3-clause))", "(MIT AND (BSD-3-Clause))"),
        ("GPL-2.0-only with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("LicenseRef-My-Licence", "LicenseRef-My-Licence"),
        ("DocumentRef-a:LicenseRef-b", "DocumentRef-a:LicenseRef-b"),
        *((bad, None) for bad in ("", "MIT OR", "OR MIT", "MIT MIT", "(MIT", "MIT)", "()", "MIT/Apache-2.0", "Foo")),
        *((bad, None) for bad in ("MIT WITH Foo", "(MIT) WITH Classpath-exception-2.0", "WITH", "MIT, BSD-3-Clause")),
        ("(" * 21 + "MIT" + ")" * 21, None),
        ("MIT OR " * 100 + "MIT", None),
    ],
)
def test_spdx_expressions(text: str, expected: str | None) -> None:
    parsed = spdx_expression(text)
    assert (parsed[0] if parsed else None) == expected


@pytest.mark.parametrize(
    ("declared", "identifier", "written"),
    [
        ("Apache License, Version 2.0", "Apache-2.0", None),
        ("Apache 2", "Apache-2.0", None),
        ("The MIT License", "MIT", None),
        ("CC BY-SA 4.0", "CC-BY-SA-4.0", None),
        ("cc-by-4.0", "CC-BY-4.0", None),
        ("GPL v3", "GPL-3.0-only", None),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0", None),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0", None),
        ("https://opensource.org/licenses/MIT", "MIT", None),
        ({"name": "MIT"}, "MIT", None),
        (["mit"], "MIT", None),
        ("MIT OR Apache-2.0", "other", "MIT OR Apache-2.0"),
        ("proprietary", "other", "proprietary"),
        ("other", "other", None),
        ("https://example.org/licence", "other", "https://example.org/licence"),
    ],
)
def test_declared_licences_that_are_understood(declared: Any, identifier: str, written: str | None) -> None:
    licence, problems = resolve(declared, detected=APACHE_FILE)
    assert (licence.id, licence.written, problems) == (identifier, written, [])


def test_an_expression_is_kept_and_each_of_its_licences_linked() -> None:
    licence, _ = resolve("MIT OR Apache-2.0")
    assert licence.links == ((f"{SPDX}/MIT.html", "MIT"), (f"{SPDX}/Apache-2.0.html", "Apache-2.0"))


@pytest.mark.parametrize("declared", ["My own licence", "OpenRAIL++", "bsd"])
def test_unknown_text_is_other_and_told_unless_it_can_be_read(declared: str) -> None:
    assert resolve(declared) == (Licence("other", declared), ["licence-unknown"])
    url = "https://example.org/licence"
    assert resolve(declared, url) == (Licence("other", declared, ((url, "Licence"),)), [])


def test_detection_counts_where_nothing_is_declared() -> None:
    licence, problems = resolve(None, detected=APACHE_FILE)
    assert licence == Licence("Apache-2.0", None, ((APACHE_FILE.url or "", "Apache-2.0"),))
    assert problems == []


@pytest.mark.parametrize(
    "key",
    [
        *(
            "agpl-3.0",
            "apache-2.0",
            "bsd-2-clause",
            "bsd-3-clause",
            "bsl-1.0",
            "cc0-1.0",
            "epl-2.0",
            "gpl-2.0",
            "gpl-3.0",
        ),
        *("lgpl-2.1", "mit", "mpl-2.0", "unlicense", "cc-by-4.0", "eupl-1.2", "isc", "odbl-1.0", "wtfpl"),
    ],
)
def test_gitlabs_keys_are_spdx_identifiers_in_lower_case(key: str) -> None:
    licence, problems = resolve(None, detected=DetectedLicence(key, key))
    assert licence.id is not None
    assert (licence.id.lower(), problems) == (key, [])


def test_an_unrecognised_licence_file_is_other() -> None:
    assert resolve(None, detected=DetectedLicence("other", "Other")) == (Licence("other"), ["licence-unknown"])


@pytest.mark.parametrize("declared", [7.5, True, {}, {"name": []}, ["MIT", "ISC"], [[]]])
def test_what_is_no_text_is_told(declared: Any) -> None:
    licence, problems = resolve(declared, detected=APACHE_FILE)
    assert licence.id in ("Apache-2.0", "other")
    assert problems == ["licence-unknown"]


def test_no_licence_is_absent_and_told() -> None:
    assert resolve(None) == (Licence(), ["licence-missing"])


def test_an_unsafe_licence_url_is_refused() -> None:
    assert resolve("MIT", "javascript:alert(1)")[1] == ["licence-url"]
    assert resolve(None, "https://example.org/l")[0].id == "other"
