"""What changes beside the code of a project: release links, packages, images, models and Git LFS objects.

None of it fires a hook: GitLab has none for packages, images, models or a changed level of a feature but the
`project_update` of the last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from gitlab_hooks.standin.code import Code
from gitlab_hooks.standin.lfs import lfs_pointer
from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.registry_model import (
    FACET_LEVELS,
    FACETS,
    LINK_TYPES,
    Facet,
    Image,
    ImageTag,
    MlModel,
    MlVersion,
    Package,
    PackageFile,
    ReleaseLink,
)
from gitlab_hooks.standin.state import Conflict, in_utc


class Registries(Code):
    """Registries and large files of projects."""

    def set_facet_level(self, project: Project, facet: Facet, level: str) -> None:
        """Say who may use a part of the project. Fires `project_update`."""
        self.check_facet_level(facet, level)
        with self.lock:
            project.facet_levels[facet] = level
            self.project_event("project_update", project)

    @staticmethod
    def check_facet_level(facet: str, level: str) -> None:
        wrong = level not in FACET_LEVELS or (level == "public" and facet != "package_registry")
        if facet not in FACETS or wrong:
            raise Conflict(f"{facet}_access_level", "does not have a valid value")

    def add_release_link(
        self, project: Project, tag: str, name: str, url: str, *, kind: str = "other", path: str | None = None
    ) -> ReleaseLink:
        """A link of a release; names and URLs are unique within it. `path` begins with a slash."""
        with self.lock:
            links = project.releases[tag].links
            if kind not in LINK_TYPES:
                raise Conflict("link_type", "does not have a valid value")
            if path is not None and not path.startswith("/"):
                raise Conflict("filepath", "is in an invalid format")
            for field, value in (("name", name), ("url", url)):
                if any(getattr(link, field) == value for link in links.values()):
                    raise Conflict(field, "has already been taken")
            link = ReleaseLink(self.next_id("link"), name, url, kind, path)
            links[link.id] = link
            return link

    def remove_release_link(self, project: Project, tag: str, link_id: int) -> ReleaseLink:
        with self.lock:
            return project.releases[tag].links.pop(link_id)

    def add_package(
        self,
        project: Project,
        name: str,
        version: str,
        files: Mapping[str, bytes] | None = None,
        *,
        kind: str = "generic",
        created_at: datetime | None = None,
    ) -> Package:
        """A package of one version with its files; further files of the same version are added to it."""
        with self.lock:
            found = self.package_named(project, kind, name, version)
            if found is None:
                found = Package(self.next_id("package"), name, version, kind, in_utc(created_at) or self.now())
                project.packages[found.id] = found
            for file_name, data in (files or {}).items():
                file = PackageFile(self.next_id("package_file"), file_name, data, in_utc(created_at) or self.now())
                found.files[file.id] = file
            return found

    @staticmethod
    def package_named(project: Project, kind: str, name: str, version: str) -> Package | None:
        rows = [row for row in project.packages.values() if (row.kind, row.name, row.version) == (kind, name, version)]
        return rows[-1] if rows else None

    def remove_package(self, project: Project, package: Package) -> None:
        with self.lock:
            del project.packages[package.id]

    def push_image(
        self,
        project: Project,
        tag: str,
        name: str = "",
        *,
        digest: str | None = None,
        size: int = 1,
        pushed_at: datetime | None = None,
    ) -> Image:
        """Push a tag of an image, which moves when it is there already. `digest` as `sha256:<hex>`."""
        with self.lock:
            found = next((image for image in project.images.values() if image.name == name), None)
            now = in_utc(pushed_at) or self.now()
            if found is None:
                found = Image(self.next_id("image"), name, now)
                project.images[found.id] = found
            made = hashlib.sha256(f"{project.id}/{name}:{tag}".encode()).hexdigest()
            found.tags[tag] = ImageTag(tag, digest or f"sha256:{made}", size, now)
            return found

    def remove_image(self, project: Project, image: Image) -> None:
        with self.lock:
            del project.images[image.id]

    def add_model_version(
        self,
        project: Project,
        model: str,
        version: str,
        files: Mapping[str, bytes] | None = None,
        *,
        description: str | None = None,
        parameters: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        created_at: datetime | None = None,
    ) -> MlVersion:
        """A version of a model, which is made when it is not there, with its package of kind `ml_model`."""
        with self.lock:
            now = in_utc(created_at) or self.now()
            found = next((row for row in project.models.values() if row.name == model), None)
            if found is None:
                found = MlModel(self.next_id("model"), model, None, now)
                project.models[found.id] = found
            if any(row.version == version for row in found.versions.values()):
                raise Conflict("version", "has already been taken")
            package = self.add_package(project, model, version, files, kind="ml_model", created_at=now)
            row = MlVersion(
                self.next_id("model_version"),
                version,
                description,
                now,
                package,
                dict(parameters or {}),
                dict(metrics or {}),
            )
            found.versions[row.id] = row
            return row

    def put_lfs_object(self, project: Project, data: bytes) -> bytes:
        """Keep a large file as `git lfs push` does; returns the pointer to commit."""
        with self.lock:
            oid = hashlib.sha256(data).hexdigest()
            project.lfs_objects[oid] = data
            return lfs_pointer(oid, len(data))
