"""Proves that a part that cannot be read costs itself only, and that passing trouble drops nothing that is indexed."""

import pytest

from gitlab_hooks.gateway.errors import GitLabUnavailable
from gitlab_hooks.reading import Absent, ProjectReader, Read, Unchanged
from tests.gitlab_hooks.conftest import Registry
from tests.gitlab_hooks.reading.asking import facts, fingerprint, read


@pytest.fixture
def down(full: Registry) -> Registry:
    """The registry world, whose container registry can be switched off."""
    full.world.registry_down = True
    return full


@pytest.mark.parametrize("graphql", [True, False], ids=["GraphQL", "REST"])
def test_a_registry_that_is_down_costs_a_new_project_only_its_tags(down: Registry, graphql: bool) -> None:
    if not graphql:
        down.gitlab.faults.add("/api/graphql", status=404, times=None)
    found = read(down)
    assert isinstance(found, Read)
    assert [image.tags for image in found.facts.images] == [()]
    assert found.facts.packages
    down.world.registry_down = False
    assert [len(image.tags) for image in facts(down).images] == [2]
    assert isinstance(read(down, found.fingerprint), Read)


def test_a_registry_that_is_down_keeps_what_is_indexed_for_an_hour(full: Registry) -> None:
    known = fingerprint(full)
    full.world.registry_down = True
    with pytest.raises(GitLabUnavailable, match="tags of images"):
        read(full, known)
    full.clock.advance(59 * 60)
    with pytest.raises(GitLabUnavailable):
        read(full, known)
    full.clock.advance(120)
    found = read(full, known)
    assert isinstance(found, Read)
    assert found.fingerprint != known
    full.world.registry_down = False
    assert read(full, known) == Unchanged()


def test_an_hour_without_trouble_begins_anew(full: Registry) -> None:
    known = fingerprint(full)
    for _ in range(2):
        full.world.registry_down = True
        with pytest.raises(GitLabUnavailable):
            read(full, known)
        full.world.registry_down = False
        assert read(full, known) == Unchanged()
        full.clock.advance(3600)


def test_a_part_that_became_narrower_is_left_out_even_in_trouble(full: Registry) -> None:
    known = fingerprint(full)
    full.world.set_facet_level(full.project, "package_registry", "private")
    full.world.registry_down = True
    found = read(full, known)
    assert isinstance(found, Read)
    assert found.facts.packages == ()


@pytest.mark.parametrize("status", [403, 404])
def test_a_refused_list_of_files_costs_the_files(full: Registry, status: int) -> None:
    full.gitlab.faults.add("package_files", status=status, times=None)
    assert {one.files for one in facts(full).packages} == {()}


def test_a_failing_list_of_files_is_read_again(full: Registry) -> None:
    full.gitlab.faults.add("package_files", status=500, times=None)
    found = read(full)
    assert isinstance(found, Read)
    assert len(found.facts.packages) == 3
    full.gitlab.faults.clear()
    again = read(full, found.fingerprint)
    assert isinstance(again, Read)
    assert all(one.files for one in again.facts.packages)


def test_a_large_file_that_cannot_be_read_costs_itself(full: Registry) -> None:
    full.gitlab.faults.add("model.onnx/raw", status=500, times=None)
    found = read(full)
    assert isinstance(found, Read)
    assert found.facts.ends == {}
    full.world.commit(full.project, {"README.md": b"# New card"})
    again = read(full, found.fingerprint)  # what is indexed lacks it anyway: a new card does not wait for it
    assert isinstance(again, Read)
    assert again.facts.readme == b"# New card"


def test_a_large_file_that_is_stored_elsewhere_is_not_fetched(full: Registry) -> None:
    full.project.lfs_objects.clear()  # the route knows no such object
    assert facts(full).ends == {}


def test_a_project_whose_code_is_refused_is_absent(full: Registry) -> None:
    full.world.set_repository_access_level(full.project, "private")
    bot = full.world.user_named("bot")
    assert bot is not None
    full.world.remove_member(full.project, bot)
    assert isinstance(read(full), Absent)


def test_without_graphql_all_but_models_and_digests_is_read_by_rest(full: Registry) -> None:
    whole = facts(full)
    full.gitlab.faults.add("/api/graphql", status=404, times=None)
    reader = ProjectReader(full.another_client(), ("sharinghub:aimodel",), "salt", full.clock)
    found = facts(full, reader)
    assert found.releases == whole.releases
    assert found.packages == whole.packages
    assert [[tag.name for tag in image.tags] for image in found.images] == [["1.0", "latest"]]
    assert found.texts == whole.texts
    assert found.ends == whole.ends
    assert found.models == ()
    lfs = next(file for file in found.files if file.path == "model.onnx")
    assert lfs == next(file for file in whole.files if file.path == "model.onnx")
    assert found.head_committed_at == whole.head_committed_at
