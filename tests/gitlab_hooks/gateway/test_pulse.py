"""Proves that one query tells what may have changed, what an older GitLab lacks, and what errors mean."""

from dataclasses import replace
from typing import Any

import pytest

from gitlab_hooks.gateway.errors import AccessDenied, GitLabUnavailable, NotFound
from gitlab_hooks.gateway.pulse import IMAGES, MODELS, PACKAGES, RELEASES
from tests.gitlab_hooks.conftest import Registry

ALL = (RELEASES, PACKAGES, IMAGES, MODELS)
REFUSAL = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)


def answered(registry: Registry, data: Any, *errors: dict[str, Any]) -> None:
    body = {"data": data} if not errors else {"data": data, "errors": list(errors)}
    registry.gitlab.faults.add("/api/graphql", json_body=body, times=1)


def node(**fields: Any) -> dict[str, Any]:
    tree = {"lastCommit": {"sha": "a" * 40, "committedDate": "2024-01-01T00:00:00Z"}}
    return {"projects": {"nodes": [{"id": "gid://gitlab/Project/1", "repository": {"tree": tree}, **fields}]}}


def test_an_anonymous_query_stays_within_the_limit_and_tells_the_same(full: Registry) -> None:
    named = full.client.pulse(full.project.id, "main", ALL)
    anonymous = full.another_client(None).pulse(full.project.id, "main", ALL)
    assert anonymous == replace(named, packages_size=None)  # statistics are for Reporters
    assert full.rest == ["POST /api/graphql"] * 2


def test_only_what_is_wanted_is_asked_for(full: Registry) -> None:
    found = full.client.pulse(full.project.id, "main", (RELEASES,))
    assert found.releases
    assert (found.packages, found.images, found.models) == ((), (), ())


def test_a_field_that_this_gitlab_does_not_know_costs_its_part(full: Registry) -> None:
    unknown = {"message": "Field 'mlModels' doesn't exist on type 'Project'", "path": ["query pulse", "projects"]}
    answers = [
        {"errors": [unknown]},  # the whole query
        *({"data": node()} for _ in range(3)),  # releases, packages, images by themselves
        {"errors": [unknown]},  # models by themselves
    ]
    for body in answers:
        full.gitlab.faults.add("/api/graphql", json_body=body, times=1)
    client = full.another_client()
    found = client.pulse(full.project.id, "main", ALL)
    assert found.models == ()
    assert found.releases
    full.gitlab.reset_calls()
    client.pulse(full.project.id, "main", ALL)
    assert full.rest == ["POST /api/graphql"]  # it is remembered


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"message": "Internal server error"}]},
        {},
        [],
        {"data": None},
        {"data": {"projects": 1}},
        {"data": {"projects": {"nodes": None}}},
    ],
)
def test_an_answer_that_says_nothing_is_trouble_and_no_lack(full: Registry, body: Any) -> None:
    full.gitlab.faults.add("/api/graphql", json_body=body, times=1)
    with pytest.raises(GitLabUnavailable):
        full.client.pulse(full.project.id, "main", ALL)
    assert full.client.pulse(full.project.id, "main", ALL).models


def test_what_no_error_explains_is_refused_and_what_one_does_is_trouble(full: Registry) -> None:
    error = {"message": "Timeout", "path": ["projects", "nodes", 0, "packages"]}
    answered(full, node(packages=None), error)
    assert full.client.pulse(1, "main", ALL).troubled == {PACKAGES}
    answered(full, node(containerRepositories=None), {"message": REFUSAL, "path": ["projects", "nodes", 0]})
    assert full.client.pulse(1, "main", ALL).troubled == frozenset()
    answered(full, {"projects": {"nodes": []}})
    with pytest.raises(NotFound):
        full.client.pulse(1, "main", ALL)
    answered(full, {"projects": {"nodes": [{"id": "x", "repository": None}]}})
    with pytest.raises(AccessDenied):
        full.client.pulse(1, "main", ALL)
    answered(full, {"projects": {"nodes": [{"id": "x", "repository": None}]}}, error | {"path": ["repository"]})
    with pytest.raises(GitLabUnavailable):
        full.client.pulse(1, "main", ALL)


def test_odd_values_cost_themselves(full: Registry) -> None:
    packages = [
        {"id": "7", "name": "no id", "version": "1", "packageType": "GENERIC", "createdAt": None},
        {"id": "gid://gitlab/Packages::Package/7", "name": None, "version": None, "packageType": "GENERIC"},
        {"id": "gid://gitlab/Packages::Package/8", "name": "p", "version": "1", "packageType": "GENERIC"},
        "what",
    ]
    answered(full, node(packages={"nodes": packages}, releases={"nodes": None}, mlModels=[], statistics=3))
    found = full.client.pulse(1, "main", ALL)
    assert [(one.id, one.name) for one in found.packages] == [(8, "p")]
    assert found.packages[0].created_at.year == 1970


def test_a_passing_error_is_tried_again(full: Registry) -> None:
    full.gitlab.faults.add("/api/graphql", status=502, times=2)
    assert full.another_client(retries=3).pulse(full.project.id, "main", ALL).releases


def test_a_branch_without_commits_has_no_head(registry: Registry) -> None:
    assert registry.client.pulse(registry.project.id, "none", ALL).head is None
    assert registry.client.pulse(registry.project.id, None, ALL).head is None
