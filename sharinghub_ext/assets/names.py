"""Which file, archive or package file an address below /assets names; what climbs out of its project names nothing.

A slash that belongs to a revision, a file name or a version of a package is written `%2F`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote, unquote

from starlette.types import Scope

BELOW: Final = "/assets/"
_ID: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_ARCHIVE: Final = ".zip"
_DECODINGS: Final = 3  # by proxies on the way to GitLab
# How GitLab's download of each kind of package begins, how many names follow it here, and what stands before the last.
# Sources: https://docs.gitlab.com/user/packages/generic_packages/, https://docs.gitlab.com/api/packages/pypi/
_PACKAGES: Final[dict[str, tuple[tuple[str, ...], int, tuple[str, ...]]]] = {
    "generic": (("generic",), 3, ()),
    "pypi": (("pypi", "files"), 2, ()),
    "ml_models": (("ml_models",), 2, ("files",)),
}


class Kind(StrEnum):
    """What is downloaded."""

    FILE = "file"
    ARCHIVE = "archive"
    PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class Asset:
    """What an address names: `parts` are those of the path of a file, or the names of a package, its kind first."""

    project_id: int
    kind: Kind
    revision: str
    parts: tuple[str, ...]

    @property
    def path(self) -> str:
        """The path of a file in its repository, or what is read besides, in words of the address."""
        return f"archive/{self.revision}{_ARCHIVE}" if self.kind is Kind.ARCHIVE else "/".join(self.parts)

    @property
    def file_name(self) -> str:
        """Under which name it is saved."""
        if self.kind is Kind.ARCHIVE:
            return f"{self.project_id}-{self.revision[:12].replace('/', '-')}{_ARCHIVE}"
        return self.parts[-1].rpartition("/")[2]

    @property
    def is_at_commit(self) -> bool:
        """Whether it is of one commit, written out, so that it never changes."""
        return self.kind is not Kind.PACKAGE and _COMMIT.fullmatch(self.revision) is not None

    @property
    def address(self) -> str:
        """The one way to write its path at the hub."""
        names = {
            Kind.FILE: (self.revision, *self.parts),
            Kind.ARCHIVE: ("archive", self.revision + _ARCHIVE),
            Kind.PACKAGE: ("packages", *self.parts),
        }[self.kind]
        return f"{BELOW}{self.project_id}/" + "/".join(quote(one, safe="") for one in names)

    @property
    def below_packages(self) -> tuple[str, ...]:
        """The names that follow `packages/` at GitLab."""
        first, _, before_last = _PACKAGES[self.parts[0]]
        return (*first, *self.parts[1:-1], *before_last, self.parts[-1])


def asset_at(path: str) -> Asset | None:
    """What a path of the hub names, as it was sent, percent signs and all; None for nothing."""
    if not path.startswith(BELOW):
        return None
    try:
        parts = [unquote(one, errors="strict") for one in path.removeprefix(BELOW).split("/")]
    except UnicodeDecodeError:
        return None
    if len(parts) < 3 or not _ID.fullmatch(parts[0]) or not all(map(_stays_inside, parts[1:])):
        return None
    project_id, first, *rest = int(parts[0]), *parts[1:]
    if first == "packages":
        wanted = _PACKAGES.get(rest[0])
        is_one = wanted is not None and len(rest) - 1 == wanted[1]
        return Asset(project_id, Kind.PACKAGE, "", tuple(rest)) if is_one else None
    if first == "archive" and len(rest) == 1 and rest[0].endswith(_ARCHIVE):
        revision = rest[0].removesuffix(_ARCHIVE)
        return Asset(project_id, Kind.ARCHIVE, revision, ()) if revision and _stays_inside(revision) else None
    return Asset(project_id, Kind.FILE, first, tuple(rest))


def sent_path(scope: Scope) -> str:
    """The path of a request as it was sent, without the query and the path of the public URL."""
    raw: bytes = scope.get("raw_path") or b""
    path = raw.partition(b"?")[0].decode("latin-1")
    prefix: str = scope.get("root_path", "")
    if prefix and (path + "/").startswith(prefix + "/"):
        path = path.removeprefix(prefix)
    # Who writes `/assets/` itself in another way is understood, too.
    return path if path.startswith(BELOW) else quote(scope["path"])


def _stays_inside(part: str) -> bool:
    """Whether a name stays in its folder, also where somebody on the way decodes it again or takes `\\` for `/`."""
    if any(one == "" for one in part.split("/")):
        return False
    for _ in range(_DECODINGS):
        if "\0" in part or any(one in (".", "..") for one in re.split(r"[/\\]", part)):
            return False
        part = unquote(part)
    return True
