"""Who calls: the credential of a request, by header, by session, or for want of both the visitors' token; and the
viewer that it is.

A credential in a header counts alone, whatever cookie comes along. One that cannot be used is refused, never answered
as if there were none; a browser whose session has ended is told to forget it with the same answer.
"""

from dataclasses import dataclass, replace

import structlog
from starlette.requests import Request

from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.auth.cookies import Cookies
from sharinghub_ext.auth.credentials import credential_of
from sharinghub_ext.auth.identities import Confirmed
from sharinghub_ext.auth.job_reads import JobReads
from sharinghub_ext.auth.sessions import Sessions, key_of
from sharinghub_ext.auth.viewers import FILLING, Viewers
from sharinghub_ext.client_address import client_of
from sharinghub_ext.problems import Problem
from stac_ext.model import Viewer

_READS = ("GET", "HEAD")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's credential (None: nobody), who that is, and the session it came from, by cookie or `signed`."""

    credential: Credential | None
    viewer: Viewer
    session: str | None = None
    visitor: bool = False
    signed: bool = False

    @property
    def by(self) -> str:
        """How the caller is known."""
        if self.credential is None:
            return "nothing"
        if self.session is not None:
            return "signed address" if self.signed else "session"
        return _kind_of(self.credential, visitor=self.visitor)


class Callers:
    """Tells who calls."""

    def __init__(
        self,
        viewers: Viewers,
        job_reads: JobReads,
        cookies: Cookies,
        sessions: Sessions | None = None,
        visitor: Credential | None = None,
    ) -> None:
        self.viewers, self.job_reads = viewers, job_reads
        self._cookies, self._sessions, self._visitor = cookies, sessions, visitor
        self.lends_visitor_token = True  # False while nobody knows what the token can do

    async def of(self, request: Request, *, basic: bool = False) -> Caller:
        """Who calls; `basic` takes HTTP Basic, too, as clients of downloads send it. Raises Problem."""
        client = client_of(request)
        credential = credential_of(request, basic=basic)
        if credential is not None:
            try:
                return Caller(credential, await self.viewers.resolve(credential, client))
            except Problem as problem:
                if basic:
                    raise challenged(problem) from problem
                raise
        if (cookie := self.cookie(request)) is not None:
            return await self.of_session(key_of(cookie), client)
        return await self._nobody(client)

    def cookie(self, request: Request) -> str | None:
        """The session cookie, where there are sessions."""
        return self._cookies.read(request) if self._sessions is not None else None

    async def of_session(self, key: str, client: str) -> Caller:
        """The caller that a session stands for. Raises Problem 401 where it has ended."""
        assert self._sessions is not None
        credential = await self._sessions.credential(key)
        if credential is None:
            raise self._ended()
        try:
            return Caller(credential, await self.viewers.resolve(credential, client), key)
        except Problem as problem:
            if problem.status != 401:
                raise
        credential = await self._sessions.refused(key, credential)
        if credential is None:
            raise self._ended()
        return Caller(credential, await self.viewers.resolve(credential, client), key)

    async def after_refusal(self, caller: Caller) -> Caller | None:
        """GitLab answered 401 to a caller's credential: whom to ask once more as, None where it takes the credential
        and refused for another reason.

        Raises Problem 401 where the credential, or its session, has ended.
        """
        assert caller.credential is not None
        try:
            await self.viewers.identities.confirm(caller.credential)
        except Problem as problem:
            if problem.status != 401:
                raise
            if caller.visitor:
                return replace(caller, credential=None, visitor=False)
            if caller.session is None or self._sessions is None:
                raise challenged(problem) from problem
            credential = await self._sessions.refused(caller.session, caller.credential)
            if credential is None:
                raise self._ended() from problem
            return replace(caller, credential=credential)
        return None

    def known(self, credential: Credential | None) -> Confirmed | None:
        """Whom GitLab lately said a credential acts as, without asking."""
        return self.viewers.identities.known(credential) if credential is not None else None

    def kind_of(self, credential: Credential | None) -> str:
        """How a caller without a session is known."""
        return "nothing" if credential is None else _kind_of(credential, visitor=credential is self._visitor)

    def stands_in(self, request: Request) -> Credential | None:
        """The visitors' token, for a read by somebody without a credential."""
        return self._visitor if self.lends_visitor_token and request.method in _READS else None

    async def _nobody(self, client: str) -> Caller:
        if self._visitor is not None and not self.lends_visitor_token:
            return await self._nobody_yet()
        if self._visitor is not None:
            try:
                return Caller(self._visitor, await self.viewers.resolve(self._visitor, client), visitor=True)
            except Problem as problem:  # not the caller's fault: what everybody sees goes on being served
                log.error("the visitors' token cannot be used (SHARINGHUB_VISITOR_TOKEN)", error=problem.detail)
                return await self._nobody_yet()
        return Caller(None, await self.viewers.resolve(None))

    async def _nobody_yet(self) -> Caller:
        viewer = await self.viewers.resolve(None)
        return Caller(None, Viewer(viewer.level, notes=(FILLING,)))

    def _ended(self) -> Problem:
        detail = "Your session has ended: sign in again at /auth/login. What is public is shown without it."
        return Problem(401, detail, {**self._cookies.clearing(), "WWW-Authenticate": 'Bearer realm="SharingHub"'})


def _kind_of(credential: Credential, *, visitor: bool) -> str:
    if visitor:
        return "visitor token"
    return "job token" if credential.is_job else "token"


def challenged(problem: Problem) -> Problem:
    """A refusal as clients of downloads understand it, which may answer with HTTP Basic."""
    if problem.status != 401:
        return problem
    bearer = problem.headers.get("WWW-Authenticate", "")
    challenge = 'Basic realm="SharingHub", charset="UTF-8"' + (f", {bearer}" if bearer.startswith("Bearer") else "")
    return Problem(401, problem.detail, {**problem.headers, "WWW-Authenticate": challenge}, **problem.members)
