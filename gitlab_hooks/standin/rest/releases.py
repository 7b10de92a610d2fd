"""Releases by REST, by their own access level; what tells of code needs the right to read code."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import paging
from gitlab_hooks.standin.calls import Call, Router, not_found, refuse
from gitlab_hooks.standin.code_entities import release_entity
from gitlab_hooks.standin.model import Project, Release
from gitlab_hooks.standin.rest.projects import a_moment
from gitlab_hooks.standin.state import Conflict


def sorted_releases(project: Project, by: str = "released_at", descending: bool = True) -> list[Release]:
    rows = list(project.releases.values())
    return sorted(rows, key=lambda release: (getattr(release, by), release.tag), reverse=descending)


def releases(call: Call) -> Response:
    project = call.with_facet("releases")
    by = call.one_of("order_by", ("released_at", "created_at"), "released_at") or "released_at"
    rows = sorted_releases(project, by, call.one_of("sort", ("asc", "desc"), "desc") == "desc")
    return paging.paged(call, rows, lambda release: release_entity(call, project, release))


def _release(call: Call, project: Project) -> Release:
    found = project.releases.get(call.path["tag"])
    if found is None:
        raise not_found()
    return found


def one_release(call: Call) -> Response:
    project = call.with_facet("releases")
    return JSONResponse(release_entity(call, project, _release(call, project)))


def latest_release(call: Call) -> Response:
    project = call.with_facet("releases")
    rows = sorted_releases(project)
    if not rows:
        raise not_found()
    return JSONResponse(release_entity(call, project, rows[0]))


def create_release(call: Call) -> Response:
    project, tag = call.writable(), call.required("tag_name")
    if tag in project.releases:
        raise refuse(409, "Release already exists")
    ref = call.text("ref")
    if tag not in project.repository.tags() and not ref:
        raise refuse(422, "Ref is not specified")
    try:
        made = call.world.add_release(
            project,
            tag,
            name=call.text("name"),
            description=call.text("description") or "",
            author=call.user,
            released_at=a_moment(call, "released_at"),
            ref=ref,
            tag_message=call.text("tag_message"),
        )
        _add_links(call, project, tag)
    except Conflict as error:
        raise refuse(400, error.message) from None
    return JSONResponse(release_entity(call, project, made), 201)


def _add_links(call: Call, project: Project, tag: str) -> None:
    assets = call.params.get("assets")
    links = assets.get("links") if isinstance(assets, dict) else None
    for link in links if isinstance(links, list) else ():
        path = link.get("direct_asset_path") or link.get("filepath")
        kind = str(link.get("link_type") or "other")
        call.world.add_release_link(project, tag, str(link["name"]), str(link["url"]), kind=kind, path=path)


def update_release(call: Call) -> Response:
    project = call.writable()
    found = _release(call, project)
    changes: dict[str, Any] = {key: call.text(key) for key in ("name", "description") if key in call.params}
    changed = call.world.update_release(project, found.tag, released_at=a_moment(call, "released_at"), **changes)
    return JSONResponse(release_entity(call, project, changed))


def remove_release(call: Call) -> Response:
    project = call.writable()
    found = _release(call, project)
    call.world.remove_release(project, found.tag)
    return JSONResponse(release_entity(call, project, found))


def register(router: Router) -> None:
    base = "/projects/:id/releases"
    router.on("GET", base, jobs=True)(releases)
    router.on("POST", base)(create_release)
    router.on("GET", f"{base}/:tag")(one_release)
    router.on("PUT", f"{base}/:tag")(update_release)
    router.on("DELETE", f"{base}/:tag")(remove_release)
    router.on("GET", f"{base}/permalink/latest")(latest_release)
