"""The links of a release by REST. Source: https://docs.gitlab.com/api/releases/links/"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import paging
from gitlab_hooks.standin.calls import Call, Router, not_found, refuse
from gitlab_hooks.standin.code_entities import link_entity
from gitlab_hooks.standin.model import Project, Release
from gitlab_hooks.standin.registry_model import LINK_TYPES, ReleaseLink
from gitlab_hooks.standin.state import Conflict


def _release(call: Call, project: Project) -> Release:
    found = project.releases.get(call.path["tag"])
    if found is None:
        raise not_found()
    return found


def _link(call: Call, release: Release) -> ReleaseLink:
    key = call.path["link_id"]
    found = release.links.get(int(key)) if key.isdecimal() else None
    if found is None:
        raise not_found()
    return found


def links(call: Call) -> Response:
    project = call.with_facet("releases")
    release = _release(call, project)
    rows = sorted(release.links.values(), key=lambda link: -link.id)
    return paging.paged(call, rows, lambda link: link_entity(call, project, release, link))


def one_link(call: Call) -> Response:
    project = call.with_facet("releases")
    release = _release(call, project)
    return JSONResponse(link_entity(call, project, release, _link(call, release)))


def create_link(call: Call) -> Response:
    project = call.writable()
    release = _release(call, project)
    name, url = call.required("name"), call.required("url")
    kind = call.one_of("link_type", LINK_TYPES, "other") or "other"
    path = call.text("direct_asset_path") or call.text("filepath")
    try:
        made = call.world.add_release_link(project, release.tag, name, url, kind=kind, path=path)
    except Conflict as error:
        raise refuse(400, [f"{error.field.title()} {error.message}"]) from None
    return JSONResponse(link_entity(call, project, release, made), 201)


def remove_link(call: Call) -> Response:
    project = call.writable()
    release = _release(call, project)
    gone = call.world.remove_release_link(project, release.tag, _link(call, release).id)
    return JSONResponse(link_entity(call, project, release, gone))


def register(router: Router) -> None:
    base = "/projects/:id/releases/:tag/assets/links"
    router.on("GET", base)(links)
    router.on("POST", base)(create_link)
    router.on("GET", f"{base}/:link_id")(one_link)
    router.on("DELETE", f"{base}/:link_id")(remove_link)
