"""A GitLab with projects that a caller may not see, hubs on it, and every way to name a project that is hidden or that
does not exist; what comes back is told apart by nobody if it is equal here.
"""

import asyncio
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from gitlab_hooks.standin.world import AccessLevel
from stac_ext.clock import ManualClock
from tests.authz.surface import DVC_KEY
from tests.support.in_process import Answer, HubInProcess
from tests.support.running import LittleWorld
from tests.support.statements import Asked, statements

ROOT = "glpat-root"
VISITOR = "glpat-visitor"
SHA = "0" * 40
FIRST = 740_285
ITEM = "/stac/collections/ai-model/items"


@dataclass(frozen=True, slots=True)
class Named:
    """How a project is called: its id and its path. One that is missing has names as long as those of a hidden one."""

    id: str
    path: str
    sha: str  # of its newest commit, which nobody but its members knows


@dataclass(frozen=True, slots=True)
class Way:
    """One request that names a project, by `{id}`, `{path}` or `{sha}` in its address or its body."""

    method: str
    address: str
    json: Any = None
    content: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} {self.address}{' ' + str(self.json) if self.json else ''}"


def _both(address: str) -> tuple[Way, Way]:
    return Way("GET", address), Way("HEAD", address)


WAYS: tuple[Way, ...] = (
    *_both(f"{ITEM}/{{id}}"),
    *_both(f"{ITEM}/{{path}}"),
    *_both(f"{ITEM}/{{id}}@v1"),
    Way("GET", "/stac/collections/dataset/items/{id}"),
    *_both(f"{ITEM}?ids={{id}}"),
    *_both("/stac/search?ids={id}"),
    Way("GET", "/stac/search?ids={path}"),
    Way("GET", "/stac/search?ids={id}@v1"),
    Way("GET", "/stac/search?ids={id},{path}&sortby=title"),
    Way("GET", "/stac/search?filter=id%3D'{id}'"),
    Way("GET", "/stac/search?filter=sharinghub:path%3D'{path}'"),
    Way("GET", "/stac/search?q={path}"),
    *(Way("POST", "/stac/search", {"ids": [name], "limit": 7}) for name in ("{id}", "{path}", "{id}@v1")),
    Way("GET", "/api/stac/collections/ai-model/items/{id}"),
    *_both("/api/check/{id}"),
    *_both("/api/check/{path}?info=true"),
    *_both("/api/download/{id}/repository/README.md?ref=main"),
    *_both("/api/download/{path}/repository/README.md?ref=main"),
    *_both("/api/download/{path}/archive.zip?ref=main"),
    Way("GET", "/auth/explain?user=1&item={id}"),
    Way("GET", "/auth/explain?user=1&item={path}"),
    Way("GET", "/stac/collections/{path}/queryables"),
    Way("GET", "/stac/collections/{id}/queryables"),
    *_both("/assets/{id}/{sha}/README.md"),
    *_both("/assets/{id}/main/README.md"),
    *_both("/assets/{id}/archive/{sha}.zip"),
    *_both("/assets/{id}/packages/generic/w/1.0/w.bin"),
    *_both("/assets/{id}/{sha}/README.html"),
    Way("GET", "/assets/{id}/{sha}/README.html?view=overview"),
    *_both(f"/dvc/{{id}}/{DVC_KEY}"),
    Way("GET", "/dvc/{id}/health"),
    Way("GET", "/dvc/{id}/files/md5/00/0123456789abcdef0123456789abcd.dir"),
    *(Way(method, f"/dvc/{{id}}/{DVC_KEY}", content=b"data") for method in ("PUT", "POST")),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that one answer could be told by: itself, the statements of the hub, and its calls to GitLab."""

    status: int
    headers: dict[str, str]
    body: bytes
    asked: list[Asked]
    called: list[tuple[str, str, str | None]]


class Scene:
    """The hubs; `callers` are by name: on which hub, with which headers, and which projects are hidden from them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runner, self.clock = folder, asyncio.Runner(), ManualClock()
        self.little = LittleWorld(folder, self.clock)
        world = self.little.world
        world.add_token(world.add_user("root", admin=True), ROOT, scopes=("api",))
        world.add_token(world.add_user("guest"), VISITOR, scopes=("read_api",))
        topics, files = ["sharinghub:aimodel"], {"README.md": b"# A model\n"}
        world._ids["project"] = count(FIRST)  # numbers that stand for nothing else in what is said
        for path, visibility, level in (
            ("maya/diary", "private", "enabled"),
            ("sea/tides", "public", "private"),
            ("sea/inner", "internal", "enabled"),
        ):
            world.add_project(path, visibility=visibility, topics=topics, files=files, repository_access_level=level)
        names = {}
        for path in ("maya/diary", "sea/tides", "sea/inner"):
            project = world.project_at(path)
            assert project is not None
            world.add_release(project, "v1")
            world.add_package(project, "w", "1.0", {"w.bin": b"weights"})
            names[path] = Named(str(project.id), path, str(world.head(project)))
        rita, public = world.user_named("rita"), world.project_at("sea/waves")
        assert rita is not None
        assert public is not None
        world.add_member(public, rita, AccessLevel.REPORTER)
        job = world.add_job(public, rita).token.value
        self.little.gitlab.start()
        hub, visited = self._hub("hub"), self._hub("visited", visitor_token=VISITOR)
        for one in names.values():
            self._push(hub, one)
            self._push(visited, one)
        private, members, inner = names["maya/diary"], names["sea/tides"], names["sea/inner"]
        some, all_of_them = (private, members), (private, members, inner)
        self.callers: dict[str, tuple[HubInProcess, dict[str, str], tuple[Named, ...]]] = {
            "nobody": (hub, {}, all_of_them),
            "an account without access": (hub, {"authorization": f"Bearer {self.little.token('olga')}"}, some),
            "an external user": (hub, {"authorization": f"Bearer {self.little.token('exa')}"}, all_of_them),
            "a job": (hub, {"job-token": job}, some),
            "a visitor": (visited, {}, some),
        }

    def end(self) -> None:
        for hub in {id(hub): hub for hub, _, _ in self.callers.values()}.values():
            self.runner.run(hub.end())
        self.little.gitlab.stop()
        self.runner.close()

    def _hub(self, name: str, **settings: Any) -> HubInProcess:
        (folder := self.folder / name).mkdir()
        service = self.little.samples.service_token
        hub = HubInProcess(self.little.gitlab, folder, self.clock, service, requests_per_minute=0, **settings)
        self.runner.run(hub.begin())
        return hub

    def _push(self, hub: HubInProcess, project: Named) -> None:
        headers = {"PRIVATE-TOKEN": ROOT}
        pushed = self.runner.run(hub.ask(f"/dvc/{project.id}/{DVC_KEY}", "PUT", content=b"data", headers=headers))
        assert pushed.status == 201, pushed.text

    def seen(self, caller: str, way: Way, project: Named) -> Seen:
        """All that is to be seen of one request, of a caller whom the hub has just learnt about."""
        return self.runner.run(self._seen(caller, way, project))

    async def _seen(self, caller: str, way: Way, project: Named) -> Seen:
        hub, headers, _ = self.callers[caller]
        self.clock.advance(11)  # verdicts about single projects are forgotten
        await hub.ask("/auth/me", headers=headers)
        await hub.settle()
        calls = self.little.gitlab.calls
        before = len(calls)
        with statements() as asked:
            answer = await ask(hub, headers, way, project)
            await hub.settle()
        return Seen(
            answer.status,
            {name: _without(value, project).decode() for name, value in _told(answer).items()},
            _without(answer.body, project),
            list(asked),
            [(method, _without(path, project).decode(), who) for method, path, who in calls[before:]],
        )


async def ask(hub: HubInProcess, headers: dict[str, str], way: Way, project: Named) -> Answer:
    """One request about one project."""
    names = {"id": project.id, "path": project.path, "sha": project.sha}
    json = {**way.json, "ids": [way.json["ids"][0].format(**names)]} if way.json else None
    return await hub.ask(way.address.format(**names), way.method, headers=headers, json=json, content=way.content)


def _told(answer: Answer) -> dict[str, str]:
    """The headers; of an entity tag only that it is there: it is made of the body, which is compared itself."""
    told = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    return {**told, **({"etag": "of the body"} if "etag" in told else {})}


def _without(said: bytes | str, project: Named) -> bytes:
    """What was said, with the names that the caller has given put out; those of what is missing are as long."""
    data = said if isinstance(said, bytes) else said.encode()
    for name, value in (("(path)", project.path), ("(sha)", project.sha), ("(id)", project.id)):
        for form in (value, value.replace("/", "%2F")):
            data = data.replace(form.encode(), name.encode())
    return data
