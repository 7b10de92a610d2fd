"""Is the hub alive, and are its reads right: `/healthz` and `/readyz`."""

import asyncio
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stac_ext.store.inbox import Inbox


async def healthz(_: Request) -> Response:
    """GET /healthz: the process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """GET /readyz: the store answers; how far the index is, without naming anything in it, or telling who did what
    when: that is for `/metrics`, which asks for a token.
    """
    inbox = cast("Inbox", request.app.state.inbox)
    try:
        await asyncio.to_thread(inbox.counts)
    except Exception:
        return JSONResponse({"status": "the store does not answer"}, 503)
    index, hearing = request.app.state.index_status, request.app.state.hearing
    return JSONResponse(
        {
            "status": "ready",
            "index": index.state,
            "last_sweep": index.last_sweep,
            "sweep_bound": index.bound(request.app.state.sweep_seconds),
            "hooks": {"state": hearing.state},
        }
    )
