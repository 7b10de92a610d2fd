"""A hub asked without a network and without a client: for tests that ask many thousand times."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message

from gitlab_hooks.standin.hooks import Delivery
from gitlab_hooks.standin.server import StandIn
from sharinghub_ext.app import create_app
from sharinghub_ext.config import Settings
from sharinghub_ext.hub import Hub, build_hub
from stac_ext.clock import Clock
from tests.support.running import HOOK_SECRET

HUB = "https://hub.test"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what was asked, and what came back."""

    method: str
    address: str
    status: int
    headers: Headers
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        return orjson.loads(self.body)

    def same(self) -> tuple[int, dict[str, str], bytes]:
        """All that two answers have to share to be told apart by nobody."""
        headers = {name: value for name, value in self.headers.items() if name not in ("date", "x-request-id")}
        return self.status, headers, self.body


class InProcess:
    """Asks an ASGI application as a server does. `host` is the host and port that callers name."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app, self._host = app, host

    async def ask(
        self,
        address: str,
        method: str = "GET",
        *,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        json: Any = None,
        content: bytes = b"",
    ) -> Answer:
        """One request to a path, which may have a query; `params` are added to it."""
        address += ("&" if "?" in address else "?") + urlencode(params) if params else ""
        sent = {"host": self._host, **{name.lower(): value for name, value in (headers or {}).items()}}
        if json is not None:
            content, sent["content-type"] = orjson.dumps(json), "application/json"
        sent["content-length"] = str(len(content))
        path, _, query = address.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": (self._host, 80),
            "state": {},
        }
        began: dict[str, Any] = {}
        body = bytearray()
        waiting = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> Message:
            if waiting:
                return waiting.pop()
            await asyncio.Event().wait()  # nobody hangs up
            raise AssertionError("unreachable")

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                began.update(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(scope, receive, send)
        return Answer(method, address, began["status"], Headers(raw=list(began["headers"])), bytes(body))


class HubInProcess(InProcess):
    """A hub on a stand-in GitLab that listens. To be begun, asked and ended in one event loop."""

    def __init__(self, gitlab: StandIn, folder: Path, clock: Clock, service_token: str, **settings: Any) -> None:
        self._settings = Settings(
            **{
                "gitlab_url": gitlab.url,
                "gitlab_token": service_token,
                "database_url": f"sqlite:///{folder}/hub.db",
                "hook_secret": HOOK_SECRET,
                "gitlab_retries": 0,
                **settings,
            }
        )
        self._clock = clock
        self.hub: Hub

    async def begin(self) -> None:
        """Build it, and make the first index."""
        self.hub = build_hub(self._settings, HUB, self._clock)
        super().__init__(create_app(self.hub, background=False), HUB.partition("//")[2])
        await self.hub.sweep()

    async def end(self) -> None:
        await self.hub.close()

    async def sweep(self) -> None:
        """One comparison with GitLab, in which everything was read."""
        report = await self.hub.sweep()
        assert report.failed == []

    async def deliver(self, deliveries: Iterable[Delivery]) -> None:
        """Take what GitLab's hooks send; what they ask for waits for the worker."""
        for one in deliveries:
            body = orjson.dumps(one.payload)
            answer = await self.ask("/hooks/gitlab", "POST", content=body, headers=one.headers)
            assert answer.status == 200

    async def settle(self) -> None:
        """Until no question about rights is under way that nobody waits for."""
        viewers = self.hub.auth.viewers
        while tasks := [*viewers.identities.confirming.running(), *viewers.grants.running.running()]:
            await asyncio.wait(tasks)

    def docs(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Every item of the index as it is stored, by collection and id."""
        with self.hub.database.read() as conn:
            docs = [orjson.loads(row[0]) for row in conn.exec_driver_sql("SELECT doc FROM item").all()]
        return {(doc["collection"], doc["id"]): doc for doc in docs}
