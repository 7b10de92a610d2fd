"""How the hub and GitLab are asked on the command line: JSON answers only, no redirects, no endless bodies.

Proxies and authorities of the environment count (`HTTPS_PROXY`, `SSL_CERT_FILE`), but not for this machine itself.
"""

import json
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sharinghub_ext import __version__
from sharinghub_ext.login.errors import Unanswered
from sharinghub_ext.loopback import is_loopback

if TYPE_CHECKING:
    import httpx

_SECONDS: Final = 20.0
_MOST_BYTES: Final = 256 * 1024
Answer = tuple[int, dict[str, Any]]


class Web:
    """Connections to be closed at the end of a command; a context manager."""

    def __init__(self) -> None:
        self._clients: dict[bool, httpx.Client] = {}

    def __enter__(self) -> "Web":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            client.close()

    def get(self, url: str, token: str | None = None) -> Answer:
        """Status and JSON object of a page, {} where it holds none. Raises Unanswered."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._ask("GET", url, headers=headers)

    def post(self, url: str, form: dict[str, str]) -> Answer:
        """The answer to a form. Raises Unanswered."""
        return self._ask("POST", url, data=form)

    def _ask(self, method: str, url: str, **options: Any) -> Answer:
        import httpx  # takes half a second, and a token that is not due needs none of it

        at_home, host, body = is_loopback(url), urlsplit(url).netloc, bytearray()
        if at_home not in self._clients:
            self._clients[at_home] = httpx.Client(
                timeout=_SECONDS,
                trust_env=not at_home,
                headers={"User-Agent": f"sharinghub/{__version__}", "Accept": "application/json"},
            )
        try:
            with self._clients[at_home].stream(method, url, **options) as response:
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > _MOST_BYTES:
                        raise Unanswered(f"{host} answered with more than it should.")
        except httpx.TimeoutException:
            raise Unanswered(f"{host} did not answer in time. Try again soon.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error)[:200] if isinstance(error, httpx.ConnectError) else type(error).__name__
            raise Unanswered(f"{host} cannot be reached ({reason}).") from None
        return response.status_code, _object(bytes(body))


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
