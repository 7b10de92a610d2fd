"""What a project, an item and a viewer are: the frozen values that flow between the packages."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any


class Visibility(IntEnum):
    """Effective visibility: the narrower of the project's visibility and its repository's access level.

    A viewer of level `n` sees every item whose visibility is at most `n`; private items need a grant.
    Source: https://docs.gitlab.com/user/public_access/
    """

    PUBLIC = 0
    INTERNAL = 1
    PRIVATE = 2


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """A file of the repository at the indexed revision.

    `size` is in bytes and `blob_id` is git's object id; `lfs_sha256` is set where the blob is a Git LFS pointer.
    """

    path: str
    blob_id: str
    size: int | None = None
    lfs_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class DetectedLicence:
    """The licence that GitLab detected: its `key` in lower case (`apache-2.0`), its name, and the file's URL."""

    key: str
    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """Everything that an item is built from: what GitLab said about one project at one revision.

    `head_sha`, `head_committed_at` and `default_branch` are None for an empty repository. `readme` holds the raw
    bytes as they are in the repository, in whatever encoding; `readme_truncated` says that only its head was read, and
    `files_truncated` that the repository holds more files than `files`.
    """

    id: int
    path: str
    name: str
    description: str
    web_url: str
    visibility: str
    effective_visibility: Visibility
    topics: tuple[str, ...]
    created_at: datetime
    archived: bool = False
    stars: int = 0
    default_branch: str | None = None
    head_sha: str | None = None
    head_committed_at: datetime | None = None
    files: tuple[RepositoryFile, ...] = ()
    readme_path: str | None = None
    readme: bytes | None = None
    readme_truncated: bool = False
    files_truncated: bool = False
    licence: DetectedLicence | None = None
    http_url_to_repo: str | None = None
    issues_enabled: bool = False

    @property
    def namespace(self) -> str:
        """The full path of the group or user that holds the project."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a project that could not be used, told to those who can push to it.

    `rule` is a stable name in kebab case; `message` says what is wrong and `fix` what to do about it.
    """

    rule: str
    message: str
    fix: str = ""
    path: str = "README.md"
    line: int | None = None


@dataclass(frozen=True, slots=True)
class BuiltItem:
    """A STAC Item as a JSON-ready dict, with what was wrong with its sources."""

    item: dict[str, Any]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads: every read of the store takes one, and there is no read without.

    `level` is the widest visibility that is seen without a grant (None: nothing at all); `principal` is the key of
    the grant rows, None for a caller who can hold none.
    """

    level: Visibility | None
    principal: str | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)


ANONYMOUS = Viewer(level=Visibility.PUBLIC)
