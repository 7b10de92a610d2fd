"""How a project is cited: as its README declares, else as its `CITATION.cff` says, else by the DOIs that it links to.

The first DOI is the project's own; the others are publications about it.
Source: https://github.com/stac-extensions/scientific (v1.0.0)
"""

from dataclasses import dataclass
from typing import Any, Final

from stac_ext.cards.citation_file import CitationFile
from stac_ext.cards.doi import NamedDoi, doi_of, dois_in
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import line_of, quoted

EXTENSION: Final = "https://stac-extensions.github.io/scientific/v1.0.0/schema.json"
MAX_PUBLICATIONS: Final = 50

_IN_TEXT = "<text>.doi"  # a field that no front matter has, for the line in the body


@dataclass(frozen=True, slots=True)
class Publication:
    """A DOI of something published about the project, a citation in words, or both."""

    doi: str | None = None
    text: str | None = None

    def entry(self) -> dict[str, str]:
        """As an entry of `sci:publications`."""
        return {key: value for key, value in (("doi", self.doi), ("citation", self.text)) if value}


@dataclass(frozen=True, slots=True)
class Citation:
    """A DOI without any resolver before it, the citation in words, and what was published about the project."""

    doi: str | None = None
    text: str | None = None
    publications: tuple[Publication, ...] = ()

    @property
    def url(self) -> str | None:
        return f"https://doi.org/{self.doi}" if self.doi else None

    @property
    def urls(self) -> tuple[str, ...]:
        """Where each DOI leads, for links `cite-as`: the extension wants one for every DOI."""
        dois = (self.doi, *(publication.doi for publication in self.publications))
        return tuple(f"https://doi.org/{doi}" for doi in dois if doi)

    def properties(self) -> dict[str, Any]:
        """As STAC Item properties."""
        entries = [publication.entry() for publication in self.publications]
        values = (("sci:doi", self.doi), ("sci:citation", self.text), ("sci:publications", entries))
        return {key: value for key, value in values if value}


def read_citation(
    fields: dict[str, Any], body: str, log: ProblemLog, *, file: CitationFile | None = None, body_line: int = 1
) -> Citation:
    """Read `doi`, `citation` and `sci:publications`, or those of a block `sci`; `file`; and the DOIs in the text.

    `body_line` is the line of the README in which `body` begins.
    """
    declared = _declared(fields, "doi")
    doi = doi_of(declared)
    text = line_of(_declared(fields, "citation"))
    if declared is not None and doi is None:
        log.add("doi", f"{quoted(declared)} is no DOI.", "Write it as `doi: 10.5281/zenodo.1234`.", field="doi")
    publications = _publications(fields, log)
    if file is not None:
        doi, text, more = _from_file(file, doi, text)
        publications += more
    named = dois_in(body)
    if doi is None and declared is None and named:
        doi, text = _from_text(named[0], text, body, body_line, log)
    publications += [Publication(one.doi, one.words) for one in named] if doi else []
    return Citation(doi, text, _once(publications, doi))


def _from_file(
    file: CitationFile, doi: str | None, text: str | None
) -> tuple[str | None, str | None, list[Publication]]:
    """The DOI and the words to cite, and publications. What is to be cited instead gives the words."""
    cited = file.preferred or file.work
    related = doi is None or cited.doi is None or _same(cited.doi, doi) or _same(file.work.doi, doi)
    about = [Publication(work.doi, work.words) for work in (file.preferred, file.work) if work and work.doi]
    about += [Publication(further) for further in file.further_dois]
    words = text or (cited.words if related else None)
    return doi or file.work.doi or cited.doi, words, about


def _from_text(named: NamedDoi, text: str | None, body: str, body_line: int, log: ProblemLog) -> tuple[str, str | None]:
    log.know_lines({_IN_TEXT: body_line + body.count("\n", 0, named.at)})
    said = f"The project is cited by {named.doi}, the first DOI in the README's text."
    log.add("doi-from-text", said, f"Write `doi: {named.doi}` into the front matter, or the right one.", field=_IN_TEXT)
    return named.doi, text or named.words


def _publications(fields: dict[str, Any], log: ProblemLog) -> list[Publication]:
    declared = _declared({key: value for key, value in fields.items() if key != "publications"}, "publications")
    if declared is None:
        return []
    found: list[Publication] = []
    for number, entry in enumerate(declared if isinstance(declared, list) else [declared]):
        value, words = (entry.get("doi"), line_of(entry.get("citation"))) if isinstance(entry, dict) else (entry, None)
        doi = doi_of(value)
        if doi or words:
            found.append(Publication(doi, words))
        if doi is None and (value is not None or not words):
            said = f"Publication {number + 1} has no DOI that can be used: {quoted(value)}."
            log.add("doi", said, "Write `- doi: 10.5281/zenodo.1234`.", field=f"sci:publications.{number}")
        if len(found) >= MAX_PUBLICATIONS:
            break
    return found


def _once(publications: list[Publication], doi: str | None) -> tuple[Publication, ...]:
    """Each once, the first in which it has words, and not the project's own DOI."""
    once: dict[str, Publication] = {}
    for publication in publications:
        if _same(publication.doi, doi):
            continue
        key = (publication.doi or publication.text or "").casefold()
        if key not in once or (once[key].text is None and publication.text):
            once[key] = publication
    return tuple(once.values())[:MAX_PUBLICATIONS]


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold() == other.casefold()


def _declared(fields: dict[str, Any], name: str) -> Any:
    block = fields.get("sci")
    for value in (fields.get(name), fields.get(f"sci:{name}"), block.get(name) if isinstance(block, dict) else None):
        if value not in (None, ""):
            return value
    return None
