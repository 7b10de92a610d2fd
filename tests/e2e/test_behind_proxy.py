"""Proves that a client who pages through the catalogue sees no failed request while any one process is killed or ends.

The proxy is a real HAProxy with the configuration of `docs/operations/several-processes.md`.
"""

import re
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.docs.generate import DOCS
from tests.e2e.test_command_line import free_port
from tests.e2e.test_roles import Place, Process
from tests.support.postgres import PostgresServer
from tests.support.running import LittleWorld
from tests.support.waiting import wait_until

_PACE = 0.01  # seconds between requests: the machine has other things to do
PAGE = (DOCS / "operations" / "several-processes.md").read_text()


class Paging:
    """A client that walks through all pages again and again, by GET and by POST, and keeps what it met."""

    def __init__(self, url: str, *, posting: bool) -> None:
        self._url, self._posting = url, posting
        self.walks: list[list[str]] = []
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Paging":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        with httpx.Client(trust_env=False, timeout=30) as http:
            while not self._stop.is_set():
                try:
                    if walk := self._walk(http):
                        self.walks.append(walk)
                except Exception as error:
                    self.failures.append(repr(error))

    def _walk(self, http: httpx.Client) -> list[str]:
        found: list[str] = []
        request = http.build_request("GET", f"{self._url}/stac/search", params={"limit": "1"})
        if self._posting:
            request = http.build_request("POST", f"{self._url}/stac/search", json={"limit": 1})
        while not self._stop.wait(_PACE):
            answer = http.send(request)
            if answer.status_code != 200:
                self.failures.append(f"{answer.status_code} {answer.text[:200]}")
                return []
            page = answer.json()
            found += [one["id"] for one in page["features"]]
            following = [link for link in page["links"] if link["rel"] == "next"]
            if not following:
                return found
            (link,) = following
            body = link.get("body")
            request = http.build_request("POST" if body else "GET", link["href"], json=body)
        return []


class Proxy:
    """HAProxy as the page configures it, on ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.port, self.servers = free_port(), (free_port(), free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        (text,) = re.findall(r"```haproxy\n(.*?)```", PAGE, re.DOTALL)
        for named, here in zip((8000, 8081, 8082), (self.port, *self.servers), strict=True):
            text = text.replace(f":{named}\n", f":{here}\n")
        self._file = folder / "haproxy.cfg"
        self._file.write_text(text.replace("bind :", "bind 127.0.0.1:"))

    def begin(self) -> subprocess.Popen[bytes]:
        subprocess.run(["haproxy", "-c", "-f", self._file], check=True, capture_output=True)
        return subprocess.Popen(["haproxy", "-db", "-f", self._file], stderr=subprocess.DEVNULL)

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


@pytest.fixture(scope="module")
def proxied(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Proxy, list[Process], list[Process]]]:
    """Two readers behind the proxy, and a worker."""
    if shutil.which("haproxy") is None:
        pytest.skip("needs haproxy: .ci/run installs it")
    folder = tmp_path_factory.mktemp("proxied")
    url = postgres.create()
    proxy = Proxy(folder)
    with LittleWorld(folder) as world, ExitStack() as stack:
        place = Place(world, url)
        place.variables |= {"SHARINGHUB_PUBLIC_URL": proxy.url, "SHARINGHUB_REQUESTS_PER_MINUTE": "0"}
        workers, readers = [], []
        for role, port in (("worker", None), *(("api", port) for port in proxy.servers)):
            one = Process(place, role, port)
            stack.callback(one.end, kill=True)
            (readers if role == "api" else workers).append(one)
        running = stack.enter_context(proxy.begin())
        stack.callback(running.terminate)
        wait_until(lambda: all(one.state().get("index") == "ready" for one in readers), "the first index is told", 60)
        wait_until(proxy.ready, "the proxy leads to a reader")
        yield proxy, readers, workers
    postgres.drop(url)


@pytest.mark.timeout(300)
def test_any_one_process_is_killed_or_ends_and_no_request_fails(
    proxied: tuple[Proxy, list[Process], list[Process]],
) -> None:
    proxy, readers, workers = proxied
    with Paging(proxy.url, posting=False) as getting, Paging(proxy.url, posting=True) as posting:
        for one, kill in ((readers[0], True), (readers[1], False)):
            _pages(getting, posting)
            one.end(kill=kill)
            _pages(getting, posting)
            one.begin()
        for one in (workers[0], readers[0]):
            one.end(kill=True)
            _pages(getting, posting)
    assert getting.failures == posting.failures == []
    walks = [*getting.walks, *posting.walks]
    assert all(sorted(walk) == sorted(set(walk)) == sorted(walks[0]) for walk in walks)
    assert len(walks[0]) > 1


class Dying(socketserver.StreamRequestHandler):
    """Answers, but dies at a search by POST where its service does."""

    server: "Service"

    def handle(self) -> None:
        with suppress(ConnectionResetError):
            while head := b"".join(iter(self.rfile.readline, b"\r\n")):
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                self.rfile.read(int(length[1]) if length else 0)
                if self.server.dies and head.startswith(b"POST"):
                    self.server.died += 1
                    return
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


class Service(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, port: int, *, dies: bool) -> None:
        super().__init__(("127.0.0.1", port), Dying)
        self.dies, self.died = dies, 0
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


def test_a_search_by_post_is_sent_again_when_its_server_dies(tmp_path: Path) -> None:
    """HAProxy closed the client's connection without a word, since it had not kept a body that came after the head."""
    if shutil.which("haproxy") is None:
        pytest.skip("needs haproxy: .ci/run installs it")
    proxy = Proxy(tmp_path)
    with Service(proxy.servers[0], dies=True) as one, Service(proxy.servers[1], dies=False) as two:
        running = proxy.begin()
        try:
            wait_until(proxy.ready, "the proxy leads to a server")
            with httpx.Client(trust_env=False) as http:
                for _ in range(40):
                    assert http.post(f"{proxy.url}/stac/search", json={"limit": 1}).text == "ok"
            assert one.died
        finally:
            running.terminate()
            running.wait()
            for service in (one, two):
                service.shutdown()


def _pages(*clients: Paging) -> None:
    """Wait until each has read all pages twice from here on."""
    before = [len(one.walks) for one in clients]
    done = lambda: all(one.failures or len(one.walks) > n + 2 for one, n in zip(clients, before, strict=True))  # noqa: E731
    wait_until(done, "pages are read")
