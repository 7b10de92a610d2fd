"""Proves how much of a large file is fetched: ranges where they are honoured, else no more than needed."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from gitlab_hooks.gateway.ends import Wanted
from gitlab_hooks.gateway.errors import CredentialRefused, GitLabUnavailable, NotFound
from gitlab_hooks.gateway.service import Connection, ServiceClient
from stac_ext.model import FileEnds
from tests.gitlab_hooks.conftest import Registry

DATA = bytes(n % 251 for n in range(1_000_000))
HEAD, TAIL = 1000, 100


def ends(registry: Registry, data: bytes, wanted: Wanted, *, lfs: bool) -> FileEnds | None:
    content = registry.world.put_lfs_object(registry.project, data) if lfs else data
    sha = registry.world.commit(registry.project, {"big file.bin": content})
    return registry.client.ends(registry.project.id, "big file.bin", sha, wanted)


@pytest.mark.parametrize("lfs", [True, False], ids=["ranges", "stream"])
@pytest.mark.parametrize(
    ("length", "wanted", "expected"),
    [
        (0, Wanted(HEAD), FileEnds(b"", size=0, whole=True)),
        (10, Wanted(HEAD), FileEnds(DATA[:10], size=10, whole=True)),
        (HEAD, Wanted(HEAD, TAIL), FileEnds(DATA[:HEAD], size=HEAD, whole=True)),
        (1050, Wanted(HEAD, TAIL), FileEnds(DATA[:1050], size=1050, whole=True)),
        (1_000_000, Wanted(HEAD), FileEnds(DATA[:HEAD], size=1_000_000)),
        (1_000_000, Wanted(HEAD, whole=1_000_000), FileEnds(DATA, size=1_000_000, whole=True)),
        (1_000_000, Wanted(HEAD, whole=999_999), FileEnds(DATA[:HEAD], size=1_000_000)),
        (1_000_000, Wanted(HEAD, TAIL, through=1_000_000), FileEnds(DATA[:HEAD], DATA[-TAIL:], 1_000_000)),
    ],
)
def test_ends(registry: Registry, lfs: bool, length: int, wanted: Wanted, expected: FileEnds) -> None:
    assert ends(registry, DATA[:length], wanted, lfs=lfs) == expected


def test_without_ranges_a_tail_is_not_worth_reading_through_a_large_file(registry: Registry) -> None:
    wanted = Wanted(HEAD, TAIL, through=999_999)
    assert ends(registry, DATA, wanted, lfs=False) == FileEnds(DATA[:HEAD], b"", 1_000_000)
    assert ends(registry, DATA, wanted, lfs=True) == FileEnds(DATA[:HEAD], DATA[-TAIL:], 1_000_000)


def test_a_file_that_is_not_there(registry: Registry) -> None:
    with pytest.raises(NotFound):
        registry.client.ends(registry.project.id, "none", "main", Wanted(HEAD))


@pytest.mark.parametrize("truncate", [True, False])
def test_an_answer_that_breaks_off_is_trouble_and_no_short_file(registry: Registry, truncate: bool) -> None:
    fault = {"truncate": True} if truncate else {"status": 500}
    registry.gitlab.faults.add("/raw", times=None, **fault)  # type: ignore[arg-type]
    with pytest.raises(GitLabUnavailable):
        ends(registry, DATA, Wanted(HEAD, whole=2_000_000), lfs=False)


class Odd(BaseHTTPRequestHandler):
    """A server that answers as the test says."""

    answer: ClassVar[tuple[int, dict[str, str], bytes]]
    seen: ClassVar[list[tuple[str, str | None]]]

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("PRIVATE-TOKEN")))
        status, headers, body = self.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def odd() -> Iterator[ServiceClient]:
    Odd.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield ServiceClient(Connection(f"http://127.0.0.1:{server.server_port}", retries=0, timeout=5), "secret")
    server.shutdown()
    server.server_close()


def test_content_that_lies_at_another_host_is_not_fetched(odd: ServiceClient) -> None:
    Odd.answer = (302, {"Location": "http://localhost:9/bucket/object"}, b"")
    assert odd.ends(1, "a/b.onnx", "main", Wanted(HEAD)) is None
    assert Odd.seen == [("/api/v4/projects/1/repository/files/a%2Fb.onnx/raw?ref=main&lfs=true", "secret")]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((206, {"Content-Range": "bytes 0-1/many"}, b"ab"), FileEnds(b"ab")),
        ((206, {}, b"ab"), FileEnds(b"ab")),
        ((200, {}, b"ab"), FileEnds(b"ab", size=2, whole=True)),
        ((200, {}, b"x" * 2000), FileEnds(b"x" * HEAD)),
        ((206, {"Content-Range": "bytes 0-1/10"}, b"x" * 5000), FileEnds(b"x" * HEAD, size=10, whole=True)),
    ],
    ids=["odd range", "no range", "no length", "no length, long", "more than asked for"],
)
def test_odd_answers(odd: ServiceClient, answer: tuple[int, dict[str, str], bytes], expected: FileEnds) -> None:
    Odd.answer = answer
    assert odd.ends(1, "x", "main", Wanted(HEAD)) == expected


def test_a_refused_token_is_told(odd: ServiceClient) -> None:
    Odd.answer = (401, {}, b"{}")
    with pytest.raises(CredentialRefused):
        odd.ends(1, "x", "main", Wanted(HEAD))
