"""Proves what a glance at many projects tells, and that it says nothing of those of which it cannot tell all."""

from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from gitlab_hooks.gateway.glance import PROJECTS_A_CALL, Glance, glances
from gitlab_hooks.standin.gql.complexity import ANONYMOUS
from tests.gitlab_hooks.conftest import Registry

NAMES = Path(__file__).resolve().parents[4] / "shared" / "gitlab" / "graphql-subset.graphql"
LISTS = ("releases", "packages", "containerRepositories", "mlModels")


def test_a_project_without_anything_beside_its_code_is_told(registry: Registry) -> None:
    project = registry.project
    found = registry.client.glances([project.id, 999_999])
    assert found.keys() == {project.id}
    glance = found[project.id]
    assert glance.head == registry.world.head(project)
    assert glance.updated
    sha = registry.world.commit(project, {"a": b"b"})
    registry.world.add_branch(project, "other")
    registry.world.commit(project, {"a": b"c"}, branch="other")
    assert registry.client.glances([project.id])[project.id].head == sha


def test_an_empty_repository_has_no_head(registry: Registry) -> None:
    empty = registry.world.add_project("earth/empty", visibility="public")
    assert registry.client.glances([empty.id])[empty.id].head is None


@pytest.mark.parametrize("part", ["release", "package", "image", "model"])
def test_a_project_with_anything_beside_its_code_is_left_out(registry: Registry, part: str) -> None:
    world, project = registry.world, registry.project
    {
        "release": lambda: world.add_release(project, "v1", ref="main"),
        "package": lambda: world.add_package(project, "weights", "1", {"w": b"w"}),
        "image": lambda: world.push_image(project, "latest"),
        "model": lambda: world.add_model_version(project, "net", "1.0.0"),
    }[part]()
    assert registry.client.glances([project.id]) == {}


def test_a_project_whose_code_may_not_be_read_is_left_out(registry: Registry) -> None:
    hidden = registry.world.add_project("earth/hidden", visibility="private", files={"a": b"b"})
    members = registry.world.add_project(
        "earth/members", visibility="public", repository_access_level="private", files={"a": b"b"}
    )
    assert registry.client.glances([hidden.id, members.id]) == {}


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"projects": {"nodes": [None, {}, {"id": "x"}, {"id": "gid://gitlab/Project/1"}]}}},
        {"data": {"projects": None}, "errors": [{"message": "Internal server error"}]},
        {"errors": [{"message": "Field 'mlModels' doesn't exist on type 'Project'"}]},
        {"errors": [{"message": "Query has complexity of 999, which exceeds max complexity of 200"}]},
        {
            "data": {"projects": {"nodes": [{"id": "gid://gitlab/Project/1", "repository": {}}]}},
            "errors": [{"path": []}],
        },
        {"data": {"projects": "odd"}},
        [],
    ],
    ids=str,
)
def test_what_is_no_whole_answer_tells_nothing(registry: Registry, body: Any) -> None:
    registry.gitlab.faults.add("/api/graphql", json_body=body, times=1)
    assert registry.client.glances([registry.project.id]) == {}


def test_what_this_gitlab_does_not_know_is_not_asked_for(registry: Registry) -> None:
    asked = [glances(registry.client._gitlab, [registry.project.id], LISTS[:count]) for count in range(5)]
    assert all(one.keys() == {registry.project.id} for one in asked)
    assert isinstance(asked[0][registry.project.id], Glance)


def test_a_whole_page_is_asked_for_within_the_limit_of_everybody(registry: Registry) -> None:
    """Above the limit GitLab refuses the query, and every project costs a call again."""
    anonymous = registry.another_client(None)
    assert anonymous.glances(range(1, PROJECTS_A_CALL + 1)).keys() == {registry.project.id}
    assert registry.rest == ["POST /api/graphql"]
    assert ANONYMOUS == 200


def test_the_names_are_those_of_gitlab() -> None:
    if not NAMES.exists():
        pytest.skip("needs GitLab's GraphQL names in ../shared, which are not here")
    from gitlab_hooks.gateway import glance

    known = [name for name in LISTS if name != "mlModels"]  # which the names at hand do not hold
    schema = build_schema(NAMES.read_text(), assume_valid_sdl=True)
    assert validate(schema, parse(glance._query(known))) == []
