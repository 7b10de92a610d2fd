"""What the OpenAPI document says beside the STAC routes: which credential each operation takes, the routes that are no
FastAPI routes, and how errors look.

A route that is described neither here nor by FastAPI, nor left out for a reason, fails a test.
Source: https://spec.openapis.org/oas/v3.1.0
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from starlette.routing import Route

from sharinghub_ext.api.operations import OPERATIONS, PROBLEMS

# Which credentials an operation takes, each alone; the empty name where it needs none.
_TOKENS: Final = ("bearer", "privateToken")
_BROWSER: Final = ("session", "openIdConnect")
_READ: Final = ("", *_TOKENS, "jobToken", *_BROWSER)
_OPEN: Final = ("/auth/login", "/auth/logout", "/healthz", "/readyz", "/.well-known/oauth-protected-resource")
_ACCESS: Final[dict[str, tuple[str, ...]]] = {
    **{
        f"GET /assets/{{project_id}}/{rest}": (*_READ, "basic")
        for rest in ("{revision}/{path}", "archive/{revision}.zip", "packages/{names}")
    },
    "GET /dvc/{project_id}/setup": ("", *_TOKENS, "jobToken", "openIdConnect", "basic"),
    "GET /dvc/{project_id}/{key}": ("", *_TOKENS, "jobToken", "openIdConnect", "basic"),
    "GET /dvc/{project_id}/health": (*_TOKENS, "openIdConnect", "basic"),
    **{f"{one} /dvc/{{project_id}}/{{key}}": (*_TOKENS, "openIdConnect", "basic") for one in ("PUT", "POST")},
    "GET /auth/explain": (*_TOKENS, *_BROWSER),
    "POST /auth/logout": ("session",),
    "POST /assets/sign": ("session",),
    "POST /hooks/gitlab": ("hookToken", "hookSignature"),
    **{f"GET {path}": () for path in _OPEN},
}
_CONVERTER: Final = re.compile(r":[a-z]+\}")
_METHODS: Final = ("get", "put", "post", "delete", "patch")
_TAGS: Final = {
    "STAC API": "The catalogue: collections, items, search.",
    "Files": "Files of projects, streamed from GitLab, and DVC data.",
    "Who am I": "Whom the hub takes you for, and why you see what you see.",
    "Sign-in": "In a browser, with GitLab.",
    "Operation": "For GitLab, and for those who run the hub.",
}


def openapi_path(template: str) -> str:
    """A path of Starlette's as OpenAPI writes it."""
    return _CONVERTER.sub("}", template)


def describe(app: FastAPI, *, session_cookie: str | None, discovery_url: str) -> None:
    """Complete the application's document when it is first asked for: to make it takes as long as to start the rest.

    `session_cookie` is the name of the cookie, None where nobody signs in.
    """
    made = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            _fill(app, made(), _schemes(session_cookie, discovery_url))
        return made()

    app.openapi = described  # type: ignore[method-assign]


def _fill(app: FastAPI, document: dict[str, Any], known: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    paths: dict[str, dict[str, Any]] = document["paths"]
    for path, method, operation in _declared(app):
        paths.setdefault(path, {})[method] = operation
    for path, each in paths.items():
        for method in _METHODS:
            if method in each:
                _complete(path, method, each[method], known)
    components["securitySchemes"] = known
    components["responses"] = PROBLEMS
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):  # such errors are problems with status 400
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    document["tags"] = [{"name": name, "description": told} for name, told in _TAGS.items()]


def _declared(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The routes of the application that FastAPI does not describe, as far as they are described here."""
    for route in app.router.routes:
        if type(route) is Route and route.include_in_schema:
            path = openapi_path(route.path)
            for method in sorted(route.methods or ()):
                if (operation := OPERATIONS.get(f"{method} {path}")) is not None:
                    yield path, method.lower(), {**operation, "parameters": _parameters(path, operation)}


def _parameters(path: str, operation: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the path, and those of the operation."""
    told = operation.get("path", {})
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, **told.get(name, {})}
        for name in re.findall(r"\{([a-z_]+)\}", path)
    ]
    return [*found, *operation.get("parameters", ())]


def _complete(path: str, method: str, operation: dict[str, Any], known: dict[str, Any]) -> None:
    access = _ACCESS.get(f"{method.upper()} {path}", _READ)
    scopes = {"openIdConnect": ["openid", "read_api"]}
    operation.pop("path", None)
    operation["security"] = [
        {name: scopes.get(name, [])} if name else {} for name in access if not name or name in known
    ]
    responses = operation["responses"]
    responses.pop("422", None)
    responses["4XX"] = {"$ref": "#/components/responses/Refused"}
    responses.setdefault("503", {"$ref": "#/components/responses/NotNow"})


def _schemes(session_cookie: str | None, discovery_url: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal, project, group or OAuth access token of GitLab with the scope read_api.",
        },
        "privateToken": _header("PRIVATE-TOKEN", "The same token in GitLab's own header."),
        "jobToken": _header("JOB-TOKEN", "The token of a CI job, which reads and never writes."),
        "basic": {"type": "http", "scheme": "basic", "description": "Any user name, and the token as the password."},
        "hookToken": _header("X-Gitlab-Token", "The secret of a webhook of GitLab."),
        "hookSignature": _header("webhook-signature", "The signature of a webhook of GitLab."),
    }
    if session_cookie is not None:
        found["session"] = {
            "type": "apiKey",
            "in": "cookie",
            "name": session_cookie,
            "description": "The session of a browser that has signed in at /auth/login.",
        }
        found["openIdConnect"] = {
            "type": "openIdConnect",
            "openIdConnectUrl": discovery_url,
            "description": "Sign in with GitLab; the access token is sent as a bearer token.",
        }
    return found


def _header(name: str, description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


_PROBLEM: Final = {
    "title": "Problem",
    "description": "RFC 9457 problem details, with STAC API's `code` and `description` beside.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "description": {"type": "string"},
    },
}
