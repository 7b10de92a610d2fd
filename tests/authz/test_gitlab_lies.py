"""Proves that a GitLab that is down, slow or lying shows nobody more: what is private ends within the bound, what is
public goes on being served, and when GitLab tells the truth again everything is right.

A lie begins just after the truth was told, so that everything that may be remembered is.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from gitlab_hooks.gateway.errors import GitLabError
from gitlab_hooks.standin.server import StandIn
from stac_ext.clock import ManualClock
from tests.authz.history import Post
from tests.authz.surface import DVC_KEY
from tests.support.in_process import HUB, Answer, HubInProcess
from tests.support.running import HOOK_SECRET, LittleWorld

BOUND = 301
ROOT = "glpat-root"
NODES: dict[str, Any] = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
REFUSED, STALL, HALF = "connection refused", "no answer", "half an answer"
LIES: dict[str, dict[str, Any]] = {
    "a page with 200": {"body": b"<html>Sign in</html>"},
    "an empty list": {"body": b"[]"},
    "an empty object": {"body": b"{}"},
    "null": {"body": b"null"},
    "no nodes": {"json_body": {"data": {"currentUser": None, "projects": NODES}}},
    "a null node": {"json_body": {"data": {"currentUser": None, "projects": NODES | {"nodes": [None]}}}},
    "nulls": {"json_body": {"data": {"currentUser": None, "projects": None}}},
    "errors": {"json_body": {"data": None, "errors": [{"message": "x"}]}},
    HALF: {"truncate": True},
    STALL: {"stall": 60},
    "500": {"status": 500},
    "503": {"status": 503},
    "429": {"status": 429, "retry_after": 7},
    "a way to the sign-in": {"location": "/users/sign_in"},
    "a way to another host": {"location": "http://127.0.0.1:9/users/sign_in"},
    REFUSED: {},
}
WHERE = {
    "identity": r"/api/v4/user$",
    "rights": r"/api/graphql",
    "files": r"/repository/(files|archive)",
    "everything": r".",
}
# Every lie at every place with LIES=all; else each lie at once everywhere, and some lies at each place.
SOME = ("a page with 200", "no nodes", "503")
# What asks GitLab with the service token, and by which calls.
READ_BY = {
    "the listing": r"/api/v4/projects\?",
    "one project": r"/api/v4/projects/[0-9]+(\?|$)",
    "what is in it": r"/api/graphql",
    "everything": r".",
}


def told_at(places: dict[str, str]) -> list[tuple[str, str]]:
    """Which lies are told where."""
    chosen = LIES if os.environ.get("LIES") == "all" else SOME
    one_by_one = [(lie, where) for where in places for lie in chosen if lie != REFUSED and where != "everything"]
    return [*((lie, "everything") for lie in LIES), *one_by_one]


class Scene:
    """A GitLab, which tells the truth, and a hub; `olga` may read what is public, `maya` one private project, too."""

    def __init__(self, folder: Path) -> None:
        self.runner, self.clock = asyncio.Runner(), ManualClock()
        self.little = LittleWorld(folder, self.clock)
        self.world = self.little.world
        self.world.add_token(self.world.add_user("root", admin=True), ROOT, scopes=("api",))
        self.post = self.world.hooks = Post(self.clock)
        self.world.add_system_hook(f"{HUB}/hooks/gitlab", token=HOOK_SECRET, push_events=True)
        self.gitlab = StandIn(self.world)
        self.gitlab.start()
        self.hub = HubInProcess(self.gitlab, folder, self.clock, "glpat-service")
        self.run(self.hub.begin())
        self.hub.hub.sweeper._sleep = self._passes
        self.private = self.little.samples.projects["earth/models/vessel-detection-sar"]
        self.public = self.little.samples.projects["sea/waves"]
        for one in (self.private, self.public):
            address = f"/dvc/{one}/{DVC_KEY}"
            assert self.get(address, ROOT, method="PUT", content=b"data").status == 201

    def close(self) -> None:
        self.run(self.hub.end())
        self.gitlab.stop()
        self.runner.close()

    async def _passes(self, seconds: float) -> None:
        """What a sweep waits when GitLab asks for it."""
        self.clock.advance(seconds)

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def get(self, address: str, person: str | None, **given: Any) -> Answer:
        """An answer after which nothing is under way; a body that breaks off is one of status 0."""
        token = person if person is None or person.startswith("glpat-") else self.little.token(person)
        headers = {**given.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}

        async def asked() -> Answer:
            try:
                answer = await self.hub.ask(address, headers=headers, **given)
            except Exception:
                answer = Answer("GET", address, 0, {}, b"")  # type: ignore[arg-type]
            await self.hub.settle()
            return answer

        found: Answer = self.run(asked())
        return found

    def shown(self, person: str | None) -> set[int] | int:
        """The projects of a search by this person, or the status where it is refused."""
        answer = self.get("/stac/search?limit=100", person)
        if answer.status != 200:
            return answer.status
        page = answer.json()
        assert page["numberMatched"] == len(page["features"])
        return {int(one["id"]) for one in page["features"]}

    def reads(self, person: str | None, project: int) -> set[str]:
        """The ways by which a person gets at a project."""
        sha = self.world.head(self.world.projects[project])
        ways = {
            "item": f"/stac/collections/ai-model/items/{project}",
            "file": f"/assets/{project}/{sha}/README.md",
            "archive": f"/assets/{project}/archive/{sha}.zip",
            "page": f"/assets/{project}/{sha}/README.html",
            "dvc": f"/dvc/{project}/{DVC_KEY}",
        }
        return {way for way, address in ways.items() if self._has(way, self.get(address, person))}

    def _has(self, way: str, answer: Answer) -> bool:
        """Whether this is what was asked for, and not what GitLab said in its place."""
        mark = {"item": b'"assets"', "file": b"# A model", "archive": b"PK", "page": b"A model", "dvc": b"data"}[way]
        return answer.status == 200 and mark in answer.body

    @contextmanager
    def lying(self, lie: str, pattern: str) -> Iterator[None]:
        """GitLab as it should not be."""
        if lie == REFUSED:
            self.gitlab.stop()
        elif lie in (STALL, HALF):
            self._patience(0.2)
            self.gitlab.faults.add(pattern, times=None, **LIES[lie])
        else:
            self.gitlab.faults.add("/users/sign_in", times=None, body=b"<html>Sign in</html>")
            self.gitlab.faults.add(pattern, times=None, **LIES[lie])
        try:
            yield
        finally:
            if lie == REFUSED:
                self.gitlab = StandIn(self.world, port=urlsplit(self.gitlab.url).port or 0)
                self.gitlab.start()
            self.gitlab.faults.clear()
            self.gitlab.faults.stopping.set()  # what stalls is let go
            self.gitlab.faults.stopping.clear()
            self._patience(10)

    def _patience(self, seconds: float) -> None:
        """How long the hub waits for GitLab: a stall of minutes shall not take minutes here."""
        for client in self.hub.hub.http:
            client.timeout = seconds
        for service in (self.hub.hub.service, self.hub.hub.anonymous):
            service._gitlab.timeout = seconds

    def truth(self) -> None:
        """Everything is as it should be."""
        self.clock.advance(BOUND)
        self.run(self.hub.sweep())
        everybody = {self.public, self.little.samples.projects["earth/models/cloud-mask-onnx"]}
        assert self.shown(None) == self.shown("olga") == everybody
        assert self.shown("maya") == everybody | {self.private, self.little.samples.projects["maya/notes"]}
        assert self.shown("exa") == everybody | {self.private}
        ways = {"item", "file", "archive", "page", "dvc"}
        assert self.reads("maya", self.private) == ways
        assert self.reads("olga", self.private) == self.reads(None, self.private) == set()
        assert self.reads(None, self.public) == ways
        self.everybody = everybody


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    one = Scene(tmp_path_factory.mktemp("lies"))
    one.truth()
    yield one
    one.close()


@pytest.fixture
def scene(whole: Scene) -> Iterator[Scene]:
    """Ends with the truth, with which the next one begins."""
    yield whole
    whole.truth()


@pytest.mark.parametrize(("lie", "where"), told_at(WHERE))
def test_what_is_private_ends_within_the_bound_and_what_is_public_does_not(scene: Scene, lie: str, where: str) -> None:
    with scene.lying(lie, WHERE[where]):
        scene.clock.advance(BOUND)
        mine, ways = scene.shown("maya"), scene.reads("maya", scene.private)
        if where in ("identity", "everything"):
            assert mine in (401, 403, 503)
        elif where == "rights":
            assert mine == scene.everybody
        assert (
            ways
            <= {
                "identity": {"dvc"},  # which asks who the caller is and what they may in one question of its own
                "rights": set(),
                "files": {"item", "dvc"},
                "everything": set(),
            }[where]
        )
        assert scene.shown(None) == scene.everybody
        assert (
            scene.reads(None, scene.public)
            >= {
                "identity": {"item", "file", "archive", "page", "dvc"},
                "rights": {"item", "file", "archive", "page"},
                "files": {"item", "dvc"},
                "everything": {"item"},
            }[where]
        )
        assert scene.reads("olga", scene.private) == scene.reads(None, scene.private) == set()
        assert scene.shown("olga") in (scene.everybody, 401, 403, 503)


@pytest.mark.parametrize("by", ["sweep", "hook"])
@pytest.mark.parametrize(("lie", "where"), told_at(READ_BY))
def test_an_index_that_is_lied_to_shows_what_it_showed_or_less(scene: Scene, lie: str, where: str, by: str) -> None:
    with scene.lying(lie, READ_BY[where]):
        scene.run(_reads_again(scene, by))
        assert scene.shown(None) == scene.everybody
    scene.clock.advance(600)  # over what the worker waits before it tries again
    scene.run(scene.hub.hub.worker.drain())


async def _reads_again(scene: Scene, by: str) -> None:
    if by == "sweep":
        try:
            await scene.hub.hub.sweep()
        except GitLabError:
            return  # where not even a listing is had, nothing is changed
    else:
        for project in (scene.public, scene.private):
            scene.world.commit(scene.world.projects[project], {"other.txt": os.urandom(4)})
        waiting, scene.post.open = scene.post.open, []
        await scene.hub.deliver(waiting)
        await scene.hub.hub.worker.drain()


def test_403_for_one_group_hides_that_group_alone(scene: Scene) -> None:
    """As where a group lets only some addresses in (G17)."""
    sea = scene.public
    scene.gitlab.faults.add(rf"/projects/{sea}(/|\?|$)", status=403, times=None)
    scene.world.set_name(scene.world.projects[sea], "Other waves")
    waiting, scene.post.open = scene.post.open, []
    scene.run(scene.hub.deliver(waiting))
    scene.run(scene.hub.hub.worker.drain())
    assert scene.shown(None) == scene.everybody - {sea}
    assert scene.shown("maya") == (scene.everybody - {sea}) | {scene.private, scene.private + 2}
    scene.gitlab.faults.clear()


def _as(scene: Scene, other: str) -> bytes:
    """What GitLab would say of another user."""
    user = scene.world.user_named(other)
    assert user is not None
    return orjson.dumps({"id": user.id, "username": other, "state": "active", "external": False, "bot": False})


@pytest.mark.parametrize("everywhere", [False, True], ids=["at one route", "wherever it is asked"])
def test_a_token_that_is_said_to_be_anothers_widens_nothing_for_them(scene: Scene, everywhere: bool) -> None:
    """As where a cache before GitLab mixes up whom it answers."""
    scene.gitlab.faults.add(WHERE["identity"], times=None, body=_as(scene, "olga"))
    if everywhere:
        record = {"id": 1, "scopes": ["read_api"], "active": True, "revoked": False}
        scene.gitlab.faults.add(r"personal_access_tokens/self", times=None, json_body=record)
    scene.clock.advance(BOUND)
    assert scene.shown("maya") in (503, scene.everybody)
    scene.gitlab.faults.clear()
    assert scene.shown("olga") == scene.everybody


def test_a_token_that_is_said_to_be_anothers_is_not_taken_for_theirs(scene: Scene) -> None:
    assert isinstance(scene.shown("maya"), set)
    scene.gitlab.faults.add(WHERE["identity"], times=None, body=_as(scene, "maya"))
    scene.clock.advance(BOUND)
    assert scene.shown("olga") == 503
    scene.gitlab.faults.clear()
