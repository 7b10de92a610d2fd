"""The container registry by REST: repositories and tags; digests only with the details of one tag.

Source: https://docs.gitlab.com/api/container_registry/
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import paging
from gitlab_hooks.standin.calls import Call, Router, not_found, refuse
from gitlab_hooks.standin.entities import moment
from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.registry_model import Image, ImageTag
from gitlab_hooks.standin.world import World

Json = dict[str, Any]


def image_path(project: Project, image: Image) -> str:
    """The path of an image below the registry: the project's in lower case, then the image's own name."""
    return f"{project.full_path.lower()}/{image.name}".rstrip("/")


def location(world: World, project: Project, image: Image) -> str:
    return f"registry.{urlsplit(world.external_url).hostname}:5050/{image_path(project, image)}"


def tag_row(call: Call, project: Project, image: Image, tag: ImageTag) -> Json:
    path = image_path(project, image)
    return {
        "name": tag.name,
        "path": f"{path}:{tag.name}",
        "location": f"{location(call.world, project, image)}:{tag.name}",
    }


def repositories(call: Call) -> Response:
    project = call.with_facet("container_registry")
    with_tags, with_count = call.flag("tags"), call.flag("tags_count")

    def shape(image: Image) -> Json:
        body: Json = {
            "id": image.id,
            "name": image.name,
            "path": image_path(project, image),
            "project_id": project.id,
            "location": location(call.world, project, image),
            "created_at": moment(image.created_at),
            "cleanup_policy_started_at": None,
            "status": None,
        }
        if with_count or with_tags:
            body["tags_count"] = len(image.tags)
        if with_tags:
            body["tags"] = [tag_row(call, project, image, tag) for _, tag in sorted(image.tags.items())]
        return body

    return paging.paged(call, list(project.images.values()), shape)


def _image(call: Call) -> tuple[Project, Image]:
    project = call.with_facet("container_registry")
    key = call.path["repository_id"]
    found = project.images.get(int(key)) if key.isdecimal() else None
    if found is None:
        raise not_found()
    if call.world.registry_down:
        raise refuse(503, "503 Service Unavailable")
    return project, found


def tags(call: Call) -> Response:
    project, image = _image(call)
    rows = [tag for _, tag in sorted(image.tags.items())]
    return paging.paged(call, rows, lambda tag: tag_row(call, project, image, tag))


def one_tag(call: Call) -> Response:
    project, image = _image(call)
    tag = image.tags.get(call.path["tag"])
    if tag is None:
        raise not_found("Tag")
    hexadecimal = tag.digest.partition(":")[2]
    return JSONResponse(
        tag_row(call, project, image, tag)
        | {
            "revision": hexadecimal,
            "short_revision": hexadecimal[:9],
            "digest": tag.digest,
            "created_at": moment(tag.created_at),
            "total_size": tag.size,
        }
    )


def register(router: Router) -> None:
    base = "/projects/:id/registry/repositories"
    router.on("GET", base)(repositories)
    router.on("GET", f"{base}/:repository_id/tags")(tags)
    router.on("GET", f"{base}/:repository_id/tags/:tag")(one_tag)
