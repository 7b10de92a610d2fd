"""Which links an item has: those to the catalogue and to GitLab, and those that its README declares.

A declared link goes to the web or to a file of the repository, and never takes the place of one of the catalogue's own.
"""

import posixpath
import re
from typing import Any, Final

import pystac

from stac_ext.categories import Category
from stac_ext.media_types import file_kind, is_media_type
from stac_ext.model import ProjectFacts
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import line_of, quoted
from stac_ext.urls import BuildContext, is_local, repository_path, safe_url

MAX_LINKS: Final = 200

# Relations by which clients walk a STAC API; only the API itself may use them.
RESERVED_RELATIONS: Final = frozenset(
    {
        *("self", "root", "parent", "child", "collection", "item", "items", "canonical", "data", "conformance"),
        *("search", "next", "prev", "previous", "first", "last", "queryables", "service-desc", "service-doc"),
        *("aggregate", "aggregations", "latest-version", "predecessor-version", "successor-version", "preview"),
        *("create", "edit", "delete", "update", "http://www.opengis.net/def/rel/ogc/1.0/queryables"),
    }
)

_RELATION = re.compile(r"[A-Za-z][A-Za-z0-9:/._#?=+-]{0,199}", re.ASCII)
_ITEM_REFERENCE = re.compile(r"[a-z-]{1,64}\+https?://\S+")
_FIX = "Write `- {rel: about, href: https://…, title: …}`."


def catalogue_links(item_id: str, category: Category, context: BuildContext) -> list[pystac.Link]:
    """The links by which clients walk the catalogue."""
    collection, root = context.collection_url(category.id), context.stac_url.rstrip("/")
    itself = context.item_url(category.id, item_id)
    return [
        pystac.Link("self", itself, "application/geo+json"),
        pystac.Link("canonical", itself, "application/geo+json"),
        pystac.Link("parent", collection, "application/json"),
        pystac.Link("collection", collection, "application/json"),
        pystac.Link("root", root, "application/json"),
    ]


def gitlab_links(facts: ProjectFacts) -> list[pystac.Link]:
    """The links to the project's pages and repository."""
    links = []
    if page := _safe(facts.web_url):
        links += [pystac.Link(rel, page, "text/html", title="GitLab project") for rel in ("via", "alternate")]
        if facts.issues_enabled:
            issues = f"{page.rstrip('/')}/-/issues"
            links.append(pystac.Link("bug_tracker", issues, "text/html", title="Bug tracker"))
    if facts.http_url_to_repo and (repository := _safe(facts.http_url_to_repo)):
        links.append(pystac.Link("vcs", repository, title="Git repository"))
    return links


def declared_links(
    value: Any, facts: ProjectFacts, context: BuildContext, log: ProblemLog, field: str = "links"
) -> tuple[list[pystac.Link], list[Any]]:
    """The links that front matter declares, and the entries that name items of other projects, unresolved."""
    if value is None:
        return [], []
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MAX_LINKS:
        log.add("links", f"Only the first {MAX_LINKS} links are used.", "", field=field)
    paths = {file.path for file in facts.files} if facts.head_sha else set()
    links: list[pystac.Link] = []
    references: list[Any] = []
    for number, entry in enumerate(entries[:MAX_LINKS]):
        where = f"{field}.{number}"
        href = entry if isinstance(entry, str) else entry.get("href") if isinstance(entry, dict) else None
        if isinstance(href, str) and _ITEM_REFERENCE.fullmatch(href):
            references.append(entry)
            continue
        try:
            links.append(_declared(entry if isinstance(entry, dict) else {"href": entry}, paths, facts, context))
        except ValueError as error:
            log.add("link", f"Link {number + 1} is not used: {error}.", _FIX, field=where)
    return links, references


def _declared(entry: dict[str, Any], paths: set[str], facts: ProjectFacts, context: BuildContext) -> pystac.Link:
    relation = line_of(entry.get("rel", "related"), 200)
    if relation is None or not _RELATION.fullmatch(relation):
        raise ValueError(f"the relation {quoted(entry.get('rel'))} is not a word or a URL")
    if relation.lower() in RESERVED_RELATIONS:
        raise ValueError(f"the relation `{relation}` belongs to the catalogue")
    if not isinstance(entry.get("href"), str) or not entry["href"].strip():
        raise ValueError("it has no `href`")
    href = entry["href"].strip()
    media_type = line_of(entry.get("type"), 200)
    if media_type is not None and not is_media_type(media_type):
        media_type = None
    if is_local(href):
        path = _file_of(href, paths, facts.readme_path)
        url = context.asset_url(facts, path)
        media_type = media_type or file_kind(path).media_type
    else:
        url = safe_url(href)
    return pystac.Link(relation, url, media_type, title=line_of(entry.get("title"), 300))


def _file_of(href: str, paths: set[str], readme_path: str | None) -> str:
    base = posixpath.dirname(readme_path or "")
    path = repository_path(href if href.startswith("/") else posixpath.join(base, href))
    if path not in paths:
        raise ValueError(f"the repository has no file {quoted(path)}")
    return path


def _safe(url: str) -> str | None:
    try:
        return safe_url(url)
    except ValueError:
        return None
