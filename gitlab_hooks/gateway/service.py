"""How the index reads GitLab: python-gitlab with the service token (or none), bounded retries, typed errors.

Every method blocks: call it from a worker thread. Nothing here uses a viewer's token.
"""

from collections.abc import Iterator
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
    """Where GitLab's API is and how patient we are with it. Times in seconds."""

    url: str
    ca_file: str | None = None
    timeout: float = 10
    retries: int = 4
    retry_after_max: int = 30
    backoff: float = 0.5


@dataclass(frozen=True, slots=True)
class ServiceIdentity:
    """Whom the service token acts as, and what it may do; `scopes` is empty where GitLab does not tell."""

    username: str
    admin: bool
    scopes: tuple[str, ...]


class ServiceClient:
    """GitLab as the service account sees it, or as everybody does where there is no token."""

    def __init__(self, connection: Connection, token: str | None = None) -> None:
        self.anonymous = token is None
        retry = Retry(
            total=connection.retries,
            status_forcelist=_RETRIED,
            allowed_methods={"GET", "HEAD"},
            backoff_factor=connection.backoff,
            backoff_jitter=connection.backoff / 2,
            retry_after_max=connection.retry_after_max,
            raise_on_status=False,
        )
        session = _GuardedSession()
        for scheme in ("http://", "https://"):
            session.mount(scheme, _TrustingAdapter(connection.ca_file, max_retries=retry, pool_maxsize=16))
        self._gitlab = _PatientGitlab(
            connection.url,
            private_token=token,
            ssl_verify=connection.ca_file or True,
            timeout=connection.timeout,
            keep_base_url=True,  # the API may be reached at an internal URL that GitLab does not know of
            session=session,
            user_agent="sharinghub",
        )

    def identity(self) -> ServiceIdentity | None:
        """Check that this is GitLab and that the token works; None where there is no token.

        Raises GitLabUnavailable for something that is not GitLab, CredentialRefused or InsufficientScope for the token.
        """
        with _translated():
            if self.anonymous:
                answer = self._gitlab.http_get("/projects", query_data={"per_page": 1})
                if not isinstance(answer, list):
                    raise GitLabUnavailable("the answer is not that of GitLab's API")
                return None
            user = self._gitlab.http_get("/user")
        if not isinstance(user, dict) or "id" not in user or "username" not in user:
            raise GitLabUnavailable("the answer is not that of GitLab's API")
        scopes = self._scopes()
        if scopes and not {"api", "read_api"} & set(scopes):
            raise InsufficientScope("read_api")
        return ServiceIdentity(str(user["username"]), bool(user.get("is_admin")), scopes)

    def redirected_to(self) -> str | None:
        """Where the configured URL redirects API calls to, None where it answers itself."""
        with _translated():
            answer = self._gitlab.session.get(
                f"{self._gitlab.api_url}/version", allow_redirects=False, timeout=self._gitlab.timeout
            )
        return str(answer.headers.get("Location", "another URL")) if answer.is_redirect else None

    def _scopes(self) -> tuple[str, ...]:
        try:
            with _translated():
                token = self._gitlab.http_get("/personal_access_tokens/self")
        except (NotFound, AccessDenied, CredentialRefused, InsufficientScope, GitLabUnavailable):
            return ()  # an OAuth token (some versions answer 400 or 500): only its own calls tell what it may
        scopes = token.get("scopes") if isinstance(token, dict) else None
        return tuple(str(scope) for scope in scopes) if isinstance(scopes, list) else ()

    def tagged_projects(self, topic: str) -> Iterator[dict[str, Any]]:
        """Every project with this topic that the account can see, by ascending id (keyset paging)."""
        with _translated():
            listing = self._gitlab.projects.list(
                iterator=True,
                topic=topic,
                order_by="id",
                sort="asc",
                pagination="keyset",
                per_page=100,
            )
            for project in listing:
                yield project.attributes

    def project(self, project_id: int) -> dict[str, Any]:
        """The project's present attributes with the detected licence. Raises NotFound."""
        with _translated():
            return dict(self._gitlab.projects.get(project_id, license=True).attributes)

    def head(self, project_id: int, branch: str) -> dict[str, Any] | None:
        """The newest commit of a branch, None where the branch has none."""
        with _translated():
            project = self._gitlab.projects.get(project_id, lazy=True)
            try:
                commits = project.commits.list(ref_name=branch, per_page=1, page=1, get_all=False)
            except GitlabError as error:
                if error.response_code == 404:
                    return None
                raise
        return dict(commits[0].attributes) if commits else None

    def tree(self, project_id: int, ref: str) -> Iterator[dict[str, Any]]:
        """Every entry of the repository at `ref`, page after page. Raises NotFound for an empty repository."""
        with _translated():
            project = self._gitlab.projects.get(project_id, lazy=True)
            yield from project.repository_tree(
                ref=ref, recursive=True, iterator=True, per_page=100, pagination="keyset"
            )

    def raw_file(self, project_id: int, path: str, ref: str, max_bytes: int) -> tuple[bytes, bool]:
        """The first `max_bytes` of a file, and whether there is more of it. Raises NotFound."""
        with _translated():
            project = self._gitlab.projects.get(project_id, lazy=True)
            data = bytearray()
            for chunk in project.files.raw(path, ref=ref, streamed=True, iterator=True, chunk_size=65536):
                data += chunk
                if len(data) > max_bytes:
                    return bytes(data[:max_bytes]), True
        return bytes(data), False


class _TrustingAdapter(HTTPAdapter):
    """requests' adapter with the same certificate authorities as callers' questions."""

    def __init__(self, ca_file: str | None, **options: Any) -> None:
        self._tls = trust(ca_file)
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        return super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)


class _GuardedSession(requests.Session):
    """A session that adds no credentials of the machine and sends the token to no other host after a redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # no ~/.netrc

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
def _translated() -> Iterator[None]:
    """Turn what python-gitlab, requests and urllib3 raise into our errors, in this one place."""
    try:
        yield
    except GitlabAuthenticationError as error:
        raise CredentialRefused("GitLab refused the token (401)") from error
    except GitlabParsingError as error:
        raise GitLabUnavailable("GitLab's answer is not JSON") from error
    except GitlabError as error:
        raise _of_status(error) from error
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


def _of_status(error: GitlabError) -> Exception:
    status = error.response_code
    if status == 404:
        return NotFound("not found at GitLab (404)")
    if status == 403:
        body = error.response_body or b""
        return InsufficientScope("read_api") if b"insufficient_scope" in body else AccessDenied("GitLab refuses (403)")
    return GitLabUnavailable(f"GitLab answered {status}" if status else "GitLab redirected or answered nothing usable")
