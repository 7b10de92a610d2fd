"""A small world and a running stand-in, a receiver of hooks, and GitLab's own JSON schemas where they are at hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import AccessLevel, World
from stac_ext.clock import ManualClock

SCHEMAS = Path(__file__).resolve().parents[4] / "shared" / "gitlab" / "schemas"
MIT = b"MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def world(tmp_path: Path, clock: ManualClock) -> World:
    """ada develops earth/flood (public), gus is a guest, eve is external, root administers."""
    made = World(repositories=tmp_path / "repositories", clock=clock)
    for name, options in {"ada": {}, "gus": {}, "eve": {"external": True}, "root": {"admin": True}}.items():
        user = made.add_user(name, name=name.title(), **options)
        made.add_token(user, f"glpat-{name}", scopes=("api",))
    made.add_group("earth", visibility="public")
    made.add_group("earth/models", visibility="public")
    flood = made.add_project(
        "earth/flood",
        name="Flood",
        description="Water",
        visibility="public",
        topics=("sharinghub:aimodel", "water"),
        files={"README.md": b"# Flood\n", "LICENSE": MIT, "src/train.py": b"print('wet')\n", "src/deep/x.txt": b"x"},
    )
    made.add_member(flood, made.user_named("ada"), AccessLevel.MAINTAINER)
    made.add_member(flood, made.user_named("gus"), AccessLevel.GUEST)
    return made


@pytest.fixture
def gitlab(world: World) -> Iterator[StandIn]:
    with StandIn(world) as running:
        yield running


@pytest.fixture
def ask(gitlab: StandIn) -> Iterator[Callable[..., httpx.Response]]:
    """`ask("GET", "/projects", as_="ada")`: one REST call."""
    with httpx.Client(base_url=f"{gitlab.url}/api/v4", timeout=10) as client:

        def call(method: str, path: str, as_: str | None = None, **options: Any) -> httpx.Response:
            headers = {"PRIVATE-TOKEN": f"glpat-{as_}"} if as_ else {}
            return client.request(method, path, headers={**headers, **options.pop("headers", {})}, **options)

        yield call


@pytest.fixture
def graphql(gitlab: StandIn) -> Callable[..., Any]:
    """`graphql("{ currentUser { id } }", as_="ada")`: the JSON of the answer."""

    def call(query: str, as_: str | None = None, **variables: Any) -> Any:
        headers = {"Authorization": f"Bearer glpat-{as_}"} if as_ else {}
        body = {"query": query, "variables": variables}
        return httpx.post(f"{gitlab.url}/api/graphql", json=body, headers=headers, timeout=10).json()

    return call


@dataclass
class Receiver:
    """Where hooks are sent to. `status` is what it answers."""

    url: str
    status: int = 200
    got: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)

    @property
    def events(self) -> list[str]:
        return [body.get("event_name") or f"{body['object_kind']} {body['action']}" for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append(({key.lower(): value for key, value in self.headers.items()}, json.loads(body)))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def valid() -> Callable[..., None]:
    """`valid("project.json", body, newer=("topics",))`: hold a body against GitLab's schema."""
    if not SCHEMAS.is_dir():
        pytest.skip("GitLab's JSON schemas are not beside this checkout (shared/gitlab/schemas)")

    def load(uri: str) -> Resource[Any]:
        # Some references are written from the root of the folder, others from beside the file.
        path = uri.removeprefix("http://schemas.test/")
        found = SCHEMAS / path
        file = found if found.exists() else SCHEMAS / path.removeprefix("commit/")
        return Resource.from_contents(json.loads(file.read_text()), default_specification=DRAFT7)

    registry: Registry[Any] = Registry(retrieve=load)  # type: ignore[call-arg]

    def check(name: str, body: Any, newer: tuple[str, ...] = ()) -> None:
        rows = body if isinstance(body, list) and name != "members.json" else [body]
        for row in rows:
            assert not newer or isinstance(row, dict)
            told = {key: value for key, value in row.items() if key not in newer} if newer else row
            Draft7Validator({"$ref": f"http://schemas.test/{name}"}, registry=registry).validate(told)

    return check
