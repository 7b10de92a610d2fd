"""That a licence is stated as SPDX knows it, taken from the right source, and never guessed silently."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stac_ext.cards.citation_file import CitationFile, Work
from stac_ext.cards.licence_text import LicenceText
from stac_ext.items.licence import Licence, LicenceFiles, resolve_licence, spdx_expression
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


# Cards, citation files and licence files

FILE_URL = "https://hub.example/assets/42/abc/LICENSE"
MIT_FILE, ODD_FILE = LicenceText("LICENSE", "MIT"), LicenceText("LICENSE")
CITED = CitationFile(Work(), licence="Apache-2.0 OR MIT")


def files(*texts: LicenceText) -> LicenceFiles:
    return LicenceFiles(texts, lambda path: FILE_URL if path == "LICENSE" else None)


def decide(declared: Any = None, url: Any = None, detected: DetectedLicence | None = None, **more: Any) -> Licence:
    return decided(declared, url, detected, **more)[0]


def decided(
    declared: Any = None, url: Any = None, detected: DetectedLicence | None = None, **more: Any
) -> tuple[Licence, list[tuple[str, str, int | None]]]:
    log = ProblemLog(lines={"license": 2})
    licence = resolve_licence(declared, url, detected, log, **more)
    return licence, [(problem.rule, problem.path, problem.line) for problem in log.result()]


def test_the_sources_count_in_their_order() -> None:
    more = {"cited": CITED, "files": files(MIT_FILE)}
    assert decide("ISC", None, APACHE_FILE, **more).id == "ISC"
    assert decide(None, None, APACHE_FILE, **more).written == "Apache-2.0 OR MIT"
    assert decide(None, None, APACHE_FILE, files=files(MIT_FILE)).id == "Apache-2.0"
    assert decide(None, None, None, files=files(MIT_FILE)).id == "MIT"
    assert decide("unknown", None, None, files=files(MIT_FILE)).id == "MIT"


def test_a_text_that_is_recognised_is_told() -> None:
    licence, problems = decided(files=files(MIT_FILE))
    assert licence == Licence("MIT", None, ((FILE_URL, "LICENSE"),))
    assert problems == [("licence-from-text", "LICENSE", 1)]


def test_a_text_counts_where_gitlab_knows_none() -> None:
    other = DetectedLicence("other", "Other")
    assert decided(None, None, other, files=files(MIT_FILE))[0].id == "MIT"
    licence, problems = decided(None, None, other, files=files(ODD_FILE))
    assert licence == Licence("other", None, ((FILE_URL, "LICENSE"),))
    assert problems == [("licence-unknown", "LICENSE", 1)]


def test_an_expression_in_a_file_is_kept() -> None:
    licence, _ = decided(files=files(LicenceText("LICENSE", "MIT OR Apache-2.0")))
    assert licence == Licence("other", "MIT OR Apache-2.0", ((FILE_URL, "LICENSE"),))


def test_an_unknown_text_is_other_with_a_link() -> None:
    licence, problems = decided(files=files(ODD_FILE))
    assert licence == Licence("other", None, ((FILE_URL, "LICENSE"),))
    assert problems == [("licence-unknown", "LICENSE", 1)]
    named = decide(files=files(LicenceText("LICENSE", name="Gemma Terms of Use")))
    assert named == Licence("other", "Gemma Terms of Use", ((FILE_URL, "LICENSE"),))


def test_files_that_say_different_things_decide_nothing() -> None:
    licence, problems = decided(files=files(MIT_FILE, LicenceText("COPYING", "ISC")))
    assert (licence.id, [rule for rule, *_ in problems]) == ("other", ["licence-unknown"])


def test_a_declared_licence_that_nobody_knows_is_linked_to_its_file() -> None:
    assert decided("My own licence", files=files(ODD_FILE)) == (
        Licence("other", "My own licence", ((FILE_URL, "LICENSE"),)),
        [],
    )


@pytest.mark.parametrize(
    ("name", "link", "licence", "problems"),
    [
        ("llama3", "LICENSE", Licence("other", "llama3", ((FILE_URL, "Licence"),)), []),
        ("llama3", "./LICENSE", Licence("other", "llama3", ((FILE_URL, "Licence"),)), []),
        ("llama3", "https://a.example/l", Licence("other", "llama3", (("https://a.example/l", "Licence"),)), []),
        ("llama3", None, Licence("other", "llama3", ((FILE_URL, "LICENSE"),)), []),
        ("cc-by-nc-4.0", "LICENSE", Licence("CC-BY-NC-4.0", None, ((FILE_URL, "CC-BY-NC-4.0"),)), []),
        (None, "LICENSE", Licence("other", None, ((FILE_URL, "Licence"),)), []),
        ([], "MISSING", Licence("other", None, ((FILE_URL, "LICENSE"),)), ["licence-url"]),
        ("llama3", "../LICENSE", Licence("other", "llama3", ((FILE_URL, "LICENSE"),)), ["licence-url"]),
    ],
)
def test_a_card_names_the_licence_that_it_calls_other(
    name: Any, link: Any, licence: Licence, problems: list[str]
) -> None:
    found, told = decided("other", link, name=name, files=files(ODD_FILE))
    assert (found, [rule for rule, *_ in told]) == (licence, problems)


def test_a_name_beside_a_known_licence_changes_nothing() -> None:
    assert decide("mit", None, None, name="mine").id == "MIT"


def test_a_citation_file_states_a_licence() -> None:
    assert decide(cited=CitationFile(Work(), licence="MIT")).links == ((f"{SPDX}/MIT.html", "MIT"),)
    licence, problems = decided(cited=CitationFile(Work(), licence="Mine", licence_url="https://a.example/l"))
    assert (licence, problems) == (Licence("other", "Mine", (("https://a.example/l", "Licence"),)), [])
    assert decided(cited=CitationFile(Work(), licence="Mine"))[1] == [("licence-unknown", "CITATION.cff", 1)]


def test_a_list_of_licences_says_not_whether_one_may_choose() -> None:
    licence, problems = decided(["mit", "isc"])
    assert licence == Licence("other", "MIT, ISC", ((f"{SPDX}/MIT.html", "MIT"), (f"{SPDX}/ISC.html", "ISC")))
    assert problems == [("licence-unknown", "README.md", 2)]


anything = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=8), max_size=3)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    declared=anything | st.dictionaries(st.sampled_from(["name", "id", "url"]), anything),
    url=anything,
    name=anything,
    expression=st.none() | st.sampled_from(["MIT", "MIT OR ISC"]),
    cited=st.none() | st.text(max_size=20),
)
def test_any_values_give_what_the_schema_takes(declared: Any, url: Any, name: Any, expression: Any, cited: Any) -> None:
    file = CitationFile(Work(), licence=cited) if cited else None
    licence, _ = decided(declared, url, name=name, cited=file, files=files(LicenceText("LICENSE", expression)))
    assert licence.id is None or re.fullmatch(r"[\w\-.+]+", licence.id)
    assert all(link.startswith(("https://", "http://")) for link, _ in licence.links)


def test_who_says_so_is_told_exactly() -> None:
    """Whatever was not declared was said to be of one of three sources."""
    text = LicenceFiles((LicenceText("LICENSE.md", "MIT"),))
    cited = CitationFile(Work(), licence="MIT")
    sources = {
        resolve_licence("MIT", None, APACHE_FILE, ProblemLog(), cited=cited, files=text).source,
        resolve_licence(["MIT", "Apache-2.0"], None, None, ProblemLog()).source,
        resolve_licence(None, "https://h.example/licence", None, ProblemLog()).source,
    }
    assert sources == {"front matter"}
    assert resolve_licence(None, None, APACHE_FILE, ProblemLog(), cited=cited, files=text).source == "CITATION.cff"
    assert resolve_licence(None, None, APACHE_FILE, ProblemLog(), files=text).source == "GitLab's detection"
    assert resolve_licence(None, None, None, ProblemLog(), files=text).source == "LICENSE.md"
    assert resolve_licence(None, None, None, ProblemLog()).source == ""
