"""Proves that each message under Troubleshooting is one that the program can print, and each event one it reads."""

import ast
import re
from functools import cache

import pytest

from gitlab_hooks.events import interpret
from gitlab_hooks.gateway import pulse
from gitlab_hooks.reading.facets import facets_of
from tests.docs.generate import DOCS, PACKAGES, ROOT, block

PAGE = (DOCS / "gitlab.md").read_text()


@cache
def printed() -> str:
    """Every text constant of the program, the parts of f-strings too; `must be set` is put after a name."""
    texts = []
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            if "standin" not in file.parts:
                nodes = ast.walk(ast.parse(file.read_text()))
                texts += [
                    node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
                ]
    return "\n".join(texts)


def messages() -> list[str]:
    rows = [line for line in block("gitlab.md", "messages").split("\n") if line.startswith("| ")]
    found = [re.search(r"`([^`]*(?: [^`]*)+)`", row) for row in rows]
    return [match[1] for match in found if match]


@pytest.mark.parametrize("message", messages())
def test_the_program_can_print(message: str) -> None:
    for fragment in message.removeprefix("SHARINGHUB_GITLAB_URL: ").split("…"):
        assert fragment.strip() in printed()


def test_there_are_messages() -> None:
    assert len(messages()) > 25


def events() -> dict[str, tuple[str, str]]:
    """What happens at once and what then, by event, as the page has it."""
    table = {}
    for line in PAGE.partition("### What each event does")[2].partition("###")[0].split("\n"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for event in re.findall(r"`(\w+)`", cells[0]):
            table[event] = (cells[1], cells[2])
    return table


def test_every_event_of_the_table_is_read_and_none_is_missing() -> None:
    source = (ROOT / "gitlab_hooks" / "events.py").read_text()
    known = set(re.findall(r'"((?:project|user|group|repository)_[a-z_]+|push|tag_push|release)"', source))
    assert set(events()) == known - {"project_id", "user_id", "project_visibility"}


@pytest.mark.parametrize("event", events())
def test_an_event_does_what_the_table_says(event: str) -> None:
    at_once, then = events()[event]
    paths = dict.fromkeys(("old_full_path", "full_path", "old_username"), "group")
    hint = interpret({"event_name": event, "project_id": 1, "user_id": 2, "project_visibility": "private", **paths})
    reads_again = hint.scope is not None
    assert reads_again is ("again" in then or "looked for" in then)
    assert bool(hint.denials) is bool(at_once)


# The rows under "What is left out": visibility of the project, level of its repository, level of each part; what shows.
ALL, NONE = {pulse.RELEASES, pulse.PACKAGES, pulse.IMAGES, pulse.MODELS}, set[str]()
PARTS = [
    ("everyone with access", "public", "enabled", "enabled", ALL),
    ("in a private project", "private", "enabled", "private", ALL),
    ("where the repository is for members, too", "public", "private", "private", {pulse.RELEASES, pulse.MODELS}),
    ("otherwise, or not stated", "public", "enabled", "private", NONE),
    ("otherwise, or not stated", "internal", "enabled", None, NONE),
    ("disabled", "public", "enabled", "disabled", NONE),
]


@pytest.mark.parametrize(("row", "visibility", "repository", "level", "shown"), PARTS)
def test_what_is_left_out_is_as_the_page_says(
    row: str, visibility: str, repository: str, level: str | None, shown: set[str]
) -> None:
    assert row in PAGE.partition("### What is left out")[2].partition("###")[0]
    names = ("releases", "package_registry", "container_registry", "model_registry")
    levels = {f"{name}_access_level": level for name in names if level is not None}
    project = {"visibility": visibility, "repository_access_level": repository, **levels}
    facets = facets_of(project, anonymous=False)
    assert facets.used - facets.narrower.keys() == shown
