"""A hub that runs as a user's does: its own thread, its own event loop, HTTP on a port."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx

from gitlab_hooks.standin.samples import Samples, populate
from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import AccessLevel, User, World
from gitlab_hooks.sweep import Report
from sharinghub_ext.app import create_app
from sharinghub_ext.cli.serve import address_of, listen, server
from sharinghub_ext.config import Settings
from sharinghub_ext.hub import Hub, build_hub
from stac_ext.clock import Clock, SystemClock

T = TypeVar("T")
HOOK_SECRET = "a-hook-secret-of-the-tests"


class RunningHub:
    """A hub on a free port; a context manager. Without `background`, sweeps and the worker run when a test says so."""

    def __init__(self, settings: Settings, *, background: bool = False, clock: Clock | None = None) -> None:
        self._settings = settings
        self._background = background
        self._clock = clock
        self._socket = listen("127.0.0.1", 0)
        self.url = settings.public_url or address_of(self._socket)
        self.address = address_of(self._socket)
        self.hub: Hub
        self._loop: asyncio.AbstractEventLoop
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._main, daemon=True)

    def __enter__(self) -> "RunningHub":
        self._thread.start()
        assert self._started.wait(30)
        if self._failure:
            raise self._failure
        self.http = httpx.Client(base_url=self.address, timeout=30, trust_env=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.hub = build_hub(self._settings, address_of(self._socket), self._clock)
        self._server = server(create_app(self.hub, background=self._background))
        self._server.config.load()
        self._started.set()
        await self._server.serve(sockets=[self._socket])

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the hub's own loop and wait for its result."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(60)

    def sweep(self) -> Report:
        """Compare the whole index with GitLab."""
        return self.run(self.hub.sweep())

    def drain(self) -> None:
        """Do all work that hooks left in the inbox."""
        self.run(self.hub.worker.drain())

    def get(self, path: str, token: str | None = None, **parameters: Any) -> httpx.Response:
        """GET with a bearer token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.get(path, params=parameters or None, headers=headers)

    def ids(self, token: str | None = None, **parameters: Any) -> list[tuple[str, str]]:
        """(collection, id) of every item that a caller's search gives, page after page."""
        found: list[tuple[str, str]] = []
        url, query = f"{self.address}/stac/search", {"limit": "1000", **parameters}
        while True:
            answer = self.get(url, token, **query)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += [(one["collection"], one["id"]) for one in page["features"]]
            following = [link["href"] for link in page["links"] if link["rel"] == "next"]
            if not following:
                return found
            url, query = following[0].replace(self.url, self.address), {}


class SampleWorld:
    """The sample projects in a stand-in, and settings for a hub on it."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.folder = folder
        self.world = World(repositories=folder / "git", clock=clock or SystemClock())
        self.samples: Samples = self.populate()
        self.gitlab = StandIn(self.world)

    def populate(self) -> Samples:
        """What the world holds at first."""
        return populate(self.world)

    def __enter__(self) -> "SampleWorld":
        self.gitlab.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gitlab.stop()

    def settings(self, **values: Any) -> Settings:
        """Settings of a hub on this GitLab, with the service token, a store file and a hook secret."""
        return Settings(
            **{
                "gitlab_url": self.gitlab.url,
                "gitlab_token": self.samples.service_token,
                "database_url": f"sqlite:///{self.folder}/hub.db",
                "hook_secret": HOOK_SECRET,
                **values,
            }
        )

    def token(self, person: str) -> str | None:
        return self.samples.tokens.get(person)

    def hook(self, hub: RunningHub) -> None:
        """Let this GitLab send its system hooks to a hub."""
        self.world.add_system_hook(
            f"{hub.address}/hooks/gitlab",
            token=HOOK_SECRET,
            push_events=True,
            tag_push_events=True,
            repository_update_events=True,
        )


class LittleWorld(SampleWorld):
    """Four projects and a few people, named as in the sample world: for tests that each need a world of their own."""

    def populate(self) -> Samples:
        world, tokens = self.world, {}
        for name, external in (("rita", False), ("maya", False), ("olga", False), ("exa", True)):
            tokens[name] = f"glpat-{name}"
            world.add_token(world.add_user(name, external=external), tokens[name], scopes=("read_api",))
        world.add_token(maya := _known(world, "maya"), "glpat-maya-api", scopes=("api",))
        bot = world.add_user("sharinghub-bot", admin=True)
        world.add_token(bot, "glpat-service", scopes=("read_api",))
        for path in ("earth", "earth/models", "sea"):
            world.add_group(path, visibility="public")
        found = {}
        for path, visibility in (
            ("earth/models/cloud-mask-onnx", "public"),
            ("earth/models/vessel-detection-sar", "private"),
            ("sea/waves", "public"),
            ("maya/notes", "private"),
        ):
            topics, files = ["sharinghub:aimodel"], {"README.md": b"# A model\n"}
            found[path] = world.add_project(path, visibility=visibility, topics=topics, files=files).id
        models, ships = world.group_at("earth/models"), world.projects[found["earth/models/vessel-detection-sar"]]
        assert models is not None
        world.add_member(models, maya, AccessLevel.DEVELOPER)
        world.add_member(ships, _known(world, "exa"), AccessLevel.REPORTER)
        return Samples(tokens, "glpat-service", "glpat-maya-api", found)


def _known(world: World, name: str) -> User:
    found = world.user_named(name)
    assert found is not None
    return found
