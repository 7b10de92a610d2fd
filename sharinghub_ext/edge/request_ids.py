"""Which log lines belong to one request: each gets an id of its own, which an answer that says what broke tells."""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

HEADER = "X-Request-Id"
_BROKEN = 500


class RequestIds:
    """Puts `request_id` on every line that is logged below it. Ids that callers send are not taken over.

    Only an answer of 500 or more has the header: all others are the same for what is hidden and what does not exist.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = secrets.token_hex(8)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= _BROKEN:
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        with bound_contextvars(request_id=name):
            await self._app(scope, receive, named)
