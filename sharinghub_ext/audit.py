"""Who read which bytes of projects that are not public: one line of the log for each read.

A line (`private bytes read`, with `logger=audit`) names the account, the project, the path or key and the revision, how
the caller was known, and the status and number of bytes that were sent. It holds no token, no signature and no query.
"""

from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sharinghub_ext.middleware import HEAD_MARK

_BELOW = ("/assets/", "/dvc/")
_READ = (200, 206, 302)  # the last one hands out the address of an object store
_STATE = "private_read"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PrivateRead:
    """What is read by whom. `principal` names the caller in the store, `user` is the account's id at GitLab."""

    project: int
    path: str
    revision: str | None
    principal: str | None
    user: int | None
    by: str


def tell_of(request: Request, read: PrivateRead) -> None:
    """Let a line be written when the answer to a request has been sent, in whole or in part."""
    setattr(request.state, _STATE, read)


class AuditedReads:
    """Writes the lines. To be put below what makes HEAD a GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_BELOW):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        status = sent = 0

        async def counted(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)
            sent += len(message.get("body", b""))

        try:
            await self._app(scope, receive, counted)
        finally:
            read: PrivateRead | None = state.get(_STATE)
            if read is not None and status in _READ and not scope.get(HEAD_MARK):
                log.info(
                    "private bytes read",
                    logger="audit",
                    principal=read.principal,
                    user=read.user,
                    by=read.by,
                    project=read.project,
                    path=read.path,
                    revision=read.revision,
                    status=status,
                    bytes=sent,
                )
