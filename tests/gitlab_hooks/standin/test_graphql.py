"""Proves that GraphQL answers by the caller's rights, in pages, within GitLab's limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from graphql import parse

from gitlab_hooks.standin.gql.complexity import Meter
from gitlab_hooks.standin.gql.endpoint import schema
from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import AccessLevel, World

Ask = Callable[..., Any]


def test_one_project_with_its_code(world: World, graphql: Ask) -> None:
    found = graphql(
        """
      query($path: ID!) { project(fullPath: $path) {
        id fullPath nameWithNamespace topics visibility archived markedForDeletionOn httpUrlToRepo
        maxAccessLevel { integerValue stringValue humanAccess }
        userPermissions { readProject downloadCode pushCode adminProject }
        group { fullPath } namespace { fullPath }
        languages { name share }
        repository {
          empty exists rootRef
          tree { lastCommit { sha title } blobs { nodes { path } } trees { nodes { path } } }
          paginatedTree(recursive: true, first: 3) { nodes { trees { nodes { path } } blobs { nodes { path } } }
                                                     pageInfo { hasNextPage endCursor } }
          blobs(paths: ["README.md", "none"]) { nodes { path oid rawTextBlob size lfsOid } }
          branchNames(searchPattern: "*", offset: 0, limit: 5)
        } } }""",
        "ada",
        path="earth/flood",
    )
    body = found["data"]["project"]
    project = world.project_at("earth/flood")
    assert body["id"] == f"gid://gitlab/Project/{project.id}"
    assert body["maxAccessLevel"] == {"integerValue": 40, "stringValue": "MAINTAINER", "humanAccess": "Maintainer"}
    assert body["userPermissions"] == {
        "readProject": True,
        "downloadCode": True,
        "pushCode": True,
        "adminProject": True,
    }
    assert body["repository"]["tree"]["lastCommit"]["sha"] == world.head(project)
    assert [row["path"] for row in body["repository"]["tree"]["blobs"]["nodes"]] == ["LICENSE", "README.md"]
    assert [row["path"] for row in body["repository"]["blobs"]["nodes"]] == ["README.md"]
    assert body["repository"]["blobs"]["nodes"][0]["rawTextBlob"] == "# Flood\n"
    assert body["repository"]["paginatedTree"]["pageInfo"]["hasNextPage"] is True
    assert body["repository"]["branchNames"] == ["main"]
    assert body["languages"] == [{"name": "Python", "share": 100.0}]


def test_no_rights_and_not_existing_are_both_null(world: World, graphql: Ask) -> None:
    world.add_project("earth/secret", files={"x": b"x"})
    for path in ("earth/secret", "earth/none"):
        query = f'{{ project(fullPath: "{path}") {{ id }} }}'
        assert graphql(query, "eve") == {"data": {"project": None}}


def test_a_guest_learns_nothing_of_the_code(world: World, graphql: Ask) -> None:
    secret = world.add_project("earth/secret", files={"x": b"x"})
    world.add_release(secret, "v1", description="One")
    world.add_member(secret, world.user_named("gus"), AccessLevel.GUEST)
    query = """{ project(fullPath: "earth/secret") {
      userPermissions { readProject downloadCode } repository { rootRef }
      releases { nodes { tagName description commit { sha } } } } }"""
    assert graphql(query, "gus")["data"]["project"] == {
        "userPermissions": {"readProject": True, "downloadCode": False},
        "repository": None,
        "releases": {"nodes": [{"tagName": "v1", "description": "One", "commit": None}]},
    }
    assert graphql(query, "root")["data"]["project"]["releases"]["nodes"][0]["commit"]["sha"] == world.head(secret)


def test_a_moved_project_is_null_at_its_old_path(world: World, graphql: Ask) -> None:
    world.rename_project(world.project_at("earth/flood"), "tide")
    assert graphql('{ project(fullPath: "earth/flood") { id } }')["data"]["project"] is None


def test_an_empty_repository(world: World, graphql: Ask) -> None:
    world.add_project("earth/empty", visibility="public")
    found = graphql("""{ project(fullPath: "earth/empty") { repository {
      empty rootRef tree { lastCommit { sha } } blobs(paths: ["x"]) { nodes { path } } } } }""")
    assert found["data"]["project"]["repository"] == {
        "empty": True,
        "rootRef": None,
        "tree": None,
        "blobs": {"nodes": []},
    }


@pytest.mark.parametrize(
    ("arguments", "who", "paths"),
    [
        ("", None, ["earth/rest", "earth/flood"]),
        ("", "ada", ["ada/mine", "earth/rest", "earth/inner", "earth/flood"]),
        ("", "eve", ["earth/rest", "earth/flood"]),
        ('topics: ["water"]', None, ["earth/flood"]),
        ('topics: ["water", "land"]', None, []),
        ('topics: ["Water"]', None, []),
        ("membership: true", "ada", ["ada/mine", "earth/flood"]),
        ("membership: true", None, []),
        ("minAccessLevel: OWNER", "ada", ["ada/mine"]),
        ('ids: ["gid://gitlab/Project/1", "gid://gitlab/Project/4"]', None, ["earth/flood"]),
        ('fullPaths: ["EARTH/flood", "ada/mine"]', None, ["earth/flood"]),
        ("archived: ONLY", "ada", ["earth/rest"]),
        ("archived: EXCLUDE", None, ["earth/flood"]),
        ("visibilityLevel: internal", "ada", ["earth/inner"]),
        ('search: "floo"', None, ["earth/flood"]),
        ('sort: "name_asc"', None, ["earth/flood", "earth/rest"]),
        ("aimedForDeletion: true", "ada", []),
        ("active: true", None, ["earth/flood"]),
    ],
)
def test_lists(world: World, graphql: Ask, arguments: str, who: str | None, paths: list[str]) -> None:
    world.add_project("earth/inner", visibility="internal")
    world.add_project("earth/rest", visibility="public", archived=True)
    world.add_project("ada/mine")
    query = f"{{ projects{f'({arguments})' if arguments else ''} {{ nodes {{ fullPath }} count }} }}"
    found = graphql(query, who)["data"]["projects"]
    assert [node["fullPath"] for node in found["nodes"]] == paths
    assert found["count"] == len(paths)


@pytest.mark.parametrize("sort", ["id_desc", "id_asc", "name_asc", "created_desc"])
def test_pages_of_at_most_a_hundred(world: World, graphql: Ask, sort: str) -> None:
    for at in range(104):
        world.add_project(f"earth/models/p{at:03}", visibility="public")
    query = """query($after: String, $sort: String) {
      projects(after: $after, first: 500, sort: $sort) { nodes { id } pageInfo { hasNextPage endCursor } } }"""
    first = graphql(query, sort=sort)["data"]["projects"]
    assert (len(first["nodes"]), first["pageInfo"]["hasNextPage"]) == (100, True)
    # What is gone meanwhile, the last row of the page among it, hides nothing of the next page.
    gone = world.projects[int(first["nodes"][-1]["id"].rpartition("/")[2])]
    world.delete_project(gone, immediately=True)
    second = graphql(query, after=first["pageInfo"]["endCursor"], sort=sort)["data"]["projects"]
    assert (len(second["nodes"]), second["pageInfo"]["hasNextPage"]) == (5, False)
    assert not {n["id"] for n in first["nodes"]} & {n["id"] for n in second["nodes"]}


def test_a_tree_in_pages(world: World, graphql: Ask) -> None:
    query = """query($after: String) { project(fullPath: "earth/flood") { repository {
      paginatedTree(recursive: true, first: 2, after: $after) {
        nodes { trees { nodes { path } } blobs { nodes { path } } } pageInfo { hasNextPage endCursor } } } } }"""
    found: list[str] = []
    after, more = None, True
    while more:
        page = graphql(query, after=after)["data"]["project"]["repository"]["paginatedTree"]
        for node in page["nodes"]:
            found += [row["path"] for row in node["trees"]["nodes"] + node["blobs"]["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert found == ["src", "src/deep", "LICENSE", "README.md", "src/deep/x.txt", "src/train.py"]


# Limits

CHEAP = "{ projects { nodes { id } } }"


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("{ currentUser { id } }", 2),
        # nodes and id, the field itself and one for its default sort: 4, doubled by a page of a hundred
        (CHEAP, 8),
        ("{ projects(first: 50) { nodes { id } } }", 6),
        ('{ projects(first: 50, search: "x") { nodes { id } } }', 13),
        ('{ project(fullPath: "a") { repository { tree { lastCommit { sha } } } } }', 7),
        ("{ projects(first: 1) { ...p ...p } } fragment p on ProjectConnection { nodes { id } }", 4),
    ],
)
def test_what_a_query_costs(query: str, cost: int) -> None:
    document = parse(query)
    fragments = {d.name.value: d for d in document.definitions[1:]}  # type: ignore[union-attr]
    assert Meter(schema(), fragments, {}).cost(document.definitions[0]) == cost  # type: ignore[arg-type]


@pytest.mark.parametrize(("who", "copies", "limit"), [(None, 26, 200), ("ada", 32, 250), ("root", 38, 300)])
def test_too_much_is_refused(graphql: Ask, who: str | None, copies: int, limit: int) -> None:
    def many(count: int) -> str:
        return "{" + " ".join(f"a{at}: projects {{ nodes {{ id }} }}" for at in range(count)) + "}"

    refused = graphql(many(copies), who)
    assert refused == {
        "errors": [{"message": f"Query has complexity of {copies * 8}, which exceeds max complexity of {limit}"}]
    }
    assert "data" in graphql(many(copies - 1), who)


def test_a_long_query_is_refused(gitlab: StandIn) -> None:
    query = CHEAP + " " * (10_001 - len(CHEAP))
    answer = httpx.post(f"{gitlab.url}/api/graphql", json={"query": query})
    assert answer.json() == {"errors": [{"message": "Query too large"}]}
    assert "data" in httpx.post(f"{gitlab.url}/api/graphql", json={"query": query[:-1]}).json()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ nothing }", "nothing"),
        ("{", "Syntax Error"),
        ('{ projects(ids: ["12"]) { count } }', '"12" is not a valid GitLab ID.'),
        ('{ projects(ids: ["gid://gitlab/Group/1"]) { count } }', "does not represent an instance of Project"),
        ('{ projects(after: "%%") { count } }', "valid cursor"),
        ("mutation { x }", "mutation"),
    ],
)
def test_errors_are_answers(gitlab: StandIn, query: str, message: str) -> None:
    answer = httpx.post(f"{gitlab.url}/api/graphql", json={"query": query})
    assert answer.status_code == 200
    assert message in answer.json()["errors"][0]["message"]


def test_more_than_fifty_paths(graphql: Ask) -> None:
    found = graphql("query($p: [String!]) { projects(fullPaths: $p) { count } }", p=[f"a/{at}" for at in range(51)])
    assert found["errors"][0]["message"] == "You cannot provide more than 50 full paths."


@pytest.mark.parametrize(
    ("token", "status", "message"),
    [
        ("unknown", 401, "Invalid token"),
        ("narrow", 401, "Invalid token"),
        ("blocked", 403, "API not accessible for user"),
    ],
)
def test_tokens(world: World, gitlab: StandIn, token: str, status: int, message: str) -> None:
    world.add_token(world.user_named("ada"), "narrow", scopes=("read_user",))
    world.add_token(world.add_user("bad", state="blocked"), "blocked")
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{gitlab.url}/api/graphql", json={"query": "{ currentUser { id } }"}, headers=headers)
    assert (answer.status_code, answer.json()) == (status, {"errors": [{"message": message}]})


def test_who_am_i(world: World, graphql: Ask) -> None:
    query = "{ currentUser { username projectMemberships { nodes { accessLevel { stringValue } project { id } } } } }"
    assert graphql(query)["data"]["currentUser"] is None
    me = graphql(query, "ada")["data"]["currentUser"]
    assert me["username"] == "ada"
    assert me["projectMemberships"]["nodes"][0]["accessLevel"]["stringValue"] == "MAINTAINER"
    assert graphql("{ metadata { version } topics { nodes { name } } }", "ada")["data"]["metadata"] is not None


def test_group(world: World, graphql: Ask) -> None:
    world.add_project("earth/models/deep", visibility="public")
    found = graphql("""{ group(fullPath: "earth") { visibility
      projects { nodes { path } } all: projects(includeSubgroups: true) { nodes { path } } } }""")
    assert [p["path"] for p in found["data"]["group"]["projects"]["nodes"]] == ["flood"]
    assert [p["path"] for p in found["data"]["group"]["all"]["nodes"]] == ["deep", "flood"]
