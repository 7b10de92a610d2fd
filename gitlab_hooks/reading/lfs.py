"""Which files of a repository are Git LFS pointers, and what a pointer says.

Sources: https://git-scm.com/docs/gitattributes, https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

import re
from collections.abc import Callable
from typing import Final

from stac_ext.globs import Glob

MAX_POINTER_BYTES: Final = 1024
MAX_RULES: Final = 1_000
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:[a-z0-9.-]+ [^\n]*\n)*?oid sha256:([0-9a-f]{64})\n"
    rb"(?:[a-z0-9.-]+ [^\n]*\n)*?size ([0-9]{1,18})\n"
)


def parse_pointer(data: bytes) -> tuple[str, int] | None:
    """SHA-256 in hex and size in bytes of the object that a pointer file names; None for any other file."""
    found = _POINTER.match(data) if len(data) <= MAX_POINTER_BYTES else None
    return (found[1].decode(), int(found[2])) if found else None


def tracked_by(attributes: bytes) -> Callable[[str], bool]:
    """Whether `.gitattributes` in the root says of a path that it is in Git LFS; the last rule that matches counts."""
    rules: list[tuple[Glob, bool]] = []
    for line in attributes.decode("utf-8", "replace").splitlines()[:MAX_RULES]:
        pattern, *words = line.split()[:32] or ("#",)
        on = "filter=lfs" in words
        off = any(word in ("-filter", "!filter") or word.startswith("filter=") for word in words)
        if pattern.startswith(("#", '"', "[attr]", "!")) or not (on or off):
            continue
        try:
            rules.append((Glob(f"/{pattern.lstrip('/')}" if "/" in pattern.rstrip("/") else pattern), on))
        except ValueError:
            continue

    def tracked(path: str) -> bool:
        return next((on for glob, on in reversed(rules) if glob.matches(path)), False)

    return tracked
