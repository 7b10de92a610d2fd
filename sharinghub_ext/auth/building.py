"""The parts of who calls put together: identities and viewers, and sessions where the settings name an application."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitlab_hooks.gateway.viewer import Credential, ViewerClient
from gitlab_hooks.grants import GrantRefresher
from sharinghub_ext.auth.callers import Callers
from sharinghub_ext.auth.cookies import Cookies
from sharinghub_ext.auth.identities import Freshness, Identities
from sharinghub_ext.auth.job_reads import JobReads
from sharinghub_ext.auth.refusals import Refusals
from sharinghub_ext.auth.sessions import Lifetimes, Sessions
from sharinghub_ext.auth.viewers import Viewers
from sharinghub_ext.config import Settings, SettingsError
from stac_ext.clock import Clock
from stac_ext.store.database import Database
from stac_ext.store.grants import GrantTable
from stac_ext.store.revocations import RevocationTable
from stac_ext.store.sessions import SessionTable

if TYPE_CHECKING:
    from sharinghub_ext.auth.signing_in import SigningIn


@dataclass(frozen=True, slots=True)
class Auth:
    """Everything that knows who calls. Without an application at GitLab there are no sessions."""

    refusals: Refusals
    viewers: Viewers
    job_reads: JobReads
    callers: Callers
    sessions: Sessions | None
    signing_in: SigningIn | None

    async def close(self) -> None:
        """Stop what is under way and release connections."""
        await self.viewers.close()
        await self.job_reads.close()
        if self.sessions is not None:
            await self.sessions.close()


def build_auth(
    settings: Settings,
    public_url: str,
    topics: tuple[str, ...],
    secret: bytes,
    client: ViewerClient,
    database: Database,
    tls: ssl.SSLContext,
    clock: Clock,
) -> Auth:
    """Put it together. Raises SettingsError where people are to sign in and the settings would endanger them."""
    if problems := settings.serving_problems(public_url):
        raise SettingsError("\n".join(problems))
    fresh = Freshness.of(settings.grants_ttl, settings.grants_hard_ttl)
    refusals = Refusals(secret, clock, settings.refusals_per_minute)
    table = GrantTable(database)
    identities = Identities(client, table, refusals, clock, fresh, admins_see_all=settings.admins_see_all)
    viewers = Viewers(identities, GrantRefresher(client, database, topics, clock), database, table, fresh)
    job_reads = JobReads(client, refusals, clock)
    sessions = signing_in = None
    if settings.oauth_client_id is not None:
        # Cryptography and OAuth are an eighth of what a hub loads: only where people sign in.
        from gitlab_hooks.gateway.oauth import Application, Provider, SignIn
        from sharinghub_ext.auth.sealing import Sealer
        from sharinghub_ext.auth.signing_in import SigningIn

        keys = [secret, *settings.other_secret_keys]
        provider = Provider(settings.gitlab_url, settings.api_url, tls, settings.gitlab_timeout)
        client_secret = settings.oauth_client_secret.get_secret_value() if settings.oauth_client_secret else None
        application = Application(settings.oauth_client_id, client_secret, f"{public_url}/auth/callback")
        sign_in = SignIn(provider, application, clock)
        lifetimes = Lifetimes(settings.session_idle_seconds, settings.session_seconds)
        tables = SessionTable(database), RevocationTable(database)
        sessions = Sessions(*tables, Sealer(keys, "session"), sign_in, lifetimes, clock)
        attempts = Sealer(keys, "sign-in")
        places = public_url, settings.gitlab_url
        signing_in = SigningIn(sign_in, sessions, viewers, refusals, attempts, *places, settings.session_seconds, clock)
    visitor = Credential(settings.visitor_token.get_secret_value()) if settings.visitor_token else None
    callers = Callers(viewers, job_reads, Cookies(public_url), sessions, visitor)
    return Auth(refusals, viewers, job_reads, callers, sessions, signing_in)
