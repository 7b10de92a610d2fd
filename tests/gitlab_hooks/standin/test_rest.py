"""Proves that REST answers have GitLab's shapes and filters, with python-gitlab as a client."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import gitlab as python_gitlab
import httpx
import pytest

from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import AccessLevel, World

Ask = Callable[..., httpx.Response]
PATH = "/projects/earth%2Fflood"
# Documented fields of 18.x that the stored schemas are too old to know.
NEWER_PROJECT = ("topics", "license", "license_url")
NEWER_NAMESPACE = ("avatar_url", "web_url")
NEWER_TAG = ("target", "protected", "created_at")
NEWER_HOOK = (
    "name",
    "description",
    "custom_headers",
    "branch_filter_strategy",
    "url_variables",
    "feature_flag_events",
    "milestone_events",
    "resource_access_token_events",
    "vulnerability_events",
    "push_events_branch_filter",
)
PROJECT_HOOK_ONLY = ("push_events_branch_filter", "url_variables")


@pytest.fixture
def ada(gitlab: StandIn) -> python_gitlab.Gitlab:
    return python_gitlab.Gitlab(gitlab.url, private_token="glpat-ada", retry_transient_errors=False)


# Shapes


def test_the_basic_project_is_all_an_anonymous_caller_gets(ask: Ask, valid: Callable[..., None]) -> None:
    one = ask("GET", PATH).json()
    listed = ask("GET", "/projects").json()
    for body in (one, *listed):
        namespace = {k: v for k, v in body["namespace"].items() if k not in NEWER_NAMESPACE}
        valid("project.json", body | {"namespace": namespace}, newer=NEWER_PROJECT)
        assert not {"visibility", "permissions", "repository_access_level", "archived"} & set(body)


def test_whoever_may_not_read_code_learns_nothing_of_it(world: World, ask: Ask) -> None:
    world.set_repository_access_level(world.project_at("earth/flood"), "private")
    body = ask("GET", PATH).json()
    assert not {"default_branch", "readme_url", "forks_count"} & set(body)
    assert ask("GET", PATH, as_="gus").json()["default_branch"] == "main"


def test_a_signed_in_caller_gets_the_whole_project(ask: Ask) -> None:
    body = ask("GET", f"{PATH}?license=true&statistics=true", as_="ada").json()
    assert body["visibility"] == "public"
    mine = {"access_level": 40, "notification_level": 3}
    assert body["permissions"] == {"project_access": mine, "group_access": None}
    assert body["license"]["key"] == "mit"
    assert body["license_url"].endswith("/earth/flood/-/blob/main/LICENSE")
    assert body["readme_url"].endswith("/earth/flood/-/blob/main/README.md")
    assert body["statistics"]["commit_count"] == 1
    assert body["http_url_to_repo"].endswith("/earth/flood.git")


def test_a_list_tells_of_the_immediate_group_only(world: World, ask: Ask) -> None:
    world.add_project("earth/models/deep", visibility="public")
    world.add_member(world.group_at("earth"), world.user_named("eve"), AccessLevel.REPORTER)
    listed = next(p for p in ask("GET", "/projects", as_="eve").json() if p["path"] == "deep")
    single = ask("GET", "/projects/earth%2Fmodels%2Fdeep", as_="eve").json()
    assert listed["permissions"]["group_access"] is None
    assert single["permissions"]["group_access"]["access_level"] == 20


def test_code_answers_match_the_schemas(world: World, ask: Ask, valid: Callable[..., None]) -> None:
    project = world.project_at("earth/flood")
    world.add_tag(project, "v1", message="One")
    world.add_release(project, "v1", description="First")
    valid("branch.json", ask("GET", f"{PATH}/repository/branches").json())
    valid("commit/basic.json", ask("GET", f"{PATH}/repository/commits").json())
    valid("commit/detail.json", ask("GET", f"{PATH}/repository/commits/main").json())
    valid("tag.json", ask("GET", f"{PATH}/repository/tags/v1").json(), newer=NEWER_TAG)
    assert ask("GET", f"{PATH}/repository/tags/v1").json()["message"] == "One"


def test_people_answers_match_the_schemas(ask: Ask, valid: Callable[..., None]) -> None:
    valid("members.json", ask("GET", f"{PATH}/members", as_="ada").json())
    valid("members.json", ask("GET", f"{PATH}/members/all", as_="ada").json())
    valid("user/basic.json", ask("GET", "/users?username=ada").json())
    # `skype` is gone since 17.x.
    mine = ask("GET", "/user", as_="ada").json()
    assert {"id", "username", "email", "external", "can_create_group"} <= set(mine)
    valid(
        "metadata.json",
        ask("GET", "/metadata", as_="ada").json() | {"kas": {"enabled": False, "externalUrl": None, "version": None}},
    )


def test_hooks_match_the_schemas_and_keep_their_secret(ask: Ask, valid: Callable[..., None]) -> None:
    made = ask("POST", f"{PATH}/hooks", "ada", json={"url": "http://x.test/h", "token": "s3cret"})
    assert made.status_code == 201
    valid("project_hook.json", made.json(), newer=tuple(set(NEWER_HOOK) - set(PROJECT_HOOK_ONLY)))
    system = ask("POST", "/hooks", "root", json={"url": "http://x.test/s", "token": "s3cret", "push_events": True})
    valid("system_hook.json", system.json(), newer=NEWER_HOOK)
    for answer in (made, system, ask("GET", f"{PATH}/hooks", "ada"), ask("GET", "/hooks", "root")):
        assert "s3cret" not in answer.text
    assert ask("GET", "/hooks", "ada").status_code == 403
    assert ask("GET", f"{PATH}/hooks", "gus").status_code == 403
    assert ask("DELETE", f"{PATH}/hooks/{made.json()['id']}", "ada").status_code == 204


def test_testing_a_hook_calls_it(world: World, ask: Ask, receiver: Any) -> None:
    made = ask("POST", f"{PATH}/hooks", "ada", json={"url": receiver.url}).json()
    assert ask("POST", f"{PATH}/hooks/{made['id']}/test/push_events", "ada").status_code == 201
    assert receiver.events == ["push"]
    receiver.status = 500
    assert ask("POST", f"{PATH}/hooks/{made['id']}/test/push_events", "ada").status_code == 422


# Files


def test_a_file_in_its_three_forms(ask: Ask) -> None:
    base = f"{PATH}/repository/files/src%2Ftrain.py"
    data = b"print('wet')\n"
    body = ask("GET", f"{base}?ref=main").json()
    assert base64.b64decode(body["content"]) == data
    assert body["content_sha256"] == hashlib.sha256(data).hexdigest()
    raw = ask("GET", f"{base}/raw?ref=main", headers={"Range": "bytes=0-3"})
    assert (raw.status_code, raw.content) == (200, data)
    assert "accept-ranges" not in raw.headers
    head = ask("HEAD", f"{base}?ref=main")
    assert head.headers["X-Gitlab-Blob-Id"] == raw.headers["X-Gitlab-Blob-Id"] == body["blob_id"]
    assert head.headers["X-Gitlab-Size"] == str(len(data))
    assert head.headers["X-Gitlab-File-Path"] == "src/train.py"
    assert head.headers["X-Gitlab-Ref"] == "main"
    assert head.headers["X-Gitlab-Content-Sha256"] == body["content_sha256"]
    assert ask("GET", base).status_code == 400
    assert ask("GET", f"{base}/raw").content == data
    assert ask("GET", f"{PATH}/repository/blobs/{body['blob_id']}/raw").content == data


def test_archives(ask: Ask) -> None:
    packed = ask("GET", f"{PATH}/repository/archive.tar.gz?sha=main")
    with tarfile.open(fileobj=io.BytesIO(packed.content)) as tar:
        assert any(name.endswith("/src/train.py") for name in tar.getnames())
    zipped = ask("GET", f"{PATH}/repository/archive.zip?path=src")
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as archive:
        assert not any(name.endswith("README.md") for name in archive.namelist())


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/repository/tree", 404, "404 Tree Not Found"),
        ("/repository/commits", 200, None),
        ("/repository/branches", 200, None),
        ("/repository/files/README.md?ref=main", 404, "404 Commit Not Found"),
        ("/repository/archive", 404, "404 File Not Found"),
    ],
)
def test_an_empty_repository(world: World, ask: Ask, path: str, status: int, message: str | None) -> None:
    world.add_project("earth/empty", visibility="public")
    answer = ask("GET", f"/projects/earth%2Fempty{path}")
    assert answer.status_code == status
    assert answer.json() == ({"message": message} if message else [])


def test_commits_through_the_api(world: World, ada: python_gitlab.Gitlab) -> None:
    project = ada.projects.get("earth/flood")
    project.files.create(
        {
            "file_path": "a/new.bin",
            "branch": "main",
            "encoding": "base64",
            "content": base64.b64encode(b"\0\1").decode(),
            "commit_message": "Add",
        }
    )
    project.commits.create(
        {
            "branch": "main",
            "commit_message": "Several",
            "actions": [
                {"action": "update", "file_path": "README.md", "content": "# New"},
                {"action": "move", "file_path": "b/moved.bin", "previous_path": "a/new.bin"},
                {"action": "delete", "file_path": "LICENSE"},
            ],
        }
    )
    paths = [row["path"] for row in project.repository_tree(recursive=True, get_all=True)]
    assert "b/moved.bin" in paths
    assert not {"a/new.bin", "LICENSE"} & set(paths)
    assert project.files.raw("b/moved.bin", ref="main") == b"\0\1"
    log = project.commits.list(query_parameters={"path": "README.md"}, get_all=True)
    assert [commit.title for commit in log] == ["Several", "Initial commit"]
    with pytest.raises(python_gitlab.GitlabCreateError, match="already exists"):
        project.files.create({"file_path": "README.md", "branch": "main", "content": "", "commit_message": "x"})
    with pytest.raises(python_gitlab.GitlabError):
        project.files.create({"file_path": "../x", "branch": "main", "content": "", "commit_message": "x"})


# A life of a project


def test_a_project_is_made_changed_moved_and_removed(world: World, ada: python_gitlab.Gitlab) -> None:
    made = ada.projects.create(
        {"name": "My Model", "visibility": "public", "topics": ["b", "a"], "initialize_with_readme": True}
    )
    assert made.path_with_namespace == "ada/my-model"
    assert made.topics == ["a", "b"]
    made.path = "model"
    made.topics = ["c"]
    made.save()
    old = ada.http_get("/projects/ada%2Fmy-model")
    assert (old["id"], old["path_with_namespace"], old["topics"]) == (made.id, "ada/model", ["c"])
    ada.projects.delete(made.id)
    gone = ada.projects.get(made.id)
    assert gone.path == f"model-deletion_scheduled-{made.id}"
    assert gone.marked_for_deletion_on == world.today().isoformat()
    gone.restore()
    assert ada.projects.get("ada/model").marked_for_deletion_on is None
    ada.projects.delete(made.id)
    path = f"ada/model-deletion_scheduled-{made.id}"
    ada.http_delete(f"/projects/{made.id}", query_data={"permanently_remove": "true", "full_path": path})
    with pytest.raises(python_gitlab.GitlabGetError, match="404 Project Not Found"):
        ada.projects.get(made.id)


def test_an_old_path_leads_on_until_it_is_taken(world: World, ask: Ask) -> None:
    project = world.add_project("earth/models/old", files={"x": b"1"})
    world.rename_project(project, "new")
    gone = ask("GET", "/projects/earth%2Fmodels%2Fold/repository/tree?recursive=true", "root")
    assert gone.status_code == 301
    assert gone.headers["Location"].endswith(f"/api/v4/projects/{project.id}/repository/tree?recursive=true")
    assert ask("PUT", "/projects/earth%2Fmodels%2Fold", "root", json={"name": "x"}).status_code == 405
    assert ask("GET", "/projects/earth%2Fmodels%2Fold").json() == {"message": "404 Project Not Found"}
    taken = world.add_project("earth/models/old", visibility="public")
    assert ask("GET", "/projects/earth%2Fmodels%2Fold").json()["id"] == taken.id


def test_a_renamed_group_moves_everything_below(world: World, ask: Ask) -> None:
    world.rename_group(world.group_at("earth"), "globe")
    assert ask("GET", "/projects/globe%2Fflood").status_code == 200
    assert ask("GET", PATH).status_code == 301
    assert ask("GET", "/groups/globe%2Fmodels").status_code == 200


def test_releases(world: World, ada: python_gitlab.Gitlab, ask: Ask) -> None:
    project = ada.projects.get("earth/flood")
    made = project.releases.create({"tag_name": "v1", "ref": "main", "name": "One", "description": "First"})
    assert made.commit["id"] == world.head(world.project_at("earth/flood"))
    assert [tag.name for tag in project.tags.list(get_all=True)] == ["v1"]
    world.set_repository_access_level(world.project_at("earth/flood"), "private")
    seen = ask("GET", f"{PATH}/releases").json()[0]
    assert seen["tag_name"] == "v1"
    assert "commit" not in seen
    assert "sources" not in seen["assets"]
    project.releases.delete("v1")
    assert ask("GET", f"{PATH}/releases").json() == []


def test_members_and_invitations(world: World, ada: python_gitlab.Gitlab, ask: Ask) -> None:
    project = ada.projects.get("earth/flood")
    eve = world.user_named("eve")
    project.members.create({"user_id": eve.id, "access_level": 20, "expires_at": "2026-02-01"})
    assert project.members.get(eve.id).expires_at == "2026-02-01"
    project.members.update(eve.id, {"access_level": 30})
    assert project.members_all.get(eve.id).access_level == 30
    project.members.delete(eve.id)
    group = world.add_group("guests")
    world.add_member(group, eve, AccessLevel.DEVELOPER)
    world.add_member(group, world.user_named("ada"), AccessLevel.DEVELOPER)
    project.share(group.id, 20)
    assert project.members_all.get(eve.id).access_level == 20
    assert ask("GET", PATH, "eve").json()["permissions"] == {"project_access": None, "group_access": None}
    project.unshare(group.id)
    with pytest.raises(python_gitlab.GitlabGetError):
        project.members_all.get(eve.id)


def test_groups_and_topics(world: World, ada: python_gitlab.Gitlab) -> None:
    made = ada.groups.create({"name": "Sea", "path": "sea"})
    assert [member.username for member in made.members.list(get_all=True)] == ["ada"]
    inner = ada.groups.create({"name": "Deep", "path": "deep", "parent_id": made.id})
    assert inner.full_path == "sea/deep"
    assert [group.full_path for group in made.subgroups.list(get_all=True)] == ["sea/deep"]
    assert {topic.name for topic in ada.topics.list(get_all=True)} == {"sharinghub:aimodel", "water"}
    assert [p.path for p in ada.groups.get("earth").projects.list(get_all=True)] == ["flood"]


# Filters


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("topic=water", ["flood"]),
        ("topic=Water", []),
        ("topic=water,sharinghub:aimodel", ["flood"]),
        ("topic=water,land", []),
        ("visibility=internal", ["inner"]),
        ("archived=true", ["rest"]),
        ("archived=false&order_by=id&sort=asc", ["flood", "inner", "mine"]),
        ("membership=true&order_by=id&sort=asc", ["flood", "mine"]),
        ("owned=true", ["mine"]),
        ("min_access_level=40&order_by=id&sort=asc", ["flood", "mine"]),
        ("search=WATER", ["flood"]),
        ("id_after=3&order_by=id&sort=asc", ["mine"]),
        ("id_before=2", ["flood"]),
        ("last_activity_before=2025-01-01T00:00:00Z", ["rest"]),
        ("order_by=name&sort=asc", ["flood", "inner", "mine", "rest"]),
        ("active=true&order_by=id&sort=asc", ["flood", "inner", "mine"]),
    ],
)
def test_filters(world: World, ask: Ask, query: str, paths: list[str]) -> None:
    world.add_project("earth/inner", visibility="internal")
    world.add_project("earth/rest", visibility="public", archived=True, created_at=datetime(2024, 1, 1, tzinfo=UTC))
    world.add_project("ada/mine")
    world.add_project("root/hidden")
    assert [p["path"] for p in ask("GET", f"/projects?{query}", as_="ada").json()] == paths


def test_large_files_as_json_are_rationed_and_raw_ones_are_not(world: World, ask: Ask, clock: Any) -> None:
    world.commit(world.project_at("earth/flood"), {"big.bin": b"\0" * (10 * 1024 * 1024 + 1)})
    base = f"{PATH}/repository/files/big.bin"
    answers = [ask("GET", f"{base}?ref=main").status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]
    assert ask("GET", f"{base}/raw").status_code == 200
    clock.advance(60)
    assert ask("GET", f"{base}?ref=main").status_code == 200
