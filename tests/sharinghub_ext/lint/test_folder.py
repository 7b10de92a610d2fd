"""Proves which files of a folder are the project's, and that none outside of it is ever opened."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharinghub_ext.lint.folder import Folder, tracked_files, walked_files
from sharinghub_ext.lint.git import Git
from sharinghub_ext.lint.ignoring import Ignoring
from tests.sharinghub_ext.lint.checkouts import checkout, git, write


def paths(folder: Path) -> list[str]:
    return [one.path for one in walked_files(Folder(folder))]


def test_files_are_as_in_the_working_tree(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"kept.txt": "one", "changed.txt": "one", "gone.txt": "one", "linked.txt": "one"})
    write(folder, {"changed.txt": "longer", "untracked.txt": "x"})
    (folder / "gone.txt").unlink()
    (folder / "linked.txt").unlink()
    (folder / "linked.txt").symlink_to("/etc/hostname")
    found = {one.path: one.size for one in tracked_files(Folder(folder), Git(folder))}
    assert found == {"kept.txt": 3, "changed.txt": 6}


def test_files_left_out_of_a_sparse_checkout_are_still_files(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": "x", "data/big.bin": "y"})
    git(folder, "update-index", "--skip-worktree", "data/big.bin")
    (folder / "data" / "big.bin").unlink()
    found = {one.path: one.size for one in tracked_files(Folder(folder), Git(folder))}
    assert found == {"README.md": 1, "data/big.bin": None}


def test_without_git_everything_counts_that_no_gitignore_names(tmp_path: Path) -> None:
    files = {
        "README.md": "x",
        ".gitignore": "*.log\n/build/\n!keep.log\n# no comment\n\nsecret\\ \n",
        "a.log": "1",
        "keep.log": "2",
        "build/out.bin": "3",
        "src/build/in.txt": "4",
        "data/.gitignore": "/big.tif\n",
        "data/big.tif": "5",
        "data/more/big.tif": "6",
        "data/big.tif.dvc": "outs: []",
        ".dvc/.gitignore": "/config.local\n/cache\n",
        ".dvc/config": "",
        ".dvc/config.local": "password",
        ".dvc/cache/files/md5/aa/bb": "7",
        ".git/config": "x",
    }
    assert paths(write(tmp_path, files)) == sorted(
        [
            *("README.md", ".gitignore", "keep.log", "src/build/in.txt", "data/.gitignore", "data/more/big.tif"),
            *("data/big.tif.dvc", ".dvc/.gitignore", ".dvc/config"),
        ]
    )


def test_no_link_is_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"secret.txt": "s", "deep/secret.txt": "s"})
    folder = write(tmp_path / "in", {"plain.txt": "p", "folder/file.txt": "f"})
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "linked").symlink_to(outside, target_is_directory=True)
    (folder / "own").symlink_to("folder", target_is_directory=True)
    (folder / "loop").symlink_to(".", target_is_directory=True)
    os.mkfifo(folder / "pipe")
    assert paths(folder) == ["folder/file.txt", "plain.txt"]
    place = Folder(folder)
    for name in ("link.txt", "linked/secret.txt", "linked/deep/secret.txt", "own/file.txt", "loop/plain.txt", "pipe"):
        assert place.size_of(name) is None
        with pytest.raises(OSError, match="no plain file"), place.opened(name):
            pass


@pytest.mark.parametrize("name", ["../outside.txt", "a/../../outside.txt", "/etc/hostname", "nowhere", "a\0b", "", "."])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"outside.txt": "x", "in/a/file.txt": "y"})
    place = Folder(tmp_path / "in")
    assert place.size_of(name) is None


def test_a_folder_that_was_replaced_by_a_link_is_not_entered(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"data/file.txt": "x"})
    (folder / "data" / "file.txt").unlink()
    (folder / "data").rmdir()
    write(tmp_path / "outside", {"file.txt": "secret"})
    (folder / "data").symlink_to(tmp_path / "outside", target_is_directory=True)
    assert tracked_files(Folder(folder), Git(folder)) == []


def test_a_name_that_is_no_utf_8_is_shown_in_utf_8(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    assert paths(tmp_path) == ["caf�.txt"]


@pytest.mark.parametrize(
    ("text", "path", "is_folder", "expected"),
    [
        ("*.tif", "a/b/c.tif", False, True),
        ("/a.tif", "a.tif", False, True),
        ("/a.tif", "b/a.tif", False, None),
        ("b/a.tif", "b/a.tif", False, True),
        ("b/a.tif", "c/b/a.tif", False, None),
        ("data/", "data", False, None),
        ("data/", "data", True, True),
        ("*.tif\n!a.tif", "a.tif", False, False),
        ("!a.tif\n*.tif", "a.tif", False, True),
        ("# a.tif", "# a.tif", False, None),
        ("**/x", "a/b/x", False, True),
    ],
)
def test_patterns_mean_what_they_mean_in_git(text: str, path: str, is_folder: bool, expected: bool | None) -> None:
    assert Ignoring(text).says(path, is_folder=is_folder) is expected


@given(st.text(max_size=200), st.text(min_size=1, max_size=50))
def test_no_gitignore_breaks_the_reading(text: str, path: str) -> None:
    assert Ignoring(text).says(path, is_folder=False) in (True, False, None)
