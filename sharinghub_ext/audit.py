"""Who read which bytes: one line of the log for each read by somebody who is known.

A line (`bytes read`, with `logger=audit`) names the account, the project, the path or key and the revision, how the
caller was known, whether the index shows the project to everybody, and the status and number of bytes that were sent.
It holds no token, no signature and no query. What GitLab gives to a caller without a credential it gives to everybody:
only that leaves no line. Of projects that the index calls public reads are told, too: a part of them may be for members
only, or GitLab may have closed them since.
"""

from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sharinghub_ext.middleware import HEAD_MARK

_BELOW = ("/assets/", "/dvc/")
_READ = (200, 206, 302)  # the last one hands out the address of an object store
_STATE = "known_read"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KnownRead:
    """What is read by whom. `principal` names the caller in the store, `user` is the account's id at GitLab; `public`
    tells whether the index shows the project to everybody.
    """

    project: int
    path: str
    revision: str | None
    principal: str | None
    user: int | None
    by: str
    public: bool


def tell_of(request: Request, read: KnownRead) -> None:
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
            read: KnownRead | None = state.get(_STATE)
            if read is not None and status in _READ and not scope.get(HEAD_MARK):
                log.info(
                    "bytes read",
                    logger="audit",
                    principal=read.principal,
                    user=read.user,
                    by=read.by,
                    public=read.public,
                    project=read.project,
                    path=read.path,
                    revision=read.revision,
                    status=status,
                    bytes=sent,
                )
