"""Projects of any content: golden projects in which one part, or all of them, is replaced by anything."""

import functools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import strategies as st

from stac_ext.items.front_matter import read_front_matter
from stac_ext.model import ProjectFacts, RepositoryFile, Visibility
from tests.golden.drawing_files import PATHS, files_of
from tests.golden.drawing_gitlab import published_of, said_by_gitlab
from tests.golden.drawing_readme import RARELY, READMES, VALUES, written
from tests.golden.loading import load, names

CREATED: Final = datetime(2024, 1, 1, tzinfo=UTC)


def project(**changes: Any) -> ProjectFacts:
    """A private project with one commit; its number, path and times are those that the tests compare with."""
    known: dict[str, Any] = {
        "id": 42,
        "path": "group/sub/wine",
        "name": "Wine",
        "description": "",
        "web_url": "https://gl.example/group/sub/wine",
        "visibility": "private",
        "effective_visibility": Visibility.PRIVATE,
        "topics": ("sharinghub:aimodel", "EO"),
        "created_at": CREATED,
        "head_sha": "a" * 40,
        "head_committed_at": datetime(2024, 5, 1, tzinfo=UTC),
        "readme_path": "README.md",
    }
    return ProjectFacts(**(known | changes))


RICH: Final = tuple(
    RepositoryFile(path, "b" * 40, 9_000)
    for path in ("model.onnx", "a.tif", "b/c.csv", "preview.png", "LICENSE", "README.md")
)


@functools.cache
def golden_projects() -> tuple[ProjectFacts, ...]:
    """The golden projects, with the number, path and times that the tests compare with."""
    own = project()
    kept = (
        "id",
        "path",
        "web_url",
        "visibility",
        "effective_visibility",
        "created_at",
        "head_sha",
        "head_committed_at",
    )
    same = {name: getattr(own, name) for name in kept}
    return tuple(replace(facts, **same) for name in names() for facts in load(name).heads[:2] if facts.head_sha)


@st.composite
def damaged(draw: st.DrawFn, readme: bytes) -> bytes:
    """A README with some values in the depths of its front matter replaced by any others."""
    front = read_front_matter(readme[:20_000])
    spots: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            spots.append((node, key))
            if isinstance(node[key], dict | list):
                walk(node[key])

    walk(front.fields)
    for _ in range(draw(st.integers(1, 3)) if spots else 0):
        node, key = draw(st.sampled_from(spots))
        node[key] = draw(VALUES)
    return written(front.fields, front.body)


def readme_of(draw: st.DrawFn, base: ProjectFacts) -> dict[str, Any]:
    chance = draw(st.integers(0, 9))
    path = "README.md" if chance < 8 else draw(PATHS)
    readme = draw(damaged(base.readme or b"") if chance < 4 else READMES)
    return {"readme": readme, "readme_path": path, "readme_truncated": draw(RARELY)}


@st.composite
def projects(draw: st.DrawFn) -> ProjectFacts:
    """A golden project in which one part, or now and then all of them, is replaced by anything."""
    base = draw(st.sampled_from(golden_projects()))
    part = draw(st.sampled_from(["readme", "readme", "readme", "files", "files", "published", "gitlab", "all"]))
    changes: dict[str, Any] = {}
    if part in ("readme", "all"):
        changes |= readme_of(draw, base)
        changes["files"] = tuple({file.path: file for file in (*base.files, *RICH)}.values())
    if part in ("files", "all"):
        changes |= files_of(draw)
    if part in ("published", "all"):
        changes |= published_of(draw)
    if part in ("gitlab", "all"):
        changes |= said_by_gitlab(draw)
    return replace(base, **changes)
