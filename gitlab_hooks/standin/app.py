"""Which part of the stand-in answers a request: REST, GraphQL, git or a page; and what becomes of errors."""

from __future__ import annotations

import traceback
import uuid
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from gitlab_hooks.standin import auth, pages, smart_http
from gitlab_hooks.standin.calls import Call
from gitlab_hooks.standin.faults import target
from gitlab_hooks.standin.gql import endpoint
from gitlab_hooks.standin.limiter import Limiter
from gitlab_hooks.standin.oauth import endpoint as oauth
from gitlab_hooks.standin.parameters import ApiError, parse_body, parse_query
from gitlab_hooks.standin.rest import build_router
from gitlab_hooks.standin.state import Conflict
from gitlab_hooks.standin.world import World

API = "/api/v4"
LARGEST_BODY = 64 * 1024 * 1024
LARGEST_PUSH = 1024 * 1024 * 1024


class TooLarge(Exception):
    """A request body above the limit."""


class Front:
    """The stand-in as an ASGI application. Requests are answered in worker threads: git is waited for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.limiter = Limiter(world.clock)
        self.router = build_router()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path, _, query_text = target(scope).partition("?")
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        try:
            body = await _body(receive, LARGEST_PUSH if smart_http.split(unquote(path)) else LARGEST_BODY)
        except TooLarge:
            await JSONResponse({"message": "413 Request Entity Too Large"}, 413)(scope, receive, send)
            return
        caller = auth.token_text(headers, parse_query(query_text)) or (scope.get("client") or ("?",))[0]
        limits, refused = self.limiter.check(str(caller))
        if refused is None:
            response = await run_in_threadpool(self.answer, scope["method"], path, query_text, headers, body)
        else:
            response = refused
        response.headers.update({"X-Request-Id": uuid.uuid4().hex, **limits})
        await response(scope, receive, send)

    def answer(self, method: str, path: str, query_text: str, headers: dict[str, str], body: bytes) -> Response:
        """The answer to one request; a fault of our own is a 500 in GitLab's words."""
        query = parse_query(query_text)
        try:
            if path.rstrip("/") == "/api/graphql":
                return self._graphql(method, headers, query, body)
            if path.startswith(f"{API}/"):
                return self._rest(method, path, query_text, headers, query, body)
            if oauth.is_about_signing_in(path):
                return oauth.answer(self.world, method, path, headers, query, body)
            git = smart_http.split(unquote(path))
            if git:
                return smart_http.answer(self.world, method, git[0], git[1], headers, query, body)
            if method not in ("GET", "HEAD"):
                return PlainTextResponse("Not found\n", 404)
            return pages.answer(self.world, unquote(path), auth.authenticate(self.world, headers, query, ())[0])
        except ApiError as error:
            return error.response()
        except Conflict as error:
            # A name that is taken or not allowed, as `render_validation_error!` puts it.
            return JSONResponse({"message": {error.field: [error.message]}}, 400)
        except Exception:
            traceback.print_exc()
            return JSONResponse({"message": "500 Internal Server Error"}, 500)

    def _graphql(self, method: str, headers: dict[str, str], query: dict[str, Any], body: bytes) -> Response:
        if method not in ("GET", "POST"):
            return JSONResponse({"errors": [{"message": "Not found!"}]}, 404)
        given = parse_body(headers.get("content-type", ""), body) if method == "POST" else query
        return endpoint.answer(self.world, headers, query, given)

    def _rest(
        self, method: str, path: str, query_text: str, headers: dict[str, str], query: dict[str, Any], body: bytes
    ) -> Response:
        found = self.router.find(method, path.removeprefix(API))
        if found is None:
            allowed = self.router.methods(path.removeprefix(API))
            if allowed:
                return JSONResponse({"error": "405 Not Allowed"}, 405, {"Allow": ", ".join(allowed)})
            return JSONResponse({"error": "404 Not Found"}, 404)
        route, values = found
        user, token = auth.authenticate(self.world, headers, query, route.scopes, jobs=route.jobs)
        if user is None and method not in ("GET", "HEAD"):
            raise ApiError(401, {"message": "401 Unauthorized"})
        params = query if route.upload else query | parse_body(headers.get("content-type", ""), body)
        url = f"{self.world.external_url}{path}" + (f"?{query_text}" if query_text else "")
        return route.handler(Call(self.world, method, url, headers, query, params, values, user, token, body))


async def _body(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLarge
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def create_app(world: World) -> Starlette:
    """The stand-in as an application, for a server that one runs oneself."""
    front = Front(world)
    app = Starlette(routes=[Mount("/", app=front)])
    app.state.front = front
    return app
