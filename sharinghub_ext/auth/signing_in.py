"""Signing in with GitLab in a browser, and out: `/auth/login`, `/auth/callback`, `/auth/logout`.

What a sign-in must remember (state, nonce, the secret of PKCE, where to go on) is kept encrypted in a cookie of ten
minutes, so that only the browser that began it can end it. A new session begins with a new cookie; the one before ends.
"""

import asyncio
import hmac
import secrets
from html import escape
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
from sharinghub_ext.client_address import client_of
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
_NOT_YET: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Signed out</title></head><body>'
    "<p>You are signed out of this hub.</p><p>GitLab has not answered yet, so the access that it gave the hub still "
    "stands there. The hub goes on asking until it has ended; to end it yourself, revoke it among your "
    '<a href="{at_gitlab}">authorized applications</a>.</p><p><a href="{on}">Go on</a></p></body></html>'
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
        gitlab_url: str,
        lifetime: int,
        clock: Clock,
    ) -> None:
        """`lifetime` is that of a session, in seconds."""
        self._sign_in, self._sessions, self._viewers, self._refusals = sign_in, sessions, viewers, refusals
        self._sealer, self._public_url, self._gitlab_url = sealer, public_url, gitlab_url
        self._lifetime, self._clock = lifetime, clock
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
        client = client_of(request)
        async with self._refusals.asking(client):
            tokens, subject = await self._exchanged(request.query_params["code"], attempt)
        cookie = await self._begun(tokens, subject, client)
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
        cookie, ended = self._cookies.read(request), True
        if cookie is not None:
            form = parse_qs((await request.body()).decode("latin-1"), max_num_fields=8)
            leave = self._sessions.end_everywhere if form.get("everywhere") == ["true"] else self._sessions.end
            ended = await leave(key_of(cookie))
        target = own_url(request.query_params.get("next"), self._public_url)
        headers = {**_NO_STORE, "Clear-Site-Data": '"cache"'}
        response = RedirectResponse(target, 303, headers) if ended else self._not_yet_at_gitlab(target, headers)
        self._cookies.clear(response)
        return response

    def _not_yet_at_gitlab(self, target: str, headers: dict[str, str]) -> Response:
        """A page for who signed out while GitLab does not answer."""
        at_gitlab, on = escape(f"{self._gitlab_url}/-/user_settings/applications"), escape(target)
        return HTMLResponse(_NOT_YET.format(at_gitlab=at_gitlab, on=on), headers={**headers, **_PAGE_HEADERS})

    async def _exchanged(self, code: str, attempt: dict[str, str]) -> tuple[OAuthTokens, str]:
        """The tokens for a code, and whose they are. Raises Problem 403 or 503."""
        try:
            return await self._sign_in.exchange(code, attempt["verifier"], attempt["nonce"])
        except GitLabUnavailable as error:
            raise _not_now(error) from error
        except GitLabError as error:
            raise self._unproven(error) from error

    async def _begun(self, tokens: OAuthTokens, subject: str, client: str) -> str:
        """The cookie of a new session. Raises Problem."""
        try:
            user = await self._viewers.welcome(Credential(tokens.access), client)
            if str(user) != subject:
                raise self._unproven(SignInRefused("the token is another user's than the identity token"))
            return await self._sessions.begin(f"user:{user}", tokens)
        except BaseException:
            await asyncio.shield(self._sessions.give_up(tokens))
            raise

    def _unproven(self, error: GitLabError) -> Problem:
        log.warning("a sign-in was refused", error=str(error))
        return Problem(403, f"GitLab's answer does not prove who you are. {_AGAIN}", self._gone())

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
