"""Who may keep an answer, and what it depends on.

1. Every answer varies by all headers that can hold a credential, whether or not this request had one.
2. An anonymous answer may stand in a shared cache, which must ask before each use; any other is for one caller.
3. Errors are kept nowhere: a 404 must end in the moment in which somebody gets the right to see the item.
4. Bytes, and what tells callers about themselves, are kept nowhere. A handler may be narrower, except below /auth.
"""

from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sharinghub_ext.auth.cookies import NAME, PREFIXES
from sharinghub_ext.hook_care import HOOKS_PATH
from stac_ext.model import Viewer, Visibility

CREDENTIAL_HEADERS: Final = ("Authorization", "PRIVATE-TOKEN", "X-Gitlab-Token", "JOB-TOKEN", "Deploy-Token")
SESSION_COOKIES: Final = frozenset(prefix + NAME for prefix in PREFIXES)
VARY: Final = (*CREDENTIAL_HEADERS, "Cookie", "Accept", "Accept-Language", "Accept-Encoding")

_CREDENTIALS: Final = frozenset(name.lower().encode() for name in CREDENTIAL_HEADERS)
_COOKIES: Final = frozenset(name.encode() for name in SESSION_COOKIES)
_OF_THE_PROCESS: Final = frozenset({"/healthz", "/readyz", "/metrics", HOOKS_PATH})
_BYTES: Final = ("/assets/", "/dvc/")
_VARY_LINE: Final = ", ".join(VARY)
_VARIES: Final = frozenset(name.lower() for name in VARY)


class CacheHeaders:
    """Sets `Cache-Control` and `Vary`, and tells of a viewer whose rights are not complete yet."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})  # below here scopes are copied, and share this: the viewer is put in it

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                viewer: Viewer | None = state.get("viewer")
                message = {**message, "headers": _said(scope, viewer, message)}
            await send(message)

        await self._app(scope, receive, with_headers)


def _said(scope: Scope, viewer: Viewer | None, message: Message) -> list[tuple[bytes, bytes]]:
    headers, control, varies = [], None, []
    for name, value in message.get("headers", ()):
        lowered = name.lower()
        if lowered == b"cache-control":
            control = value.decode("latin-1")
        elif lowered == b"vary":
            varies += [one.strip() for one in value.decode("latin-1").split(",")]
        else:
            headers.append((name, value))
    chosen = cache_control(scope, viewer, message["status"], control)
    headers.append((b"cache-control", chosen.encode("latin-1")))
    more = [name for name in dict.fromkeys(varies) if name and name.lower() not in _VARIES]
    headers.append((b"vary", ", ".join((_VARY_LINE, *more)).encode("latin-1")))
    headers += [(b"sharinghub-grants", note.encode()) for note in (viewer.notes if viewer else ())]
    return headers


def cache_control(scope: Scope, viewer: Viewer | None, status: int, given: str | None) -> str:
    """The `Cache-Control` of an answer whose handler said `given`."""
    path: str = scope["path"]
    if path.startswith("/auth/"):
        return "private, no-store"
    if path in _OF_THE_PROCESS:
        return "no-store"
    if given is not None:
        return given
    if status >= 400 or path.startswith(_BYTES):
        return "private, no-store"
    return "public, no-cache" if is_anonymous(scope["headers"], viewer) else "private, no-cache"


def is_anonymous(headers: list[tuple[bytes, bytes]], viewer: Viewer | None) -> bool:
    """Whether everybody without a credential gets this answer.

    A viewer that stands for visitors has rights of its own, even while these are still being listed.
    """
    for name, value in headers:
        if name in _CREDENTIALS or (name == b"cookie" and _holds_session(value)):
            return False
    if viewer is None:  # of routes that read nothing
        return True
    return viewer.principal is None and viewer.level in (None, Visibility.PUBLIC) and not viewer.notes


def _holds_session(cookies: Any) -> bool:
    return any(one.partition(b"=")[0].strip() in _COOKIES for one in cookies.split(b";"))
