"""Proves the commands as a user runs them: what they print, and that each mistake is one message and an exit code."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from sharinghub_ext.cli import app
from stac_ext.store.opening import open_store
from tests.support.running import LittleWorld, SampleWorld
from tests.support.waiting import wait_until

HUB = [sys.executable, "-m", "sharinghub_ext.cli"]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHARINGHUB_")}
    defaults = {"DATABASE_URL": f"sqlite:///{folder}/cli.db", "GITLAB_RETRIES": "0", "GITLAB_TIMEOUT": "2"}
    return clean | {f"SHARINGHUB_{name}": value for name, value in (defaults | settings).items()}


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    port = ("--port", "0") if arguments == ("serve",) else ()
    return subprocess.run(
        [*HUB, *arguments, *port],
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def website() -> Iterator[str]:
    """Something that is not GitLab."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>Welcome</html>")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def redirecting() -> Iterator[str]:
    """A web server that sends everybody to the GitLab proper."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(301)
            self.send_header("Location", f"https://elsewhere.example.org{self.path}")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_help_and_version_teach() -> None:
    told = subprocess.run([*HUB, "--help"], capture_output=True, text=True, check=True).stdout
    for command in ("serve", "sync", "reconcile", "lint", "dvc", "hooks", "migrate", "config", "demo", "standin"):
        assert command in told
        taught = CliRunner().invoke(app, [command, "--help"])
        assert taught.exit_code == 0
        assert len(taught.output) > 200
    assert "SHARINGHUB_GITLAB_URL" in told
    assert subprocess.run([*HUB, "--version"], capture_output=True, text=True, check=True).stdout.startswith(
        "sharinghub "
    )


@pytest.mark.parametrize("command", ["serve", "sync"])
class TestMistakes:
    """Every mistake ends with its exit code and a message that says what to change, never with a traceback."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[SampleWorld]:
        with LittleWorld(tmp_path) as one:
            yield one

    def ends(self, done: subprocess.CompletedProcess[str], code: int, *says: str) -> None:
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        for text in says:
            assert text in done.stderr

    def test_nothing_set(self, tmp_path: Path, command: str) -> None:
        self.ends(run(tmp_path, command), 2, "SHARINGHUB_GITLAB_URL: must be set")

    def test_an_unknown_setting(self, tmp_path: Path, command: str) -> None:
        done = run(tmp_path, command, GITLAB_URL="http://127.0.0.1:1", GITLAB_TOKN="x")
        self.ends(done, 2, "SHARINGHUB_GITLAB_TOKN", "did you mean SHARINGHUB_GITLAB_TOKEN")

    def test_an_unreachable_gitlab(self, tmp_path: Path, command: str) -> None:
        self.ends(run(tmp_path, command, GITLAB_URL=f"http://127.0.0.1:{free_port()}"), 3, "no GitLab answers")

    def test_something_that_is_not_gitlab(self, tmp_path: Path, command: str, website: str) -> None:
        self.ends(run(tmp_path, command, GITLAB_URL=website), 3, website)
        self.ends(run(tmp_path, command, GITLAB_URL=website, GITLAB_TOKEN="x"), 3, website)

    def test_a_wrong_token(self, world: SampleWorld, tmp_path: Path, command: str) -> None:
        done = run(tmp_path, command, GITLAB_URL=world.gitlab.url, GITLAB_TOKEN="glpat-wrong")
        self.ends(done, 3, "SHARINGHUB_GITLAB_TOKEN", "invalid, expired or revoked")
        assert "glpat-wrong" not in done.stderr

    def test_a_token_without_the_scope(self, world: SampleWorld, tmp_path: Path, command: str) -> None:
        user = world.world.user_named("maya")
        assert user is not None
        world.world.add_token(user, value="glpat-narrow", name="narrow", scopes=("read_user",))
        done = run(tmp_path, command, GITLAB_URL=world.gitlab.url, GITLAB_TOKEN="glpat-narrow")
        self.ends(done, 3, "read_api")

    def test_a_foreign_database(self, world: SampleWorld, tmp_path: Path, command: str) -> None:
        with sqlite3.connect(tmp_path / "cli.db") as other:
            other.execute("CREATE TABLE customers (name)")
        self.ends(run(tmp_path, command, GITLAB_URL=world.gitlab.url), 4, "another program")

    def test_a_locked_database(self, world: SampleWorld, tmp_path: Path, command: str) -> None:
        open_store(f"sqlite:///{tmp_path}/cli.db").close()
        holder = sqlite3.connect(tmp_path / "cli.db", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        try:
            done = run(tmp_path, command, GITLAB_URL=world.gitlab.url, DATABASE_TIMEOUT="1")
            self.ends(done, 4, "locked by another program")
        finally:
            holder.close()

    def test_a_place_where_nothing_can_be_written(self, world: SampleWorld, tmp_path: Path, command: str) -> None:
        (tmp_path / "file").write_text("x")
        done = run(tmp_path, command, GITLAB_URL=world.gitlab.url, DATABASE_URL=f"sqlite:///{tmp_path}/file/hub.db")
        self.ends(done, 4, "cannot")


@pytest.mark.parametrize(("command", "option"), [("serve", "--port"), ("standin", "--port"), ("demo", "--gitlab-port")])
def test_a_port_in_use(world: SampleWorld, tmp_path: Path, command: str, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(tmp_path, command, option, port, GITLAB_URL=world.gitlab.url)
    assert done.returncode == 2
    assert f"{option} {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_ca_file_without_certificates(world: SampleWorld, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    done = run(tmp_path, "sync", GITLAB_URL=world.gitlab.url, GITLAB_CA_FILE=str(tmp_path / "ca.pem"))
    assert done.returncode == 2
    assert "SHARINGHUB_GITLAB_CA_FILE" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_gitlab_that_redirects_elsewhere_is_named(tmp_path: Path, redirecting: str) -> None:
    done = run(tmp_path, "sync", GITLAB_URL=redirecting)
    assert done.returncode == 3
    assert "https://elsewhere.example.org" in done.stderr


def test_what_kubernetes_sets_beside_a_service_of_our_name_is_no_setting(tmp_path: Path) -> None:
    links = {"PORT": "tcp://10.0.0.1:80", "SERVICE_HOST": "10.0.0.1", "PORT_80_TCP_ADDR": "10.0.0.1"}
    with LittleWorld(tmp_path) as world:
        assert run(tmp_path, "sync", GITLAB_URL=world.gitlab.url, **links).returncode == 0


def test_sync_reports_and_is_idempotent(world: SampleWorld, tmp_path: Path) -> None:
    settings = {"GITLAB_URL": world.gitlab.url, "GITLAB_TOKEN": world.samples.service_token}
    first = run(tmp_path, "sync", **settings)
    assert first.returncode == 0, first.stderr
    assert "23 indexed" in first.stdout
    assert "earth/models/soil-moisture-lstm (front-matter-yaml, line 2)" in first.stdout
    second = run(tmp_path, "sync", **settings)
    assert "0 indexed, 23 unchanged" in second.stdout
    assert first.stdout.partition("\n\n")[2] == second.stdout.partition("\n\n")[2] != ""


def test_sync_without_a_token_says_what_it_left_out_by_its_whole_name(world: SampleWorld, tmp_path: Path) -> None:
    done = run(tmp_path, "sync", GITLAB_URL=world.gitlab.url)
    expected = "skipped earth/datasets/embargoed-field-campaign: its code cannot be read without a token"
    assert expected in done.stdout


def test_a_stopped_standin_leaves_nothing_behind(tmp_path: Path) -> None:
    settings = {**environment(tmp_path), "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([*HUB, "standin", "--port", "0"], env=settings, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "Stand-in GitLab at" in process.stdout.readline()
    process.terminate()
    assert process.wait(20) == 0
    assert list(tmp_path.glob("standin-*")) == []


def test_serve_indexes_by_itself_answers_and_ends_cleanly(world: SampleWorld, tmp_path: Path) -> None:
    port = free_port()
    settings = environment(tmp_path, GITLAB_URL=world.gitlab.url, GITLAB_TOKEN=world.samples.service_token)
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([*HUB, "serve", "--port", str(port)], env=settings, stderr=log, cwd=tmp_path)
        try:
            url = f"http://127.0.0.1:{port}"

            def indexed() -> bool:
                try:
                    return bool(httpx.get(f"{url}/readyz").json()["index"] == "ready")
                except httpx.TransportError:
                    return False

            wait_until(indexed, "the hub is indexed")
            assert httpx.get(f"{url}/healthz").status_code == 200
            assert httpx.get(f"{url}/stac/search").json()["numberMatched"] == 12
            token = world.token("rita")
            httpx.get(f"{url}/stac/search", headers={"PRIVATE-TOKEN": str(token)})
            httpx.get(f"{url}/stac/search", params={"private_token": "leaked-in-query"})
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    told = (tmp_path / "log").read_text()
    for secret in (str(token), world.samples.service_token, "leaked-in-query"):
        assert secret not in told
    assert "Traceback" not in told


def test_serve_starts_without_gitlab_where_there_is_an_index(world: SampleWorld, tmp_path: Path) -> None:
    run(tmp_path, "sync", GITLAB_URL=world.gitlab.url)
    port = free_port()
    settings = environment(tmp_path, GITLAB_URL=f"http://127.0.0.1:{free_port()}")
    process = subprocess.Popen(
        [*HUB, "serve", "--port", str(port)], env=settings, stderr=subprocess.DEVNULL, cwd=tmp_path
    )
    try:

        def answers() -> bool:
            try:
                return bool(httpx.get(f"http://127.0.0.1:{port}/stac/search").json()["numberMatched"] == 12)
            except httpx.TransportError:
                return False

        wait_until(answers, "what is public is served")
    finally:
        process.kill()
        process.wait()
