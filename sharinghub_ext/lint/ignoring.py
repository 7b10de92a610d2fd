"""Which files of a folder without git would not be committed: those that its `.gitignore` files name.

Source: https://git-scm.com/docs/gitignore
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from stac_ext.globs import Glob

MAX_RULES: Final = 1_000
MAX_BYTES: Final = 64 * 1024
ALWAYS: Final = frozenset({".git", ".hg", ".svn"})


@dataclass(frozen=True, slots=True)
class _Pattern:
    glob: Glob
    ignores: bool
    only_folders: bool


class Ignoring:
    """The patterns of one `.gitignore`; paths are relative to its folder."""

    def __init__(self, text: str) -> None:
        self._patterns = list(_patterns(text[:MAX_BYTES]))

    def says(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether the path is ignored, None where no pattern names it; the last one that does counts."""
        for pattern in reversed(self._patterns):
            if (is_folder or not pattern.only_folders) and pattern.glob.matches(path):
                return pattern.ignores
        return None


def _patterns(text: str) -> Iterator[_Pattern]:
    for line in text.splitlines()[:MAX_RULES]:
        written = line.rstrip()
        if not written or written.startswith("#"):
            continue
        ignores = not written.startswith("!")
        written = written.removeprefix("!").removeprefix("\\")
        named = written.rstrip("/")
        anchored = f"/{named.lstrip('/')}" if "/" in named else named
        try:
            yield _Pattern(Glob(anchored), ignores, written.endswith("/"))
        except ValueError:
            continue
