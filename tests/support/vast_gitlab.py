"""A GitLab of which only a few questions are asked, with as many projects as wanted, answered without a database.

`vast` is a member of as many projects, `small` of a few, `nosy` of none. A page may be held, or take some of the clock.
"""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import orjson
from starlette.types import Receive, Scope, Send

from sharinghub_ext.cli.serve import address_of, listen, server
from tests.support.leaks import LEAKS

TOKENS: Final = {"vast": "glpat-vast-0123456789", "small": "glpat-small-0123456789", "nosy": "glpat-nosy-0123456789"}
_IDS: Final = {"vast": 7, "small": 8, "nosy": 9}
TOPIC: Final = "sharinghub:aimodel"


class VastGitLab:
    """Listens on a free port. `granted` are the project ids of each person, `asked` the operations so far."""

    def __init__(self, granted: dict[str, list[int]]) -> None:
        self.granted, self.asked = granted, list[str]()
        self.held, self.release = threading.Event(), threading.Event()
        self.begin()
        for token in TOKENS.values():
            LEAKS.keep(token, "token of a person at the vast GitLab")
        self._socket = listen("127.0.0.1", 0)
        self.url = address_of(self._socket)

    def begin(self) -> None:
        """Nothing was asked yet, nothing is held, no time passes."""
        self.asked.clear()
        self.pages = 0  # of listings of `vast`
        self.hold_at: int | None = None
        self.on_question: Callable[[str], None] = lambda operation: None
        self.held.clear()
        self.release.clear()

    @contextmanager
    def listening(self) -> Iterator["VastGitLab"]:
        serving = server(self)
        thread = threading.Thread(target=lambda: asyncio.run(serving.serve(sockets=[self._socket])), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.release.set()
            serving.should_exit = True
            thread.join(20)

    def hold(self, page: int) -> None:
        """Let the listing of `vast` stand still before this page, until `release` is set."""
        self.hold_at = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        token = headers.get(b"authorization", b"").decode().removeprefix("Bearer ")
        person = next((one for one, known in TOKENS.items() if known == token), None)
        status, told = (401, {}) if person is None else (200, await self._told(scope["path"], person, receive))
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": orjson.dumps(told)})

    async def _told(self, path: str, person: str, receive: Receive) -> dict[str, Any]:
        if path == "/api/v4/user":
            return {"id": _IDS[person], "username": person, "external": False, "state": "active"}
        if path == "/api/v4/personal_access_tokens/self":
            return {"user_id": _IDS[person], "scopes": ["read_api"], "active": True}
        assert path == "/api/graphql", path
        asked = orjson.loads(await _body(receive))
        operation = re.search(r"query (\w+)", asked["query"])
        assert operation is not None
        self.asked.append(operation[1])
        self.on_question(operation[1])
        return {"data": {"currentUser": {"id": f"gid://gitlab/User/{_IDS[person]}"}, **await self._of(person, asked)}}

    async def _of(self, person: str, asked: dict[str, Any]) -> dict[str, Any]:
        granted, variables = self.granted[person], asked["variables"]
        if "ids" in variables:
            held = set(granted)
            ids = [int(one.rpartition("/")[2]) for one in variables["ids"]]
            return {"projects": {"nodes": [_node(one) for one in ids if one in held]}}
        if variables["topics"] != [TOPIC]:
            return {"projects": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}
        if person == "vast":
            self.pages += 1
            if self.hold_at is not None and self.pages >= self.hold_at:
                self.held.set()
                assert await asyncio.to_thread(self.release.wait, 60)
        start = int(variables["after"] or 0)
        page, end = granted[start : start + 100], start + 100
        info = {"hasNextPage": end < len(granted), "endCursor": str(end)}
        return {"projects": {"nodes": [_node(one) for one in page], "pageInfo": info}}


def _node(project_id: int) -> dict[str, Any]:
    return {"id": f"gid://gitlab/Project/{project_id}", "userPermissions": {"downloadCode": True}}


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
