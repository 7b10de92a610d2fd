"""Decides where the tests listen for secrets: at everything that a hub writes, stores, answers or asks.

The taps are on classes, so that no test has to do anything and none can forget it: every application of a hub, every
stand-in, every `Settings`, every program `sharinghub` that a test starts. The stand-in's own answers are no hub's and
are not listened to; neither is what `sharinghub demo` and `sharinghub standin` print, which are sample tokens.
"""

import base64
import functools
import gzip
import logging
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import brotli
import orjson
import structlog
import typer.testing
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import World
from sharinghub_ext.config import Settings
from sharinghub_ext.hub import Hub
from stac_ext.store.database import Database, StoreError
from stac_ext.store.schema import tables
from stac_ext.store.sqlite import SqliteDatabase
from tests.support.leaks import LEAKS, Secret

_CREDENTIALS = ("authorization", "private-token", "x-gitlab-token", "job-token", "deploy-token", "cookie")
_OF_WORLD = ("value", "token", "secret", "signing_token", "access_token", "refresh_token", "refresh")
_TOKEN = re.compile(r"gl[a-z]{2,12}-[\w.-]+|(?=(?:.*[0-9]))[\w.~+/=-]{20,}")  # else it is a test's nonsense
_IN_ENVIRONMENT = re.compile(r"SHARINGHUB_\w*(TOKEN|SECRET|KEY)\w*")
_ROWS = 2000


def install() -> None:
    """Put every tap in its place; once for each process."""
    _tap(FastAPI, "__call__", _application)
    _tap(StandIn, "__init__", _standin)
    _tap(Settings, "model_post_init", _settings)
    _tap(Database, "secret", _own_key)
    _tap(Hub, "close", _hub)
    _tap(subprocess.Popen, "__init__", _started)
    _tap(subprocess.Popen, "communicate", _communicated)
    _tap(typer.testing.CliRunner, "invoke", _invoked)
    _listen_to_logs()


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
        is_of_tokens = scope["path"].endswith("/oauth/token")

        async def answered(message: Message) -> None:
            if is_of_tokens and message["type"] == "http.response.body":
                _meet_tokens(message.get("body", b""))
            await send(message)

        await app(scope, receive, answered)

    return listening


def _meet_tokens(body: bytes) -> None:
    try:
        answer = orjson.loads(body)
    except ValueError:
        return
    for name in ("access_token", "refresh_token", "id_token"):
        if isinstance(answer, dict) and isinstance(value := answer.get(name), str):
            LEAKS.meet(value, f"{name} that GitLab gave")


# Settings and the store


def _settings(self: Settings, original: Any, context: Any, /) -> None:
    for name in type(self).model_fields:
        if isinstance(value := getattr(self, name), SecretStr):
            LEAKS.keep(value.get_secret_value(), f"setting {name}")
    _keep_password(self.database_url)
    original(self, context)


def _keep_password(url: str) -> None:
    try:
        LEAKS.keep(make_url(url).password, "password of the store")
    except (SQLAlchemyError, ValueError):
        return


def _own_key(self: Database, original: Any) -> bytes:
    """The key that a store makes for itself lives in it, by design: it is looked for everywhere else."""
    key: bytes = original(self)
    LEAKS.keep(key.hex(), "the store's own key", "database")
    return key


async def _hub(self: Hub, original: Any) -> None:
    if not isinstance(self.database, SqliteDatabase):
        _look_into_tables(self.database)
    await original(self)
    if isinstance(self.database, SqliteDatabase):
        _look_into_file(self.database.path)


def _look_into_file(path: Path) -> None:
    """Pages of deleted rows, too, and what a killed program has left in its log."""
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            LEAKS.hear("database", str(file), file.read_bytes())
        except OSError:
            continue


def _look_into_tables(database: Database) -> None:
    try:
        with database.read() as conn:
            for table in tables.sorted_tables:
                rows = conn.execute(text(f'SELECT t::text FROM "{table.name}" t LIMIT {_ROWS}')).scalars()
                LEAKS.hear("database", f"table {table.name} of {database.name}", "\n".join(rows))
    except (StoreError, SQLAlchemyError):  # a test has stopped it
        return


# Programs

_running: list[tuple[subprocess.Popen[Any], list[Path], Path | None]] = []


def _is_hub(command: Any) -> bool:
    words = [str(one) for one in command] if isinstance(command, list | tuple) else []
    ours = any(word == "sharinghub_ext.cli" or Path(word).name == "sharinghub" for word in words)
    return ours and not {"demo", "standin"} & set(words)


def _started(self: Any, original: Any, *args: Any, **more: Any) -> None:
    original(self, *args, **more)
    if not _is_hub(self.args):
        return
    environment: Mapping[str, str] = more.get("env") or os.environ
    for name, value in environment.items():
        if _IN_ENVIRONMENT.fullmatch(name):
            LEAKS.keep(value.strip(), f"setting {name}")
    url = environment.get("SHARINGHUB_DATABASE_URL", "")
    _keep_password(url)
    store = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    files = [Path(name) for one in ("stdout", "stderr") if isinstance(name := getattr(more.get(one), "name", 0), str)]
    _running.append((self, files, store))


def _communicated(self: Any, original: Any, *args: Any, **more: Any) -> Any:
    said = original(self, *args, **more)
    if _is_hub(self.args):
        for one in said:
            LEAKS.hear("output", " ".join(map(str, self.args)), one or "")
    return said


def _invoked(self: Any, original: Any, *args: Any, **more: Any) -> Any:
    result = original(self, *args, **more)
    LEAKS.hear("output", "a command", result.output)
    if result.exc_info is not None:
        LEAKS.hear("traceback", "a command", "".join(traceback.format_exception(result.exc_info[1])))
    return result


def look_at_ended_programs() -> None:
    """Read what programs that have ended have left: files that they wrote to, and their stores."""
    for entry in list(_running):
        process, files, store = entry
        if process.poll() is None:
            continue
        _running.remove(entry)
        for file in files:
            if file.is_file():
                LEAKS.hear("output", str(file), file.read_bytes())
        if store is not None:
            _look_into_file(store)


# Logs


def _listen_to_logs() -> None:
    """Everything that is logged, at whatever level; the program itself keeps other libraries to warnings."""
    logging.getLogger().addHandler(_Ear())
    configure = structlog.configure

    def tapped(**given: Any) -> None:
        wrapper = given.get("wrapper_class") or structlog.get_config()["wrapper_class"]
        configure(**{**given, "wrapper_class": _hearing(wrapper)})

    def defaults() -> None:
        """As structlog begins, but without the values of local variables, which the program never shows."""
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        tapped(
            processors=[structlog.processors.add_log_level, renderer],
            wrapper_class=structlog.make_filtering_bound_logger(0),
            logger_factory=structlog.PrintLoggerFactory(),
        )

    setattr(structlog, "configure", tapped)  # noqa: B010
    setattr(structlog, "reset_defaults", defaults)  # noqa: B010
    defaults()


def _hearing(wrapper: type[Any]) -> type[Any]:
    """A kind of logger that is heard before its level is looked at."""
    if getattr(wrapper, "is_heard", False):
        return wrapper

    def method(level: str) -> Any:
        def log(self: Any, event: Any = None, *args: Any, **more: Any) -> Any:
            error = more.get("exc_info") or (level == "exception")
            error = sys.exc_info()[1] if error is True else error[1] if isinstance(error, tuple) else error
            shown = "".join(traceback.format_exception(error)) if isinstance(error, BaseException) else ""
            LEAKS.hear("log", f"{level}: {event}", f"{event!s} {args!r} {dict(self._context)!r} {more!r}\n{shown}")
            return getattr(wrapper, level)(self, event, *args, **more)

        return log

    levels = ("debug", "info", "warning", "error", "critical", "exception")
    return type("Heard", (wrapper,), {"is_heard": True, **{level: method(level) for level in levels}})


class _Ear(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        LEAKS.hear("log", record.name, self.format(record))
