"""Proves how a project at GitLab is named and read, whatever its topics are."""

import pytest

from sharinghub_ext.checks import GitLabCheckFailed
from sharinghub_ext.config import Settings, SettingsError
from sharinghub_ext.lint.at_gitlab import project_reference, read_project
from sharinghub_ext.lint.findings import lint
from stac_ext.categories import DEFAULT_CATEGORIES
from tests.support.running import RunningHub, SampleWorld

PATH = "earth/models/soil-moisture-lstm"
UNTAGGED = "earth/lab-handbook"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("42", "42"),
        ("soil/crops", "soil/crops"),
        ("soil/crops.git", "soil/crops"),
        ("https://gitlab.example.org/git/soil/crops", "soil/crops"),
        ("https://gitlab.example.org/git/soil/crops/-/blob/main/README.md", "soil/crops"),
        ("https://gitlab.example.org/git/soil/crops.git?x=1#y", "soil/crops"),
        ("http://gitlab.internal/soil/crops", "soil/crops"),
    ],
)
def test_a_project_is_named_by_id_path_or_address(target: str, expected: str) -> None:
    settings = Settings(gitlab_url="https://gitlab.example.org/git", gitlab_internal_url="http://gitlab.internal")
    assert project_reference(target, settings) == expected


def test_an_address_of_another_gitlab_is_refused() -> None:
    settings = Settings(gitlab_url="https://gitlab.example.org")
    for target in ("https://other.example/soil/crops", "https://gitlab.example.org.evil.example/soil/crops"):
        with pytest.raises(SettingsError, match="SHARINGHUB_GITLAB_URL"):
            project_reference(target, settings)


def test_a_project_is_read_by_path_id_and_address(standing: tuple[SampleWorld, RunningHub]) -> None:
    world, _ = standing
    settings = world.settings()
    number = world.samples.projects[PATH]
    read = [
        read_project(settings, target, DEFAULT_CATEGORIES, [])
        for target in (PATH, str(number), f"{world.gitlab.url}/{PATH}")
    ]
    assert {one.facts.id for one in read} == {number}
    assert [one.id for one in read[0].categories] == ["ai-model"]
    assert read[0].certain


def test_the_item_and_the_problems_are_those_of_the_index(standing: tuple[SampleWorld, RunningHub]) -> None:
    world, hub = standing
    settings = world.settings(public_url=hub.url)
    outcome = lint(read_project(settings, PATH, DEFAULT_CATEGORIES, []))
    served = hub.get(f"/stac/collections/ai-model/items/{world.samples.projects[PATH]}", world.token("rita")).json()
    item = outcome.items["ai-model"]
    assert item["properties"] == {**served["properties"], "sharinghub:stars": item["properties"]["sharinghub:stars"]}
    assert item["assets"].keys() == served["assets"].keys()


def test_a_project_without_a_topic_is_linted_as_if_it_had_one(standing: tuple[SampleWorld, RunningHub]) -> None:
    world, _ = standing
    path = next(path for path in world.samples.projects if path.endswith("lab-handbook"))
    project = world.world.project_at(path)
    assert project is not None
    topics = list(project.topics)
    subject = read_project(world.settings(), path, DEFAULT_CATEGORIES, [])
    assert not subject.tagged
    assert "topic-missing" in {one.problem.rule for one in lint(subject).findings}
    as_dataset = read_project(world.settings(), path, DEFAULT_CATEGORIES, ["dataset"])
    assert [one.id for one in as_dataset.categories] == ["dataset"]
    assert set(as_dataset.facts.topics) == {*topics, "sharinghub:dataset"}


def test_what_gitlab_does_not_show_is_told_without_a_trace(standing: tuple[SampleWorld, RunningHub]) -> None:
    world, _ = standing
    with pytest.raises(GitLabCheckFailed, match="no such project to the service account"):
        read_project(world.settings(), "no/such", DEFAULT_CATEGORIES, [])
    with pytest.raises(GitLabCheckFailed, match="set SHARINGHUB_GITLAB_TOKEN"):
        read_project(world.settings(gitlab_token=None), "no/such", DEFAULT_CATEGORIES, [])
    with pytest.raises(GitLabCheckFailed, match="its code cannot be read"):
        read_project(
            world.settings(gitlab_token=None), "earth/datasets/embargoed-field-campaign", DEFAULT_CATEGORIES, []
        )
