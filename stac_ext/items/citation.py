"""How a project is cited: the DOI that its README declares, else the first one that it links to.

Source: https://github.com/stac-extensions/scientific (v1.0.0)
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import line_of, quoted

EXTENSION: Final = "https://stac-extensions.github.io/scientific/v1.0.0/schema.json"

_DOI = re.compile(
    r"(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?(10\.[0-9]{4,9}/[-._;()/:a-z0-9]+)", re.IGNORECASE | re.ASCII
)
_LINK = re.compile(
    r"\[([^\[\]\n]{1,500})\]\(https?://(?:dx\.)?doi\.org/(10\.[0-9]{4,9}/[-._;/:A-Za-z0-9]{1,200})", re.ASCII
)
_PLAIN = re.compile(r"https?://(?:dx\.)?doi\.org/(10\.[0-9]{4,9}/[-._;/:A-Za-z0-9]{1,200})", re.ASCII)
_MAX_DOI = 250


@dataclass(frozen=True, slots=True)
class Citation:
    """A DOI without any resolver before it, and the citation in words."""

    doi: str | None = None
    text: str | None = None

    @property
    def url(self) -> str | None:
        return f"https://doi.org/{self.doi}" if self.doi else None

    def properties(self) -> dict[str, str]:
        """As STAC Item properties."""
        return {key: value for key, value in (("sci:doi", self.doi), ("sci:citation", self.text)) if value}


def read_citation(fields: dict[str, Any], body: str, log: ProblemLog) -> Citation:
    """Read `doi`, `sci:doi` or `doi` in a block `sci`, and `citation` likewise; else look for a DOI in the text."""
    declared = _declared(fields, "doi")
    text = line_of(_declared(fields, "citation"))
    if declared is not None:
        doi = line_of(declared, _MAX_DOI)
        match = _DOI.fullmatch(doi) if doi else None
        if match:
            return Citation(match[1], text)
        log.add("doi", f"{quoted(declared)} is no DOI.", "Write it as `doi: 10.5281/zenodo.1234`.", field="doi")
        return Citation(None, text)
    found = _LINK.search(body)
    plain = found or _PLAIN.search(body)
    if plain is None:
        return Citation(None, text)
    doi = plain[plain.lastindex or 1].rstrip(".,;:")
    words = line_of(found[1].removeprefix("DOI:")) if found else None
    said = f"The project is cited by {doi}, the first DOI in the README's text."
    log.add("doi-from-text", said, f"Write `doi: {doi}` into the front matter, or the right one.")
    return Citation(doi, text or (words if words != doi else None))


def _declared(fields: dict[str, Any], name: str) -> Any:
    block = fields.get("sci")
    for value in (fields.get(name), fields.get(f"sci:{name}"), block.get(name) if isinstance(block, dict) else None):
        if value not in (None, ""):
            return value
    return None
