"""What a project of the stand-in keeps beside its code: links of releases, packages, container images and models."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Facet = Literal["releases", "package_registry", "container_registry", "model_registry", "model_experiments"]
FACETS: tuple[Facet, ...] = (
    "releases",
    "package_registry",
    "container_registry",
    "model_registry",
    "model_experiments",
)
# Only packages can be open to everybody: https://docs.gitlab.com/api/projects/ (`package_registry_access_level`).
FACET_LEVELS = ("disabled", "private", "enabled", "public")
LINK_TYPES = ("other", "runbook", "image", "package")


@dataclass(eq=False)
class ReleaseLink:
    """A link of a release; with a `path` it has a permanent URL at GitLab."""

    id: int
    name: str
    url: str
    kind: str = "other"
    path: str | None = None


@dataclass(eq=False)
class PackageFile:
    """One file of a package, with its bytes."""

    id: int
    name: str
    data: bytes
    created_at: datetime

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def sha1(self) -> str:
        return hashlib.sha1(self.data, usedforsecurity=False).hexdigest()

    @property
    def md5(self) -> str:
        return hashlib.md5(self.data, usedforsecurity=False).hexdigest()


@dataclass(eq=False)
class Package:
    """A package of one version. `kind` is GitLab's `package_type`."""

    id: int
    name: str
    version: str
    kind: str
    created_at: datetime
    files: dict[int, PackageFile] = field(default_factory=dict)


@dataclass(eq=False)
class ImageTag:
    """A tag of a container image; sizes in bytes."""

    name: str
    digest: str
    size: int
    created_at: datetime


@dataclass(eq=False)
class Image:
    """A repository of the container registry; `name` is what follows the project's path, often nothing."""

    id: int
    name: str
    created_at: datetime
    tags: dict[str, ImageTag] = field(default_factory=dict)


@dataclass(eq=False)
class MlVersion:
    """A version in the model registry with its package and what its candidate logged."""

    id: int
    version: str
    description: str | None
    created_at: datetime
    package: Package
    parameters: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(eq=False)
class MlModel:
    """A model of the model registry."""

    id: int
    name: str
    description: str | None
    created_at: datetime
    versions: dict[int, MlVersion] = field(default_factory=dict)
