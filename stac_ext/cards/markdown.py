"""How Markdown becomes HTML that is not yet safe: CommonMark with tables, strikethrough, tasks and footnotes, bounded.

Parsing stops with TooCostly when it has used its processor time or would write too much, as input made for that does.
Diagrams and mathematics stay code. Source: https://spec.commonmark.org/0.31.2/
"""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

MAX_SECONDS: Final = 5.0
MAX_HTML: Final = 8 * 1024 * 1024

_MAX_NESTING = 25
_TAG_LENGTH = 12  # characters that a token adds to the HTML beside its text and attributes
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\]{1,2000}", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\](?=\s)")
_NOT_IN_SLUG = re.compile(r"[^\w\- ]+")
_HYPHENS = re.compile(r"[- ]+")


class TooCostly(Exception):
    """A text whose rendering takes more time or space than it is worth."""


class Budget:
    """The processor time that one rendering may use in its thread."""

    def __init__(self, seconds: float = MAX_SECONDS, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def check(self) -> None:
        """Raises TooCostly once the time is used."""
        if self._clock() > self._end:
            raise TooCostly


def to_html(text: str, budget: Budget) -> str:
    """HTML with everything that the text holds, hostile tags too. Raises TooCostly."""
    parser = _parser(budget)
    env: dict[str, Any] = {}
    try:
        tokens = parser.parse(text, env)
        if _size(tokens) > MAX_HTML:
            raise TooCostly
        budget.check()
        return str(parser.renderer.render(tokens, parser.options, env))
    except (RecursionError, MemoryError) as error:
        raise TooCostly from error


def slug(text: str) -> str:
    """The anchor of a heading: lower case, letters and digits of any script, one hyphen for each run of blanks."""
    return _HYPHENS.sub("-", _NOT_IN_SLUG.sub("", text.lower()).strip())[:200]


def _parser(budget: Budget) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin)

    def block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        budget.check()
        return False

    def inline(state: StateInline, silent: bool) -> bool:
        budget.check()
        return False

    parser.block.ruler.before("code", "budget", block)
    parser.inline.ruler.before("text", "budget", inline)
    parser.core.ruler.push("bare_addresses", lambda state: _link_bare_addresses(state, budget))
    parser.core.ruler.push("tasks", _mark_tasks)
    parser.core.ruler.push("heading_anchors", _name_headings)
    parser.core.ruler.push("cell_alignment", _align_cells)
    return parser


def _size(tokens: list[Token]) -> int:
    """About how many characters the tokens become; references may repeat a long URL in every three."""
    return sum(
        _TAG_LENGTH + len(token.content) + sum(len(str(value)) for value in token.attrs.values())
        for top in tokens
        for token in (top, *(top.children or ()))
    )


def _link_bare_addresses(state: StateCore, budget: Budget) -> None:
    """Web addresses in running text become links, outside of links."""
    for token in state.tokens:
        if token.type != "inline" or not token.children or "://" not in token.content:
            continue
        budget.check()
        children: list[Token] = []
        inside = 0
        for child in token.children:
            inside += (child.type == "link_open") - (child.type == "link_close")
            if child.type == "html_inline":
                inside = max(0, inside + _opens_anchor(child.content))
            if child.type == "text" and inside == 0 and "://" in child.content:
                children += _split_addresses(child.content)
            else:
                children.append(child)
        token.children = children


def _opens_anchor(tag: str) -> int:
    lowered = tag[:3].lower()
    return 1 if lowered in ("<a ", "<a\n", "<a>") else -1 if lowered == "</a" else 0


def _split_addresses(text: str) -> Iterator[Token]:
    at = 0
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(".,;:!?*_~'|]}")
        if address.endswith(")") and "(" not in address:
            address = address.rstrip(").,;:!?")
        if len(address) < len("https://a"):
            continue
        yield _text(text[at : match.start()])
        yield Token("link_open", "a", 1, attrs={"href": address})
        yield _text(address)
        yield Token("link_close", "a", -1)
        at = match.start() + len(address)
    yield _text(text[at:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _mark_tasks(state: StateCore) -> None:
    """`- [x]` shows a ticked box, as a character: a page without forms needs no inputs."""
    for item, paragraph, token in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type == "list_item_open" and paragraph.type == "paragraph_open" and token.children:
            first = token.children[0]
            if first.type == "text" and (match := _TASK.match(first.content)):
                box = "\N{BALLOT BOX}" if match[1] == " " else "\N{BALLOT BOX WITH CHECK}"
                first.content = box + first.content[match.end() :]


def _name_headings(state: StateCore) -> None:
    """Each heading gets the anchor by which tables of contents know it; repeated ones are numbered."""
    seen: dict[str, int] = {}
    for heading, token in zip(state.tokens, state.tokens[1:], strict=False):
        if heading.type != "heading_open":
            continue
        text = "".join(child.content for child in token.children or () if child.type in ("text", "code_inline"))
        if name := slug(text):
            count = seen.get(name, 0)
            seen[name] = count + 1
            heading.attrSet("id", f"{name}-{count}" if count else name)


def _align_cells(state: StateCore) -> None:
    """Alignment is an attribute, not a style: the page has no inline styles."""
    for token in state.tokens:
        if token.type in ("td_open", "th_open") and (style := token.attrs.pop("style", None)):
            token.attrs["align"] = str(style).removeprefix("text-align:")
