"""Signing in with GitLab in a browser, and out: `/auth/login`, `/auth/callback`, `/auth/logout`.

What a sign-in must remember (state, nonce, the secret of PKCE, where to go on) is kept encrypted in a cookie of ten
minutes, so that only the browser that began it can end it. A new session begins with a new cookie; the one before ends.
"""

import asyncio
import hmac
import secrets
from typing import Final
from urllib.parse import parse_qs, urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gitlab_hooks.gateway.errors import GitLabError, GitLabUnavailable
from gitlab_hooks.gateway.oauth import OAuthTokens, SignIn, SignInRefused
from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.auth.cookies import Cookies
from sharinghub_ext.auth.own_paths import own_url
from sharinghub_ext.auth.refusals import Refusals
from sharinghub_ext.auth.sealing import Sealer
from sharinghub_ext.auth.sessions import Sessions, key_of
from sharinghub_ext.auth.viewers import Viewers
from sharinghub_ext.problems import Problem
from stac_ext.clock import Clock

_ATTEMPT_SECONDS: Final = 600
_NO_STORE: Final = {"Cache-Control": "private, no-store"}
_AGAIN: Final = "Begin again at /auth/login."
_PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign out</title></head><body>'
    '<form method="post"><p><button>Sign out</button></p>'
    '<p><button name="everywhere" value="true">Sign out of every browser</button></p></form></body></html>'
)
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # with `no-referrer` browsers send the form as from the origin `null`
}
log = structlog.get_logger()


class SigningIn:
    """The routes of signing in and out."""

    def __init__(
        self,
        sign_in: SignIn,
        sessions: Sessions,
        viewers: Viewers,
        refusals: Refusals,
        sealer: Sealer,
        public_url: str,
        lifetime: int,
        clock: Clock,
    ) -> None:
        """`lifetime` is that of a session, in seconds."""
        self._sign_in, self._sessions, self._viewers, self._refusals = sign_in, sessions, viewers, refusals
        self._sealer, self._public_url, self._lifetime, self._clock = sealer, public_url, lifetime, clock
        self._cookies = Cookies(public_url)
        self._attempts = Cookies(public_url, "sharinghub-sign-in")

    def routes(self) -> list[Route]:
        """The routes, to be put into an application."""
        return [
            Route("/auth/login", self.login, methods=["GET"]),
            Route("/auth/callback", self.callback, methods=["GET"]),
            Route("/auth/logout", self.ask_to_leave, methods=["GET"]),
            Route("/auth/logout", self.logout, methods=["POST"]),
        ]

    async def login(self, request: Request) -> Response:
        """GET /auth/login?next=/path: to GitLab, and back to a path of the hub."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        try:
            url = await self._sign_in.authorization_url(state, nonce, verifier)
        except GitLabUnavailable as error:
            raise _not_now(error) from error
        attempt = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "next": own_url(request.query_params.get("next"), self._public_url),
            "ends": self._now() + _ATTEMPT_SECONDS,
        }
        response = RedirectResponse(url, 302, _NO_STORE)
        self._attempts.give(response, self._sealer.seal(attempt).decode(), _ATTEMPT_SECONDS)
        return response

    async def callback(self, request: Request) -> Response:
        """GET /auth/callback?code=…&state=…: GitLab's answer; a session where it proves who signed in."""
        sealed = self._attempts.read(request)
        attempt = self._sealer.open(sealed.encode("latin-1", "replace")) if sealed else None
        state = request.query_params.get("state", "")
        if attempt is None or attempt["ends"] <= self._now() or not _equal(state, str(attempt["state"])):
            raise Problem(400, f"This sign-in was not begun in this browser, or took too long. {_AGAIN}", _NO_STORE)
        if request.query_params.get("error") or not request.query_params.get("code"):
            raise Problem(403, f"GitLab did not let you sign in, or you did not allow it. {_AGAIN}", self._gone())
        client = request.client.host if request.client else ""
        self._refusals.check_flood(client)
        try:
            cookie = await self._signed_in(request.query_params["code"], attempt, client)
        except GitLabUnavailable as error:
            raise _not_now(error) from error
        except GitLabError as error:
            self._refusals.count(client)
            log.warning("a sign-in was refused", error=str(error))
            raise Problem(403, f"GitLab's answer does not prove who you are. {_AGAIN}", self._gone()) from error
        before = self._cookies.read(request)
        if before is not None:
            await self._sessions.end(key_of(before))
        response = RedirectResponse(str(attempt["next"]), 303, _NO_STORE)
        self._attempts.clear(response)
        self._cookies.give(response, cookie, self._lifetime)
        return response

    async def ask_to_leave(self, _: Request) -> Response:
        """GET /auth/logout: a page with the buttons; a link alone signs nobody out."""
        return HTMLResponse(_PAGE, headers={**_NO_STORE, **_PAGE_HEADERS})

    async def logout(self, request: Request) -> Response:
        """POST /auth/logout: end the session here and at GitLab; with `everywhere=true` all of the account's."""
        require_own_page(request, self._public_url)
        cookie = self._cookies.read(request)
        if cookie is not None:
            form = parse_qs((await request.body()).decode("latin-1"), max_num_fields=8)
            if form.get("everywhere") == ["true"]:
                await self._sessions.end_everywhere(key_of(cookie))
            await self._sessions.end(key_of(cookie))
        target = own_url(request.query_params.get("next"), self._public_url)
        response = RedirectResponse(target, 303, {**_NO_STORE, "Clear-Site-Data": '"cache"'})
        self._cookies.clear(response)
        return response

    async def _signed_in(self, code: str, attempt: dict[str, str], client: str) -> str:
        """The cookie of a new session. Raises GitLabError, Problem."""
        tokens, subject = await self._sign_in.exchange(code, attempt["verifier"], attempt["nonce"])
        try:
            principal = await self._viewers.welcome(Credential(tokens.access), client)
            if principal != f"user:{subject}":
                raise SignInRefused("the token is another user's than the identity token")
            return await self._sessions.begin(principal, tokens)
        except BaseException:
            await asyncio.shield(self._given_up(tokens))
            raise

    async def _given_up(self, tokens: OAuthTokens) -> None:
        try:
            await self._sign_in.revoke(tokens)
        except GitLabError as error:
            log.warning("tokens of a sign-in that failed live on at GitLab", error=str(error))

    def _gone(self) -> dict[str, str]:
        return {**_NO_STORE, **self._attempts.clearing()}

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def require_own_page(request: Request, public_url: str) -> None:
    """Refuse what another site lets a browser send along with the hub's cookie. Raises Problem 403.

    Browsers say where a request comes from; a client that is none says it by the header `Origin`.
    """
    told, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    parts = urlsplit(public_url)
    own = told == f"{parts.scheme}://{parts.netloc}" if told is not None else site in ("same-origin", "none")
    if not own or site in ("cross-site", "same-site"):
        raise Problem(403, "This was sent by another site. Open the page of the hub itself, and try again there.")


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _not_now(error: GitLabUnavailable) -> Problem:
    wait = str(max(1, min(300, round(error.retry_after or 5))))
    return Problem(
        503, f"Signing in does not work at the moment ({error}). Try again soon.", {**_NO_STORE, "Retry-After": wait}
    )
