"""Proves that git itself clones from the stand-in and pushes to it, as far as its user may."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import httpx
import pytest

from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import AccessLevel, World
from tests.gitlab_hooks.standin.conftest import Receiver


@pytest.fixture
def git(tmp_path: Path):  # type: ignore[no-untyped-def]
    """`git("clone", url, "here")`: run git in a folder of its own, with no configuration but this."""
    work = tmp_path / "work"
    work.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment = kept | {
        "HOME": str(work),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.com",
        "no_proxy": "127.0.0.1",
    }

    def run(*args: str, inside: str = ".") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *args], cwd=work / inside, env=environment, capture_output=True, text=True, check=False
        )

    run.work = work  # type: ignore[attr-defined]
    return run


def address(gitlab: StandIn, path: str, token: str | None = None) -> str:
    return f"{gitlab.url.replace('://', f'://any:{token}@') if token else gitlab.url}/{path}.git"


@pytest.mark.parametrize("version", ["0", "2"])
def test_anybody_clones_what_is_public(gitlab: StandIn, git, version: str) -> None:  # type: ignore[no-untyped-def]
    done = git("-c", f"protocol.version={version}", "clone", address(gitlab, "earth/flood"), "here")
    assert done.returncode == 0, done.stderr
    assert (git.work / "here/src/train.py").read_text() == "print('wet')\n"


def test_what_the_stand_in_writes_is_sound(world: World, gitlab: StandIn, git) -> None:  # type: ignore[no-untyped-def]
    project = world.project_at("earth/flood")
    world.commit(project, {"a/b/c/d": b"1", "a/b.txt": b"2", "a-b": b"3"}, "Several")
    world.commit(project, {"a/b/c/d": None}, "Without d")
    world.add_tag(project, "v1", message="One")
    check = git("--git-dir", str(project.repository.git_dir), "fsck", "--strict", "--no-dangling")
    assert (check.returncode, check.stdout) == (0, "")
    git("clone", address(gitlab, "earth/flood"), "here")
    assert not (git.work / "here/a/b").exists()
    assert git("describe", inside="here").stdout.strip().startswith("v1")


def test_packed_objects_are_read_too(world: World, gitlab: StandIn, git) -> None:  # type: ignore[no-untyped-def]
    git("clone", address(gitlab, "earth/flood", "glpat-ada"), "here")
    for at in range(150):
        (git.work / f"here/{at}.txt").write_text(f"number {at}")
    git("add", ".", inside="here")
    git("commit", "-qm", "Many", inside="here")
    assert git("push", "origin", "main", inside="here").returncode == 0
    repository = world.project_at("earth/flood").repository
    assert list((repository.git_dir / "objects" / "pack").glob("*.pack"))
    repository.git("pack-refs", "--all")
    repository.forget()
    sha = repository.resolve()
    assert sha is not None
    assert repository.resolve(sha[:8]) == sha
    base = f"{gitlab.url}/api/v4/projects/earth%2Fflood/repository"
    assert httpx.get(f"{base}/files/149.txt/raw").content == b"number 149"
    assert httpx.get(f"{base}/tree").headers["X-Total"] == "153"
    world.commit(world.project_at("earth/flood"), {"149.txt": b"changed"}, "Change")
    assert httpx.get(f"{base}/files/149.txt/raw").content == b"changed"
    last = httpx.head(f"{base}/files/148.txt?ref=main").headers["X-Gitlab-Last-Commit-Id"]
    assert last == sha


def test_a_push_changes_the_world_and_calls_the_hooks(  # type: ignore[no-untyped-def]
    world: World, gitlab: StandIn, git, receiver: Receiver
) -> None:
    project = world.project_at("earth/flood")
    world.clock.advance(7200)  # type: ignore[attr-defined]
    git("clone", address(gitlab, "earth/flood", "glpat-ada"), "here")
    world.add_project_hook(project, receiver.url, tag_push_events=True)
    world.add_system_hook(receiver.url)
    (git.work / "here/new.txt").write_text("new")
    git("add", ".", inside="here")
    git("commit", "-qm", "New", inside="here")
    git("tag", "v2", inside="here")
    pushed = git("push", "origin", "main", "v2", inside="here")
    assert pushed.returncode == 0, pushed.stderr
    world.hooks.drain()
    assert receiver.events == ["push", "tag_push", "repository_update"]
    assert receiver.got[0][1]["commits"][0]["added"] == ["new.txt"]
    assert receiver.got[0][1]["user_username"] == "ada"
    assert project.last_activity_at == world.now()
    raw = httpx.get(f"{gitlab.url}/api/v4/projects/{project.id}/repository/files/new.txt/raw")
    assert raw.content == b"new"


def test_many_branches_in_one_push(  # type: ignore[no-untyped-def]
    world: World, gitlab: StandIn, git, receiver: Receiver
) -> None:
    git("clone", address(gitlab, "earth/flood", "glpat-ada"), "here")
    world.add_project_hook(world.project_at("earth/flood"), receiver.url)
    world.add_system_hook(receiver.url)
    assert git("push", "origin", *(f"main:b{at}" for at in range(4)), inside="here").returncode == 0
    world.hooks.drain()
    assert receiver.events == ["repository_update"]


def test_the_first_push_decides_the_default_branch(world: World, gitlab: StandIn, git) -> None:  # type: ignore[no-untyped-def]
    project = world.add_project("ada/empty")
    git("init", "-q", "-b", "trunk", "here")
    (git.work / "here/x").write_text("x")
    git("add", ".", inside="here")
    git("commit", "-qm", "First", inside="here")
    done = git("push", address(gitlab, "ada/empty", "glpat-ada"), "trunk", inside="here")
    assert done.returncode == 0, done.stderr
    assert project.repository.default_branch == "trunk"


@pytest.mark.parametrize(
    ("path", "who", "service", "status"),
    [
        ("earth/flood", None, "git-upload-pack", 200),
        ("earth/flood", None, "git-receive-pack", 401),
        ("earth/flood", "glpat-gus", "git-receive-pack", 403),
        ("earth/flood", "glpat-ada", "git-receive-pack", 200),
        ("earth/flood", "glpat-nobody", "git-upload-pack", 401),
        ("earth/secret", None, "git-upload-pack", 401),
        ("earth/none", None, "git-upload-pack", 401),
        ("earth/secret", "glpat-eve", "git-upload-pack", 404),
        ("earth/secret", "glpat-gus", "git-upload-pack", 403),
        ("earth/secret", "glpat-root", "git-upload-pack", 200),
        ("earth/flood", "read-only", "git-upload-pack", 200),
        ("earth/flood", "read-only", "git-receive-pack", 403),
        ("earth/flood", "writer", "git-receive-pack", 200),
        ("earth/flood", "profile", "git-upload-pack", 403),
        ("earth/rest", "glpat-root", "git-receive-pack", 403),
        ("earth/rest", "glpat-root", "git-upload-pack", 200),
    ],
)
def test_who_gets_in(world: World, gitlab: StandIn, path: str, who: str | None, service: str, status: int) -> None:
    secret = world.add_project("earth/secret", files={"x": b"x"})
    world.add_member(secret, world.user_named("gus"), AccessLevel.GUEST)
    world.add_project("earth/rest", visibility="public", files={"x": b"x"}, archived=True)
    for value, scope in {"read-only": "read_repository", "writer": "write_repository", "profile": "read_user"}.items():
        world.add_token(world.user_named("ada"), value, scopes=(scope,))
    auth = httpx.BasicAuth("any", who) if who else None
    answer = httpx.get(f"{gitlab.url}/{path}.git/info/refs", params={"service": service}, auth=auth)
    assert answer.status_code == status
    assert ("www-authenticate" in answer.headers) == (status == 401)
