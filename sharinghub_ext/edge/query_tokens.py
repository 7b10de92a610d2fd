"""Tokens do not belong into URLs, where logs, histories and proxies keep them: no route of the hub takes one there.

Refused before anything reads the address, so that no redirect repeats it; the names are GitLab's, in any letter case.
"""

from typing import Final
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from sharinghub_ext.problems import Problem

_NAMES: Final = frozenset({"private_token", "access_token", "gitlab_token", "job_token", "token_secret"})


class QueryTokens:
    """Refuses every request with a token in its query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = _named(scope["query_string"]) if scope["type"] == "http" else None
        if name is None:
            await self._app(scope, receive, send)
            return
        detail = f"Tokens do not belong into URLs, where logs keep them: send {name} as a header."
        await Problem(400, detail, {"Cache-Control": "private, no-store"}).response()(scope, receive, send)


def _named(query: bytes) -> str | None:
    """The name of a token in a query."""
    if b"=" not in query:
        return None
    names = {name.lower() for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)}
    return min(names & _NAMES, default=None)
