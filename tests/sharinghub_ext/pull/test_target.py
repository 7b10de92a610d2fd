"""Proves that no path that an item names leads out of the folder, or over what must stay."""

from pathlib import Path

import pytest

from sharinghub_ext.pull.errors import PullError
from sharinghub_ext.pull.target import Target


@pytest.mark.parametrize(
    "path",
    [
        *("../x", "a/../../x", "/etc/passwd", "a//b", "./a", "a/.", "a/..", "", "a\\b", "c:x", "a\nb", "a\x00b"),
        *(".git/hooks/post-checkout", "a/.GIT/config", ".sharinghub-pull.json", "x.sharinghub-part"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(PullError):
        Target(tmp_path / "to").place(path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["to"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (outside := tmp_path / "outside").mkdir()
    target = Target(tmp_path / "to")
    (target.folder / "link").symlink_to(outside)
    (target.folder / "file").symlink_to(outside / "new")
    for path in ("link/x", "link/deep/x", "file"):
        with pytest.raises(PullError, match="link"):
            target.place(path)
    assert list(outside.iterdir()) in ([], [outside / "deep"])


def test_a_file_may_lie_deep(tmp_path: Path) -> None:
    assert Target(tmp_path / "to").place("a/b c/ü.bin") == tmp_path / "to/a/b c/ü.bin"
