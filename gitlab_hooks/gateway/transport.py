"""How python-gitlab reaches GitLab: patience, certificate authorities, whom the token is sent to, typed errors."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gitlab
import requests
from gitlab.exceptions import GitlabAuthenticationError, GitlabError, GitlabParsingError
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from gitlab_hooks.gateway.errors import (
    AccessDenied,
    CredentialRefused,
    GitLabUnavailable,
    InsufficientScope,
    NotFound,
)
from gitlab_hooks.gateway.tls import trust

_RETRIED = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Connection:
    """Where GitLab's API is and how patient we are with it. Times in seconds.

    `answered` is told the status and the headers of each answer that counts; what was tried again at once does not.
    """

    url: str
    ca_file: str | None = None
    timeout: float = 10
    retries: int = 4
    retry_after_max: int = 30
    backoff: float = 0.5
    answered: Callable[[int, Mapping[str, str]], None] = lambda status, headers: None


def connect(connection: Connection, token: str | None) -> gitlab.Gitlab:
    """A client that opens no connection yet."""
    retry = Retry(
        total=connection.retries,
        status_forcelist=_RETRIED,
        allowed_methods={"GET", "HEAD", "POST"},  # the only POST is a GraphQL query, which changes nothing
        backoff_factor=connection.backoff,
        backoff_jitter=connection.backoff / 2,
        retry_after_max=connection.retry_after_max,
        raise_on_status=False,
    )
    session = _GuardedSession(connection.answered)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _TrustingAdapter(connection.ca_file, max_retries=retry, pool_maxsize=16))
    return _PatientGitlab(
        connection.url,
        private_token=token,
        ssl_verify=connection.ca_file or True,
        timeout=connection.timeout,
        keep_base_url=True,  # the API may be reached at an internal URL that GitLab does not know of
        session=session,
        user_agent="sharinghub",
    )


class _TrustingAdapter(HTTPAdapter):
    """requests' adapter with the same certificate authorities as callers' questions."""

    def __init__(self, ca_file: str | None, **options: Any) -> None:
        self._tls = trust(ca_file)
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        return super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)


class _GuardedSession(requests.Session):
    """A session that adds no credentials of the machine and sends the token to no other host after a redirect."""

    def __init__(self, answered: Callable[[int, Mapping[str, str]], None]) -> None:
        super().__init__()
        self.trust_env = False  # no ~/.netrc
        self._answered = answered

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        response = super().send(request, **options)
        self._answered(response.status_code, response.headers)
        return response

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        super().rebuild_auth(prepared_request, response)
        if self.should_strip_auth(str(response.request.url), str(prepared_request.url)):
            prepared_request.headers.pop("PRIVATE-TOKEN", None)


class _PatientGitlab(gitlab.Gitlab):
    """python-gitlab sleeps as long as a 429 asks for; here the session's bounded retries wait instead."""

    def http_request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("obey_rate_limit", False)
        return super().http_request(*args, **kwargs)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what python-gitlab, requests and urllib3 raise into our errors, in this one place."""
    try:
        yield
    except GitlabAuthenticationError as error:
        raise CredentialRefused("GitLab refused the token (401)") from error
    except GitlabParsingError as error:
        raise GitLabUnavailable("GitLab's answer is not JSON") from error
    except GitlabError as error:
        raise of_status(error.response_code, error.response_body) from error
    except requests.exceptions.SSLError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise GitLabUnavailable("its TLS certificate is not trusted (SHARINGHUB_GITLAB_CA_FILE)") from error
        raise GitLabUnavailable("it does not speak TLS there; is it http, or another port?") from error
    except (requests.exceptions.RequestException, OSError) as error:
        if isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error):
            raise GitLabUnavailable("GitLab did not answer in time") from error
        raise GitLabUnavailable(f"GitLab cannot be reached ({type(error).__name__})") from error
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise GitLabUnavailable(f"GitLab's answer has an unknown shape ({type(error).__name__})") from error


def of_status(status: int | None, body: bytes | str | None) -> Exception:
    """The error that an answer with this status stands for."""
    if status == 404:
        return NotFound("not found at GitLab (404)")
    if status == 403:
        text = body.decode(errors="replace") if isinstance(body, bytes) else body or ""
        return InsufficientScope("read_api") if "insufficient_scope" in text else AccessDenied("GitLab refuses (403)")
    return GitLabUnavailable(f"GitLab answered {status}" if status else "GitLab redirected or answered nothing usable")
