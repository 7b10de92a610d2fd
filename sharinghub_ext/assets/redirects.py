"""Where GitLab sends a download on to, and whether the hub goes there: only to the configured object stores.

1. An address that holds a user, or characters that clients read in different ways, is not passed on, either.
2. The hub follows to hosts of the setting `ASSET_HOSTS`, host and port compared exactly, over https; over http only
   where GitLab itself is at a loopback address, as in a demo.
3. It goes there once, with no credential of anybody and no cookie. A second redirect is an error.
4. What it does not follow is passed on to the caller, whom GitLab has let through.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from starlette.responses import RedirectResponse, Response

from gitlab_hooks.gateway.viewer import FAILURES, Credential
from sharinghub_ext.problems import Problem, not_found

_SIGN_IN: Final = "/users/sign_in"


class ObjectStores:
    """The object stores that the hub reads from. `plain` allows http."""

    def __init__(self, client: httpx.AsyncClient, hosts: frozenset[str], *, plain: bool) -> None:
        self._client, self._hosts = client, hosts
        self._schemes = frozenset({"https", "http"} if plain else {"https"})

    def has(self, target: httpx.URL) -> bool:
        """Whether the hub follows to an address."""
        return target.scheme in self._schemes and target.netloc.decode("ascii") in self._hosts

    @asynccontextmanager
    async def opened(self, target: httpx.URL, wanted: str | None) -> AsyncIterator[httpx.Response]:
        """What an object store answers, with 200, 206 or 416. Raises Problem 502, 503."""
        headers = {"Accept-Encoding": "identity", **({"Range": wanted} if wanted else {})}
        request = self._client.build_request("GET", target, headers=headers)
        try:
            response = await self._client.send(request, stream=True, follow_redirects=False)
        except FAILURES as error:
            raise _not_now(type(error).__name__) from None  # the error holds the address, which is signed
        try:
            status = response.status_code
            if status in (429, 500, 502, 503, 504):
                raise _not_now(str(status))
            if status not in (200, 206, 416):
                raise Problem(
                    502, f"The object store to which GitLab leads answered {status} in place of the file. Tell those "
                    "who run GitLab."
                )  # fmt: skip
            yield response
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Release connections."""
        await self._client.aclose()


def target_of(response: httpx.Response) -> httpx.URL:
    """Where a redirect leads. Raises Problem: 404 where GitLab asks to sign in, 502 for no address that may be used."""
    location = response.headers.get("location", "")
    try:
        target = httpx.URL(location)
    except httpx.InvalidURL:
        raise _unusable() from None
    if target.path.endswith(_SIGN_IN):
        raise not_found()
    is_odd = any(char <= " " or char in '\\"<>^`{|}' or char >= "\x7f" for char in location)
    if is_odd or target.scheme not in ("http", "https") or not target.host or target.userinfo:
        raise _unusable()
    return target.copy_with(fragment=None)


def passed_on(target: httpx.URL, credential: Credential | None) -> Response:
    """The redirect for the caller, but only to clients that keep their token from it. Raises Problem 502."""
    if credential is not None and credential.resent:
        raise Problem(
            502,
            "GitLab keeps this file in an object store. Send the token as 'Authorization: Bearer', which clients do "
            "not pass on to other hosts, instead of in a header of its own.",
        )
    return RedirectResponse(str(target), 302, {"Cache-Control": "private, no-store"})


def _unusable() -> Problem:
    return Problem(502, "GitLab redirected this download to an address that cannot be passed on.")


def _not_now(reason: str) -> Problem:
    detail = f"The object store of GitLab cannot be read now ({reason}). Try again soon."
    return Problem(503, detail, {"Retry-After": "5"})
