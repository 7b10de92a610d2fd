"""Proves how a checkout answers where Git LFS keeps a file, and how much it reads of large ones."""

import hashlib
from pathlib import Path

import pytest

from gitlab_hooks.gateway.ends import Wanted
from gitlab_hooks.gateway.errors import NotFound
from sharinghub_ext.lint.checkout import Checkout
from sharinghub_ext.lint.folder import Folder
from sharinghub_ext.lint.git import Git
from tests.sharinghub_ext.lint.checkouts import checkout, pointer, write

CONTENT = b"weights " * 1000
SHA = hashlib.sha256(CONTENT).hexdigest()
ATTRIBUTES = "*.bin filter=lfs diff=lfs merge=lfs -text\n"


def opened(folder: Path, *, with_git: bool = True) -> Checkout:
    return Checkout(Folder(folder), Git(folder) if with_git else None)


def facts(one: Checkout, path: str) -> tuple[int | None, str | None]:
    found = one.blob_facts(0, "", [path])[path]
    return found.size, found.lfs_sha256


def test_a_pointer_that_is_not_smudged_is_a_file_in_git_lfs(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {".gitattributes": ATTRIBUTES, "big.bin": pointer(CONTENT)})
    for with_git in (True, False):
        one = opened(folder, with_git=with_git)
        assert facts(one, "big.bin") == (len(CONTENT), SHA)
        assert one.ends(0, "big.bin", "", Wanted(10)) is None
        assert one.raw_file(0, "big.bin", "", 1024) == (pointer(CONTENT).encode(), False)


def test_a_smudged_file_is_known_by_the_pointer_that_git_keeps(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {".gitattributes": ATTRIBUTES, "big.bin": pointer(CONTENT)})
    write(folder, {"big.bin": CONTENT})
    for with_git in (True, False):
        one = opened(folder, with_git=with_git)
        assert facts(one, "big.bin") == (len(CONTENT), SHA)
        assert one.raw_file(0, "big.bin", "", 1024) == (pointer(CONTENT).encode(), False)
        ends = one.ends(0, "big.bin", "", Wanted(10, tail=5))
        assert ends is not None
        assert (ends.head, ends.tail, ends.size) == (CONTENT[:10], CONTENT[-5:], len(CONTENT))


def test_a_changed_file_in_git_lfs_has_the_hash_of_what_it_is_now(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {".gitattributes": ATTRIBUTES, "big.bin": pointer(CONTENT)})
    write(folder, {"big.bin": CONTENT + b"more"})
    one = opened(folder)
    assert facts(one, "big.bin") == (len(CONTENT) + 4, hashlib.sha256(CONTENT + b"more").hexdigest())


def test_the_content_of_a_pointer_is_found_where_git_lfs_keeps_it(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {".gitattributes": ATTRIBUTES, "big.bin": pointer(CONTENT)})
    write(folder / ".git" / "lfs" / "objects", {f"{SHA[:2]}/{SHA[2:4]}/{SHA}": CONTENT})
    ends = opened(folder).ends(0, "big.bin", "", Wanted(7))
    assert ends is not None
    assert ends.head == b"weights"


def test_a_file_that_git_holds_itself_has_its_own_size(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {".gitattributes": ATTRIBUTES, "a.txt": "text"})
    assert facts(opened(folder), "a.txt") == (4, None)


@pytest.mark.parametrize(("size", "head", "tail"), [(20, 20, 0), (15, 15, 0), (21, 10, 5), (40, 10, 5), (41, 10, 0)])
def test_large_files_are_read_as_far_as_gitlab_would_send_them(tmp_path: Path, size: int, head: int, tail: int) -> None:
    content = bytes(range(size))
    folder = checkout(tmp_path / "a", {"big.tif": content})
    ends = opened(folder).ends(0, "big.tif", "", Wanted(10, tail=5, whole=20, through=40))
    assert ends is not None
    assert (ends.head, ends.tail) == (content[:head], content[len(content) - tail :])
    assert ends.whole is (size <= 20)
    assert ends.size == size


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    one = opened(checkout(tmp_path / "a", {"a.txt": "text"}))
    for name in ("b.txt", "../a.txt", ".git/config"):
        with pytest.raises(NotFound):
            one.raw_file(0, name, "", 10)
        with pytest.raises(NotFound):
            one.ends(0, name, "", Wanted(1))
    assert one.raw_file(0, "a.txt", "", 2) == (b"te", True)
