"""Which HTML of a card is shown: listed elements and attributes, well nested, with references that were resolved.

First each tag is taken apart and written anew, so that what follows is shallow and closed: a sanitiser that repairs
hostile nesting as browsers do needs time and space that grow with its square. Then nh3 has the last word.
Source: https://nh3.readthedocs.io/
"""

import html
import re
from typing import Final
from urllib.parse import urlsplit

import nh3

from stac_ext.cards.markdown import MAX_HTML, Budget, TooCostly
from stac_ext.cards.references import ANCHOR_PREFIX, References

MAX_DEPTH: Final = 60


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TEXT_LEVEL = _names("a abbr b cite code del dfn em i ins kbd mark q s samp small span strike strong sub sup tt u var")
_BLOCKS = _names(
    "address article aside blockquote center dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header "
    "hr li main nav ol p pre section summary table ul"
)
_TABLE_PARTS = _names("caption tbody td tfoot th thead tr")
_VOID = _names("br hr img wbr")
TAGS: Final = _TEXT_LEVEL | _BLOCKS | _TABLE_PARTS | _VOID
ATTRIBUTES: Final = {
    **dict.fromkeys(TAGS, _names("id align dir lang title")),
    "a": _names("href id title"),
    "img": _names("src alt title width height align loading"),
    "td": _names("align colspan rowspan"),
    "th": _names("align colspan rowspan"),
    "ol": _names("start"),
    "details": _names("open"),
}
RELATION: Final = "nofollow noopener noreferrer"

# What these hold is no text of the card.
_DROPPED = _names(
    "applet audio canvas embed head iframe math noembed noframes noscript object plaintext script select style svg "
    "template textarea title video xmp"
)
_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
_CELLS = _names("td th caption")
_TABLE_FRAMES = _names("table tbody thead tfoot tr")
# A start tag ends an open element of these names, up to the element that holds both.
_ENDS = {
    **dict.fromkeys(_BLOCKS, (_names("p"), frozenset({"table", *_CELLS}))),
    **dict.fromkeys(_HEADINGS, (frozenset({"p", *_HEADINGS}), frozenset({"table", *_CELLS}))),
    "li": (_names("li p"), frozenset({"ul", "ol", "table", *_CELLS})),
    "dt": (_names("dt dd p"), frozenset({"dl", "table", *_CELLS})),
    "dd": (_names("dt dd p"), frozenset({"dl", "table", *_CELLS})),
    "a": (_names("a"), frozenset({"table", *_CELLS})),
    "td": (_CELLS, _names("tr table")),
    "th": (_CELLS, _names("tr table")),
    "tr": (_names("tr caption"), _names("table")),
    **dict.fromkeys(
        ("caption", "tbody", "tfoot", "thead"),
        (_names("caption tbody tfoot thead tr"), _names("table")),
    ),
}
_VALUES = {
    "align": re.compile(r"left|right|center|justify|middle|top|bottom", re.IGNORECASE),
    "dir": re.compile(r"ltr|rtl|auto", re.IGNORECASE),
    "lang": re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}"),
    "width": re.compile(r"[0-9]{1,4}(px|%)?"),
    "height": re.compile(r"[0-9]{1,4}(px|%)?"),
    "colspan": re.compile(r"[0-9]{1,2}"),
    "rowspan": re.compile(r"[0-9]{1,2}"),
    "start": re.compile(r"[0-9]{1,9}"),
    "id": re.compile(r"[^\s\"'<>&]{1,200}"),
}
_MARKUP = re.compile(
    r"<(?:(?P<comment>!--)|(?P<other>[!?][^>]*>)"
    r"|(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9-]{0,30})"
    r"(?P<rest>(?:[^<>\"']++|\"[^\"]{0,8192}\"|'[^']{0,8192}'){0,200}+)>)"
)
# Source: https://html.spec.whatwg.org/multipage/parsing.html#comment-start-state
_COMMENT_END = re.compile(r"-->|(?<!<!)--!>")
_ATTRIBUTE = re.compile(r"([A-Za-z_:][-A-Za-z0-9_:.]{0,40})(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?")
_NAMED = re.compile(r"\b(?:id|name)=[\"']?([^\s\"'<>]{1,200})")


def to_safe_html(unsafe: str, references: References, budget: Budget) -> str:
    """HTML that runs nothing and loads nothing but the repository's pictures. Raises TooCostly."""
    writer = _Writer(references)
    unclosed: set[str] = set()
    at = start = seen = 0
    while (start := unsafe.find("<", start)) >= 0:
        seen += 1
        if seen % 256 == 0:
            budget.check()
        match = _MARKUP.match(unsafe, start)
        if match is None:
            start += 1
            continue
        writer.text(unsafe[at:start])
        at = start = match.end()
        if match["comment"]:
            end = _COMMENT_END.search(unsafe, at - 2)  # of `<!-->` the dashes that begin it end it, too
            at = start = end.end() if end else len(unsafe)
        elif name := (match["name"] or "").lower():
            if match["close"]:
                writer.end(name)
            elif name not in _DROPPED:
                writer.start(name, match["rest"])
            elif name not in unclosed:
                at = start = _end_of(unsafe, name, at)
                unclosed |= {name} if at == match.end() else set()
    writer.text(unsafe[at:])
    clean = writer.result()
    budget.check()
    return nh3.clean(
        clean,
        tags=set(TAGS),
        attributes={name: set(allowed) for name, allowed in ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto"},
        link_rel=RELATION,
    )


def anchors_of(unsafe: str) -> frozenset[str]:
    """The names that HTML gives to places in itself, for links that lead there."""
    return frozenset(match[1] for match in _NAMED.finditer(unsafe))


def _end_of(unsafe: str, name: str, at: int) -> int:
    """Behind the end tag of a dropped element; `at` itself where there is none."""
    end = re.compile(rf"</{name}[^<>]{{0,1000}}>", re.IGNORECASE).search(unsafe, at)
    return end.end() if end else at


class _Writer:
    """Writes listed elements, each closed inside the one that holds it."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._parts: list[str] = []
        self._open: list[str] = []
        self._size = 0

    def result(self) -> str:
        while self._open:
            self._close()
        return "".join(self._parts)

    def text(self, escaped: str) -> None:
        if escaped:
            self._write(html.escape(html.unescape(escaped), quote=False))

    def start(self, name: str, rest: str) -> None:
        if name not in TAGS or (name in _TABLE_PARTS and "table" not in self._open):
            return
        if name not in _TABLE_PARTS and self._open and self._open[-1] in _TABLE_FRAMES:
            return  # a browser would move it in front of the table
        if name in _ENDS:
            self._end_before(*_ENDS[name])
        attributes = _attributes(rest)
        if name == "img":
            self._picture(attributes)
        elif name in _VOID or len(self._open) < MAX_DEPTH:
            self._write(self._tag(name, attributes))
            if name not in _VOID:
                self._open.append(name)

    def end(self, name: str) -> None:
        """Close the nearest element of this name, and what is open in it; a cell's end is not reached from inside."""
        walls = frozenset() if name in _TABLE_PARTS or name == "table" else frozenset({"table", *_CELLS})
        for depth, opened in enumerate(reversed(self._open), 1):
            if opened == name:
                for _ in range(depth):
                    self._close()
                return
            if opened in walls:
                return

    def _end_before(self, ended: frozenset[str], walls: frozenset[str]) -> None:
        keep = len(self._open)
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place] in walls:
                break
            if self._open[place] in ended:
                keep = place
        while len(self._open) > keep:
            self._close()

    def _picture(self, attributes: dict[str, str]) -> None:
        words = attributes.get("alt", "").strip()
        picture = self._references.picture(attributes.get("src", ""))
        if picture is not None and picture.shown:
            self._write(self._tag("img", {**attributes, "src": picture.url, "alt": words, "loading": "lazy"}))
            return
        words = words or (urlsplit(picture.url).hostname or "picture" if picture else "")
        if picture is None or "a" in self._open:
            self._write(html.escape(words))
            return
        self._write(f'<a href="{html.escape(picture.url)}">{html.escape(words)}</a>')

    def _tag(self, name: str, attributes: dict[str, str]) -> str:
        if name == "a":
            attributes = self._anchor(attributes)
        kept = [
            f' {key}="{html.escape(self._value(key, value))}"'
            for key, value in attributes.items()
            if key in ATTRIBUTES[name] and (key not in _VALUES or _VALUES[key].fullmatch(value))
        ]
        return f"<{name}{''.join(kept)}>"

    def _anchor(self, attributes: dict[str, str]) -> dict[str, str]:
        href = attributes.pop("href", None)
        if "name" in attributes:
            attributes.setdefault("id", attributes["name"])
        url = self._references.link(href) if href is not None else None
        return {**attributes, "href": url} if url else attributes

    @staticmethod
    def _value(key: str, value: str) -> str:
        return f"{ANCHOR_PREFIX}{value}" if key == "id" else value

    def _close(self) -> None:
        self._write(f"</{self._open.pop()}>")

    def _write(self, part: str) -> None:
        self._size += len(part)
        if self._size > MAX_HTML:
            raise TooCostly
        self._parts.append(part)


def _attributes(rest: str) -> dict[str, str]:
    """The attributes of a tag by lower-case name, the first of each, with character references resolved."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(rest):
        found.setdefault(match[1].lower(), html.unescape(match[2] or match[3] or match[4] or ""))
    return found
