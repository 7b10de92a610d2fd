"""That links and pictures of a README lead into its repository or to the web, and nowhere else."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stac_ext.cards.references import CardPlace, Picture, References
from tests.stac_ext.cards.pages import FILES, PAGE, PLACE

TREE = f"{PAGE}/-/tree/abc"
UNKNOWN = replace(PLACE, files=None)
BELOW = replace(PLACE, readme_path="docs/README.md")


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("docs/guide.md", f"{FILES}docs/guide.md"),
        ("./docs/guide.md", f"{FILES}docs/guide.md"),
        ("docs/../data/x.csv", f"{FILES}data/x.csv"),
        ("/data/x.csv", f"{FILES}data/x.csv"),
        ("docs//guide.md", f"{FILES}docs/guide.md"),
        ("docs/two%20words.md", f"{FILES}docs/two%20words.md"),
        ("docs/two words.md", f"{FILES}docs/two%20words.md"),
        ("docs/%C3%9Cber.md", f"{FILES}docs/%C3%9Cber.md"),
        ("docs/Über.md", f"{FILES}docs/%C3%9Cber.md"),
        ("docs/guide.md#part", f"{FILES}docs/guide.md"),
        ("docs/guide.md?raw=true", f"{FILES}docs/guide.md"),
        ("DOCS/Guide.md", f"{FILES}docs/guide.md"),
        ("license", f"{FILES}LICENSE"),
        ("docs", f"{TREE}/docs"),
        ("docs/", f"{TREE}/docs"),
        ("blob/main/docs/guide.md", f"{FILES}docs/guide.md"),
        ("-/blob/main/docs/guide.md", f"{FILES}docs/guide.md"),
        ("/-/blob/main/docs/guide.md", f"{FILES}docs/guide.md"),
        ("../blob/main/docs/guide.md", f"{FILES}docs/guide.md"),
        ("../../-/raw/HEAD/data/x.csv", f"{FILES}data/x.csv"),
        ("/g/p/-/blob/main/data/x.csv", f"{FILES}data/x.csv"),
        (f"{PAGE}/-/blob/main/docs/two%20words.md", f"{FILES}docs/two%20words.md"),
        (f"{PAGE}/-/raw/abc/data/x.csv?inline=false", f"{FILES}data/x.csv"),
        (f"{PAGE}/-/tree/main/docs", f"{TREE}/docs"),
        (f"{PAGE}/-/blob/other/data/x.csv", f"{PAGE}/-/blob/other/data/x.csv"),
        (f"{PAGE}/-/issues/4", f"{PAGE}/-/issues/4"),
        (f"{PAGE}x/-/blob/main/data/x.csv", f"{PAGE}x/-/blob/main/data/x.csv"),
        ("#part", "#readme-part"),
        ("#Part Two", "#readme-part-two"),
        ("#user-content-part", "#readme-part"),
        ("README.md#part", "#readme-part"),
        ("README.md", f"{FILES}README.md"),
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("//example.org/a", "https://example.org/a"),
        ("HTTPS://example.org/", "HTTPS://example.org/"),
        ("mailto:some.one@example.org", "mailto:some.one@example.org"),
    ],
)
def test_links_that_lead_somewhere(href: str, url: str) -> None:
    references = References(PLACE)
    assert (references.link(href), references.refused) == (url, {})


HOSTILE = [
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)"),
    *("java\nscript:alert(1)", "\x01javascript:alert(1)", "javascript\x00:alert(1)", "vbscript:x", "data:text/html,x"),
    *("data:image/svg+xml;base64,AAAA", "file:///etc/passwd", "blob:https://a/b", "about:blank", "view-source:x"),
    *("filesystem:x", "jar:x", "intent://x", "ws://example.org", "ftp://example.org/x", "tel:123", "x:y"),
    *("mailto:a@b.org?bcc=c@d.org", "mailto:x", "https://user:secret@example.org/", "https:///x", "http:x", "https://"),
    *(
        "https://example.org/?private_token=x",
        "//user@example.org",
        "\\\\example.org\\x",
        "/\\example.org",
        "https:\\x",
    ),
    *("..", "../x", "../../../etc/passwd", "docs/../../x", "%2e%2e/x", "docs/%2e%2e/%2e%2e/x", "/../x", "/%2e%2e/x"),
    *("", ".", "/", "?x", "missing.md", "docs/missing.md", "docs/guide.md/", "same.PNG", "../blob/main/../x", "[::1"),
    *("blob/main/../../x", f"{PAGE}/-/blob/main/../../x", "x" * 5_000, "https://" + "x" * 3_000, "https://[", "a\0b"),
]


@pytest.mark.parametrize("href", HOSTILE)
def test_links_that_lead_nowhere(href: str) -> None:
    references = References(PLACE)
    assert references.link(href) is None
    assert len(references.refused) == 1
    picture = references.picture(href)
    assert picture is None or not picture.shown


@pytest.mark.parametrize(
    ("src", "picture"),
    [
        ("docs/fig.png", Picture(f"{FILES}docs/fig.png", True)),
        ("img/logo.png", Picture(f"{FILES}img/Logo.PNG", True)),
        (f"{PAGE}/-/raw/main/docs/fig.png", Picture(f"{FILES}docs/fig.png", True)),
        ("demo.mp4", Picture(f"{FILES}demo.mp4", False)),
        ("https://img.example/badge.svg", Picture("https://img.example/badge.svg", False)),
        ("//img.example/badge.svg", Picture("https://img.example/badge.svg", False)),
        (f"{PAGE}/-/raw/other/fig.png", Picture(f"{PAGE}/-/raw/other/fig.png", False)),
        ("https://hub.example/auth/logout", Picture("https://hub.example/auth/logout", False)),
        ("data:image/png;base64,AAAA", None),
        ("#part", None),
        ("docs", None),
        ("missing.png", None),
    ],
)
def test_only_pictures_of_the_repository_are_shown(src: str, picture: Picture | None) -> None:
    assert References(PLACE).picture(src) == picture


def test_references_are_relative_to_the_readme() -> None:
    references = References(BELOW)
    assert references.link("guide.md") == f"{FILES}docs/guide.md"
    assert references.link("../data/x.csv") == f"{FILES}data/x.csv"
    assert references.link("/data/x.csv") == f"{FILES}data/x.csv"
    assert references.link("../../x") is None


def test_where_the_files_are_not_known_every_path_of_the_repository_passes() -> None:
    references = References(UNKNOWN)
    assert references.link("any/thing.md") == f"{FILES}any/thing.md"
    assert references.link("any/folder/") == f"{TREE}/any/folder"
    assert references.link("blob/main/any.md") == f"{FILES}any.md"
    assert references.link("../x") is None
    assert References(replace(UNKNOWN, project_url=None)).link("any/folder/") is None
    assert References(replace(UNKNOWN, project_url="javascript:x")).link("any/folder/") is None


def test_an_anchor_that_the_page_has_is_kept_as_it_is() -> None:
    assert References(PLACE, {"My_Part"}).link("#My_Part") == "#readme-My_Part"


def test_what_was_refused_is_bounded() -> None:
    references = References(PLACE)
    for number in range(500):
        references.link(f"missing-{number}\n" + "x" * 1_000)
    assert len(references.refused) == 50
    assert all(len(href) <= 200 and "\n" not in href for href in references.refused)


references_of_any_kind = st.text(max_size=60) | st.lists(
    st.sampled_from(
        [
            "..",
            ".",
            "/",
            "//",
            "blob/main",
            "-/",
            PAGE,
            FILES,
            "docs",
            "javascript:",
            ":",
            "#",
            "?",
            "%2e",
            "%",
            "\\",
            "@",
        ]
    ),
    max_size=8,
).map("".join)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(reference=references_of_any_kind, readme=st.sampled_from(["README.md", "a/b/README.md"]), known=st.booleans())
def test_any_reference_stays_inside_or_goes_to_the_web(reference: str, readme: str, known: bool) -> None:
    place: CardPlace = replace(PLACE, readme_path=readme, files=PLACE.files if known else None)
    url = References(place).link(reference)
    assert url is None or url.lower().startswith(("https://", "http://", "mailto:", "#readme-"))
    if url and url.startswith(FILES) and not reference.startswith(FILES):
        assert ".." not in url[len(FILES) :].split("/")
    picture = References(place).picture(reference)
    assert picture is None or not picture.shown or picture.url.startswith(FILES)
