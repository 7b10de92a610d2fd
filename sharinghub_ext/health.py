"""Is the hub alive, and are its reads right: `/healthz` and `/readyz`."""

import asyncio
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stac_ext.store.inbox import Inbox
from stac_ext.times import format_rfc3339, from_micros


def _time(micros: int) -> str:
    return format_rfc3339(from_micros(micros))


async def healthz(_: Request) -> Response:
    """GET /healthz: the process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """GET /readyz: the store answers; how far the index is, without naming anything in it."""
    inbox = cast("Inbox", request.app.state.inbox)
    try:
        counts = await asyncio.to_thread(inbox.counts)
    except Exception:
        return JSONResponse({"status": "the store does not answer"}, 503)
    index, hearing = request.app.state.index_status, request.app.state.hearing
    return JSONResponse(
        {
            "status": "ready",
            "index": index.state,
            "last_sweep": index.last_sweep,
            "sweep_bound": index.bound(request.app.state.sweep_seconds),
            "hooks": {"state": hearing.state, "last": None if hearing.last is None else _time(hearing.last)},
            "inbox": {"queued": counts.get("queued", 0), "dead": counts.get("dead", 0)},
        }
    )
