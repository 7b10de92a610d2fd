"""What a project, an item and a viewer are: the frozen values that flow between the packages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from stac_ext.references import Reference


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
class FileText:
    """The bytes of a small file that says something about the project; `truncated` where only its head was read."""

    data: bytes
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class FileEnds:
    """The first bytes of a large file and, where the source honours ranges, its last; `size` of the whole in bytes.

    `whole` says that `head` is all of it.
    """

    head: bytes
    tail: bytes = b""
    size: int | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseLink:
    """A file that a release links to. `url` is GitLab's own permanent URL for it, or that of another host."""

    name: str
    url: str
    kind: str = "other"


@dataclass(frozen=True, slots=True)
class Release:
    """A release: a tag with notes. `sha` is the commit of the tag, None where GitLab shows none."""

    tag: str
    name: str
    description: str
    released_at: datetime
    sha: str | None = None
    upcoming: bool = False
    links: tuple[ReleaseLink, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One file of a package. `size` in bytes; digests in lower-case hex where GitLab states them."""

    id: int
    name: str
    size: int | None = None
    sha256: str | None = None
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A version of a package. `kind` is GitLab's `package_type` (`generic`, `pypi`, `ml_model`)."""

    id: int
    name: str
    version: str
    kind: str
    created_at: datetime
    files: tuple[PackageFile, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageTag:
    """One tag of a container image. `digest` as `sha256:<hex>`."""

    name: str
    digest: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class ContainerImage:
    """A repository of the container registry; `location` is what `docker pull` takes."""

    location: str
    tags: tuple[ImageTag, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version in GitLab's model registry, with the package that holds its files.

    `id` is its number, by which its files are downloaded, None where GitLab does not tell; `parameters` and `metrics`
    are those of the candidate behind it.
    """

    model: str
    version: str
    description: str
    created_at: datetime
    id: int | None = None
    package: Package | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    metrics: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class OmittedFacet:
    """A part of the project that fewer people may see than its code, and that is therefore left out."""

    facet: str
    access_level: str


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """Everything that an item is built from: what GitLab said about one project at one revision.

    `head_sha`, `head_committed_at` and `default_branch` are None for an empty repository. `readme` holds the raw
    bytes as they are in the repository, in whatever encoding; `readme_truncated` says that only its head was read, and
    `files_truncated` that the repository holds more files than `files`. `texts` are the other files whose content was
    read, `ends` the heads and tails of large ones, both by path; which those are is decided by `stac_ext/sources.py`.
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
    texts: Mapping[str, FileText] = field(default_factory=dict)
    ends: Mapping[str, FileEnds] = field(default_factory=dict)
    releases: tuple[Release, ...] = ()
    packages: tuple[Package, ...] = ()
    images: tuple[ContainerImage, ...] = ()
    models: tuple[ModelVersion, ...] = ()
    omitted: tuple[OmittedFacet, ...] = ()

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
class Told:
    """One field of an item, its value as one line, and the source that told it."""

    field: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class BuiltItem:
    """A STAC Item as a JSON-ready dict, with what was wrong with its sources, and where values of it come from.

    `references` name other projects; they become links on each read, for those who may see what they lead to.
    """

    item: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    references: tuple[Reference, ...] = ()
    provenance: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads: every read of the store takes one, and there is no read without.

    `level` is the widest visibility that is seen without a grant (None: nothing at all); `principal` is the key of
    the grant rows, None for a caller who can hold none; `proven` are projects that GitLab shows for this one read.
    """

    level: Visibility | None
    principal: str | None = None
    proven: frozenset[int] = frozenset()
    notes: tuple[str, ...] = field(default=(), compare=False)


ANONYMOUS = Viewer(level=Visibility.PUBLIC)
