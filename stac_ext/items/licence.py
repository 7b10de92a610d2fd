"""Which licence an item states, and who says so.

First what the README declares, then the `CITATION.cff`, then what GitLab detected, then the text of the LICENSE file.
STAC 1.1 wants an SPDX identifier or expression, but its schema takes no blanks: such an expression is `other` there and
is kept beside it as it was written. What no source knows is absent.
Source: https://github.com/radiantearth/stac-spec/blob/v1.1.0/commons/common-metadata.md#licensing
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from stac_ext.cards.citation_file import CITATION_FILE, CitationFile
from stac_ext.cards.licence_text import LicenceText, licence_texts
from stac_ext.items import spdx
from stac_ext.items.licence_names import Understood, spdx_expression, spoken, understand
from stac_ext.model import DetectedLicence, Problem, ProjectFacts
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import line_of, quoted
from stac_ext.urls import BuildContext, is_local, repository_path, safe_url

__all__ = ["Licence", "LicenceFiles", "resolve_licence", "spdx_expression"]

OTHER: Final = "other"
FRONT_MATTER: Final = "front matter"
GITLAB: Final = "GitLab's detection"

_STAC_LICENCE = re.compile(r"[A-Za-z0-9.\-+]+", re.ASCII)
_UNSAID = frozenset({"unknown", "none", "n a", "na", "tbd", "todo"})
_NOT_LISTED = frozenset({"other", "proprietary", "various", "custom"})
_MAX_LISTED = 20
_FIX = "Write an SPDX identifier, as `license: Apache-2.0`, or add `license-url`."


@dataclass(frozen=True, slots=True)
class Licence:
    """`id` is what STAC's `license` holds, None where none is known. `written` is the text that `id` cannot hold.

    `links` are the URLs where the licence can be read, each with a title; `source` is who says so.
    """

    id: str | None = None
    written: str | None = None
    links: tuple[tuple[str, str], ...] = ()
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class LicenceFiles:
    """The licence files of a repository, and how a path of it becomes a URL: None where it has no such file."""

    texts: tuple[LicenceText, ...] = ()
    url_of: Callable[[str], str | None] = lambda _: None

    @classmethod
    def of(cls, facts: ProjectFacts, context: BuildContext) -> "LicenceFiles":
        """Those of a project at the indexed revision."""
        paths = frozenset(file.path for file in facts.files) if facts.head_sha else frozenset[str]()
        return cls(licence_texts(facts.texts), lambda path: context.asset_url(facts, path) if path in paths else None)

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        found = ((self.url_of(text.path), text.path) for text in self.texts)
        return tuple((url, path) for url, path in found if url)


def resolve_licence(
    declared: Any,
    declared_url: Any,
    detected: DetectedLicence | None,
    log: ProblemLog,
    field: str = "license",
    *,
    name: Any = None,
    cited: CitationFile | None = None,
    files: LicenceFiles = LicenceFiles(),
) -> Licence:
    """The licence by the first source that knows one; what is unclear, or guessed from a text, is told to `log`.

    `name` is how a card calls a licence that it declares as `other`; `declared_url` may be a path of the repository.
    """
    return _Decision(log, field, files).decide(declared, declared_url, name, cited, detected)


class _Decision:
    def __init__(self, log: ProblemLog, field: str, files: LicenceFiles) -> None:
        self._log = log
        self._field = field
        self._files = files

    def decide(
        self, declared: Any, declared_url: Any, name: Any, cited: CitationFile | None, detected: DetectedLicence | None
    ) -> Licence:
        url = self._url(declared_url or (declared.get("url") if isinstance(declared, dict) else None))
        if isinstance(declared, list) and len(declared) > 1 and (licence := self._of_list(declared, url)):
            return replace(licence, source=FRONT_MATTER)
        text = self._text(declared)
        if text is not None and spoken(text) not in _UNSAID:
            called = line_of(name, 300)
            if called and spoken(text) in _NOT_LISTED:
                text = called
            return replace(self._of_text(text, url), source=FRONT_MATTER)
        if cited is not None and cited.licence:
            stated_in = LicenceText(CITATION_FILE, line=cited.licence_line)
            return replace(self._of_text(cited.licence, url or cited.licence_url, stated_in), source=CITATION_FILE)
        key = spdx.LICENCES.get(detected.key.lower()) if detected else None
        if detected and key:
            return Licence(key, None, ((url or _safe(detected.url) or _page(key), key),), GITLAB)
        if licence := self._of_files(url):
            return replace(licence, source=self._files.texts[0].path)
        if detected is not None:
            return replace(self._of_unknown_file(detected, url), source=GITLAB)
        if url is not None:
            understood = understand(url)
            stated = (
                _stated(understood, ((url, understood.written),))
                if understood
                else Licence(OTHER, None, ((url, "Licence"),))
            )
            return replace(stated, source=FRONT_MATTER)
        if self._files.texts:
            self._unknown("The licence file holds no text that is known", self._files.texts[0].path)
            return Licence(OTHER, None, self._files.links, self._files.texts[0].path)
        said = "No licence is known, so nobody knows what they may do with this."
        self._log.add("licence-missing", said, _FIX, field=self._field)
        return Licence()

    def _of_text(self, text: str, url: str | None, source: LicenceText | None = None) -> Licence:
        own_url = _safe(text)
        if understood := understand(text):
            link = url or own_url
            return _stated(understood, ((link, understood.written),) if link else ())
        links = tuple((link, "Licence") for link in dict.fromkeys((url, own_url)) if link) or self._files.links
        word = spoken(text)
        if word in _NOT_LISTED:
            return Licence(OTHER, None if word == "other" else text, links)
        if not links:
            said = f"{quoted(text)} is no SPDX licence; the item says `other`."
            if source is None:
                self._log.add("licence-unknown", said, _FIX, field=self._field)
            else:
                self._tell("licence-unknown", said, _FIX, source)
        return Licence(OTHER, text, links)

    def _of_list(self, declared: list[Any], url: str | None) -> Licence | None:
        """Several licences, of which nobody says whether one may choose or all count."""
        texts = [line_of(entry, 300) for entry in declared[:_MAX_LISTED]]
        known = [understood for text in texts if text and (understood := understand(text))]
        if len(known) != len(declared):
            return None
        said = f"`{self._field}` lists {len(known)} licences, and not whether one may be chosen; the item says `other`."
        fix = f"Write `{' OR '.join(one.written for one in known)}`, or the same with AND."
        self._log.add("licence-unknown", said, fix, field=self._field)
        pages = tuple((_page(identifier), identifier) for one in known for identifier in one.known)
        return Licence(OTHER, ", ".join(one.written for one in known), ((url, "Licence"),) if url else pages)

    def _of_files(self, url: str | None) -> Licence | None:
        """What the licence files say, if they say one thing."""
        said = {text.expression or text.name for text in self._files.texts}
        if len(said) != 1 or said == {None}:
            return None
        text = self._files.texts[0]
        expression, links = text.expression, self._files.links
        links = ((url, "Licence"),) if url else links
        shown = expression or text.name or ""
        fix = f"Write `license: {expression}` into the front matter, or the right one." if expression else _FIX
        self._tell("licence-from-text", f"The licence is {shown} by the text of the file alone.", fix, text)
        if expression is None:
            return Licence(OTHER, text.name, links)
        return _stated(Understood(*(spdx_expression(expression) or (expression, ()))), links)

    def _of_unknown_file(self, detected: DetectedLicence, url: str | None) -> Licence:
        source = url or _safe(detected.url)
        name = line_of(detected.name) or line_of(detected.key)
        path = self._files.texts[0].path if self._files.texts else "LICENSE"
        self._unknown("GitLab does not recognise the licence file", path)
        return Licence(
            OTHER, None if name in (None, "Other") else name, ((source, "Licence"),) if source else self._files.links
        )

    def _unknown(self, said: str, path: str) -> None:
        self._tell("licence-unknown", f"{said}; the item says `other`.", _FIX, LicenceText(path))

    def _tell(self, rule: str, message: str, fix: str, text: LicenceText) -> None:
        self._log.extend([Problem(rule, message, fix, text.path, text.line)])

    def _text(self, declared: Any) -> str | None:
        value = declared
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, dict):
            value = value.get("name", value.get("id"))
        text = line_of(value)
        if text is None and declared not in (None, "", []):
            self._log.add("licence-unknown", f"`license` is {quoted(declared)}, not text.", _FIX, field=self._field)
        return text

    def _url(self, value: Any) -> str | None:
        """A web address, or that of a file of the repository."""
        if value is None:
            return None
        url = _safe(value)
        if url is None and isinstance(value, str) and is_local(value.strip()):
            try:
                url = self._files.url_of(repository_path(value.strip()))
            except ValueError:
                url = None
        if url is None:
            said = "`license-url` is neither a web address nor a file of the repository."
            self._log.add("licence-url", said, "Write an https address, or the path of a file.", field="license-url")
        return url


def _stated(understood: Understood, links: tuple[tuple[str, str], ...]) -> Licence:
    links = links or tuple((_page(name), name) for name in understood.known)
    if _STAC_LICENCE.fullmatch(understood.written):
        return Licence(understood.written, None, links)
    return Licence(OTHER, understood.written, links)


def _page(identifier: str) -> str:
    return f"https://spdx.org/licenses/{identifier}.html"


def _safe(value: Any) -> str | None:
    try:
        return safe_url(value)
    except ValueError:
        return None
