"""How the hub's cookies are called and limited: by where people reach it.

Over https the names begin with `__Host-`, so that no other host and no plain connection can set them; below a path with
`__Secure-` and that path. Plain names are for a loopback address, where there is no https.
Source: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-cookie-name-prefixes
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

NAME: Final = "sharinghub"
PREFIXES: Final = ("__Host-", "__Secure-", "")
_MAX_LENGTH: Final = 4096


class Cookies:
    """The cookies of a hub at a public URL. `name` tells sessions from sign-ins that are under way."""

    def __init__(self, public_url: str, name: str = NAME) -> None:
        parts = urlsplit(public_url)
        self._secure = parts.scheme == "https"
        self._path = parts.path.rstrip("/") or "/"
        prefix = "" if not self._secure else "__Host-" if self._path == "/" else "__Secure-"
        self.name = prefix + name

    def read(self, request: Request) -> str | None:
        """What the browser sent; None where it sent nothing, or more than the hub ever gave it."""
        value = request.cookies.get(self.name)
        return value if value and len(value) <= _MAX_LENGTH else None

    def give(self, response: Response, value: str, seconds: int) -> None:
        """Let the browser keep a value for so long."""
        response.set_cookie(
            self.name, value, max_age=seconds, path=self._path, secure=self._secure, httponly=True, samesite="lax"
        )

    def clear(self, response: Response) -> None:
        """Let the browser forget it."""
        response.delete_cookie(self.name, path=self._path, secure=self._secure, httponly=True, samesite="lax")

    def clearing(self) -> dict[str, str]:
        """The header that lets the browser forget it, for answers that are made elsewhere."""
        response = Response()
        self.clear(response)
        return {"Set-Cookie": response.headers["set-cookie"]}
