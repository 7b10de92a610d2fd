"""How the index reads GitLab: python-gitlab with the service token (or none), bounded retries, typed errors.

Every method blocks: call it from a worker thread. Nothing here uses a viewer's token.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from gitlab.exceptions import GitlabError, GitlabParsingError
from gitlab.utils import EncodedId

from gitlab_hooks.gateway import blobs, registries
from gitlab_hooks.gateway.blobs import BlobFacts
from gitlab_hooks.gateway.ends import Wanted, read_ends
from gitlab_hooks.gateway.errors import (
    AccessDenied,
    CredentialRefused,
    GitLabUnavailable,
    InsufficientScope,
    NotFound,
)
from gitlab_hooks.gateway.glance import Glance, glances
from gitlab_hooks.gateway.graphql import NotUnderstood
from gitlab_hooks.gateway.pulse import IMAGES, PACKAGES, RELEASES, ImageRef, Pulse, PulseReader
from gitlab_hooks.gateway.transport import Connection, connect, translated
from gitlab_hooks.gateway.values import moment
from stac_ext.model import FileEnds, ImageTag, PackageFile

__all__ = ["Connection", "ServiceClient", "ServiceIdentity"]


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
        self._gitlab = connect(connection, token)
        self._pulse = PulseReader(self._gitlab)

    def identity(self) -> ServiceIdentity | None:
        """Check that this is GitLab and that the token works; None where there is no token.

        Raises GitLabUnavailable for something that is not GitLab, CredentialRefused or InsufficientScope for the token.
        """
        with translated():
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
        with translated():
            answer = self._gitlab.session.get(
                f"{self._gitlab.api_url}/version", allow_redirects=False, timeout=self._gitlab.timeout
            )
        return str(answer.headers.get("Location", "another URL")) if answer.is_redirect else None

    def _scopes(self) -> tuple[str, ...]:
        try:
            with translated():
                token = self._gitlab.http_get("/personal_access_tokens/self")
        except (NotFound, AccessDenied, CredentialRefused, InsufficientScope, GitLabUnavailable):
            return ()  # an OAuth token (some versions answer 400 or 500): only its own calls tell what it may
        scopes = token.get("scopes") if isinstance(token, dict) else None
        return tuple(str(scope) for scope in scopes) if isinstance(scopes, list) else ()

    def tagged_projects(self, topic: str) -> Iterator[dict[str, Any]]:
        """Every project with this topic that the account can see, by ascending id (keyset paging)."""
        with translated():
            query = {"topic": topic, "order_by": "id", "sort": "asc", "pagination": "keyset", "per_page": 100}
            for project in self._gitlab.http_list("/projects", query, iterator=True):
                yield _object(project)

    def project(self, project_id: int) -> dict[str, Any]:
        """The project's present attributes with the detected licence. Raises NotFound."""
        found = self.found(str(project_id))
        if found.get("id") != project_id:
            raise GitLabUnavailable("GitLab's answer about a project is about none")
        return found

    def found(self, reference: str) -> dict[str, Any]:
        """The same by id or by path: GitLab takes both in one place. Raises NotFound."""
        with translated():
            return _object(self._gitlab.http_get(f"/projects/{EncodedId(reference)}", {"license": True}))

    def head(self, project_id: int, branch: str) -> dict[str, Any] | None:
        """The newest commit of a branch, None where the branch has none."""
        with translated():
            query, path = {"ref_name": branch, "per_page": 1}, f"/projects/{project_id}/repository/commits"
            try:
                commits = list(self._gitlab.http_list(path, query, page=1, get_all=False))
            except GitlabError as error:
                if error.response_code == 404:
                    return None
                raise
            return _object(commits[0]) if commits else None

    def tree(self, project_id: int, ref: str) -> Iterator[dict[str, Any]]:
        """Every entry of the repository at `ref`, page after page. Raises NotFound for an empty repository."""
        with translated():
            query = {"recursive": True, "ref": ref, "per_page": 100, "pagination": "keyset"}
            yield from self._gitlab.http_list(f"/projects/{project_id}/repository/tree", query, iterator=True)

    def raw_file(self, project_id: int, path: str, ref: str, max_bytes: int) -> tuple[bytes, bool]:
        """The first `max_bytes` of a file, and whether there is more of it. Raises NotFound."""
        with translated():
            url = f"/projects/{project_id}/repository/files/{EncodedId(path)}/raw"
            answer = self._gitlab.http_get(url, {"ref": ref}, streamed=True, raw=True)
            assert isinstance(answer, requests.Response)
            data = bytearray()
            for chunk in answer.iter_content(65536):
                data += chunk
                if len(data) > max_bytes:
                    return bytes(data[:max_bytes]), True
        return bytes(data), False

    def pulse(self, project_id: int, branch: str | None, wanted: Collection[str], images: Sequence[int] = ()) -> Pulse:
        """The newest commit of `branch` and the wanted lists of what else may have changed; with tags of `images`.

        One call by GraphQL; where this GitLab has none, one by REST for each. Raises NotFound, and AccessDenied where
        the code may not be read.
        """
        try:
            return self._pulse.read(project_id, branch, wanted, images)
        except NotUnderstood:
            return self._pulse_by_rest(project_id, branch, wanted)

    def glances(self, project_ids: Sequence[int]) -> dict[int, Glance]:
        """The newest commits of those of at most 100 projects that have nothing beside their code, in one call; none
        where this GitLab cannot tell or does not answer: then each is looked at by itself.
        """
        try:
            return glances(self._gitlab, project_ids, self._pulse.lists)
        except (NotUnderstood, NotFound, AccessDenied, GitLabUnavailable):
            return {}

    def _pulse_by_rest(self, project_id: int, branch: str | None, wanted: Collection[str]) -> Pulse:
        head = self.head(project_id, branch) if branch else None
        lists = {RELEASES: registries.releases, PACKAGES: registries.packages, IMAGES: registries.images}
        found: dict[str, Any] = {}
        troubled: set[str] = set()
        for part, read in lists.items():
            try:
                found[part] = read(self._gitlab, project_id) if part in wanted else ()
            except (NotFound, AccessDenied):
                found[part] = ()
            except GitLabUnavailable:
                troubled.add(part)
        newest = (str(head["id"]), moment(head.get("committed_date"))) if head else None
        return Pulse(head=newest, **found, troubled=frozenset(troubled))

    def package_files(self, project_id: int, package_id: int) -> tuple[PackageFile, ...]:
        """The files of a package; none where it has gone or is refused."""
        return registries.package_files(self._gitlab, project_id, package_id)

    def image_tags(self, project_id: int, images: Sequence[ImageRef]) -> dict[int, tuple[ImageTag, ...]]:
        """The tags of container images, by the image's id. Raises GitLabUnavailable where the registry is down."""
        return registries.image_tags(self._gitlab, project_id, images)

    def blob_facts(self, project_id: int, ref: str, paths: Sequence[str]) -> dict[str, BlobFacts] | None:
        """Sizes and Git LFS objects of at most 80 files, by path; None where this GitLab has no GraphQL for it."""
        try:
            return blobs.facts(self._gitlab, project_id, ref, paths)
        except NotUnderstood:
            return None

    def small_texts(self, project_id: int, ref: str, paths: Sequence[str]) -> dict[str, bytes]:
        """The bytes of at most 80 small text files, by path; what is missing is to be read one by one."""
        try:
            return blobs.texts(self._gitlab, project_id, ref, paths)
        except NotUnderstood:
            return {}

    def ends(self, project_id: int, path: str, ref: str, wanted: Wanted) -> FileEnds | None:
        """The first and last bytes of a file, of its content where it is in Git LFS; None if stored elsewhere."""
        return read_ends(self._gitlab, project_id, path, ref, wanted)

    def tags(self, project_id: int, wanted: Collection[str]) -> dict[str, str]:
        """The commits that these tags name now; a tag that is gone is left out.

        A release keeps the commit that it was made at, whatever becomes of its tag.
        """
        with translated():
            path = f"/projects/{project_id}/repository/tags"
            query = {"order_by": "updated", "sort": "desc", "per_page": 100}
            listed = list(self._gitlab.http_list(path, query, page=1, get_all=False))
            found = {str(tag["name"]): str(tag["commit"]["id"]) for tag in listed}
            if len(listed) >= 100:
                for name in sorted(set(wanted) - found.keys()):
                    try:
                        tag = _object(self._gitlab.http_get(f"{path}/{EncodedId(name)}"))
                    except GitlabError as error:
                        if error.response_code != 404:
                            raise
                    else:
                        found[name] = str(tag["commit"]["id"])
        return {name: sha for name, sha in found.items() if name in wanted}

    def commit(self, project_id: int, sha: str) -> dict[str, Any]:
        """A commit. Raises NotFound."""
        with translated():
            path = f"/projects/{project_id}/repository/commits/{EncodedId(sha)}"
            return _object(self._gitlab.http_get(path, {"stats": False}))


def _object(answer: Any) -> dict[str, Any]:
    """An answer that is an object. python-gitlab's own objects each make a hundred more, one for every kind below."""
    if not isinstance(answer, dict):
        raise GitlabParsingError("not an object")
    return answer
