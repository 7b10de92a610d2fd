"""Decides where the tests listen for secrets: at everything that a hub writes, stores, answers or asks.

The taps are on classes, so that no test has to do anything and none can forget it: every application of a hub, every
stand-in, every `Settings`, every program `sharinghub` that a test starts. The stand-in's own answers are no hub's and
are not listened to.
"""

import base64
import functools
import gzip
import re
import subprocess
import traceback
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import brotli
import orjson
import typer.testing
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import World
from sharinghub_ext.config import Settings
from sharinghub_ext.hub import Hub
from stac_ext.store.database import Database
from tests.support import leaks_at_rest, leaks_of_programs
from tests.support.leaks import LEAKS, Secret
from tests.support.leaks_in_logs import listen_to_logs

_CREDENTIALS = ("authorization", "private-token", "x-gitlab-token", "job-token", "deploy-token", "cookie")
_OF_WORLD = ("value", "token", "secret", "signing_token", "access_token", "refresh_token", "refresh")
_OF_OAUTH = (
    *("access_token", "refresh_token", "id_token", "token", "client_secret"),
    *("code", "code_verifier", "device_code"),
)
_TOKEN = re.compile(r"gl[a-z]{2,12}-[\w.-]+|(?=(?:.*[0-9]))[\w.~+/=-]{20,}")  # else it is a test's nonsense


def install() -> None:
    """Put every tap in its place; once for each process."""
    _tap(FastAPI, "__call__", _application)
    _tap(StandIn, "__init__", _standin)
    _tap(Settings, "model_post_init", leaks_at_rest.settings)
    _tap(Database, "secret", leaks_at_rest.own_key)
    _tap(Hub, "close", leaks_at_rest.closed)
    _tap(subprocess.Popen, "__init__", leaks_of_programs.started)
    _tap(subprocess.Popen, "communicate", leaks_of_programs.communicated)
    _tap(typer.testing.CliRunner, "invoke", leaks_of_programs.invoked)
    listen_to_logs()


def _tap(owner: Any, name: str, tap: Any) -> None:
    setattr(owner, name, functools.partialmethod(tap, getattr(owner, name)))


# Answers


async def _application(self: Any, original: Any, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        await original(self, scope, receive, send)
        return
    _meet_credentials(scope, _CREDENTIALS)
    asked, body, packed = f"{scope['method']} {scope['path']}", bytearray(), b""

    async def heard(message: Message) -> None:
        nonlocal packed
        if message["type"] == "http.response.start":
            for name, value in message["headers"]:
                if name == b"set-cookie":
                    given = value.partition(b"=")[2].partition(b";")[0].decode("latin-1")
                    LEAKS.meet(given, "what a cookie holds", "cookie")
                packed = value if name == b"content-encoding" else packed
                LEAKS.hear("cookie" if name == b"set-cookie" else "header", f"{name.decode()} of {asked}", value)
        elif message["type"] == "http.response.body" and len(body) < 1024 * 1024:
            body.extend(message.get("body", b""))
        await send(message)

    try:
        await original(self, scope, receive, heard)
    except Exception as error:  # the server writes it to its log
        LEAKS.hear("traceback", asked, "".join(traceback.format_exception(error)))
        raise
    finally:
        LEAKS.hear("body", f"answer to {asked}", _unpacked(bytes(body), packed))


def _unpacked(body: bytes, how: bytes) -> bytes:
    try:
        return {b"br": brotli.decompress, b"gzip": gzip.decompress}.get(how, bytes)(body)
    except (brotli.error, OSError, EOFError):  # cut off, or of HEAD
        return body


def _meet_credentials(scope: Scope, names: Iterable[str]) -> None:
    """Whatever looks like a token counts as one, whether or not GitLab knows it."""
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        if name in names:
            for one in _values(name, value.decode("latin-1")):
                if _TOKEN.fullmatch(one):
                    LEAKS.meet(one, f"what came as {name}", *(["cookie"] if name == "cookie" else []))


def _values(name: str, value: str) -> Iterator[str]:
    if name == "cookie":
        yield from (part.partition("=")[2].strip() for part in value.split(";"))
        return
    scheme, _, rest = value.partition(" ")
    yield rest.strip() if rest else value
    if scheme.lower() == "basic":
        try:
            yield base64.b64decode(rest).decode().partition(":")[2]
        except ValueError:
            return


# What is asked of GitLab


def _standin(self: StandIn, original: Any, world: World, *args: Any, **more: Any) -> None:
    original(self, world, *args, **more)
    LEAKS.keep_those_of(world, _secrets_of(world))
    self._app = _asked(self._app)


def _secrets_of(world: World) -> Any:
    held = vars(world)  # not the world itself: it may end

    def secrets() -> Iterator[Secret]:
        for values in list(held.values()):
            for one in list(values.values()) if isinstance(values, dict) else []:
                user = getattr(getattr(one, "user", None), "username", None)
                whose = f"{type(one).__name__.lower()} of {user}" if user else f"secret of a {type(one).__name__}"
                for name in _OF_WORLD:
                    if isinstance(value := getattr(one, name, None), str):
                        yield Secret(value, whose)

    return secrets


def _asked(app: ASGIApp) -> ASGIApp:
    async def listening(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        if scope["type"] != "http" or not headers.get(b"user-agent", b"").startswith(b"sharinghub"):
            await app(scope, receive, send)
            return
        _meet_credentials(scope, _CREDENTIALS)
        url = scope.get("raw_path", b"") + b"?" + scope.get("query_string", b"")
        LEAKS.hear("url", f"{scope['method']} {scope['path']} at GitLab", url)
        is_of_tokens = scope["path"].startswith("/oauth/")

        async def asking() -> Message:
            message = await receive()
            if is_of_tokens:
                form = dict(parse_qsl(message.get("body", b"").decode("latin-1")))
                _meet_those_in(form, "that GitLab was sent")
            return message

        async def answered(message: Message) -> None:
            if is_of_tokens and message["type"] == "http.response.body":
                _meet_those_in(_json(message.get("body", b"")), "that GitLab gave")
            await send(message)

        await app(scope, asking, answered)

    return listening


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError:
        return None


def _meet_those_in(said: Any, what: str) -> None:
    for name in _OF_OAUTH:
        if isinstance(said, dict) and isinstance(value := said.get(name), str):
            LEAKS.meet(value, f"{name} {what}")
