"""Proves what is read of git, and that nothing which a repository configures is run by that."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sharinghub_ext.lint.git import Git, GitError
from tests.sharinghub_ext.lint.checkouts import checkout, git, pointer, write


def test_tracked_files_are_listed_and_links_and_submodules_are_not(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": "x", "data/été 2023.csv": "1", "tab\there": "2"})
    (folder / "link").symlink_to("README.md")
    git(folder, "add", "link")
    head = git(folder, "rev-parse", "HEAD").strip()
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{head},module")
    write(folder, {"untracked.txt": "3"})
    found = {one.path.decode() for one in Git(folder).tracked()}
    assert found == {"README.md", "data/été 2023.csv", "tab\there"}


def test_the_paths_are_those_below_the_folder(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": "x", "inner/README.md": "y"})
    inner = Git(folder / "inner")
    assert [one.path for one in inner.tracked()] == [b"README.md"]
    assert inner.root == folder.resolve()


def test_the_head_is_told_with_its_time_in_utc(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": "x"})
    head = Git(folder).head()
    assert head == (git(folder, "rev-parse", "HEAD").strip(), datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC))


def test_a_repository_without_a_commit_has_no_head(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=trunk")
    assert Git(tmp_path).head() is None
    assert Git(tmp_path).branch() == "trunk"
    assert Git(tmp_path).remote() is None


def test_the_default_branch_is_that_of_the_remote(tmp_path: Path) -> None:
    checkout(tmp_path / "a", {"README.md": "x"})
    git(tmp_path, "clone", "--quiet", "a", "b")
    git(tmp_path / "b", "checkout", "--quiet", "-b", "feature")
    assert Git(tmp_path / "b").branch() == "main"
    git(tmp_path / "b", "checkout", "--quiet", "--detach")
    git(tmp_path / "b", "remote", "remove", "origin")
    assert Git(tmp_path / "b").branch() is None


def test_origin_comes_before_other_remotes(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": "x"})
    git(folder, "remote", "add", "backup", "https://one.example/a/b.git")
    assert Git(folder).remote() == "https://one.example/a/b.git"
    git(folder, "remote", "add", "origin", "https://two.example/a/b.git")
    assert Git(folder).remote() == "https://two.example/a/b.git"


def test_blobs_that_may_be_pointers_are_told(tmp_path: Path) -> None:
    kept = pointer(b"content")
    folder = checkout(tmp_path / "a", {"big.bin": kept, "small.txt": "no pointer", "large.txt": "x" * 5000})
    asked = Git(folder)
    ids = {one.path: one.blob_id for one in asked.tracked()}
    assert asked.pointers([*ids.values(), "0" * 40]) == {ids[b"big.bin"]: kept.encode()}


@pytest.mark.parametrize("option", ["core.fsmonitor", "core.hooksPath", "gpg.program", "core.sshCommand"])
def test_nothing_that_the_repository_configures_is_run(tmp_path: Path, option: str) -> None:
    folder = checkout(tmp_path / "a", {"README.md": "x"})
    mark = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    git(folder, "config", option, str(program))
    git(folder, "config", "log.showSignature", "true")
    git(folder, "config", "remote.origin.url", "git@host.example:a/b.git")
    git(folder, "config", "remote.origin.promisor", "true")
    write(folder, {"README.md": "changed"})
    asked = Git(folder)
    assert asked.tracked()
    assert asked.head()
    asked.pointers(["0" * 40])
    asked.remote()
    asked.branch()
    assert not mark.exists()


def test_a_checkout_of_another_user_is_read_as_in_jobs_of_ci(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": "x"})
    if os.geteuid() != 0:
        pytest.skip("needs root, to give files to another user")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 1234, 1234)
    with pytest.raises(subprocess.CalledProcessError):
        git(folder, "status")
    assert [one.path for one in Git(folder).tracked()] == [b"README.md"]


def test_a_further_working_tree_of_a_repository_is_a_checkout(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": "x"})
    git(folder, "worktree", "add", "--quiet", "../b")
    asked = Git(tmp_path / "b")
    assert asked.root == (tmp_path / "b").resolve()
    assert [one.path for one in asked.tracked()] == [b"README.md"]
    assert asked.lfs_objects() == folder.resolve() / ".git" / "lfs" / "objects"


def test_variables_of_a_hook_lead_to_no_other_repository(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"here.txt": "x"})
    other = checkout(tmp_path / "b", {"there.txt": "x"})
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_DIR": str(other / ".git"), "GIT_INDEX_FILE": "nowhere"}
    assert [one.path for one in Git(folder, environment).tracked()] == [b"here.txt"]


def test_what_is_no_checkout_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GitError):
        Git(tmp_path)
    git(tmp_path, "init", "--quiet", "--bare", "bare")
    with pytest.raises(GitError):
        Git(tmp_path / "bare")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="not installed"):
        Git(tmp_path)
