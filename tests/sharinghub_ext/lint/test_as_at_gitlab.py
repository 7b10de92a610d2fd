"""Proves that a checkout is read as its project at GitLab is: the same files, texts and ends, and the same problems."""

from pathlib import Path

import pytest

from gitlab_hooks.gateway.service import Connection, ServiceClient
from gitlab_hooks.reading import ProjectReader, Read
from gitlab_hooks.standin.samples import PROJECTS
from sharinghub_ext.lint.at_gitlab import read_project
from sharinghub_ext.lint.findings import Linted, lint
from sharinghub_ext.lint.local import read_folder
from stac_ext.categories import DEFAULT_CATEGORIES
from stac_ext.model import ProjectFacts
from tests.sharinghub_ext.lint.checkouts import git
from tests.support.running import RunningHub, SampleWorld

TAGGED = sorted(one.path for one in PROJECTS if one.tagged and not one.empty)
# What GitLab finds out by itself, and a checkout cannot: licences are detected, access levels are told.
ONLY_THERE = {"facet-omitted", "release-link"}
ONLY_HERE = {"licence-from-text"}


def clone(world: SampleWorld, path: str, folder: Path) -> Path:
    project = world.world.project_at(path)
    assert project is not None
    git(folder, "clone", "--quiet", str(project.repository.git_dir), "checkout")
    git(folder / "checkout", "remote", "set-url", "origin", f"{world.gitlab.url}/{path}.git")
    return folder / "checkout"


def at_gitlab(world: SampleWorld, path: str) -> ProjectFacts:
    client = ServiceClient(Connection(world.gitlab.url), world.samples.service_token)
    topics = [one.topic for one in DEFAULT_CATEGORIES]
    project_id = world.samples.projects[path]
    reading = ProjectReader(client, topics, "").read(project_id, None, None, lambda visibility: None)
    assert isinstance(reading, Read)
    return reading.facts


@pytest.mark.parametrize("path", TAGGED)
def test_each_sample_project_is_read_alike(path: str, standing: tuple[SampleWorld, RunningHub], tmp_path: Path) -> None:
    world, _ = standing
    there = at_gitlab(world, path)
    folder = clone(world, path, tmp_path)
    here = read_folder(folder, DEFAULT_CATEGORIES, [], {}).facts
    assert [(one.path, one.size, one.lfs_sha256) for one in here.files] == [
        (one.path, one.size, one.lfs_sha256) for one in there.files
    ]
    assert (here.readme_path, here.readme, here.readme_truncated) == (
        there.readme_path,
        there.readme,
        there.readme_truncated,
    )
    assert here.texts == there.texts
    for name, ends in there.ends.items():
        assert here.ends.get(name) == ends or name in {one.path for one in here.files if one.lfs_sha256}
    assert here.head_sha == there.head_sha
    assert here.head_committed_at == there.head_committed_at


@pytest.mark.parametrize("path", TAGGED)
def test_each_sample_project_has_the_same_problems(
    path: str, standing: tuple[SampleWorld, RunningHub], tmp_path: Path
) -> None:
    world, _ = standing
    settings = world.settings()
    there = lint(read_project(settings, path, DEFAULT_CATEGORIES, []))
    here = lint(read_folder(clone(world, path, tmp_path), DEFAULT_CATEGORIES, list(there.items), {}))
    assert rules(here) - ONLY_HERE == rules(there) - ONLY_THERE


def rules(linted: Linted) -> set[str]:
    return {one.problem.rule for one in linted.findings}
