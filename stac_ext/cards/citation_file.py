"""What a project's `CITATION.cff` says: how to cite it, by which DOIs, who made it, and under which licence it is.

A field that cannot be used costs itself and is told with its line.
Source: https://github.com/citation-file-format/citation-file-format/blob/1.2.0/schema-guide.md
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from stac_ext.cards.doi import doi_of
from stac_ext.items.readme_text import decode_readme
from stac_ext.items.yaml_fields import YamlReader
from stac_ext.model import FileText
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import TITLE_LIMIT, line_of, quoted
from stac_ext.urls import safe_url

CITATION_FILE: Final = "CITATION.cff"
MAX_AUTHORS: Final = 100

_NAMED_AUTHORS = 20  # in a citation in words
_MAX_IDENTIFIERS = 100
_YEAR = re.compile(r"(\d{4})(-\d\d?(-\d\d?)?)?", re.ASCII)
_ORCID = re.compile(r"https?://orcid\.org/((\d{4}-){3}\d{3}[\dX])", re.ASCII)
_KINDS = {
    "software": "Computer software",
    "dataset": "Data set",
    "data": "Data set",
    "software-code": "Computer software",
}


@dataclass(frozen=True, slots=True)
class Author:
    """A person, as `Family, Given`, or an entity. `orcid` is the bare identifier."""

    name: str
    orcid: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Something that can be cited. `year` has four digits; `within` is its journal or publisher."""

    title: str | None = None
    authors: tuple[Author, ...] = ()
    year: str | None = None
    version: str | None = None
    kind: str | None = None
    within: str | None = None
    doi: str | None = None
    url: str | None = None

    @property
    def words(self) -> str | None:
        """The citation in words, None without a title."""
        if self.title is None:
            return None
        names = "; ".join(author.name for author in self.authors[:_NAMED_AUTHORS])
        names += " et al." if len(self.authors) > _NAMED_AUTHORS else ""
        kind = f" [{self.kind}]" if self.kind else ""
        version = f" (Version {self.version})" if self.version else ""
        address = f"https://doi.org/{self.doi}" if self.doi else self.url
        parts = (
            " ".join(part for part in (names, f"({self.year})" if self.year else "") if part),
            f"{self.title}{version}{kind}",
            self.within,
        )
        said = " ".join(f"{part.rstrip('.')}." for part in parts if part)
        return f"{said} {address}" if address else said


@dataclass(frozen=True, slots=True)
class CitationFile:
    """The project as a work, the work to cite instead of it, further DOIs of the project, and its licence.

    `licence` is an SPDX expression as it was written; several licences of a list are joined by OR, as CFF means them.
    """

    work: Work
    preferred: Work | None = None
    further_dois: tuple[str, ...] = ()
    licence: str | None = None
    licence_url: str | None = None
    licence_line: int = field(default=1, compare=False)
    repository: str | None = None


def read_citation_file(texts: Mapping[str, FileText], log: ProblemLog) -> CitationFile | None:
    """Read the file among the texts of a project; None where there is none or nothing in it can be used."""
    file = texts.get(CITATION_FILE)
    if file is None:
        return None
    decoded = decode_readme(file.data, file.truncated)
    reader = YamlReader(CITATION_FILE, rule="citation-file", what="The file", plain=True)
    if decoded.problem is not None:
        reader.say("encoding", "The file is not text in UTF-8.", "Save it as UTF-8.", decoded.problem[3])
    if file.truncated:
        reader.say("size", "The file is too large; only its head is read.", "Shorten it.", 1)
    reader.read(decoded.text)
    log.extend(reader.problems)
    if not reader.fields:
        return None
    own = ProblemLog(CITATION_FILE, reader.lines)
    read = _Fields(reader.fields, own).file()
    log.extend(own.result())
    return replace(read, licence_line=reader.lines.get("license", 1))


class _Fields:
    def __init__(self, fields: dict[str, Any], log: ProblemLog) -> None:
        self._fields = fields
        self._log = log

    def file(self) -> CitationFile:
        fields = self._fields
        dois = self._identifiers()
        own = self._work(fields, "", default_kind="software")
        doi = own.doi or (dois[0] if dois else None)
        for name in ("title", "authors"):
            if not getattr(own, name):
                self._log.add("citation-file-missing", f"The file has no `{name}`.", "Add it: CFF asks for it.")
        preferred = fields.get("preferred-citation")
        if preferred is not None and not isinstance(preferred, dict):
            self._refuse("preferred-citation", preferred, "Write `type`, `title` and `authors` below it.")
            preferred = None
        return CitationFile(
            work=replace(own, doi=doi),
            preferred=self._work(preferred, "preferred-citation.") if preferred else None,
            further_dois=tuple(one for one in dois if doi is None or one.casefold() != doi.casefold()),
            licence=self._licence(fields.get("license")),
            licence_url=self._url(fields, "license-url", ""),
            repository=self._url(fields, "repository-code", "") or self._url(fields, "repository", ""),
        )

    def _work(self, fields: dict[str, Any], where: str, default_kind: str = "") -> Work:
        kind = str(fields.get("type") or default_kind).lower()
        return Work(
            title=self._line(fields, "title", where),
            authors=self._authors(fields.get("authors"), where),
            year=self._year(fields, where),
            version=self._line(fields, "version", where),
            kind=_KINDS.get(kind),
            within=self._within(fields, where),
            doi=self._doi(fields.get("doi"), f"{where}doi"),
            url=self._url(fields, "url", where) or (None if where else self._url(fields, "repository-code", where)),
        )

    def _line(self, fields: dict[str, Any], name: str, where: str) -> str | None:
        value = fields.get(name)
        line = line_of(value, TITLE_LIMIT)
        if line is None and value not in (None, ""):
            self._refuse(f"{where}{name}", value, "Write text.")
        return line

    def _within(self, fields: dict[str, Any], where: str) -> str | None:
        journal = self._line(fields, "journal", where) or self._line(fields, "collection-title", where)
        if journal:
            volume, issue = line_of(fields.get("volume"), 20), line_of(fields.get("issue"), 20)
            return f"{journal}{f', {volume}' if volume else ''}{f'({issue})' if volume and issue else ''}"
        publisher = fields.get("publisher")
        return (
            line_of(publisher.get("name"), TITLE_LIMIT)
            if isinstance(publisher, dict)
            else line_of(publisher, TITLE_LIMIT)
        )

    def _year(self, fields: dict[str, Any], where: str) -> str | None:
        for name in ("year", "date-published", "date-released", "issue-date"):
            if (value := fields.get(name)) in (None, ""):
                continue
            match = _YEAR.match(line_of(value, 40) or "")
            if match:
                return match[1]
            self._refuse(f"{where}{name}", value, "Write it as 2024-12-31.")
        return None

    def _authors(self, value: Any, where: str) -> tuple[Author, ...]:
        if value is None:
            return ()
        entries = value if isinstance(value, list) else [value]
        authors: list[Author] = []
        for number, entry in enumerate(entries[:MAX_AUTHORS]):
            author = _author(entry)
            if author is None:
                fix = "Write `family-names` and `given-names` of a person, or `name` of an entity."
                self._refuse(f"{where}authors.{number}", entry, fix)
                continue
            authors.append(author)
            if isinstance(entry, dict) and entry.get("orcid") and author.orcid is None:
                self._refuse(f"{where}authors.{number}", entry["orcid"], "Write https://orcid.org/0000-0000-0000-0000.")
        return tuple(authors)

    def _doi(self, value: Any, field: str) -> str | None:
        doi = doi_of(value)
        if doi is None and value not in (None, ""):
            self._log.add("doi", f"{quoted(value)} is no DOI.", "Write it as 10.5281/zenodo.1234.", field=field)
        return doi

    def _identifiers(self) -> list[str]:
        entries = self._fields.get("identifiers")
        if entries is None:
            return []
        if not isinstance(entries, list):
            self._refuse("identifiers", entries, "Write `- type: doi` with a `value` below it.")
            return []
        found: dict[str, str] = {}
        for number, entry in enumerate(entries[:_MAX_IDENTIFIERS]):
            if not isinstance(entry, dict):
                self._refuse(f"identifiers.{number}", entry, "Write `- type: doi` with a `value` below it.")
            elif str(entry.get("type")).lower() == "doi" and (
                doi := self._doi(entry.get("value"), f"identifiers.{number}")
            ):
                found.setdefault(doi.casefold(), doi)
        return list(found.values())

    def _licence(self, value: Any) -> str | None:
        names = [line_of(entry, TITLE_LIMIT) for entry in (value if isinstance(value, list) else [value])]
        known = [name for name in names if name]
        if value not in (None, "", []) and len(known) != len(names):
            self._refuse("license", value, "Write an SPDX identifier, or a list of them.")
        return " OR ".join(dict.fromkeys(known)) or None

    def _url(self, fields: dict[str, Any], name: str, where: str) -> str | None:
        value = fields.get(name)
        if value in (None, ""):
            return None
        try:
            return safe_url(value)
        except ValueError as error:
            said = f"`{where}{name}` is not used: {error}."
            self._log.add("citation-file-url", said, "Write an https address.", field=f"{where}{name}")
            return None

    def _refuse(self, field: str, value: Any, fix: str) -> None:
        self._log.add("citation-file-value", f"`{field}` is {quoted(value)} and is not used.", fix, field=field)


def _author(entry: Any) -> Author | None:
    if not isinstance(entry, dict):
        name = line_of(entry, TITLE_LIMIT)
        return Author(name) if name else None
    parts = {
        key: line_of(entry.get(key), 100)
        for key in ("family-names", "given-names", "name-particle", "name-suffix", "alias")
    }
    family = " ".join(part for part in (parts["name-particle"], parts["family-names"]) if part)
    person = ", ".join(part for part in (family, parts["given-names"], parts["name-suffix"]) if part)
    name = person or line_of(entry.get("name"), TITLE_LIMIT) or parts["alias"]
    orcid = _ORCID.fullmatch(line_of(entry.get("orcid"), 60) or "")
    return Author(name, orcid[1] if orcid else None) if name else None
