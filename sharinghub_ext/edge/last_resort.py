"""What a caller gets where the hub itself fails: a problem document with the headers of every other answer.

Starlette's own handler stands outside of all middleware, so that its answers would lack them.
"""

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sharinghub_ext.problems import Problem

log = structlog.get_logger()


class LastResort:
    """Answers 500 where nothing was sent yet; an answer that has begun is broken off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return  # nobody is there to read an answer
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            response = await unexpected(Request(scope), error)
            await response(scope, receive, send)


async def unexpected(request: Request, error: Exception) -> Response:
    """The answer to a defect, which the log tells of."""
    log.error("request failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return Problem(500, "The hub failed at this request; its log says why.").response()
