"""That a project is cited by what its README declares, else by its citation file, else by the DOIs that it links to."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stac_ext.cards.citation_file import Author, CitationFile, Work
from stac_ext.cards.doi import doi_of, dois_in
from stac_ext.items.citation import MAX_PUBLICATIONS, Citation, Publication, read_citation
from stac_ext.model import Problem
from stac_ext.problem_log import ProblemLog

OWN, PAPER, OTHER = "10.5281/zenodo.1", "10.1000/paper", "10.1000/other"
SOFTWARE = Work(title="S", authors=(Author("A"),), doi=OWN)
ARTICLE = Work(title="P", authors=(Author("A"),), doi=PAPER)
SOFTWARE_WORDS, ARTICLE_WORDS = f"A. S. https://doi.org/{OWN}", f"A. P. https://doi.org/{PAPER}"


def cite(
    fields: dict[str, Any] | None = None, body: str = "", file: CitationFile | None = None, body_line: int = 1
) -> tuple[Citation, tuple[Problem, ...]]:
    log = ProblemLog(lines={"doi": 2, "sci:publications": 3, "sci": 4})
    return read_citation(fields or {}, body, log, file=file, body_line=body_line), log.result()


@pytest.mark.parametrize(
    ("file", "citation"),
    [
        (CitationFile(SOFTWARE), Citation(OWN, SOFTWARE_WORDS)),
        (CitationFile(SOFTWARE, ARTICLE), Citation(OWN, ARTICLE_WORDS, (Publication(PAPER, ARTICLE_WORDS),))),
        (CitationFile(Work(title="S"), ARTICLE), Citation(PAPER, ARTICLE_WORDS)),
        (CitationFile(SOFTWARE, further_dois=(OTHER,)), Citation(OWN, SOFTWARE_WORDS, (Publication(OTHER),))),
        (CitationFile(Work(title="S")), Citation(None, "S.")),
        (CitationFile(Work()), Citation()),
    ],
)
def test_a_citation_file_is_used(file: CitationFile, citation: Citation) -> None:
    assert cite(file=file) == (citation, ())


@pytest.mark.parametrize(
    ("fields", "citation"),
    [
        ({"doi": OTHER}, Citation(OTHER, None, (Publication(PAPER, ARTICLE_WORDS), Publication(OWN, SOFTWARE_WORDS)))),
        ({"doi": OWN.upper()}, Citation(OWN.upper(), ARTICLE_WORDS, (Publication(PAPER, ARTICLE_WORDS),))),
        ({"doi": PAPER}, Citation(PAPER, ARTICLE_WORDS, (Publication(OWN, SOFTWARE_WORDS),))),
        ({"citation": "Mine"}, Citation(OWN, "Mine", (Publication(PAPER, ARTICLE_WORDS),))),
    ],
)
def test_front_matter_comes_first(fields: dict[str, Any], citation: Citation) -> None:
    assert cite(fields, file=CitationFile(SOFTWARE, ARTICLE)) == (citation, ())


def test_a_broken_doi_leaves_that_of_the_file() -> None:
    found, problems = cite({"doi": "none"}, "https://doi.org/10.1000/text", CitationFile(SOFTWARE))
    assert found == Citation(OWN, SOFTWARE_WORDS, (Publication("10.1000/text"),))
    assert [(one.rule, one.line) for one in problems] == [("doi", 2)]


def test_dois_of_the_text_follow() -> None:
    body = f"[Our paper 2020](https://doi.org/{PAPER}) [DOI](https://doi.org/{OWN}) https://doi.org/{OTHER}."
    found, problems = cite(body=f"intro\n\n{body}", body_line=5)
    assert found == Citation(PAPER, "Our paper 2020", (Publication(OWN), Publication(OTHER)))
    assert [(one.rule, one.line) for one in problems] == [("doi-from-text", 7)]
    found, problems = cite({"doi": OWN}, body)
    assert (found.publications, problems) == ((Publication(PAPER, "Our paper 2020"), Publication(OTHER)), ())


def test_every_doi_has_a_link() -> None:
    found, _ = cite({"doi": OWN}, f"https://doi.org/{PAPER}")
    assert found.urls == (f"https://doi.org/{OWN}", f"https://doi.org/{PAPER}")
    assert found.url == f"https://doi.org/{OWN}"
    assert found.properties() == {"sci:doi": OWN, "sci:publications": [{"doi": PAPER}]}
    assert Citation().properties() == {}


@pytest.mark.parametrize(
    ("declared", "publications", "problems"),
    [
        ([{"doi": PAPER, "citation": "P"}, {"citation": "Q"}], (Publication(PAPER, "P"), Publication(None, "Q")), []),
        ([PAPER, f"https://doi.org/{OTHER}"], (Publication(PAPER), Publication(OTHER)), []),
        (PAPER, (Publication(PAPER),), []),
        ([{"doi": "x", "citation": "P"}], (Publication(None, "P"),), ["doi"]),
        ([{}, 7, None, ["x"], {"doi": {}}], (), ["doi"] * 5),
        ([PAPER, PAPER.upper()], (Publication(PAPER),), []),
        ([OWN], (), []),
    ],
)
def test_declared_publications(declared: Any, publications: tuple[Publication, ...], problems: list[str]) -> None:
    for fields in ({"sci:publications": declared}, {"sci": {"publications": declared}}):
        found, told = cite({**fields, "doi": OWN})
        assert (found.publications, [one.rule for one in told]) == (publications, problems)
    assert cite({"publications": declared, "doi": OWN})[0].publications == ()


def test_publications_are_bounded() -> None:
    many = [f"10.1000/{number}" for number in range(500)]
    assert len(cite({"sci:publications": many, "doi": OWN})[0].publications) == MAX_PUBLICATIONS
    assert len(dois_in(" ".join(f"https://doi.org/{doi}" for doi in many))) == 50


@pytest.mark.parametrize(
    ("text", "doi", "words"),
    [
        ("[A](https://doi.org/10.1016/S0140-6736(20)30183-5)", "10.1016/S0140-6736(20)30183-5", "A"),
        ("(https://doi.org/10.1016/S0140-6736(20)30183-5)", "10.1016/S0140-6736(20)30183-5", None),
        ("[![DOI](https://zenodo.org/badge/DOI/x.svg)](https://doi.org/10.5281/zenodo.1)", "10.5281/zenodo.1", None),
        ("[10.5281/zenodo.1](https://doi.org/10.5281/zenodo.1)", "10.5281/zenodo.1", None),
        ("[DOI: 10.5281/zenodo.1](https://dx.doi.org/10.5281/zenodo.1)", "10.5281/zenodo.1", None),
        ("[here](<https://doi.org/10.5281/zenodo.1>)", "10.5281/zenodo.1", None),
        ("<http://doi.org/10.5281/zenodo.1>,", "10.5281/zenodo.1", None),
    ],
)
def test_dois_in_text(text: str, doi: str, words: str | None) -> None:
    assert [(one.doi, one.words) for one in dois_in(text)] == [(doi, words)]


@pytest.mark.parametrize("value", ["doi:10.1000/a", "DOI: 10.1000/a", "https://dx.doi.org/10.1000/a", " 10.1000/a "])
def test_what_is_a_doi(value: str) -> None:
    assert doi_of(value) == "10.1000/a"


@pytest.mark.parametrize(
    "value", [None, True, 10.1, "", "10.1/a", "10.1000/", "x 10.1000/a", ["10.1000/a"], "10.1000/" + "a" * 300]
)
def test_what_is_none(value: Any) -> None:
    assert doi_of(value) is None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    text=st.lists(
        st.sampled_from(["[", "](", ")", "https://doi.org/", "10.1000/", "a", "(", "DOI", "\n", ".", " "]), max_size=20
    ).map("".join)
)
def test_any_text_gives_dois_that_the_extension_takes(text: str) -> None:
    for one in dois_in(text):
        assert doi_of(one.doi) == one.doi
        assert not any(character.isspace() for character in one.doi)
