"""The web application: which route answers what, and what stands around every request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import structlog
from brotli_asgi import BrotliMiddleware
from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from stac_fastapi.api.app import StacApi
from stac_fastapi.api.models import EmptyRequest
from stac_fastapi.api.routes import create_async_endpoint
from stac_fastapi.types.config import ApiSettings
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gitlab_hooks.gateway.oauth import DISCOVERY_PATH
from gitlab_hooks.hook_scopes import HookScopes
from gitlab_hooks.receiver import HookReceiver
from gitlab_hooks.verification import Verifier
from sharinghub_ext import __version__
from sharinghub_ext.api.aggregating import Aggregating
from sharinghub_ext.api.client import CatalogueClient
from sharinghub_ext.api.docs_page import docs_route
from sharinghub_ext.api.examples import BODY, example_for
from sharinghub_ext.api.links import SCHEMA
from sharinghub_ext.api.openapi import describe
from sharinghub_ext.api.openapi_versions import serve_versions
from sharinghub_ext.api.requests import CollectionsRequest, ItemsRequest, SearchBody, SearchRequest
from sharinghub_ext.audit import AuditedReads
from sharinghub_ext.auth.cookies import Cookies
from sharinghub_ext.auth.dependency import resolve_viewer
from sharinghub_ext.auth.explain import Explainer, explain
from sharinghub_ext.auth.me import me
from sharinghub_ext.auth.resource_metadata import led_to_metadata, metadata_routes
from sharinghub_ext.auth.without_sign_in import without_sign_in
from sharinghub_ext.background import running
from sharinghub_ext.browser.files import NotBuilt
from sharinghub_ext.browser.routes import BrowserRoutes
from sharinghub_ext.client_address import ClientAddress
from sharinghub_ext.config import SettingsError
from sharinghub_ext.edge.caching import CacheHeaders
from sharinghub_ext.edge.cors import CorsHeaders, Origins, Preflights
from sharinghub_ext.edge.entity_tags import EntityTags
from sharinghub_ext.edge.last_resort import LastResort, unexpected
from sharinghub_ext.edge.limits import BodyLimit, RequestLimits
from sharinghub_ext.edge.qgis_times import QgisTimes
from sharinghub_ext.edge.query_tokens import QueryTokens
from sharinghub_ext.edge.rate_limit import RateLimit, TokenBuckets
from sharinghub_ext.edge.request_ids import RequestIds
from sharinghub_ext.edge.security_headers import SecurityHeaders
from sharinghub_ext.former.routes import FormerRoutes
from sharinghub_ext.former.store import FormerStore
from sharinghub_ext.health import Health
from sharinghub_ext.hook_care import HOOKS_PATH
from sharinghub_ext.hub import Hub
from sharinghub_ext.metrics.requests import Measured
from sharinghub_ext.metrics.route import MetricsRoute
from sharinghub_ext.middleware import HeadAsGet, HookLane, PathPrefix
from sharinghub_ext.problems import Problem, not_found
from sharinghub_ext.roles import Role
from stac_ext.query import InvalidParameter
from stac_ext.store.database import StoreError, StoreTimeout
from stac_ext.store.evidence import EvidenceTable
from stac_ext.store.grants import GrantTable

_RETRY_SECONDS = "5"
log = structlog.get_logger()


class _SchemaResponse(Response):
    """Tells the OpenAPI document what queryables and sortables are."""

    media_type = SCHEMA


class _HubApi(StacApi):
    """stac-fastapi's routes, with the root under both spellings and items under their project's path."""

    def register_core(self) -> None:
        super().register_core()
        client = self.client
        assert isinstance(client, CatalogueClient)
        landing = create_async_endpoint(client.landing_page, EmptyRequest)
        self.router.add_api_route("", landing, methods=["GET"], include_in_schema=False)
        self.router.add_api_route(
            "/collections/{collection_id}/items/{path:path}",
            client.item_by_path,
            methods=["GET"],
            name="Get Item by path",
            response_class=RedirectResponse,
            status_code=307,
            include_in_schema=False,  # to OpenAPI its template is that of one item
        )
        self.router.add_api_route("/children", client.children, methods=["GET"], response_model=None)
        for method, path, handler, said in Aggregating(client.reader, client.categories, client.urls).routes():
            self.router.add_api_route(path, handler, methods=[method], response_model=None, openapi_extra=said)
        self.router.add_api_route(
            "/collections-queryables",
            client.get_collection_queryables,
            methods=["GET"],
            response_model=None,
            response_class=_SchemaResponse,
        )
        for what, answer in (("queryables", client.get_queryables), ("sortables", client.get_sortables)):
            for path in (f"/{what}", f"/collections/{{collection_id}}/{what}"):
                self.router.add_api_route(
                    path,
                    answer,
                    methods=["GET"],
                    name=f"Get {what}",
                    response_model=None,
                    response_class=_SchemaResponse,
                )

    def add_health_check(self) -> None:
        """The hub has its own, at /healthz and /readyz."""


def create_app(hub: Hub, *, background: bool = True, role: Role = Role.ALL) -> FastAPI:
    """The application on a hub; without `background` neither the worker nor sweeps run, for tests that drive them, and
    with the role `api` they run in another process.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if background:
            async with running(hub, role):
                yield
        else:
            yield
        await hub.close()

    settings = hub.settings
    prefix = urlsplit(hub.urls.public).path
    origins = Origins(settings.cors_origins)
    app = FastAPIOffline(  # its documentation page loads nothing from other hosts
        title=settings.title,
        version=__version__,
        description=settings.description,
        openapi_url="/api",
        docs_url=None,
        redoc_url=None,
        static_url="/api.static",
        root_path_in_servers=False,
        servers=[{"url": hub.urls.public}],
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.callers = hub.auth.callers
    app.state.viewer_client = hub.viewer_client
    app.state.reader = hub.reader
    app.state.grants = GrantTable(hub.database)
    app.state.gitlab_url = settings.gitlab_url
    app.state.explainer = Explainer(
        hub.viewer_client,
        EvidenceTable(hub.database),
        frozenset(one.id for one in hub.categories),
        hub.bounds,
        hub.clock,
    )
    app.state.health = health = Health(hub, role)
    browser = _browser(hub)
    receiver = HookReceiver(
        hub.inbox,
        Verifier(settings.hook_secrets, settings.hook_signing_keys),
        HookScopes(hub.database),
        hub.clock,
        hub.worker.wake,
        hub.meters.hook_received,
    )
    app.router.routes += [
        docs_route(settings.title, prefix),
        Route("/", _to(hub.urls.stac), methods=["GET"]),
        *FormerRoutes(hub.reader, [one.id for one in hub.categories], hub.urls, hub.viewer_client).routes(),
        *metadata_routes(settings, hub.urls.public),
        *health.routes(),
        Route("/metrics", MetricsRoute(hub.meters.registry, settings.metrics_token).answer, methods=["GET"]),
        Route(HOOKS_PATH, receiver.receive, methods=["POST"]),
        *hub.assets.routes(),
        *browser.routes(),
    ]
    app.add_api_route(
        "/auth/me", me, methods=["GET"], dependencies=[Depends(resolve_viewer)], tags=["Who am I"], response_model=None
    )
    app.add_api_route(
        "/auth/explain",
        explain,
        methods=["GET"],
        dependencies=[Depends(resolve_viewer)],
        tags=["Who am I"],
        response_model=None,
    )
    app.router.routes += hub.auth.signing_in.routes() if hub.auth.signing_in is not None else without_sign_in()
    if hub.dvc is not None:
        app.router.routes += hub.dvc.routes()
    _HubApi(
        settings=ApiSettings(
            stac_fastapi_title=settings.title,
            stac_fastapi_description=settings.description,
            stac_fastapi_version=__version__,
            stac_fastapi_landing_id="sharinghub",
            openapi_url="/api",
            docs_url="/api.html",
        ),
        client=CatalogueClient(
            landing_page_id="sharinghub",
            reader=hub.reader,
            categories=hub.categories,
            urls=hub.urls,
            browser_url=settings.browser_url or browser.url,
            tokens=hub.tokens,
            context=hub.context,
        ),
        title=settings.title,
        description=settings.description,
        stac_version="1.1.0",
        app=app,
        router=APIRouter(prefix="/stac", dependencies=[Depends(resolve_viewer)], tags=["STAC API"]),
        collections_get_request_model=CollectionsRequest,
        search_get_request_model=SearchRequest,
        search_post_request_model=SearchBody,
        items_get_request_model=ItemsRequest,
        middlewares=[  # the first is the innermost
            Middleware(BodyLimit, max_bytes=1024 * 1024, besides=("/dvc/", HOOKS_PATH)),
            Middleware(EntityTags),
            Middleware(AuditedReads),
            Middleware(Measured, meters=hub.meters),
            Middleware(BrotliMiddleware, quality=1, minimum_size=1024, excluded_handlers=["/assets/", "/dvc/"]),
            Middleware(QgisTimes),
            Middleware(HeadAsGet),
            Middleware(Preflights, origins=origins),
            Middleware(
                RateLimit,
                buckets=TokenBuckets(settings.requests_per_minute, hub.clock),
                refused=hub.meters.limited.inc,
            ),
            Middleware(HookLane, path=HOOKS_PATH, receive_hook=receiver.receive),
            Middleware(QueryTokens),
            Middleware(RequestLimits),
            Middleware(ClientAddress, trusted=settings.trusted_proxies),
            Middleware(LastResort),
            Middleware(CorsHeaders, origins=origins),
            Middleware(CacheHeaders),
            Middleware(SecurityHeaders, https=hub.urls.public.startswith("https:")),
            Middleware(FormerStore),
            Middleware(PathPrefix, prefix=prefix),
            Middleware(RequestIds),
        ],
    )
    _handle_errors(app, hub.urls.public)
    describe(
        app,
        session_cookie=Cookies(hub.urls.public).name if hub.auth.signing_in is not None else None,
        discovery_url=f"{settings.gitlab_url}{DISCOVERY_PATH}",
    )
    serve_versions(app)
    return app


def _browser(hub: Hub) -> BrowserRoutes:
    settings, signing_in = hub.settings, hub.auth.signing_in is not None
    try:
        return BrowserRoutes(
            settings.browser_folder, hub.urls.public, settings.gitlab_url, settings.title, signing_in=signing_in
        )
    except NotBuilt as error:
        raise SettingsError(f"SHARINGHUB_BROWSER_FOLDER: {error}") from error


def _to(address: str) -> Any:
    async def redirect(request: Request) -> Response:
        return RedirectResponse(f"{address}?{request.url.query}" if request.url.query else address, 307)

    return redirect


def _handle_errors(app: FastAPI, public_url: str) -> None:
    async def problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        response = error.response()
        if (challenge := response.headers.get("WWW-Authenticate")) is not None:
            response.headers["WWW-Authenticate"] = led_to_metadata(challenge, public_url)
        return response

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, InvalidParameter)
        example = example_for(request.method, error.name, error.example)
        return Problem(400, f"{error}. A right example: {example}", parameter=error.name, example=example).response()

    async def malformed(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0] if error.errors() else {"loc": (), "msg": "malformed"}
        where = [part for part in first["loc"] if isinstance(part, str)] or ["body"]
        detail = f"The request is malformed: {'.'.join(where)}: {first['msg']}. A right example of a body: {BODY}"
        return Problem(400, detail, parameter=where[-1], example=BODY).response()

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return not_found().response()
        if error.status_code == 400 and request.method == "POST":  # a body that is no text, let alone JSON
            detail = f"The body is malformed: {error.detail}. A right example: {BODY}"
            return Problem(400, detail, parameter="body", example=BODY).response()
        return Problem(error.status_code, str(error.detail), dict(error.headers or {})).response()

    async def busy(request: Request, error: Exception) -> Response:
        """What the store says may name files and hosts: it is for those who run the hub."""
        said = str(error) if isinstance(error, StoreError) else type(error).__name__
        log.error("the store did not answer", path=request.url.path, error=said)
        detail = "The hub's store does not answer at the moment. Try again soon."
        if isinstance(error, StoreTimeout):
            detail = "The hub's store took too long for this. Ask for less, such as a smaller area, or try again soon."
        return Problem(503, detail, {"Retry-After": _RETRY_SECONDS}).response()

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(InvalidParameter, invalid)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, http)
    for failing in (StoreError, OperationalError, PoolTimeout):
        app.add_exception_handler(failing, busy)
    app.add_exception_handler(Exception, unexpected)
