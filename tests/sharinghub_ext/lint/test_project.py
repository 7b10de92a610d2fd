"""Proves what is known of a project without asking GitLab, and that no password of a remote is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharinghub_ext.lint.project import KnownProject, known_project, place_of_remote

JOB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_ID": "42",
    "CI_PROJECT_PATH": "soil/crops",
    "CI_PROJECT_TITLE": "Crops of Gascony",
    "CI_PROJECT_DESCRIPTION": "Where what grows",
    "CI_PROJECT_VISIBILITY": "internal",
    "CI_PROJECT_TOPICS": "sharinghub:dataset,soil",
    "CI_SERVER_URL": "https://gitlab.example.org/git",
    "CI_DEFAULT_BRANCH": "trunk",
    "CI_COMMIT_SHA": "a" * 40,
    "CI_COMMIT_TIMESTAMP": "2024-05-06T07:08:09+02:00",
}


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("https://gitlab.example.org/soil/crops.git", ("https://gitlab.example.org", "soil/crops")),
        ("https://gitlab.example.org/soil/deep/crops/", ("https://gitlab.example.org", "soil/deep/crops")),
        ("http://gitlab.local:8080/soil/crops", ("http://gitlab.local:8080", "soil/crops")),
        ("https://ci:glcbt-secret@gitlab.example.org/soil/crops.git", ("https://gitlab.example.org", "soil/crops")),
        ("git@gitlab.example.org:soil/crops.git", ("https://gitlab.example.org", "soil/crops")),
        ("ssh://git@gitlab.example.org:2222/soil/crops.git", ("https://gitlab.example.org", "soil/crops")),
        ("gitlab.example.org:soil/crops", ("https://gitlab.example.org", "soil/crops")),
        ("/srv/git/crops.git", None),
        ("../crops", None),
        ("file:///srv/git/crops.git", None),
        ("https://gitlab.example.org/crops.git", None),
        ("https://[broken/soil/crops", None),
        ("", None),
        (None, None),
    ],
)
def test_the_address_of_a_remote_names_the_project(remote: str | None, expected: tuple[str, str] | None) -> None:
    assert place_of_remote(remote) == expected


@given(st.text(max_size=200))
def test_no_remote_breaks_the_reading(remote: str) -> None:
    for text in (remote, f"https://{remote}", f"git@host:{remote}"):
        place = place_of_remote(text)
        assert place is None or (place[0].startswith("http") and "/" in place[1])


def test_without_a_remote_the_folder_names_the_project(tmp_path: Path) -> None:
    known = known_project(tmp_path / "crops", None, {})
    assert known == KnownProject("crops")
    assert known.topics is None


def test_the_job_of_this_checkout_knows_the_project(tmp_path: Path) -> None:
    known = known_project(tmp_path, "https://elsewhere.example/a/b", {**JOB, "CI_PROJECT_DIR": str(tmp_path)})
    assert known == KnownProject(
        path="soil/crops",
        gitlab_url="https://gitlab.example.org/git",
        id=42,
        title="Crops of Gascony",
        description="Where what grows",
        visibility="internal",
        topics=("sharinghub:dataset", "soil"),
        default_branch="trunk",
        sha="a" * 40,
        committed_at=datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC),
    )


def test_a_job_says_nothing_of_another_folder(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    known = known_project(tmp_path / "other", "https://one.example/a/b", {**JOB, "CI_PROJECT_DIR": str(tmp_path)})
    assert known == KnownProject("a/b", "https://one.example")


def test_a_gitlab_that_tells_no_topics_leaves_them_unknown(tmp_path: Path) -> None:
    job = {name: value for name, value in JOB.items() if name != "CI_PROJECT_TOPICS"}
    assert known_project(tmp_path, None, {**job, "CI_PROJECT_DIR": str(tmp_path)}).topics is None
    assert known_project(tmp_path, None, {**job, "CI_PROJECT_TOPICS": "", "CI_PROJECT_DIR": str(tmp_path)}).topics == ()


@given(st.dictionaries(st.sampled_from([name for name in JOB if name != "GITLAB_CI"]), st.text(max_size=30)))
def test_no_variable_breaks_the_reading(values: dict[str, str]) -> None:
    known = known_project(Path("/"), None, {**JOB, **values, "CI_PROJECT_DIR": "/"})
    assert known.id >= 0
    assert known.visibility in ("public", "internal", "private")
