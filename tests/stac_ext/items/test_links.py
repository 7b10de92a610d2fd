"""That an item links where it should, and that no declared link is unsafe or takes the catalogue's place."""

from datetime import UTC, datetime
from typing import Any

import pytest

from stac_ext.categories import DATASET
from stac_ext.items.links import catalogue_links, declared_links, gitlab_links
from stac_ext.model import ProjectFacts, RepositoryFile, Visibility
from stac_ext.problem_log import ProblemLog
from stac_ext.urls import BuildContext, repository_path, safe_url

CONTEXT = BuildContext("https://hub.example/stac/", "https://hub.example/assets", "GitLab", "https://gl.example")
BASE = f"https://hub.example/assets/42/{'a' * 40}"


def make_facts(**changes: Any) -> ProjectFacts:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    known: dict[str, Any] = {
        "head_sha": "a" * 40,
        "files": (RepositoryFile("docs/guide.md", "b"), RepositoryFile("a b.tif", "b")),
        "readme_path": "README.md",
        "web_url": "https://gl.example/g/p",
    } | changes
    web_url = known.pop("web_url")
    return ProjectFacts(42, "g/p", "p", "", web_url, "public", Visibility.PUBLIC, (), moment, **known)


def declare(value: Any, **changes: Any) -> tuple[list[dict[str, Any]], list[Any], list[str]]:
    log = ProblemLog()
    links, references = declared_links(value, make_facts(**changes), CONTEXT, log)
    return [link.to_dict(transform_href=False) for link in links], references, [p.rule for p in log.result()]


def test_the_catalogue_is_walked_by_id() -> None:
    links = {link.rel: link.get_href(transform_href=False) for link in catalogue_links("42", DATASET, CONTEXT)}
    assert links == {
        "self": "https://hub.example/stac/collections/dataset/items/42",
        "parent": "https://hub.example/stac/collections/dataset",
        "collection": "https://hub.example/stac/collections/dataset",
        "root": "https://hub.example/stac",
        "canonical": "https://hub.example/stac/collections/dataset/items/42",
    }


def test_gitlabs_pages_are_linked() -> None:
    facts = make_facts(issues_enabled=True, http_url_to_repo="https://gl.example/g/p.git")
    assert {link.rel: link.get_href(transform_href=False) for link in gitlab_links(facts)} == {
        "via": "https://gl.example/g/p",
        "alternate": "https://gl.example/g/p",
        "bug_tracker": "https://gl.example/g/p/-/issues",
        "vcs": "https://gl.example/g/p.git",
    }
    assert [link.rel for link in gitlab_links(make_facts())] == ["via", "alternate"]
    assert gitlab_links(make_facts(web_url="", http_url_to_repo="https://u:p@gl.example/g/p.git")) == []


@pytest.mark.parametrize(
    ("entry", "link"),
    [
        ({"href": "https://x.org/a"}, {"rel": "related", "href": "https://x.org/a"}),
        ("https://x.org/a", {"rel": "related", "href": "https://x.org/a"}),
        (
            {"href": "https://x.org/é?a=<b>", "rel": "about", "title": " A\nb ", "type": "text/html"},
            {"rel": "about", "href": "https://x.org/é?a=%3Cb%3E", "title": "A b", "type": "text/html"},
        ),
        ({"href": "docs/guide.md"}, {"rel": "related", "href": f"{BASE}/docs/guide.md", "type": "text/markdown"}),
        (
            {"href": "./docs/../docs/guide.md#top"},
            {"rel": "related", "href": f"{BASE}/docs/guide.md", "type": "text/markdown"},
        ),
        (
            {"href": "/a%20b.tif", "type": "x"},
            {"rel": "related", "href": f"{BASE}/a%20b.tif", "type": "image/tiff; application=geotiff"},
        ),
        (
            {"href": "https://x.org", "title": 7, "body": {}, "method": "DELETE"},
            {"rel": "related", "href": "https://x.org", "title": "7"},
        ),
    ],
)
def test_declared_links(entry: Any, link: dict[str, Any]) -> None:
    assert declare([entry]) == ([link], [], [])


UNSAFE = ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///x"]
WITHOUT_HOST = ["https://", "https:///x", "//x.org/y", "https://[bad", "https://x.org:99999/", "https://x.org:0"]
WITH_SECRETS = [
    "https://u:p@x.org/",
    "https://u@x.org",
    "https://x.org/?access_token=1",
    "https://x.org/#private_token=1",
]
MISSHAPEN = [
    "https://x .org",
    "https:\\x.org",
    "https://x\u202e.org",
    "https://x.org/\u2028a",
    "https://x.org/" + "x" * 3000,
]
NO_FILE = ["../x", "docs/../../x", "/..", "%2e%2e/x", "nope.md", "docs", "#top", "?x", "a\\b", ".", "", None, ["x"], 7]


@pytest.mark.parametrize("href", [*UNSAFE, *WITHOUT_HOST, *WITH_SECRETS, *MISSHAPEN, *NO_FILE])
def test_links_that_are_refused(href: Any) -> None:
    """In the incumbent `javascript:` hrefs pass through."""
    links, _, problems = declare([{"rel": "about", "href": href}])
    assert (links, problems) == ([], ["link"])


@pytest.mark.parametrize("rel", ["self", "Root", "collection", "next", "preview", "", 7, [], "a b", "é"])
def test_relations_that_are_refused(rel: Any) -> None:
    links, _, problems = declare([{"rel": rel, "href": "https://x.org"}])
    assert (links, problems) == ([], ["link"])


@pytest.mark.parametrize("entry", [None, 7, [], {}, {"rel": "about"}])
def test_a_link_without_href_costs_itself(entry: Any) -> None:
    """In the incumbent a link without href is a 500 for the page."""
    links, _, problems = declare([entry, "https://x.org"])
    assert (len(links), problems) == (1, ["link"])


def test_links_of_other_shapes() -> None:
    assert declare(None) == ([], [], [])
    assert declare({"href": "https://x.org"})[2] == []
    assert declare(7)[2] == ["link"]
    assert declare(["https://x.org"] * 300)[2] == ["links"]


def test_links_to_items_of_other_projects_are_left_unresolved() -> None:
    entry = {"rel": "derived_from", "href": "dataset+https://gl.example/g/d"}
    assert declare([entry]) == ([], [entry], [])


def test_local_links_are_seen_from_the_readme() -> None:
    assert declare(["guide.md"], readme_path="docs/README.md")[0][0]["href"] == f"{BASE}/docs/guide.md"
    assert declare(["docs/guide.md"], head_sha=None)[2] == ["link"]


@pytest.mark.parametrize(("href", "path"), [("a", "a"), ("/a/./b", "a/b"), ("a/../b?x#y", "b"), ("a%2Fb", "a/b")])
def test_paths_of_the_repository(href: str, path: str) -> None:
    assert repository_path(href) == path


def test_safe_urls_are_left_as_they_are() -> None:
    for url in ("https://x.org/a?b=c#d", "http://[::1]:8080/x", "https://xn--9ca.org/é"):
        assert safe_url(f" {url}\n") == url
