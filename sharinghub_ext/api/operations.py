"""The operations that FastAPI does not describe, as the OpenAPI document has them, and how refusals look.

Source: https://spec.openapis.org/oas/v3.1.0#operation-object
"""

from typing import Any, Final

_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_ANY: Final[dict[str, Any]] = {"*/*": {"schema": {}}}  # the media type is that of the file
_OBJECT: Final = {"application/json": {"schema": {"type": "object"}}}
_PROJECT: Final = {"description": "The number of the project at GitLab.", "schema": {"type": "string"}}
_REVISION: Final = {"description": "A commit, branch or tag.", "schema": {"type": "string"}}
_KEY: Final = {
    "description": "The key of an object, as DVC writes it: `files/md5/` and its MD5 with a slash after two digits.",
    "schema": {"type": "string"},
}
_NEXT: Final = {
    "name": "next",
    "in": "query",
    "required": False,
    "description": "A path of the hub to go to afterwards; any other address is not followed.",
    "schema": {"type": "string"},
}

PROBLEMS: Final[dict[str, Any]] = {
    "Refused": {"description": "The request cannot be answered, and `detail` says why.", "content": _PROBLEM},
    "NotNow": {
        "description": "GitLab or a store of the hub does not answer at the moment.",
        "headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
        "content": _PROBLEM,
    },
}


def _operation(
    name: str, tag: str, summary: str, responses: dict[str, Any], description: str = "", **members: Any
) -> dict[str, Any]:
    told = {"description": description} if description else {}
    return {"operationId": name, "tags": [tag], "summary": summary, **told, "responses": responses, **members}


def _answer(description: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": description, **({"content": content} if content else {})}


def _store_object(name: str, description: str) -> dict[str, Any]:
    return _operation(
        name,
        "Files",
        "Store an object of DVC data",
        {"201": _answer("It is stored.", _OBJECT), "200": _answer("It was there already.", _OBJECT)},
        description,
        requestBody={"required": True, "content": {"application/octet-stream": {}}},
        path={"project_id": _PROJECT, "key": _KEY},
    )


_REDIRECT: Final = _answer("GitLab keeps the file in an object store: there.")
_UNCHANGED: Final = _answer("It is the one that the caller has.")
_BYTES: Final = {
    "200": _answer("The bytes of the file.", _ANY),
    "206": _answer("A part of its bytes.", _ANY),
    "302": _REDIRECT,
    "304": _UNCHANGED,
}
OPERATIONS: Final[dict[str, dict[str, Any]]] = {
    "GET /assets/{project_id}/{revision}/{path}": _operation(
        "get_file",
        "Files",
        "A file of a project",
        _BYTES,
        "GitLab is asked with the caller's own token. `README.html` is the page of the README.",
        path={
            "project_id": _PROJECT,
            "revision": _REVISION,
            "path": {"description": "The path in the repository; it may hold slashes.", "schema": {"type": "string"}},
        },
    ),
    "GET /assets/{project_id}/archive/{revision}.zip": _operation(
        "get_archive",
        "Files",
        "The source code of a project",
        {"200": _answer("A ZIP archive.", _ANY), "302": _REDIRECT, "304": _UNCHANGED},
        path={"project_id": _PROJECT, "revision": _REVISION},
    ),
    "GET /assets/{project_id}/packages/{names}": _operation(
        "get_package_file",
        "Files",
        "A file of a package",
        _BYTES,
        path={
            "project_id": _PROJECT,
            "names": {
                "description": "`generic/name/version/file`, `pypi/sha256/file` or `ml_models/id/file`.",
                "schema": {"type": "string"},
            },
        },
    ),
    "POST /assets/sign": _operation(
        "sign_address",
        "Files",
        "An address of a file that needs no header",
        {
            "200": _answer(
                "The address, and when it ends, at most 300 seconds later.",
                {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["href", "method", "expires"],
                            "properties": {
                                "href": {"type": "string", "format": "uri"},
                                "method": {"type": "string"},
                                "expires": {"type": "string", "format": "date-time"},
                            },
                        }
                    }
                },
            )
        },
        "For a session, from a page of the hub only. GitLab is asked about the file when the address is used.",
        requestBody={
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["href"],
                        "properties": {
                            "href": {"type": "string", "description": "An address of this hub below /assets."},
                            "method": {"type": "string", "enum": ["GET", "HEAD"], "default": "GET"},
                        },
                    }
                }
            },
        },
    ),
    "GET /dvc/{project_id}/setup": _operation(
        "set_up_dvc",
        "Files",
        "How to set up DVC for a project",
        {"200": _answer("Its address, the commands, and what the caller may do there.", _OBJECT)},
        path={"project_id": _PROJECT},
    ),
    "GET /dvc/{project_id}/health": _operation(
        "dvc_health",
        "Files",
        "Which DVC data is missing",
        {"200": _answer("The objects that items of the project name and the store lacks.", _OBJECT)},
        "For those who may push to the project; of the newest state and its releases.",
        path={"project_id": _PROJECT},
    ),
    "GET /dvc/{project_id}/{key}": _operation(
        "get_object",
        "Files",
        "An object of DVC data",
        {
            "200": _answer("Its bytes; of a folder for a browser, a page.", _ANY),
            "206": _answer("A part of its bytes.", _ANY),
            "304": _UNCHANGED,
        },
        path={"project_id": _PROJECT, "key": _KEY},
    ),
    "PUT /dvc/{project_id}/{key}": _store_object(
        "put_object", "For those who may push code to the project; the bytes must be those that the key names."
    ),
    "POST /dvc/{project_id}/{key}": _store_object("post_object", "The same as PUT."),
    "POST /hooks/gitlab": _operation(
        "receive_hook",
        "Operation",
        "A delivery of a webhook of GitLab",
        {"200": _answer("It is stored.", _OBJECT)},
        "Never believed to widen anything: it says what is read from GitLab again, and what is hidden until then.",
        requestBody={"required": True, "content": _OBJECT},
    ),
    "GET /auth/login": _operation(
        "login",
        "Sign-in",
        "Sign in with GitLab",
        {"302": _answer("To GitLab.")},
        "For browsers. GitLab leads back to the hub, which gives the browser a session.",
        parameters=[_NEXT],
    ),
    "GET /auth/logout": _operation(
        "ask_to_log_out",
        "Sign-in",
        "A page with the buttons to sign out",
        {"200": _answer("A page.", {"text/html": {}})},
    ),
    "POST /auth/logout": _operation(
        "log_out",
        "Sign-in",
        "Sign out, here and at GitLab",
        {
            "200": _answer("The session has ended, its tokens at GitLab not yet, as a page says.", {"text/html": {}}),
            "303": _answer("The session has ended."),
        },
        "From a page of the hub only, as `Origin` or `Sec-Fetch-Site` says.",
        parameters=[_NEXT],
        requestBody={
            "required": False,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "everywhere": {"type": "string", "description": "`true`: end all sessions of the account."}
                        },
                    }
                }
            },
        },
    ),
    "GET /.well-known/oauth-protected-resource": _operation(
        "get_resource_metadata",
        "Sign-in",
        "Where a token for this hub is had",
        {"200": _answer("OAuth 2.0 protected resource metadata (RFC 9728).", _OBJECT)},
    ),
    "GET /healthz": _operation("healthz", "Operation", "Whether the process runs", {"200": _answer("Yes.", _OBJECT)}),
    "GET /readyz": _operation(
        "readyz",
        "Operation",
        "Whether reads are right, and how far the index is",
        {"200": _answer("Yes.", _OBJECT), "503": _answer("The store does not answer.", _OBJECT)},
    ),
}
