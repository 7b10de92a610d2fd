"""How the parameters of a request are read from its query and body, as GitLab reads them, and what is refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.responses import JSONResponse, Response


class ApiError(Exception):
    """An answer that is not what was asked for; `body` is the JSON GitLab sends."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status, self.body, self.headers = status, body, headers or {}

    def response(self) -> Response:
        return JSONResponse(self.body, self.status, self.headers)


def parse_query(query: str) -> dict[str, Any]:
    """A query string as GitLab reads it: `a[]=1&a[]=2` is a list, else the last one counts."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.endswith("[]"):
            found.setdefault(name[:-2], []).append(value)
        else:
            found[name] = value
    return found


def parse_body(content_type: str, body: bytes) -> dict[str, Any]:
    """The parameters in a JSON or form body."""
    if not body:
        return {}
    if "json" in content_type:
        try:
            found = json.loads(body)
        except ValueError:
            raise ApiError(400, {"error": "The provided params are invalid"}) from None
        return found if isinstance(found, dict) else {"_json": found}
    if "x-www-form-urlencoded" in content_type or not content_type:
        return parse_query(body.decode(errors="replace"))
    if content_type.startswith("multipart/form-data"):
        return _parse_multipart(content_type, body)
    raise ApiError(406, {"error": "The requested content-type is not supported."})


def _parse_multipart(content_type: str, body: bytes) -> dict[str, Any]:
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    found: dict[str, Any] = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, value = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        found |= {unquote_plus(name): value.decode(errors="replace")}
    return found
