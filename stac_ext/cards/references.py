"""Where the links and pictures of a README lead: to files of its own repository, at the revision shown, or to the web.

A picture of another host is a link and never loaded: loading it would tell that host who reads which card. What names
nothing in the repository, leaves it, or has another scheme than http, https and mailto leads nowhere.
Source: https://docs.gitlab.com/user/markdown/#links (relative links, and links to the project's own pages)
"""

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, Self
from urllib.parse import quote, unquote, urlsplit

from stac_ext.cards.markdown import slug
from stac_ext.media_types import file_kind
from stac_ext.model import ProjectFacts
from stac_ext.sanitize import clean_line
from stac_ext.urls import BuildContext, is_local, repository_path, safe_url

ANCHOR_PREFIX: Final = "readme-"

_MAX_REFERENCE = 4_096
_MAX_REFUSED = 50
_MAIL = re.compile(r"mailto:[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}", re.ASCII | re.IGNORECASE)
_PAGE = re.compile(r"(?:\.{0,2}/)*(?:-/)?(?:blob|raw|tree|blame|edit)/(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CardPlace:
    """Where a README stands: its path, the files beside it, and the URLs by which they are reached.

    `files_url` ends with a slash and is followed by a path; `files` is None where it is not known which files exist.
    """

    files_url: str
    readme_path: str
    revision: str
    project_url: str | None = None
    branch: str | None = None
    files: frozenset[str] | None = None

    @classmethod
    def of(cls, facts: ProjectFacts, context: BuildContext) -> Self:
        """The place of a project's README at the indexed revision."""
        known = None if facts.files_truncated else frozenset(file.path for file in facts.files)
        return cls(
            files_url=context.asset_url(facts, ""),
            readme_path=facts.readme_path or "README.md",
            revision=facts.head_sha or "",
            project_url=facts.web_url,
            branch=facts.default_branch,
            files=known,
        )


class Picture(NamedTuple):
    """Where a picture is; only those of the repository are shown in the page, the others are links."""

    url: str
    shown: bool


class References:
    """Resolves what one README refers to; `refused` keeps what led nowhere, as it was written, with the reason."""

    def __init__(self, place: CardPlace, anchors: Iterable[str] = ()) -> None:
        self.refused: dict[str, str] = {}
        self._place = place
        self._page, self._page_path = _page_of(place.project_url)
        self._anchors = frozenset(anchors)
        self._folders = frozenset(_parents(place.files or ()))
        self._folded: dict[str, str | None] = {}
        for path in place.files or ():
            folded = path.casefold()
            self._folded[folded] = None if folded in self._folded else path

    def link(self, href: str) -> str | None:
        """The URL that a link leads to, None for nowhere. Never raises."""
        href = href.strip()
        try:
            return self._link(href)
        except ValueError as error:
            self._refuse(href, error)
            return None

    def picture(self, src: str) -> Picture | None:
        """Where a picture is, None for nowhere. Never raises."""
        src = src.strip()
        try:
            path = self._path(src)
            if path is None:
                return Picture(_web(src), False)
            url = self._file(path)
            if url is None:
                raise ValueError("the repository has no such file")
            return Picture(url, (file_kind(path).media_type or "").startswith("image/"))
        except ValueError as error:
            self._refuse(src, error)
            return None

    def _refuse(self, reference: str, error: ValueError) -> None:
        if len(self.refused) < _MAX_REFUSED:
            self.refused.setdefault(clean_line(reference, 200), str(error))

    def _link(self, href: str) -> str | None:
        if href.startswith("#"):
            return self._anchor(href[1:])
        if _MAIL.fullmatch(href):
            return href
        path = self._path(href)
        if path is None:
            return _web(href)
        fragment = href.partition("#")[2]
        if fragment and path == self._place.readme_path:
            return self._anchor(fragment)
        url = self._file(path) if path not in self._folders and not href.endswith("/") else self._folder(path)
        if url is None:
            raise ValueError("the repository has no such file")
        return url

    def _anchor(self, fragment: str) -> str:
        name = unquote(fragment)[:200].removeprefix("user-content-")
        known = name if name in self._anchors else slug(name)
        return f"#{ANCHOR_PREFIX}{quote(known)}"

    def _path(self, href: str) -> str | None:
        """The path in the repository that a reference names, None for a web address. Raises ValueError."""
        if len(href) > _MAX_REFERENCE:
            raise ValueError("it is too long")
        if not href or href.startswith("?"):
            raise ValueError("it names no file")
        if self._page and href.startswith(f"{self._page}/"):
            return self._of_page(href[len(self._page) :])
        if href.startswith("//") or not is_local(href):
            return None
        if self._page_path and href.startswith(f"{self._page_path}/-/"):
            href = href[len(self._page_path) :]
        try:
            base = "" if href.startswith("/") else posixpath.dirname(self._place.readme_path)
            path = repository_path(posixpath.join(base, href))
        except ValueError:
            if (inside := self._of_page(href)) is None:
                raise
            return inside
        return path if self._exists(path) else self._of_page(href) or path

    def _of_page(self, href: str) -> str | None:
        """The path that an address of a page of this project names at this revision or its branch, else None."""
        match = _PAGE.match(href)
        for ref in (self._place.branch, "HEAD", self._place.revision):
            if match and ref and unquote(match[1]).startswith(f"{ref}/"):
                return repository_path(quote(unquote(match[1].partition("#")[0].partition("?")[0])[len(ref) + 1 :]))
        return None

    def _exists(self, path: str) -> bool:
        known = self._place.files
        return known is not None and (path in known or path in self._folders)

    def _file(self, path: str) -> str | None:
        known = self._place.files
        found = path if known is None or path in known else self._folded.get(path.casefold())
        return f"{self._place.files_url}{_quoted(found)}" if found else None

    def _folder(self, path: str) -> str | None:
        if not self._page or (self._place.files is not None and path not in self._folders):
            return None
        return safe_url(f"{self._page}/-/tree/{quote(self._place.revision)}/{_quoted(path)}")


def _page_of(project_url: str | None) -> tuple[str, str]:
    """The project's page without a slash at its end, and the path of it; empty where there is none to be shown."""
    try:
        page = safe_url(project_url).rstrip("/")
    except ValueError:
        return "", ""
    return page, urlsplit(page).path


def _web(href: str) -> str:
    return safe_url(f"https:{href}" if href.startswith("//") else href)


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogatepass"), safe="/")


def _parents(paths: Iterable[str]) -> Iterable[str]:
    for path in paths:
        while path := path.rpartition("/")[0]:
            yield path
