"""That a `CITATION.cff` is read as its format says, and that what is broken in it costs its field and is told."""

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stac_ext.cards.citation_file import CITATION_FILE, Author, CitationFile, Work, read_citation_file
from stac_ext.model import FileText, Problem
from stac_ext.problem_log import ProblemLog

WHOLE = """\
cff-version: 1.2.0
message: Please cite this model.
type: software
title: Flood mapper
version: 1.10
date-released: 2024-05-06
authors:
  - family-names: Rossum
    name-particle: van
    given-names: Anna
    orcid: https://orcid.org/0000-0001-2345-678X
  - name: Institute of Floods
  - alias: mapper
doi: 10.5281/zenodo.1234
identifiers:
  - type: doi
    value: 10.5281/zenodo.1235
    description: This version
  - type: swh
    value: swh:1:dir:bc286860f423ea7ced246ba7458eef4b4541cf2d
license: [Apache-2.0, MIT]
repository-code: https://gl.example/g/p
url: https://floods.example
preferred-citation:
  type: article
  title: Mapping floods
  authors:
    - {family-names: Doe, given-names: Jane, name-suffix: Jr.}
  journal: Journal of Floods
  volume: 4
  issue: 2
  year: 2023
  doi: 10.1000/flood.1
"""


def read(text: str | bytes, **options: bool) -> tuple[CitationFile | None, tuple[Problem, ...]]:
    log = ProblemLog()
    data = text.encode() if isinstance(text, str) else text
    return read_citation_file({CITATION_FILE: FileText(data, **options)}, log), log.result()


def test_a_whole_file_is_read() -> None:
    found, problems = read(WHOLE)
    assert problems == ()
    assert found == CitationFile(
        work=Work(
            title="Flood mapper",
            authors=(
                Author("van Rossum, Anna", "0000-0001-2345-678X"),
                Author("Institute of Floods"),
                Author("mapper"),
            ),
            year="2024",
            version="1.10",
            kind="Computer software",
            doi="10.5281/zenodo.1234",
            url="https://floods.example",
        ),
        preferred=Work(
            title="Mapping floods",
            authors=(Author("Doe, Jane, Jr."),),
            year="2023",
            within="Journal of Floods, 4(2)",
            doi="10.1000/flood.1",
        ),
        further_dois=("10.5281/zenodo.1235",),
        licence="Apache-2.0 OR MIT",
        repository="https://gl.example/g/p",
    )
    assert found.work.words == (
        "van Rossum, Anna; Institute of Floods; mapper (2024). Flood mapper (Version 1.10) [Computer software]. "
        "https://doi.org/10.5281/zenodo.1234"
    )
    assert found.preferred is not None
    assert found.preferred.words == (
        "Doe, Jane, Jr. (2023). Mapping floods. Journal of Floods, 4(2). https://doi.org/10.1000/flood.1"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: T\nauthors: [{name: A}]", "A. T [Computer software]."),
        ("title: T.\nauthors: [{name: A.}]\ntype: dataset", "A. T. [Data set]."),
        (
            "title: T\nauthors: [{name: A}]\nrepository-code: https://a.example",
            "A. T [Computer software]. https://a.example",
        ),
        ("authors: [{name: A}]", None),
    ],
)
def test_citations_in_words(text: str, words: str | None) -> None:
    found, _ = read(text)
    assert found is not None
    assert found.work.words == words


def test_of_many_authors_the_first_are_named() -> None:
    found, _ = read("title: T\nauthors:\n" + "".join(f"- name: A{number}\n" for number in range(40)))
    assert found is not None
    assert found.work.words is not None
    assert "A19 et al. T" in found.work.words
    assert "A20" not in found.work.words


def test_the_first_identifier_that_is_a_doi_is_the_projects_own_where_none_is_stated() -> None:
    found, _ = read(WHOLE.replace("doi: 10.5281/zenodo.1234\n", ""))
    assert found is not None
    assert (found.work.doi, found.further_dois) == ("10.5281/zenodo.1235", ())


@pytest.mark.parametrize(
    ("line", "rule", "number"),
    [
        ("doi: none", "doi", 3),
        ("doi: [x]", "doi", 3),
        ("identifiers: x", "citation-file-value", 3),
        ("identifiers:\n  - {type: doi, value: x}", "doi", 4),
        ("identifiers:\n  - x", "citation-file-value", 4),
        ("date-released: soon", "citation-file-value", 3),
        ("version: [1]", "citation-file-value", 3),
        ("license: {a: b}", "citation-file-value", 3),
        ("url: javascript:x", "citation-file-url", 3),
        ("repository-code: https://user:token@gl.example/x", "citation-file-url", 3),
        ("preferred-citation: x", "citation-file-value", 3),
        ("preferred-citation:\n  title: T\n  doi: x", "doi", 5),
        ("broken: a: b", "citation-file-yaml", 3),
        ("broken: !!python/object/apply:os.system [id]", "citation-file-value", 3),
        ("? [a]\n: b", "citation-file-key", 3),
        ("title: T", "citation-file-duplicate", 3),
    ],
)
def test_a_broken_field_costs_itself_and_is_told_with_its_line(line: str, rule: str, number: int) -> None:
    found, problems = read(f"title: T\nauthors: [{{name: A}}]\n{line}\n")
    assert found is not None
    assert (found.work.title, found.work.doi) == ("T", None)
    assert [(one.rule, one.path, one.line) for one in problems] == [(rule, CITATION_FILE, number)]


@pytest.mark.parametrize(
    ("entry", "author"),
    [
        ("{name: A, orcid: nonsense}", Author("A")),
        ("plain name", Author("plain name")),
        ("{affiliation: X}", None),
        ("[x]", None),
        ("null", None),
    ],
)
def test_authors_that_are_broken(entry: str, author: Author | None) -> None:
    found, problems = read(f"title: T\nauthors:\n  - name: First\n  - {entry}\n")
    assert found is not None
    assert found.work.authors == (Author("First"), *([author] if author else []))
    assert [(one.rule, one.line) for one in problems] == ([] if entry == "plain name" else [("citation-file-value", 4)])


@pytest.mark.parametrize(
    ("data", "rules"),
    [
        (b"", []),
        (b"- a\n- b", ["citation-file-type"]),
        (b"\x89PNG\x00\x00\x00\x00", ["citation-file-encoding"]),
        (b"a: [" * 50_000, ["citation-file-size"]),
        (b"x: " + b"y" * 300_000, ["citation-file-size"]),
    ],
)
def test_files_that_give_nothing(data: bytes, rules: list[str]) -> None:
    found, problems = read(data)
    assert found is None
    assert [one.rule for one in problems] == rules
    assert all(one.line == 1 for one in problems)


def test_encodings_and_heads() -> None:
    found, problems = read("title: Überflutung\nauthors: [{name: A}]".encode("latin-1"))
    assert found is not None
    assert (found.work.title, [(one.rule, one.line) for one in problems]) == (
        "Überflutung",
        [("citation-file-encoding", 1)],
    )
    found, problems = read(WHOLE, truncated=True)
    assert found is not None
    assert [one.rule for one in problems] == ["citation-file-size"]


def test_without_a_file_there_is_nothing_to_tell() -> None:
    log = ProblemLog()
    assert read_citation_file({}, log) is None
    assert log.result() == ()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.dates(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=10), below, max_size=4),
    max_leaves=8,
)
KEYS = [
    *("title", "authors", "doi", "identifiers", "license", "version", "date-released", "url", "repository-code"),
    *("type", "preferred-citation", "journal", "volume", "publisher", "year", "license-url"),
]


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    fields=st.dictionaries(st.sampled_from(KEYS), values, max_size=8),
    preferred=st.dictionaries(st.sampled_from(KEYS), values),
)
def test_any_values_are_read_or_told(fields: dict[str, Any], preferred: dict[str, Any]) -> None:
    found, problems = read(yaml.safe_dump({**fields, "preferred-citation": preferred}, allow_unicode=True))
    for work in (found.work, found.preferred) if found else ():
        if work and work.words:
            work.words.encode()
            assert "\n" not in work.words
    assert all(one.path == CITATION_FILE for one in problems)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_read_or_told(data: bytes) -> None:
    read(data)
