"""The web application of a process that only works: how it is, and its numbers; no caller is answered there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sharinghub_ext.background import running
from sharinghub_ext.edge.limits import RequestLimits
from sharinghub_ext.edge.security_headers import SecurityHeaders
from sharinghub_ext.health import Health
from sharinghub_ext.hub import Hub
from sharinghub_ext.metrics.route import MetricsRoute
from sharinghub_ext.middleware import HeadAsGet
from sharinghub_ext.problems import Problem
from sharinghub_ext.roles import Role


def create_worker_app(hub: Hub) -> Starlette:
    """`/healthz`, `/readyz` and `/metrics`, with all work of the hub in the background."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with running(hub, Role.WORKER):
            yield
        await hub.close()

    health = Health(hub, Role.WORKER)
    app = Starlette(
        routes=[
            *health.routes(),
            Route("/metrics", MetricsRoute(hub.meters.registry, hub.settings.metrics_token).answer, methods=["GET"]),
        ],
        exception_handlers={Problem: _told},
        middleware=[Middleware(SecurityHeaders, https=False), Middleware(RequestLimits), Middleware(HeadAsGet)],
        lifespan=lifespan,
    )
    app.state.health = health
    return app


async def _told(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem.response()
