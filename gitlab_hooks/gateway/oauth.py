"""GitLab as the place where people sign in: authorization code with PKCE, identity tokens, refresh and revocation.

The addresses come from GitLab's discovery document and count only where they lie below the configured GitLab; what the
hub asks itself goes to the address at which it reaches the API.
Sources: https://docs.gitlab.com/api/oauth2/, https://docs.gitlab.com/integration/openid_connect_provider/,
https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

import hmac
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx2 as httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from cachetools import TTLCache
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from gitlab_hooks.gateway.cookies import no_cookies
from gitlab_hooks.gateway.errors import CredentialRefused, GitLabError, GitLabUnavailable
from stac_ext.clock import Clock

SCOPES: Final = "openid read_api"
DISCOVERY_PATH: Final = "/.well-known/openid-configuration"
_KEPT_SECONDS: Final = 3600
_LIFETIME: Final = 7200  # of an access token that GitLab gives no lifetime for
_LEEWAY: Final = 60  # seconds by which clocks may differ
_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]
T = TypeVar("T")


class SignInRefused(GitLabError):
    """What GitLab answered to a sign-in does not prove who signed in."""


@dataclass(frozen=True, slots=True)
class OAuthTokens:
    """An access token, the refresh token that follows it, and when the first ends, in seconds since 1970."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True)
class Provider:
    """Where GitLab is and how it is reached. `internal_url` is for what the hub asks itself; timeout in seconds."""

    url: str
    internal_url: str
    tls: ssl.SSLContext
    timeout: float = 10


@dataclass(frozen=True, slots=True)
class Application:
    """The hub as GitLab knows it."""

    client_id: str
    secret: str | None = field(repr=False)
    redirect_uri: str


class SignIn:
    """Everything that the hub asks of GitLab about signing in. Errors are GitLabError and hold no token."""

    def __init__(self, provider: Provider, application: Application, clock: Clock) -> None:
        self._provider, self._application, self._clock = provider, application, clock
        self._http = AsyncOAuth2Client(
            application.client_id,
            application.secret,
            token_endpoint_auth_method="client_secret_post" if application.secret else "none",
            revocation_endpoint_auth_method="client_secret_post" if application.secret else "none",
            scope=SCOPES,
            redirect_uri=application.redirect_uri,
            code_challenge_method="S256",
            verify=provider.tls,
            timeout=provider.timeout,
            trust_env=False,
            follow_redirects=False,
            cookies=no_cookies(),
            headers={"User-Agent": "sharinghub"},
        )
        timer = lambda: clock.now().timestamp()  # noqa: E731
        self._discovered: TTLCache[str, dict[str, str]] = TTLCache(1, _KEPT_SECONDS, timer=timer)
        self._keys: TTLCache[str, KeySet] = TTLCache(1, _KEPT_SECONDS, timer=timer)

    async def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent to sign in. `verifier` is the secret of PKCE (RFC 7636)."""
        endpoint = (await self._endpoints())["authorization_endpoint"]
        url, _ = self._http.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier)
        return str(url)

    async def exchange(self, code: str, verifier: str, nonce: str) -> tuple[OAuthTokens, str]:
        """The tokens for a code, and the user's id as the identity token states it. Raises CredentialRefused for a
        code that GitLab does not take, SignInRefused for an identity token that does not hold.
        """
        endpoint = await self._own("token_endpoint")
        answer = await self._asked(self._http.fetch_token(endpoint, code=code, code_verifier=verifier))
        identity = answer.get("id_token")
        if not isinstance(identity, str):
            raise SignInRefused("GitLab sent no identity token: does the application have the scope openid?")
        return self._tokens(answer), await self._subject(identity, nonce)

    async def refresh(self, refresh_token: str) -> OAuthTokens:
        """New tokens for old ones, which end with this. Raises CredentialRefused."""
        endpoint = await self._own("token_endpoint")
        redirect = self._application.redirect_uri  # GitLab asks for it again
        return self._tokens(await self._asked(self._http.refresh_token(endpoint, refresh_token, redirect_uri=redirect)))

    async def revoke(self, tokens: OAuthTokens) -> None:
        """End both tokens at GitLab. Raises GitLabUnavailable."""
        endpoint = await self._own("revocation_endpoint")
        for token, hint in ((tokens.refresh, "refresh_token"), (tokens.access, "access_token")):
            if token is not None:
                try:
                    response = await self._http.revoke_token(endpoint, token, hint)
                except httpx.HTTPError as error:
                    raise GitLabUnavailable(f"GitLab cannot be reached ({type(error).__name__})") from error
                if not response.is_success:
                    raise GitLabUnavailable(f"GitLab answered {response.status_code} to a revocation")

    async def close(self) -> None:
        """Release connections."""
        await self._http.aclose()

    async def _asked(self, work: Any) -> Mapping[str, Any]:
        try:
            answer = await work
        except OAuthError as error:
            if error.error in ("invalid_grant", "invalid_request", "access_denied"):
                raise CredentialRefused(f"GitLab refused: {error.error}") from None
            raise GitLabUnavailable(f"GitLab does not take this hub's application ({_word(error.error)})") from None
        except httpx.HTTPStatusError as error:
            raise GitLabUnavailable(f"GitLab answered {error.response.status_code}") from None
        except httpx.HTTPError as error:
            raise GitLabUnavailable(f"GitLab cannot be reached ({type(error).__name__})") from None
        except ValueError:
            raise GitLabUnavailable("GitLab's answer is not a token") from None
        finally:
            self._http.token = None  # the client would keep the last one
        if not isinstance(answer, Mapping) or not isinstance(answer.get("access_token"), str):
            raise GitLabUnavailable("GitLab's answer is not a token")
        return answer

    def _tokens(self, answer: Mapping[str, Any]) -> OAuthTokens:
        lifetime, refresh = answer.get("expires_in"), answer.get("refresh_token")
        seconds = lifetime if isinstance(lifetime, int) and 0 < lifetime < 10**8 else _LIFETIME
        return OAuthTokens(
            str(answer["access_token"]),
            refresh if isinstance(refresh, str) else None,
            int(self._clock.now().timestamp()) + seconds,
        )

    async def _subject(self, identity: str, nonce: str) -> str:
        """The user's id in an identity token that was checked: signature, issuer, audience, times and nonce."""
        try:
            token = jwt.decode(identity, await self._key_set(), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            self._keys.clear()  # GitLab may have new keys: once more with those
            try:
                token = jwt.decode(identity, await self._key_set(), algorithms=_ALGORITHMS)
            except (JoseError, ValueError) as error:
                raise SignInRefused(f"GitLab's identity token does not hold ({type(error).__name__})") from None
        claims = token.claims
        rules = JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": (await self._endpoints())["issuer"]},
            aud={"essential": True, "value": self._application.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True},
        )
        try:
            rules.validate(claims)
        except JoseError as error:
            raise SignInRefused(f"GitLab's identity token does not hold ({_word(str(error))})") from None
        audience, party = claims["aud"], claims.get("azp")
        if (isinstance(audience, list) and len(audience) > 1) or party not in (None, self._application.client_id):
            raise SignInRefused("GitLab's identity token is for another application, too")
        if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise SignInRefused("GitLab's identity token answers another sign-in")
        return str(claims["sub"])

    async def _key_set(self) -> KeySet:
        known = self._keys.get("keys")
        if known is None:
            answer = await self._get(await self._own("jwks_uri"))
            try:
                known = self._keys["keys"] = KeySet.import_key_set(answer)  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise GitLabUnavailable("GitLab's keys cannot be read") from error
        return known

    async def _own(self, name: str) -> str:
        """An endpoint as the hub reaches it."""
        endpoint = (await self._endpoints())[name]
        return self._provider.internal_url + endpoint.removeprefix(self._provider.url)

    async def _endpoints(self) -> dict[str, str]:
        known = self._discovered.get("known")
        if known is None:
            found = await self._get(f"{self._provider.internal_url}{DISCOVERY_PATH}")
            known = self._discovered["known"] = self._checked(found)
        return known

    def _checked(self, found: Mapping[str, Any]) -> dict[str, str]:
        """The endpoints of a discovery document. Raises GitLabUnavailable where one lies elsewhere than GitLab."""
        if str(found.get("issuer", "")).rstrip("/") != self._provider.url:
            issuer = urlsplit(str(found.get("issuer", ""))).netloc
            raise GitLabUnavailable(f"GitLab calls itself {issuer!r}: SHARINGHUB_GITLAB_URL must be its external URL")
        endpoints = {"issuer": str(found["issuer"])}
        for name in ("authorization_endpoint", "token_endpoint", "revocation_endpoint", "jwks_uri"):
            value = str(found.get(name, ""))
            if not value.startswith(f"{self._provider.url}/"):
                raise GitLabUnavailable(f"GitLab names a {name} that is not its own")
            endpoints[name] = value
        return endpoints

    async def _get(self, url: str) -> Mapping[str, Any]:
        try:
            response = await self._http.request("GET", url, withhold_token=True)
            answer = response.json() if response.is_success else None
        except httpx.HTTPError as error:
            raise GitLabUnavailable(f"GitLab cannot be reached ({type(error).__name__})") from error
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise GitLabUnavailable("GitLab does not say how one signs in")
        return answer


def _word(text: object) -> str:
    """What may be told of an error of another: one word, which names no value."""
    return "".join(char for char in str(text).split(":")[0] if char.isalnum() or char in "_ ")[:40]
