"""Packages by REST: lists, files, upload of generic ones, download of generic, PyPI and model packages.

Sources: https://docs.gitlab.com/api/packages/, https://docs.gitlab.com/user/packages/generic_packages/,
https://docs.gitlab.com/api/packages/pypi/, https://docs.gitlab.com/api/model_registry/
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import paging
from gitlab_hooks.standin.calls import Call, Router, forbidden, invalid, not_found
from gitlab_hooks.standin.entities import moment
from gitlab_hooks.standin.model import AccessLevel, Project
from gitlab_hooks.standin.registry_model import MlVersion, Package, PackageFile
from gitlab_hooks.standin.rest.ranges import stored

Json = dict[str, Any]
TYPES = ("generic", "pypi", "ml_model", "npm", "maven", "conan", "nuget", "composer", "helm")
_SORTS = {"created_at": "created_at", "name": "name", "version": "version", "type": "kind"}
_NAME, _FILE = re.compile(r"[A-Za-z0-9._+~-]{1,255}"), re.compile(r"[A-Za-z0-9._+~@-]{1,255}")


def package_entity(call: Call, project: Project, package: Package) -> Json:
    return {
        "id": package.id,
        "name": package.name,
        "conan_package_name": None,
        "version": package.version,
        "package_type": package.kind,
        "status": "default",
        "_links": {"web_path": f"/{project.full_path}/-/packages/{package.id}"},
        "created_at": moment(package.created_at),
        "last_downloaded_at": None,
        "tags": [],
    }


def file_entity(package: Package, file: PackageFile) -> Json:
    return {
        "id": file.id,
        "package_id": package.id,
        "created_at": moment(file.created_at),
        "file_name": file.name,
        "size": len(file.data),
        "file_md5": file.md5,
        "file_sha1": file.sha1,
        "file_sha256": file.sha256,
    }


def packages(call: Call) -> Response:
    project = call.with_facet("package_registry")
    by = _SORTS[call.one_of("order_by", tuple(_SORTS), "created_at") or "created_at"]
    down = call.one_of("sort", ("asc", "desc"), "asc") == "desc"
    kind, name = call.one_of("package_type", TYPES), call.text("package_name")
    rows = [row for row in project.packages.values() if kind in (None, row.kind) and (name or "") in row.name]
    rows.sort(key=lambda row: (getattr(row, by), row.id), reverse=down)
    return paging.paged(call, rows, lambda row: package_entity(call, project, row))


def _package(call: Call) -> tuple[Project, Package]:
    project = call.with_facet("package_registry")
    key = call.path["package_id"]
    if not key.isdecimal():
        raise invalid("package_id")
    found = project.packages.get(int(key))
    if found is None:
        raise not_found()
    return project, found


def one_package(call: Call) -> Response:
    project, package = _package(call)
    return JSONResponse(package_entity(call, project, package))


def package_files(call: Call) -> Response:
    _, package = _package(call)
    return paging.paged(call, list(package.files.values()), lambda file: file_entity(package, file))


def remove_package(call: Call) -> Response:
    call.maintained()
    project, package = _package(call)
    call.world.remove_package(project, package)
    return Response(status_code=204)


def _download(call: Call, file: PackageFile) -> Response:
    name = quote(file.name.rpartition("/")[2])
    disposition = f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    return stored(call, file.data, {"Content-Disposition": disposition, "X-Checksum-SHA256": file.sha256})


def _last(package: Package | None, name: str) -> PackageFile:
    """The newest of the files of that name: a name may be uploaded again."""
    rows = [file for file in package.files.values() if file.name == name] if package else []
    if not rows:
        raise not_found()
    return rows[-1]


def generic_file(call: Call) -> Response:
    project = call.with_facet("package_registry")
    package = call.world.package_named(project, "generic", call.path["name"], call.path["version"])
    return _download(call, _last(package, call.path["file"]))


def put_generic_file(call: Call) -> Response:
    """Upload one file. `select=package_file` answers with it, else GitLab says `201 Created`."""
    call.signed_in()
    project = call.with_facet("package_registry")
    if call.rights(project).level < AccessLevel.DEVELOPER and not call.rights(project).own:
        raise forbidden()
    for key, rule in (("name", _NAME), ("version", _NAME), ("file", _FILE)):
        if not rule.fullmatch(call.path[key]):
            raise invalid({"name": "package_name", "version": "package_version", "file": "file_name"}[key])
    package = call.world.add_package(project, call.path["name"], call.path["version"], {call.path["file"]: call.body})
    if call.one_of("select", ("package_file",)) is None:
        return JSONResponse({"message": "201 Created"}, 201)
    return JSONResponse(file_entity(package, _last(package, call.path["file"])), 201)


def pypi_file(call: Call) -> Response:
    project = call.with_facet("package_registry")
    for package in project.packages.values():
        for file in package.files.values() if package.kind == "pypi" else ():
            if (file.sha256, file.name) == (call.path["sha256"], call.path["file"]):
                return _download(call, file)
    raise not_found()


def _version(project: Project, key: str) -> MlVersion | None:
    rows = [version for model in project.models.values() for version in model.versions.values()]
    return next((row for row in rows if str(row.id) == key), None)


def model_file(call: Call) -> Response:
    """A file of a model version. Who may not read the registry is told that there is none."""
    project = call.project()
    if not call.reader.may(project, "model_registry"):
        raise not_found()
    if not call.reader.may(project, "package_registry"):
        raise forbidden()
    version = _version(project, call.path["version"])
    if version is None:
        raise not_found()
    name = "/".join(call.path[key] for key in ("a", "b", "c", "file") if key in call.path)
    return _download(call, _last(version.package, name))


def register(router: Router) -> None:
    base = "/projects/:id/packages"
    router.on("GET", base, jobs=True)(packages)
    router.on("GET", f"{base}/:package_id", jobs=True)(one_package)
    router.on("GET", f"{base}/:package_id/package_files", jobs=True)(package_files)
    router.on("DELETE", f"{base}/:package_id")(remove_package)
    router.on("GET", f"{base}/generic/:name/:version/:file", jobs=True)(generic_file)
    router.on("HEAD", f"{base}/generic/:name/:version/:file")(generic_file)
    router.on("PUT", f"{base}/generic/:name/:version/:file", upload=True)(put_generic_file)
    router.on("GET", f"{base}/pypi/files/:sha256/:file", jobs=True)(pypi_file)
    for folders in ("", "/:a", "/:a/:b", "/:a/:b/:c"):
        router.on("GET", f"{base}/ml_models/:version/files{folders}/:file", jobs=True)(model_file)
