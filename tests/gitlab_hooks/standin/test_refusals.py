"""Proves that refusals are GitLab's: tokens, scopes, rights, names and paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import AccessLevel, World

Ask = Callable[..., httpx.Response]
PATH = "/projects/earth%2Fflood"


def test_tokens_in_all_their_places(gitlab: StandIn) -> None:
    url = f"{gitlab.url}/api/v4/user"
    assert httpx.get(url, headers={"PRIVATE-TOKEN": "glpat-ada"}).json()["username"] == "ada"
    assert httpx.get(url, headers={"Authorization": "Bearer glpat-ada"}).json()["username"] == "ada"
    assert httpx.get(f"{url}?private_token=glpat-ada").json()["username"] == "ada"
    assert httpx.get(url).json() == {"message": "401 Unauthorized"}


def test_tokens_that_do_not_work(world: World, ask: Ask, clock: Any) -> None:
    ada = world.user_named("ada")
    world.add_token(ada, "glpat-revoked", scopes=("api",))
    world.revoke_token("glpat-revoked")
    world.add_token(ada, "glpat-old", scopes=("api",), expires_at="2026-01-02")
    assert ask("GET", "/projects", "unknown").status_code == 401
    assert ask("GET", "/projects", "unknown").json() == {"message": "401 Unauthorized"}
    assert ask("GET", "/projects", "revoked").json() == {
        "error": "invalid_token",
        "error_description": "Token was revoked. You have to re-authorize from the user.",
    }
    assert ask("GET", "/projects", "old").status_code == 200
    clock.advance(24 * 3600)
    assert ask("GET", "/projects", "old").status_code == 401
    assert "expired" in ask("GET", "/projects", "old").json()["error_description"]
    world.block_user(ada)
    blocked = ask("GET", "/projects", "ada")
    assert blocked.status_code == 403
    assert blocked.json() == {"message": "403 Forbidden - Your account has been blocked."}


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read_user", "GET", "/user", 200),
        ("read_user", "GET", "/projects", 403),
        ("read_user", "GET", "/personal_access_tokens/self", 200),
        ("read_repository", "GET", f"{PATH}/repository/files/README.md/raw", 200),
        ("read_repository", "GET", f"{PATH}/repository/tree", 403),
        ("read_repository", "GET", "/personal_access_tokens/self", 200),
        ("read_api", "GET", "/projects", 200),
        ("read_api", "PUT", PATH, 403),
        ("api", "PUT", PATH, 200),
    ],
)
def test_scopes(world: World, ask: Ask, scope: str, method: str, path: str, status: int) -> None:
    world.add_token(world.user_named("ada"), "glpat-narrow", scopes=(scope,))
    answer = ask(method, path, "narrow", json={} if method == "PUT" else None)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"] == "insufficient_scope"
        assert "api" in answer.json()["scope"].split()


def test_hidden_is_not_found_and_closed_code_is_forbidden(world: World, ask: Ask) -> None:
    secret = world.add_project("earth/secret", files={"x": b"x"})
    world.add_member(secret, world.user_named("gus"), AccessLevel.GUEST)
    for path in ("/projects/earth%2Fsecret", "/projects/999", "/projects/earth%2Fsecret/repository/tree"):
        assert ask("GET", path, "eve").status_code == 404
        assert ask("GET", path, "eve").json() == {"message": "404 Project Not Found"}
    assert ask("GET", "/projects/earth%2Fsecret", "gus").status_code == 200
    for path in ("tree", "files/x/raw", "commits", "archive", "branches", "tags"):
        refused = ask("GET", f"/projects/earth%2Fsecret/repository/{path}", "gus")
        assert (refused.status_code, refused.json()) == (403, {"message": "403 Forbidden"})
    world.set_repository_access_level(world.project_at("earth/flood"), "private")
    assert ask("GET", f"{PATH}/repository/tree").status_code == 403


def test_writing_asks_for_the_right_role(ask: Ask) -> None:
    assert ask("PUT", PATH, "gus", json={"name": "x"}).status_code == 403
    assert ask("DELETE", PATH, "ada").status_code == 403
    assert ask("POST", "/projects", json={"name": "x"}).status_code == 401
    assert ask("POST", f"{PATH}/repository/files/x", "gus", json={}).status_code == 403
    public = {"name": "Open", "visibility": "public", "namespace_id": "closed"}
    ask("POST", "/groups", "ada", json={"name": "closed", "path": "closed"})
    assert "not allowed" in ask("POST", "/projects", "ada", json=public).text


def test_own_token_and_its_end(ask: Ask) -> None:
    assert ask("GET", "/personal_access_tokens/self", "ada").json()["scopes"] == ["api"]
    assert ask("DELETE", "/personal_access_tokens/self", "ada").status_code == 204
    assert ask("GET", "/user", "ada").status_code == 401


def test_blocking_is_for_administrators(world: World, ask: Ask) -> None:
    gus = world.user_named("gus")
    assert ask("POST", f"/users/{gus.id}/block", "ada").status_code == 403
    assert ask("POST", f"/users/{gus.id}/block", "root").status_code == 201
    assert ask("GET", "/user", "gus").status_code == 403
    ask("POST", f"/users/{gus.id}/unblock", "root")
    assert ask("GET", "/user", "gus").status_code == 200


def test_what_is_not_there(ask: Ask) -> None:
    assert ask("GET", "/nothing").json() == {"error": "404 Not Found"}
    assert ask("PATCH", "/projects").status_code == 405


# Names and paths


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        ("branches", {"branch": "main", "ref": "main"}, "Branch already exists"),
        ("branches", {"branch": "new", "ref": "none"}, "Target none is invalid"),
        ("branches", {"branch": "a..b", "ref": "main"}, "Branch name is invalid"),
        ("tags", {"tag_name": "-x", "ref": "none"}, "Target none is invalid"),
    ],
)
def test_names_that_git_has_no_use_for(ask: Ask, kind: str, body: dict[str, str], message: str) -> None:
    answer = ask("POST", f"{PATH}/repository/{kind}", "ada", json=body)
    assert (answer.status_code, answer.json()) == (400, {"message": message})


def test_a_branch_cannot_be_a_folder_of_branches(world: World, ask: Ask) -> None:
    project = world.project_at("earth/flood")
    world.add_branch(project, "a/b")
    refused = ask("POST", f"{PATH}/repository/branches", "ada", json={"branch": "a", "ref": "main"})
    assert refused.status_code == 400
    file = {"branch": "a/b/c", "start_branch": "main", "content": "", "commit_message": "x"}
    assert ask("POST", f"{PATH}/repository/files/n", "ada", json=file).status_code == 400
    world.remove_branch(project, "a/b")
    assert ask("POST", f"{PATH}/repository/branches", "ada", json={"branch": "a", "ref": "main"}).status_code == 201


@pytest.mark.parametrize("name", ["feature/ä", "a-b_c.d", "x@{0}", "deep/er/still"])
def test_names_of_branches(ask: Ask, name: str) -> None:
    made = ask("POST", f"{PATH}/repository/branches", "ada", json={"branch": name, "ref": "main"})
    if "@{" in name:
        assert made.status_code == 400
        return
    assert made.status_code == 201
    found = ask("GET", f"{PATH}/repository/branches/{name.replace('/', '%2F')}")
    assert found.json()["name"] == name
    assert ask("DELETE", f"{PATH}/repository/branches/{name.replace('/', '%2F')}", "ada").status_code == 204
    assert [b["name"] for b in ask("GET", f"{PATH}/repository/branches").json()] == ["main"]


@pytest.mark.parametrize("path", ["../../etc/passwd", "%2e%2e/HEAD", ".git/config", "src/../LICENSE"])
def test_no_path_leads_out_of_the_repository(ask: Ask, path: str) -> None:
    encoded = path.replace("/", "%2F")
    assert ask("GET", f"{PATH}/repository/files/{encoded}/raw").status_code in (400, 404)
    assert ask("GET", f"{PATH}/repository/archive.zip?path={encoded}").status_code == 404
