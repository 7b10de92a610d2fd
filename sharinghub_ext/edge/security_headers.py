"""Which headers keep a browser from doing anything with an answer that the hub did not mean."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DEFAULTS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
_POLICY: Final = b"content-security-policy"
_UNFRAMED: Final = (b"x-frame-options", b"DENY")


def security_headers(*, https: bool) -> tuple[tuple[bytes, bytes], ...]:
    """What every answer has, unless its handler chose another value."""
    return (*_DEFAULTS, _HSTS) if https else _DEFAULTS


class SecurityHeaders:
    """Adds the headers to every answer, errors and redirects too. A handler's own value is left alone."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = security_headers(https=https)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._completed(message.get("headers", ()))}
            await send(message)

        await self._app(scope, receive, guarded)

    def _completed(self, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        present = {name.lower(): value for name, value in given}
        added = [one for one in self._headers if one[0] not in present]
        # A policy that says who may frame the answer is the newer form of the same rule, and wins in browsers.
        if b"frame-ancestors" not in present.get(_POLICY, b"") and _UNFRAMED[0] not in present:
            added.append(_UNFRAMED)
        return [*given, *added]
