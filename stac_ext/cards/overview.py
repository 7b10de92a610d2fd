"""How a README is shown as a page: a whole HTML document of its own that runs nothing and loads only its pictures.

Markdown is rendered; any other format, and Markdown that costs too much to render, is shown as the text that it is.
"""

import base64
import hashlib
import html
import posixpath
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from stac_ext.cards.markdown import Budget, TooCostly, to_html
from stac_ext.cards.references import CardPlace, References
from stac_ext.cards.safe_html import anchors_of, to_safe_html
from stac_ext.items.front_matter import read_front_matter
from stac_ext.model import Problem, ProjectFacts
from stac_ext.sanitize import TITLE_LIMIT, clean_line, quoted
from stac_ext.urls import BuildContext

OVERVIEW: Final = "overview"
PAGE_NAME: Final = "README.html"
MEDIA_TYPE: Final = "text/html"
MAX_SOURCE: Final = 1024 * 1024

_MARKDOWN = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mkdn"})
_STYLE: Final = (
    "body{font:16px/1.6 system-ui,sans-serif;color:#1f2328;background:#fff;margin:0}"
    "main{max-width:56rem;margin:0 auto;padding:1.5rem;overflow-wrap:break-word}"
    "img{max-width:100%;height:auto}pre{overflow:auto;padding:1rem;background:#f6f8fa}"
    "pre.text{white-space:pre-wrap;background:none;padding:0}code,pre{font-family:ui-monospace,monospace;font-size:90%}"
    "table{display:block;overflow:auto;border-collapse:collapse}td,th{border:1px solid #d1d9e0;padding:.3rem .7rem}"
    "blockquote{margin:0;padding:0 1rem;border-left:.25rem solid #d1d9e0;color:#59636e}"
    "a[href]{color:#0550ae}.note{padding:.5rem 1rem;background:#fff8c5}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}"
    "a[href]{color:#79c0ff}.note{background:#3b2e00}td,th,blockquote{border-color:#3d444d}blockquote{color:#9198a1}}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_CUT = "Only the beginning of this README is shown; the file holds all of it."
_COSTLY = "This README is shown as the text that it is: it would take too long to render."


@dataclass(frozen=True, slots=True)
class Overview:
    """A page. `rendered` is false where the text is shown as it is; `refused` are references that lead nowhere."""

    html: str
    rendered: bool
    refused: tuple[tuple[str, str], ...] = ()


def render_overview(
    readme: bytes, place: CardPlace, title: str, *, truncated: bool = False, budget: Budget | None = None
) -> Overview:
    """The page of a README, whatever its bytes are. Raises nothing.

    `truncated` says that `readme` is only the head of the file. The text after the first MiB is left out.
    """
    body = read_front_matter(readme, path=place.readme_path, truncated=truncated).body
    notes = [_CUT] if truncated or len(body) > MAX_SOURCE else []
    body = body[:MAX_SOURCE]
    if posixpath.splitext(place.readme_path)[1].lower() not in _MARKDOWN:
        return Overview(_page(_as_it_is(body), place, title, notes), False)
    budget = budget or Budget()
    try:
        unsafe = to_html(body, budget)
        references = References(place, anchors_of(unsafe))
        content = to_safe_html(unsafe, references, budget)
    except TooCostly:
        return Overview(_page(_as_it_is(body), place, title, [*notes, _COSTLY]), False)
    return Overview(_page(content, place, title, notes), True, tuple(references.refused.items()))


def refused_problems(overview: Overview, readme: bytes, place: CardPlace) -> list[Problem]:
    """Each reference of the README that leads nowhere, told with its line where the text holds it as it was read."""
    front = read_front_matter(readme, path=place.readme_path)
    problems = []
    for reference, reason in overview.refused:
        at = front.body.find(reference) if reference else -1
        line = front.body_line + front.body.count("\n", 0, at) if at >= 0 else None
        said = f"The README refers to {quoted(reference, 200)}, which leads nowhere: {reason}."
        problems.append(Problem("readme-link", said, "Correct it, or add the file.", place.readme_path, line))
    return problems


def content_policy(place: CardPlace) -> str:
    """The Content-Security-Policy of the page: no scripts, frames or forms, the style that it has, its own pictures.

    Source: https://www.w3.org/TR/CSP3/
    """
    url = urlsplit(place.files_url)
    pictures = f"{url.scheme}://{url.netloc}" if url.netloc else "'self'"
    return (
        f"default-src 'none'; img-src {pictures}; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
    )


def overview_asset(facts: ProjectFacts, context: BuildContext) -> dict[str, Any] | None:
    """The asset `overview` of a project with a README, as a STAC Asset Object; None without, and for one in Git LFS.

    A file of the repository that is itself called README.html keeps its address, and the page gets a query.
    """
    if not facts.head_sha or not facts.readme_path or facts.readme is None:
        return None
    if any(file.path == facts.readme_path and file.lfs_sha256 for file in facts.files):
        return None
    href = context.asset_url(facts, PAGE_NAME)
    if any(file.path == PAGE_NAME for file in facts.files):
        href = f"{href}?view={OVERVIEW}"
    return {"href": href, "type": MEDIA_TYPE, "title": "README as a page", "roles": [OVERVIEW]}


def _as_it_is(text: str) -> str:
    return f'<pre class="text">{html.escape(text, quote=False)}</pre>'


def _page(content: str, place: CardPlace, title: str, notes: list[str]) -> str:
    shown = html.escape(clean_line(title, TITLE_LIMIT) or "README")
    said = "".join(f'<p class="note">{html.escape(note)}</p>\n' for note in notes)
    return (
        f'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(content_policy(place))}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n'
        f"<title>{shown}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{said}{content}\n</main>\n</body>\n</html>\n"
    )
