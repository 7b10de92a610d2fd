"""How a rendered page is taken apart by the tests: every element, with its attributes, as Python's parser sees it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from stac_ext.cards.overview import Overview, render_overview
from stac_ext.cards.references import CardPlace

FILES = "https://hub.example/assets/42/abc/"
PAGE = "https://gl.example/g/p"
PLACE = CardPlace(
    files_url=FILES,
    readme_path="README.md",
    revision="abc",
    project_url=PAGE,
    branch="main",
    files=frozenset(
        {
            *("README.md", "docs/guide.md", "docs/two words.md", "docs/Über.md", "docs/fig.png"),
            *("img/Logo.PNG", "data/x.csv", "demo.mp4", "same.png", "Same.png", "LICENSE"),
        }
    ),
)


@dataclass
class Page(HTMLParser):
    """`content` are the elements below `main`; `texts` what a reader reads there."""

    content: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    head: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    inside: bool = False
    odd: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len({name for name, _ in attrs}) != len(attrs):
            self.odd.append(tag)
        (self.content if self.inside else self.head).append((tag, dict(attrs)))
        self.inside = self.inside or tag == "main"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    def handle_pi(self, data: str) -> None:
        self.odd.append(data)

    def unknown_decl(self, data: str) -> None:
        self.odd.append(data)

    def elements(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.content if tag == name]

    @property
    def text(self) -> str:
        return "".join(self.texts).strip()


def taken_apart(overview: Overview) -> Page:
    page = Page()
    page.feed(overview.html)
    page.close()
    return page


def page_of(markdown: str, place: CardPlace = PLACE) -> Page:
    """The page of a README's text."""
    return taken_apart(render_overview(markdown.encode("utf-8", "surrogatepass"), place, "Title"))
