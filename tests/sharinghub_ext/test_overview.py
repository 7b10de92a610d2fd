"""Proves that the page of a README is given to those alone to whom GitLab gives the file, and runs nothing."""

import shutil
import subprocess
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.world import AccessLevel
from stac_ext.cards.overview import MAX_SOURCE
from tests.stac_ext.cards.pages import Page
from tests.support.running import RunningHub, SampleWorld

CLOUD = "earth/models/cloud-mask-onnx"  # public
SHIPS = "earth/models/vessel-detection-sar"  # private: maya, rita and exa may read it, olga may not
HANDBOOK = "earth/lab-handbook"  # public, untagged
CARD = b"""---
title: Clouds & more
---
# Card

[guide](docs/guide.md) ![map](docs/map.png) ![badge](https://img.example/a.svg) [folder](docs/)
<script>document.title = "run"</script>
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleWorld]:
    """One world for this file: each test commits the README that it needs."""
    with SampleWorld(tmp_path_factory.mktemp("overview")) as one:
        yield one


@pytest.fixture(scope="module")
def hub(world: SampleWorld) -> Iterator[RunningHub]:
    with RunningHub(world.settings()) as one:
        one.sweep()
        world.hook(one)
        yield one


def project(world: SampleWorld, path: str) -> Project:
    found = world.world.project_at(path)
    assert found is not None
    return found


def commit(world: SampleWorld, hub: RunningHub, path: str, files: dict[str, bytes | None]) -> str:
    """Commit files, let the hub index them, and name the commit; a README takes the place of all before it."""
    if any(name.lower().startswith("readme") and data for name, data in files.items()):
        files = {**dict.fromkeys(readmes(world)), **files}
    sha = world.world.commit(project(world, path), files)
    world.world.hooks.drain()
    hub.drain()
    return sha


def readmes(world: SampleWorld) -> list[str]:
    repository = project(world, CLOUD).repository
    sha = repository.resolve()
    return [one.name for one in (repository.listing(sha) or []) if one.name.lower().startswith("readme")] if sha else []


def page(hub: RunningHub, project_id: int, revision: str, token: str | None = None, query: str = "") -> httpx.Response:
    return hub.get(f"/assets/{project_id}/{quote(revision, safe='')}/README.html{query}", token)


def parsed(answer: httpx.Response) -> Page:
    assert answer.status_code == 200, answer.text
    found = Page()
    found.feed(answer.text)
    found.close()
    return found


def test_a_public_readme_is_a_page_with_links_of_the_hub(world: SampleWorld, hub: RunningHub) -> None:
    cloud = project(world, CLOUD)
    sha = commit(world, hub, CLOUD, {"README.md": CARD, "docs/guide.md": b"x", "docs/map.png": b"x"})
    answer = page(hub, cloud.id, sha)
    found = parsed(answer)
    files = f"{hub.url}/assets/{cloud.id}/{sha}"
    assert [one.get("src") for one in found.elements("img")] == [f"{files}/docs/map.png"]
    assert [one.get("href") for one in found.elements("a")] == [
        *(f"{files}/docs/guide.md", "https://img.example/a.svg", f"{world.gitlab.url}/{CLOUD}/-/tree/{sha}/docs")
    ]
    assert "<title>Clouds &amp; more</title>" in answer.text
    assert "<script" not in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "content-disposition" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; img-src {hub.url}; style-src 'sha256-")
    assert "allow-scripts" not in policy
    assert "unsafe" not in policy


def test_head_says_what_get_says(world: SampleWorld, hub: RunningHub) -> None:
    commit(world, hub, CLOUD, {"README.md": CARD})
    address = f"/assets/{project(world, CLOUD).id}/main/README.html"
    got, head = hub.http.get(address), hub.http.head(address)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "content-security-policy"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize(("person", "status"), [(None, 404), ("olga", 404), ("maya", 200), ("rita", 200), ("exa", 200)])
def test_a_private_readme_is_for_those_who_may_download_it(
    world: SampleWorld, hub: RunningHub, person: str | None, status: int
) -> None:
    answer = page(hub, project(world, SHIPS).id, "main", world.token(person) if person else None)
    assert answer.status_code == status


def test_gitlab_is_asked_at_each_read_and_with_the_callers_token(world: SampleWorld, hub: RunningHub) -> None:
    ships, exa = project(world, SHIPS), world.world.user_named("exa")
    assert exa is not None
    assert page(hub, ships.id, "main", world.token("exa")).status_code == 200
    world.world.remove_member(ships, exa)  # the hub has not heard of it
    assert page(hub, ships.id, "main", world.token("exa")).status_code == 404
    world.world.add_member(ships, exa, AccessLevel.REPORTER)


def test_hidden_and_missing_are_the_same_answer(world: SampleWorld, hub: RunningHub) -> None:
    hidden = page(hub, project(world, SHIPS).id, "main", world.token("olga"))
    missing = page(hub, 999_999, "main", world.token("olga"))
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content) == (404, hidden.content)


def test_projects_that_are_not_in_the_catalogue_have_no_page(world: SampleWorld, hub: RunningHub) -> None:
    assert page(hub, project(world, HANDBOOK).id, "main", world.token("maya")).status_code == 404


def test_a_page_is_that_of_its_revision(world: SampleWorld, hub: RunningHub) -> None:
    cloud = project(world, CLOUD)
    first = commit(world, hub, CLOUD, {"README.md": b"# First"})
    second = commit(world, hub, CLOUD, {"README.md": b"# Second"})
    assert parsed(page(hub, cloud.id, first)).text == "First"
    assert parsed(page(hub, cloud.id, second)).text == "Second"
    assert page(hub, cloud.id, "no-such-branch").status_code == 404


def test_a_file_of_this_name_keeps_its_address(world: SampleWorld, hub: RunningHub) -> None:
    cloud = project(world, CLOUD)
    sha = commit(world, hub, CLOUD, {"README.md": b"# Card", "README.html": b"<script>1</script>"})
    file = page(hub, cloud.id, sha)
    assert file.content == b"<script>1</script>"
    assert file.headers["content-disposition"].startswith("attachment")
    assert parsed(page(hub, cloud.id, sha, query="?view=overview")).text == "Card"
    commit(world, hub, CLOUD, {"README.html": None})


@pytest.mark.parametrize("name", ["readme.md", "ReadMe.MD", "README.rst", "README.txt", "README", "readme.markdown"])
def test_a_readme_is_found_however_it_is_called(world: SampleWorld, hub: RunningHub, name: str) -> None:
    sha = commit(world, hub, CLOUD, {**dict.fromkeys(readmes(world)), name: b"# Card"})
    text = parsed(page(hub, project(world, CLOUD).id, sha)).text
    assert text == ("Card" if name.lower().endswith(("md", "markdown")) else "# Card")


def test_without_a_readme_there_is_no_page(world: SampleWorld, hub: RunningHub) -> None:
    sha = commit(world, hub, CLOUD, dict.fromkeys(readmes(world)))
    assert page(hub, project(world, CLOUD).id, sha).status_code == 404


def test_only_the_head_of_a_huge_readme_is_shown(world: SampleWorld, hub: RunningHub) -> None:
    sha = commit(world, hub, CLOUD, {"README.md": b"word " * MAX_SOURCE})
    answer = page(hub, project(world, CLOUD).id, sha)
    assert "Only the beginning" in parsed(answer).text
    assert len(answer.content) < MAX_SOURCE + 10_000


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_at_gitlab_is_said_as_such(world: SampleWorld, hub: RunningHub, status: int) -> None:
    cloud = project(world, CLOUD)
    commit(world, hub, CLOUD, {"README.md": CARD})
    world.gitlab.faults.add(r"/repository/files/README\.md/raw", status=status, times=None)
    answer = page(hub, cloud.id, "main")
    world.gitlab.faults.clear()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_odd_addresses_are_404(world: SampleWorld, hub: RunningHub) -> None:
    cloud = project(world, CLOUD).id
    for path in (f"{cloud}/main/docs/README.html", f"{cloud}/main/readme.html", f"{cloud}/main/README.html/x"):
        assert hub.http.get(f"/assets/{path}").status_code == 404
    assert hub.http.get(f"/assets/{cloud}/no-such/README.html?view=overview").status_code == 404


def test_a_browser_shows_the_page_and_runs_nothing(world: SampleWorld, hub: RunningHub) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium, which is not installed")
    sha = commit(world, hub, CLOUD, {"README.md": CARD, "README.html": None, "docs/map.png": b"x"})
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={world.folder}/profile"]
    dumped = subprocess.run(
        [
            chromium,
            *options,
            "--virtual-time-budget=3000",
            "--dump-dom",
            f"{hub.address}/assets/{project(world, CLOUD).id}/{sha}/README.html",
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    ).stdout
    assert "<title>Clouds &amp; more</title>" in dumped
    assert '<h1 id="readme-card">Card</h1>' in dumped
