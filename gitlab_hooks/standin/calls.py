"""One request on its way to its handler: what was asked, by whom, and how a refusal is put."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.responses import Response

from gitlab_hooks.standin.access import Permissions, Reader
from gitlab_hooks.standin.model import Group, Project, Token, User
from gitlab_hooks.standin.parameters import ApiError
from gitlab_hooks.standin.registry_model import Facet
from gitlab_hooks.standin.world import World

READ, WRITE = ("api", "read_api"), ("api",)


def refuse(status: int, message: Any) -> ApiError:
    """An error in the form `{"message": …}`."""
    return ApiError(status, {"message": message})


def not_found(what: str = "") -> ApiError:
    return refuse(404, f"404 {what} Not Found".replace("  ", " "))


def forbidden(reason: str = "") -> ApiError:
    return refuse(403, f"403 Forbidden - {reason}" if reason else "403 Forbidden")


def invalid(parameter: str, what: str = "is invalid") -> ApiError:
    """Grape's refusal of a parameter: `{"error": "per_page has a value not allowed"}`."""
    return ApiError(400, {"error": f"{parameter} {what}"})


@dataclass
class Call:
    """A request to the REST API. `params` holds the query and the body; `path` what stood in the address."""

    world: World
    method: str
    url: str
    headers: dict[str, str]
    query: dict[str, Any]
    params: dict[str, Any]
    path: dict[str, str] = field(default_factory=dict)
    user: User | None = None
    token: Token | None = None
    body: bytes = b""
    _reader: Reader | None = None

    @property
    def reader(self) -> Reader:
        if self._reader is None:
            self._reader = self.world.reader(self.user)
        return self._reader

    def text(self, name: str, default: str | None = None) -> str | None:
        value = self.params.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None or value == "":
            raise invalid(name, "is missing" if value is None else "is empty")
        return value

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        value = self.params.get(name)
        if value is None or value == "":
            return default
        if str(value).lower() in ("true", "1", "t", "yes", "on"):
            return True
        if str(value).lower() in ("false", "0", "f", "no", "off"):
            return False
        raise invalid(name)

    def number(self, name: str, default: int | None = None) -> int | None:
        value = self.params.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise invalid(name) from None

    def one_of(self, name: str, values: tuple[str, ...], default: str | None = None) -> str | None:
        value = self.text(name) or default
        if value is not None and value not in values:
            raise invalid(name, "does not have a valid value")
        return value

    def list(self, name: str) -> list[str] | None:
        """A list given as JSON, as `name[]=…` or with commas."""
        value = self.params.get(name, self.params.get(f"{name}[]"))
        if value is None:
            return None
        return [str(v) for v in value] if isinstance(value, list) else [v for v in str(value).split(",") if v]

    # Who is asking for what

    def signed_in(self) -> User:
        if self.user is None:
            raise refuse(401, "401 Unauthorized")
        return self.user

    def admin(self) -> User:
        user = self.signed_in()
        if not user.admin:
            raise forbidden()
        return user

    def project(self, name: str = "id") -> Project:
        """The project in the address, if the caller may see it; a moved one is answered with a redirect."""
        key = self.path[name]
        world = self.world
        moved = None
        found = world.projects.get(int(key)) if key.isdecimal() else world.project_at(key)
        if found is None and not key.isdecimal():
            old = world.moved_from(key)
            found = moved = old if isinstance(old, Project) else None
        if found is None or not self.reader.on(found).read_project or not self._reached(found):
            raise not_found("Project")
        if moved is not None:
            if self.method not in ("GET", "HEAD"):
                raise refuse(405, "405 Non GET methods are not allowed for moved projects")
            raise self._moved(moved)
        return found

    def _reached(self, project: Project) -> bool:
        """Whether a job's token gets to a project: its own, one that lets jobs of its own in, or one open to everybody.

        https://docs.gitlab.com/ci/jobs/ci_job_token/#control-job-token-access-to-your-project
        """
        job = self.token.job if self.token else None
        if job is None or job.project is project or job.project.id in project.job_allowlist:
            return True
        return project.visibility == "public" and project.repository_access_level == "enabled"

    def _moved(self, project: Project) -> ApiError:
        head, _, tail = self.url.removeprefix(f"{self.world.external_url}/api/v4/projects/").partition("?")
        rest = head.split("/", 1)
        target = f"{self.world.external_url}/api/v4/projects/{project.id}" + (f"/{rest[1]}" if len(rest) > 1 else "")
        message = "This resource has been moved permanently to"
        target += f"?{tail}" if tail else ""
        return ApiError(301, {"message": f"{message} {target}"}, {"Location": target})

    def rights(self, project: Project) -> Permissions:
        return self.reader.on(project)

    def readable(self) -> Project:
        """The project in the address, if the caller may read its code.

        `authorize_read_code!` is `forbidden!` for everybody who sees the project, anonymous callers too
        (lib/api/repositories.rb, lib/api/helpers.rb).
        """
        project = self.project()
        if not self.rights(project).download_code:
            raise forbidden()
        return project

    def with_facet(self, facet: Facet) -> Project:
        """The project in the address, if the caller may read this part of it; else 403 (`authorize!` in GitLab)."""
        project = self.project()
        if not self.reader.may(project, facet):
            raise forbidden()
        return project

    def writable(self) -> Project:
        self.signed_in()
        project = self.project()
        if not self.rights(project).push_code:
            raise forbidden()
        return project

    def maintained(self) -> Project:
        self.signed_in()
        project = self.project()
        if not self.rights(project).maintain:
            raise forbidden()
        return project

    def owned(self) -> Project:
        self.signed_in()
        project = self.project()
        if not self.rights(project).own:
            raise forbidden()
        return project

    def group(self) -> Group:
        """The group in the address, if the caller may see it."""
        key = self.path["id"]
        found = self.world.groups.get(int(key)) if key.isdecimal() else self.world.group_at(key)
        if found is None or not sees_group(self.world, self.reader, found):
            raise not_found("Group")
        return found


def sees_group(world: World, reader: Reader, group: Group) -> bool:
    """A group shows by itself, or because the caller has a role in something below."""
    if reader.sees_group(group):
        return True
    if reader.user is None:
        return False
    return any(
        (reader.project_role(item) if isinstance(item, Project) else reader.group_role(item)).level
        for item in world.below(group)
    )


Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Route:
    """A handler with the scopes that a token needs for it."""

    method: str
    parts: tuple[str, ...]
    scopes: tuple[str, ...]
    handler: Handler
    upload: bool = False
    jobs: bool = False


class Router:
    """Finds the handler for a path that is split before it is decoded, so that `%2F` stays inside its segment."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, int], list[Route]] = {}

    def on(
        self, method: str, pattern: str, *more_scopes: str, upload: bool = False, jobs: bool = False
    ) -> Callable[[Handler], Handler]:
        """Register a handler. GET asks for `api` or `read_api`, all else for `api`; `more_scopes` will do as well.

        The body of an `upload` is a file and not parameters; the tokens of CI `jobs` reach the handler, too.
        """
        scopes = (READ if method in ("GET", "HEAD") else WRITE) + more_scopes

        def register(handler: Handler) -> Handler:
            parts = tuple(pattern.strip("/").split("/"))
            self._routes.setdefault((method, len(parts)), []).append(
                Route(method, parts, scopes, handler, upload, jobs)
            )
            return handler

        return register

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for a raw path (without `/api/v4`) and what its placeholders stand for."""
        segments = [unquote(part) for part in raw_path.strip("/").split("/")]
        best: tuple[int, Route, dict[str, str]] | None = None
        for route in self._routes.get((method, len(segments)), ()):
            values: dict[str, str] = {}
            for pattern, given in zip(route.parts, segments, strict=True):
                if pattern.startswith(":"):
                    values[pattern[1:]] = given
                elif pattern != given:
                    break
            else:
                if best is None or len(values) < best[0]:
                    best = (len(values), route, values)
        return (best[1], best[2]) if best else None

    def methods(self, raw_path: str) -> list[str]:
        return [m for m in ("GET", "HEAD", "POST", "PUT", "DELETE") if self.find(m, raw_path)]
