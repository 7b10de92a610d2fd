"""Proves that the module table names every module with its first sentence, and that the calls to GitLab are as told."""

import re
from pathlib import Path

import pytest

from gitlab_hooks.indexer import Change
from tests.docs.generate import DOCS, ROOT, block, first_sentence, module_table, modules
from tests.support.running import RunningHub, SampleWorld

AGAIN = "write the tables anew with `python -m tests.docs.generate`"


def named() -> dict[str, str]:
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", block("architecture.md", "modules"), re.MULTILINE)
    return dict(rows)


def test_every_module_is_in_the_table() -> None:
    missing = modules().keys() - named().keys()
    assert not missing, AGAIN


def test_every_module_of_the_table_exists() -> None:
    gone = named().keys() - modules().keys()
    assert not gone, AGAIN


def test_the_table_says_what_the_modules_say() -> None:
    assert block("architecture.md", "modules") == module_table(), AGAIN


def test_every_module_opens_with_a_sentence() -> None:
    assert [name for name, sentence in modules().items() if not re.fullmatch(r".{10,300}[.:]", sentence)] == []


def test_a_sentence_ends_at_its_full_stop() -> None:
    assert first_sentence("What `a.b` is: one\nthing. And more.\n\nRest.") == "What `a.b` is: one thing."


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_files_that_a_page_names_exist(page: str) -> None:
    text = (DOCS / page).read_text()
    paths = set(re.findall(r"`((?:stac_ext|gitlab_hooks|sharinghub_ext|tests)/[\w/.-]+)`", text))
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    picture = (DOCS / "images" / "architecture.svg").read_text()
    assert picture.count("http") == 1  # the name of SVG itself
    assert "@import" not in picture
    assert "<script" not in picture


def test_the_first_index_and_a_sweep_without_changes_cost_what_the_page_says(tmp_path: Path) -> None:
    page = " ".join((DOCS / "architecture.md").read_text().split())
    told = re.search(r"\((\d+) projects, .*?\) takes (\d+) calls for the first index and (\d+) for a sweep", page)
    assert told is not None
    projects, first, unchanged = map(int, told.groups())
    with SampleWorld(tmp_path) as world, RunningHub(world.settings()) as hub:
        world.gitlab.reset_calls()
        assert hub.sweep().counts[Change.INDEXED] == projects
        assert len(world.gitlab.calls) == first
        world.gitlab.reset_calls()
        assert hub.sweep().counts[Change.UNCHANGED] == projects
        assert len(world.gitlab.calls) == unchanged
