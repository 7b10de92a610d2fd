"""Is the hub alive, and are its reads right: `/healthz` and `/readyz`."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sharinghub_ext.hub import Hub
from sharinghub_ext.roles import Role


class Health:
    """How one process of a hub is. `leaving` is set when its end was announced."""

    def __init__(self, hub: Hub, role: Role) -> None:
        self._hub, self._role = hub, role
        self.leaving = False

    def routes(self) -> list[Route]:
        """The routes, to be put into an application."""
        return [
            Route("/healthz", self.healthz, methods=["GET"]),
            Route("/readyz", self.readyz, methods=["GET"]),
        ]

    async def healthz(self, _: Request) -> Response:
        """GET /healthz: the process answers."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, _: Request) -> Response:
        """GET /readyz: the store answers; how far the index is, without naming anything in it, or telling who did what
        when: that is for `/metrics`, which asks for a token. A GitLab or a worker that is away takes no reader out.
        """
        if self.leaving:
            return JSONResponse({"status": "this process is about to end"}, 503)
        try:
            await asyncio.to_thread(self._hub.inbox.counts)
        except Exception:
            return JSONResponse({"status": "the store does not answer"}, 503)
        index = self._hub.status
        return JSONResponse(
            {
                "status": "ready",
                "role": self._role.value,
                "index": index.state,
                "last_sweep": index.last_sweep,
                "sweep_bound": index.bound(self._hub.settings.sweep_seconds),
                "worker": "working" if self._hub.standing.is_worked else "missing",
                "hooks": {"state": self._hub.hearing.state},
            }
        )
