"""SharingHub's address of a DVC remote, `/api/store/{project id}/{key}`: the remote below `/dvc`, by another name.

The path is exchanged before anything looks at it, so that limits, rights and audit are those of `/dvc` and of nothing
else. SharingHub led clients to its object store; here they get the bytes.
"""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_BEFORE: Final = "/api/store/"
_NOW: Final = "/dvc/"


class FormerStore:
    """Takes requests for the address that was to the one that is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_BEFORE):
            scope = {**scope, "path": _NOW + scope["path"].removeprefix(_BEFORE)}
            raw: bytes | None = scope.get("raw_path")
            if raw is not None:
                scope["raw_path"] = raw.replace(_BEFORE.encode(), _NOW.encode(), 1)
        await self._app(scope, receive, send)
