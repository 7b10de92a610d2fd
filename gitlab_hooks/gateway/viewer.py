"""What GitLab lets one caller do: asked with the caller's own token, over httpx, never with the service token."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from gitlab_hooks.gateway.errors import (
    AccessDenied,
    CredentialRefused,
    GitLabError,
    GitLabUnavailable,
    InsufficientScope,
    NotFound,
)
from gitlab_hooks.gateway.jobs import HEADER as JOB_HEADER
from gitlab_hooks.gateway.jobs import JOB_PATH, Job, job_of, tags_path

PAGE = 100
FAILURES = (httpx.HTTPError, httpx.InvalidURL)  # the latter for a redirect that leads nowhere
_MAX_PAGES = 1_000
_QUESTIONS_AT_ONCE = 5  # for one caller
_GLOBAL_ID = re.compile(r"gid://gitlab/Project/([1-9][0-9]{0,17})")
_MIXED_UP = "GitLab's answers do not agree whose token this is: is there a cache before it?"
_MEMBERSHIPS = """
query memberships($topics: [String!], $after: String) {
  currentUser { id }
  projects(membership: true, topics: $topics, first: 100, after: $after) {
    nodes { id userPermissions { downloadCode } }
    pageInfo { hasNextPage endCursor }
  }
}"""
_VISIBLE = """
query visible($topics: [String!], $after: String) {
  currentUser { id }
  projects(topics: $topics, first: 100, after: $after) {
    nodes { id userPermissions { downloadCode } }
    pageInfo { hasNextPage endCursor }
  }
}"""
_MEMBERSHIPS_AMONG = """
query among($ids: [ID!]) {
  currentUser { id }
  projects(membership: true, ids: $ids, first: 100) { nodes { id userPermissions { downloadCode } } }
}"""
_VISIBLE_AMONG = """
query among($ids: [ID!]) {
  currentUser { id }
  projects(ids: $ids, first: 100) { nodes { id userPermissions { downloadCode } } }
}"""


@dataclass(frozen=True, slots=True)
class Credential:
    """A caller's token, and the header in which GitLab gets it.

    `resent` says that it came in a header that HTTP clients send on to another host after a redirect.
    """

    token: str = field(repr=False)
    header: str = "Authorization"
    resent: bool = False

    @property
    def is_job(self) -> bool:
        """Whether it is the token of a CI job, which reaches few of GitLab's routes."""
        return self.header == JOB_HEADER

    def headers(self) -> dict[str, str]:
        return {self.header: f"Bearer {self.token}" if self.header == "Authorization" else self.token}


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom GitLab says a credential acts as.

    `narrow` is true for a token that may do less than its user (project, group, fine-grained or unknown kinds): what
    it is granted must not be shared with the user's other tokens. `restricted` ones (fine-grained or unknown) count as
    external, too: whether they may read a project that is internal is asked for each.
    """

    user_id: int
    username: str
    external: bool
    privileged: bool
    narrow: bool
    restricted: bool = False


class ViewerClient:
    """GitLab as one caller sees it."""

    def __init__(self, http: httpx.AsyncClient, downloads: httpx.AsyncClient) -> None:
        self._http = http
        self._downloads = downloads  # of its own, so that slow downloads hold up no question about rights

    async def identify(self, credential: Credential) -> Identity:
        """Who the caller is. Raises CredentialRefused, InsufficientScope, AccessDenied or GitLabUnavailable.

        A job is a principal of its own that sees what is public, and more only as it is proven for each project.
        """
        if credential.is_job:
            job = await self._job(credential)
            return Identity(job.user_id, job.username, external=True, privileged=False, narrow=True, restricted=True)
        user = await self._get("/api/v4/user", credential)
        token = await self._token(credential)
        if not isinstance(user.get("id"), int) or not isinstance(user.get("username"), str):
            raise GitLabUnavailable("GitLab's answer about the caller has an unknown shape")
        owner = token.get("user_id", token.get("resource_owner_id"))
        if owner is not None and owner != user["id"]:
            raise GitLabUnavailable(_MIXED_UP)
        if user.get("state", "active") != "active":
            raise AccessDenied("the account is not active")
        scopes = token.get("scopes")
        if isinstance(scopes, list) and "granular" not in scopes and not {"api", "read_api"} & set(map(str, scopes)):
            raise InsufficientScope("read_api")
        classic = isinstance(scopes, list) and "granular" not in scopes
        return Identity(
            user_id=user["id"],
            username=user["username"],
            external=bool(user.get("external", True)) or not classic,
            privileged=bool(user.get("is_admin") or user.get("is_auditor")),
            narrow=not classic or bool(user.get("bot")),
            restricted=not classic,
        )

    async def _token(self, credential: Credential) -> dict[str, Any]:
        """What GitLab tells of the token itself: a personal access token's own record, else an OAuth token's."""
        for path in ("/api/v4/personal_access_tokens/self", "/oauth/token/info"):
            answer = await self._probe(path, credential)
            if answer is None:
                continue
            if "scopes" not in answer and isinstance(answer.get("scope"), list):
                answer["scopes"] = answer["scope"]
            if answer.get("revoked") is True or answer.get("active") is False:
                raise CredentialRefused("the token was revoked or has expired")
            return answer
        return {}

    async def _probe(self, path: str, credential: Credential) -> dict[str, Any] | None:
        """The answer of a route that GitLab has for one kind of token only, None where this is another kind.

        The refusal is 400, 401, 403, 404 or 500, by version and kind; only what says "later" is trouble.
        """
        try:
            response = await self._http.get(path, headers=credential.headers())
        except FAILURES as error:
            raise _unreachable(error) from error
        if response.status_code in (429, 502, 503, 504):
            _check(response, b"")
        try:
            answer = response.json() if response.is_success else None
        except ValueError:
            answer = None
        return answer if isinstance(answer, dict) else None

    async def downloadable(
        self, credential: Credential, user_id: int, topics: Sequence[str], *, all_visible: bool = False
    ) -> set[int]:
        """The ids of the projects with any of the topics that the caller is a member of and may download code from.

        `all_visible` asks for those that the caller sees without being a member, too: what administrators get where
        that is configured. A job is told its own project. An answer that was made for another user than `user_id` is
        none.
        """
        if credential.is_job:
            own = (await self._job(credential)).project_id
            return {own} if await self.job_reads(credential, own) else set()
        query = _VISIBLE if all_visible else _MEMBERSHIPS
        # GraphQL's topics mean AND: one listing for each
        return await _together([self._listed(query, topic, credential, user_id) for topic in topics])

    async def _listed(self, query: str, topic: str, credential: Credential, user_id: int) -> set[int]:
        found: set[int] = set()
        after: str | None = None
        for _ in range(_MAX_PAGES):
            projects = await self._projects(query, {"topics": [topic], "after": after}, credential, user_id)
            found |= _allowed(projects)
            info = projects.get("pageInfo")
            if not isinstance(info, dict) or not info.get("hasNextPage") or info.get("endCursor") == after:
                break
            after = info.get("endCursor")
        return found

    async def downloadable_still(
        self, credential: Credential, user_id: int, project_ids: Collection[int], *, all_visible: bool = False
    ) -> set[int]:
        """Which of any number of projects the caller may download code from, as a member: 100 a question, and several
        questions at once, where a listing has to wait for each page before the next.
        """
        ordered, turns = sorted(project_ids), asyncio.Semaphore(_QUESTIONS_AT_ONCE)

        async def ask(some: Sequence[int]) -> set[int]:
            async with turns:
                return await self.downloadable_among(credential, user_id, some, all_visible=all_visible)

        return await _together([ask(ordered[start : start + PAGE]) for start in range(0, len(ordered), PAGE)])

    async def downloadable_among(
        self, credential: Credential, user_id: int, project_ids: Collection[int], *, all_visible: bool = False
    ) -> set[int]:
        """Which of at most 100 projects the caller may download code from, as a member."""
        if credential.is_job:
            return await self.downloadable(credential, user_id, ()) & set(project_ids)
        variables = {"ids": [f"gid://gitlab/Project/{one}" for one in project_ids]}
        query = _VISIBLE_AMONG if all_visible else _MEMBERSHIPS_AMONG
        projects = await self._projects(query, variables, credential, user_id)
        return _allowed(projects) & set(project_ids)

    async def job_reads(self, credential: Credential, project_id: int) -> bool:
        """Whether a job's token may read the code of a project. Raises CredentialRefused or GitLabUnavailable."""
        try:
            response = await self._http.get(tags_path(project_id), headers=credential.headers())
        except FAILURES as error:
            raise _unreachable(error) from error
        try:
            _check(response, response.content)
            return isinstance(response.json(), list)
        except (AccessDenied, InsufficientScope, NotFound):
            return False
        except ValueError as error:
            raise GitLabUnavailable("GitLab's answer is not JSON") from error

    async def _job(self, credential: Credential) -> Job:
        return job_of(await self._get(JOB_PATH, credential))

    def raw_file(
        self, credential: Credential | None, project_id: int, ref: str, path: str, wanted: str | None = None
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """A repository file; Git LFS content instead of its pointer. As `_download`."""
        below, parameters = ("repository", "files", path, "raw"), {"ref": ref, "lfs": "true"}
        return self._download(credential, project_id, below, parameters, wanted)

    def archive(
        self, credential: Credential | None, project_id: int, ref: str, wanted: str | None = None
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """The source archive of a revision, as zip. As `_download`."""
        return self._download(credential, project_id, ("repository", "archive.zip"), {"sha": ref}, wanted)

    def package_file(
        self, credential: Credential | None, project_id: int, names: Sequence[str], wanted: str | None = None
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """A file of a package, by what follows `packages/` in GitLab's download of its kind. As `_download`."""
        return self._download(credential, project_id, ("packages", *names), {}, wanted)

    @asynccontextmanager
    async def _download(
        self,
        credential: Credential | None,
        project_id: int,
        below: Sequence[str],
        parameters: dict[str, str],
        wanted: str | None,
    ) -> AsyncIterator[httpx.Response]:
        """What GitLab streams to the caller from below a project.

        The answer may be a redirect, which is not followed. With `wanted`, a value of `Range`, it may be 206 or
        416. Raises NotFound where GitLab does not show the file.
        """
        path = "/".join(quote(part, safe="") for part in below)
        request = self._downloads.build_request(
            "GET",
            f"/api/v4/projects/{project_id}/{path}",
            params=parameters,
            headers={
                **(credential.headers() if credential else {}),
                "Accept-Encoding": "identity",
                **({"Range": wanted} if wanted else {}),
            },
        )
        try:
            response = await self._downloads.send(request, stream=True)
        except FAILURES as error:
            raise _unreachable(error) from error
        try:
            if not response.is_redirect and not (wanted and response.status_code == 416):
                _check(response, b"" if response.is_success else await response.aread())
            yield response
        finally:
            await response.aclose()

    async def query(self, query: str, variables: dict[str, Any], credential: Credential | None) -> dict[str, Any]:
        """The `data` of one GraphQL query. Raises GitLabError."""
        headers = credential.headers() if credential else {}
        try:
            response = await self._http.post(
                "/api/graphql", json={"query": query, "variables": variables}, headers=headers
            )
        except FAILURES as error:
            raise _unreachable(error) from error
        answer = _json(response)
        data = answer.get("data")
        if not isinstance(data, dict) or answer.get("errors"):
            raise GitLabUnavailable("GitLab's GraphQL API answered with errors")
        return data

    async def _projects(
        self, query: str, variables: dict[str, Any], credential: Credential, user_id: int
    ) -> dict[str, Any]:
        data = await self.query(query, variables, credential)
        projects, user = data.get("projects"), data.get("currentUser")
        if isinstance(user, dict) and user.get("id") != f"gid://gitlab/User/{user_id}":
            raise GitLabUnavailable(_MIXED_UP)
        if not isinstance(projects, dict):
            raise GitLabUnavailable("GitLab's GraphQL API answered with errors")
        return projects

    async def _get(self, path: str, credential: Credential) -> dict[str, Any]:
        try:
            response = await self._http.get(path, headers=credential.headers())
        except FAILURES as error:
            raise _unreachable(error) from error
        return _json(response)


async def _together(questions: Sequence[Coroutine[Any, Any, set[int]]]) -> set[int]:
    """All answers in one; the first error ends the other questions."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in questions]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return set().union(*(one.result() for one in tasks))


def _allowed(projects: dict[str, Any]) -> set[int]:
    found: set[int] = set()
    nodes = projects.get("nodes")
    for node in nodes if isinstance(nodes, list) else ():
        if not isinstance(node, dict) or not isinstance(node.get("userPermissions"), dict):
            continue
        match = _GLOBAL_ID.fullmatch(str(node.get("id")))
        if match and node["userPermissions"].get("downloadCode") is True:
            found.add(int(match[1]))
    return found


def _json(response: httpx.Response) -> dict[str, Any]:
    _check(response, response.content)
    try:
        answer = response.json()
    except ValueError as error:
        raise GitLabUnavailable("GitLab's answer is not JSON") from error
    if not isinstance(answer, dict):
        raise GitLabUnavailable("GitLab's answer has an unknown shape")
    return answer


def _check(response: httpx.Response, body: bytes) -> None:
    status = response.status_code
    if response.is_success:
        return
    raise _of_status(status, body, response.headers.get("retry-after"))


def _of_status(status: int, body: bytes, retry_after: str | None) -> GitLabError:
    if status == 401:
        return CredentialRefused("GitLab refused the token (401)")
    if status == 403:
        return InsufficientScope() if b"insufficient_scope" in body else AccessDenied("GitLab refuses (403)")
    if status == 404:
        return NotFound("not found at GitLab (404)")
    seconds = float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
    return GitLabUnavailable(f"GitLab answered {status}", seconds)


def _unreachable(error: Exception) -> GitLabUnavailable:
    if isinstance(error, httpx.TimeoutException):
        return GitLabUnavailable("GitLab did not answer in time")
    return GitLabUnavailable(f"GitLab cannot be reached ({type(error).__name__})")
