"""A real S3 server over HTTP (moto), which keeps what it was asked, and which a test can let fail in S3's ways."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.loaders import JSONFileLoader
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.leaks import LEAKS

BUCKET = "hub-objects"
KEY_ID, SECRET = "AKIAHUBSTORESAMPLE", "sample-secret-of-the-s3-store-8d1f"
_NEVER = b"2010-11-10T20:48:33.000Z"  # when each upload began, says moto
_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


@dataclass
class Asked:
    """One request that reached the server: its operation as `PUT ?partNumber&uploadId` would be, and all of it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]

    def is_(self, method: str, *parameters: str) -> bool:
        """Whether it is of this method, with just these parameters in its query."""
        given = {one.partition("=")[0] for one in self.query.split("&") if one} - {"list-type", "x-id"}
        return self.method == method and given == set(parameters)


class Lost(Exception):
    """The connection ends without an answer."""


@dataclass
class Fault:
    """What happens to the next `times` requests that fit. `before` keeps them from the server; else it does them."""

    fits: Callable[[Asked], bool]
    how: str  # slow, lost before, lost after, cut
    times: int = 1


@dataclass
class S3Server:
    """The server, its address, and what it was asked."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    paused: threading.Event = field(default_factory=threading.Event)
    begun: str = field(  # when uploads in parts began
        default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    )
    held: Callable[[Asked], bool] | None = None

    def __post_init__(self) -> None:
        self._app = DomainDispatcherApplication(create_backend_app)
        self._one = threading.RLock()  # moto is not made for several threads
        self.resume = threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, prefix: str = "") -> str:
        """The value of SHARINGHUB_STORE_URL."""
        return f"s3://{BUCKET}/{prefix}?endpoint={quote(self.endpoint, safe='')}&region=us-east-1"

    def client(self) -> Any:
        """What operators use."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
        )

    def keys(self, prefix: str = "") -> list[str]:
        """Every object below a prefix."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", ())]

    def read(self, key: str) -> bytes:
        """The bytes of an object."""
        content: bytes = self.client().get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    def uploads(self, prefix: str = "") -> list[str]:
        """The keys of the multipart uploads under way."""
        listed = self.client().list_multipart_uploads(Bucket=BUCKET, Prefix=prefix)
        return [one["Key"] for one in listed.get("Uploads", ())]

    def calm(self) -> None:
        """Forget faults and what was asked: one server serves many tests."""
        self.faults.clear()
        self.asked.clear()
        self.held = None

    def fail(self, how: str, method: str, *parameters: str, times: int = 1) -> Fault:
        """Let requests fail: `slow` (503), `lost before`, `lost after`, or `cut` in the middle of the answer."""
        fault = Fault(lambda one: one.is_(method, *parameters), how, times)
        self.faults.append(fault)
        return fault

    def hold(self, method: str, *parameters: str) -> None:
        """Let the next such request wait, and be lost once `resume` is set; `paused` is set when it is there."""
        self.paused.clear()
        self.resume.clear()
        self.held = lambda one: one.is_(method, *parameters)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name[:5] == "HTTP_"}
        one = Asked(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), headers)
        fault = self._note(one)
        if self.held and self.held(one):
            self.held = None
            self.paused.set()
            self.resume.wait(300)
            self._drop(environ)
        if fault and fault.how == "slow":
            _read_body(environ)
            start_response("503 Slow Down", [("Content-Type", "application/xml")])
            return [_SLOW_DOWN]
        if fault and fault.how == "lost before":
            self._drop(environ)
        with self._one:
            done = self._app(environ, start_response if not (fault and fault.how == "lost after") else _ignored)
            body = [piece.replace(_NEVER, self.begun.encode()) for piece in done]
        if fault and fault.how == "lost after":
            self._drop(environ)
        return self._cut(environ, body) if fault and fault.how == "cut" else body

    def _note(self, one: Asked) -> Fault | None:
        with self._one:
            self.asked.append(one)
            found = next((fault for fault in self.faults if fault.times and fault.fits(one)), None)
            if found:
                found.times -= 1
            return found

    def _drop(self, environ: dict[str, Any]) -> None:
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise Lost

    def _cut(self, environ: dict[str, Any], body: list[bytes]) -> Iterator[bytes]:
        whole = b"".join(body)
        yield whole[: len(whole) // 2]
        self._drop(environ)


def _read_once() -> Callable[..., Any]:
    """The library's own descriptions of services are large, and each client would read them anew."""
    read = cache(JSONFileLoader().load_file)
    return lambda _, path: read(path)


def _read_body(environ: dict[str, Any]) -> None:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


def _ignored(*_: Any, **__: Any) -> Callable[[bytes], None]:
    return lambda _: None


class _Quiet(WSGIRequestHandler):
    """No line for each request, and none for connections that a test ends."""

    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        pass

    def connection_dropped(self, *_: Any) -> None:
        pass


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """The server with its bucket, and the hub's credentials for it in the environment."""
    server = S3Server()
    listening = make_server("127.0.0.1", 0, server, threaded=True, request_handler=_Quiet)
    server.port = listening.server_port
    thread = threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    environment = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(JSONFileLoader, "load_file", _read_once())
        LEAKS.keep(SECRET, "secret of the S3 store")
        server.client().create_bucket(Bucket=BUCKET)
        yield server
    listening.shutdown()
    thread.join()
    listening.server_close()
