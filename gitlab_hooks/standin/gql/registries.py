"""Resolvers of what a project keeps beside its code: release links, packages, images, models; each by its own level."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError

from gitlab_hooks.standin.code_entities import download_url, link_url
from gitlab_hooks.standin.gql.connections import connection
from gitlab_hooks.standin.gql.context import Context, Info, from_global_id, global_id, time
from gitlab_hooks.standin.model import Project, Release
from gitlab_hooks.standin.registry_model import Image, ImageTag, MlModel, MlVersion, Package, ReleaseLink
from gitlab_hooks.standin.rest.registry import image_path, location

Json = dict[str, Any]
_REFUSED = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)


def release_assets(context: Context, project: Project, release: Release) -> Json:
    """What `Release.assets` holds; its connection of links is resolved with its own arguments."""
    sources = 4 if context.reader.on(project).download_code else 0
    return {"count": sources + len(release.links), "of": (project, release)}


def asset_links(assets: Json, info: Info, **paging: Any) -> Json:
    url = Context.of(info).world.external_url
    project, release = assets["of"]

    def shape(link: ReleaseLink) -> Json:
        return {
            "id": global_id("Releases::Link", link.id),
            "name": link.name,
            "url": link_url(url, link),
            "directAssetUrl": download_url(url, project, release, link),
            "directAssetPath": link.path,
            "linkType": link.kind.upper(),
        }

    rows = sorted(release.links.values(), key=lambda link: -link.id)
    return connection(rows, paging, lambda link: [link.id], shape, descending=True)


def packages(project: Project, info: Info, sort: str = "CREATED_DESC", **paging: Any) -> Json | None:
    if not Context.of(info).reader.may(project, "package_registry"):
        return None
    name, _, direction = (sort or "CREATED_DESC").lower().rpartition("_")
    field, down = {"created": "created_at", "type": "kind"}.get(name, name), direction == "desc"

    def place(row: Package) -> list[Any]:
        value = getattr(row, field)
        return [value.isoformat() if field == "created_at" else value, row.id]

    def shape(row: Package) -> Json:
        return {
            "id": global_id("Packages::Package", row.id),
            "name": row.name,
            "version": row.version,
            "packageType": row.kind.upper(),
            "_links": {"webPath": f"/{project.full_path}/-/packages/{row.id}"},
            "createdAt": time(row.created_at),
        }

    rows = sorted(project.packages.values(), key=place, reverse=down)
    return connection(rows, paging, place, shape, descending=down)


def _image(context: Context, project: Project, image: Image) -> Json:
    return {
        "id": global_id("ContainerRepository", image.id),
        "name": image.name,
        "path": image_path(project, image),
        "location": location(context.world, project, image),
        "tagsCount": len(image.tags),
        "createdAt": time(image.created_at),
        "updatedAt": time(image.created_at),
        "of": (project, image),
    }


def images(project: Project, info: Info, **given: Any) -> Json:
    context = Context.of(info)
    if not context.reader.may(project, "container_registry"):
        raise GraphQLError(_REFUSED)
    rows = sorted(project.images.values(), key=lambda image: image.id, reverse=True)
    rows = [image for image in rows if (given.get("name") or "") in image.name]
    return connection(
        rows, given, lambda image: [image.id], lambda image: _image(context, project, image), descending=True
    )


def one_image(_root: Any, info: Info, **given: str) -> Json | None:
    context, key = Context.of(info), from_global_id(given["id"], "ContainerRepository")
    for project in list(context.world.projects.values()):
        if key in project.images and context.reader.may(project, "container_registry"):
            return _image(context, project, project.images[key])
    return None


def image_tags(details: Json, info: Info, sort: str | None = None, name: str | None = None, **paging: Any) -> Json:
    if Context.of(info).world.registry_down:
        raise GraphQLError("Can't connect to the Container Registry. If this error persists, please review its logs.")
    _, image = details["of"]
    rows: list[ImageTag] = [tag for _, tag in sorted(image.tags.items()) if (name or "") in tag.name]
    if sort == "NAME_DESC":
        rows.reverse()

    def shape(tag: ImageTag) -> Json:
        return {
            "name": tag.name,
            "path": f"{details['path']}:{tag.name}",
            "location": f"{details['location']}:{tag.name}",
            "digest": tag.digest,
            "totalSize": str(tag.size),
            "createdAt": time(tag.created_at),
        }

    return connection(rows, paging, shape=shape)


def models(project: Project, info: Info, name: str | None = None, **paging: Any) -> Json | None:
    if not Context.of(info).reader.may(project, "model_registry"):
        return None
    rows = sorted(project.models.values(), key=lambda model: model.id, reverse=True)
    rows = [model for model in rows if (name or "") in model.name]
    return connection(rows, paging, lambda model: [model.id], _model, descending=True)


def _model(model: MlModel) -> Json:
    rows = list(model.versions.values())
    return {
        "id": global_id("Ml::Model", model.id),
        "name": model.name,
        "description": model.description,
        "createdAt": time(model.created_at),
        "versionCount": len(rows),
        "latestVersion": _version(rows[-1]) if rows else None,
        "rows": rows[::-1],
    }


def model_versions(model: Json, _info: Info, **paging: Any) -> Json:
    return connection(model["rows"], paging, lambda row: [row.id], _version, descending=True)


def _version(row: MlVersion) -> Json:
    return {
        "id": global_id("Ml::ModelVersion", row.id),
        "version": row.version,
        "description": row.description,
        "createdAt": time(row.created_at),
        "packageId": global_id("Packages::Package", row.package.id),
        "candidate": {
            "id": global_id("Ml::Candidate", row.id),
            "name": None,
            "iid": row.id,
            "eid": f"{row.id:08d}-0000-4000-8000-000000000000",
            "status": "finished",
            "createdAt": time(row.created_at),
            "of": row,
        },
    }


def candidate_params(candidate: Json, _info: Info, **paging: Any) -> Json:
    rows = list(candidate["of"].parameters.items())
    return connection(rows, paging, shape=lambda one: {"id": f"param-{one[0]}", "name": one[0], "value": one[1]})


def candidate_metrics(candidate: Json, _info: Info, **paging: Any) -> Json:
    rows = list(candidate["of"].metrics.items())
    return connection(
        rows, paging, shape=lambda one: {"id": f"metric-{one[0]}", "name": one[0], "value": one[1], "step": 0}
    )


RESOLVERS: dict[str, dict[str, Any]] = {
    "Query": {"containerRepository": one_image},
    "Project": {"packages": packages, "containerRepositories": images, "mlModels": models},
    "ReleaseAssets": {"links": asset_links},
    "ContainerRepositoryDetails": {"tags": image_tags},
    "MlModel": {"versions": model_versions},
    "MlCandidate": {"params": candidate_params, "metrics": candidate_metrics},
}
