"""What the chart renders really serves: probes, catalogue, hooks, test pod, shutdown."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.deploy.charts import LEAST, Helm, Manifest, hub_container, one, profile
from tests.deploy.pods import LocalContainer, materialize
from tests.support.postgres import PostgresServer
from tests.support.running import HOOK_SECRET, LittleWorld, SampleWorld
from tests.support.s3 import KEY_ID, SECRET, S3Server
from tests.support.waiting import wait_until

SECONDS = 60


@dataclass(frozen=True)
class Serving:
    """A rendered container that runs, and how it is reached."""

    manifests: list[Manifest]
    container: LocalContainer
    process: subprocess.Popen[bytes]
    http: httpx.Client
    log: Path

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Until the condition holds; fails with the log where the process ended or it takes too long."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"it ended while waiting until {what}:\n{self.log.read_text()}"
            if condition():
                return
            time.sleep(0.02)
        pytest.fail(f"waited in vain until {what}:\n{self.log.read_text()}")

    def probe(self, name: str) -> bool:
        """Whether a rendered probe succeeds, by the kubelet's rule: any status from 200 to 399."""
        path = hub_container(self.manifests)[name]["httpGet"]["path"]
        try:
            return 200 <= self.http.get(path).status_code < 400
        except httpx.TransportError:
            return False


@pytest.fixture
def serving(helm: Helm, world: SampleWorld, tmp_path: Path) -> Iterator[Serving]:
    """The chart, rendered for a stand-in GitLab and started as its container says."""
    values = {
        **LEAST,
        "config": {"gitlab_url": world.gitlab.url, "public_url": "https://earth.example.org/hub"},
        "secrets": {"existingSecret": "hub"},
    }
    manifests = helm.render(values)
    secrets = {"SHARINGHUB_GITLAB_TOKEN": world.samples.service_token, "SHARINGHUB_HOOK_SECRET": HOOK_SECRET}
    container = materialize(manifests, tmp_path / "pod", {"hub": secrets})
    port = _free_port()
    work = tmp_path / "work"
    work.mkdir()
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(container, manifests, port),
            env={"PATH": os.environ["PATH"], "TMPDIR": f"{container.root}/tmp", **container.environment},
            cwd=work,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as http:
            yield Serving(manifests, container, process, http, log)
        assert not list(work.iterdir()), "it wrote outside of its volumes"
    finally:
        process.kill()
        process.wait()


def test_the_rendered_container_serves(serving: Serving, world: SampleWorld) -> None:
    serving.wait(lambda: serving.probe("startupProbe"), "it has started")
    assert serving.probe("readinessProbe")
    assert serving.probe("livenessProbe")

    token = world.token("rita")
    serving.wait(lambda: _count(serving, token) > _count(serving, None) > 0, "the index is filled")
    links = serving.http.get("/stac").json()["links"]
    assert {link["href"] for link in links if link["rel"] == "self"} == {"https://earth.example.org/hub/stac"}

    delivery = {"event_name": "push", "project_id": 1}
    assert _hook(serving, delivery, HOOK_SECRET) == 200
    assert _hook(serving, delivery, "wrong") == 401

    _run_test_pod(serving)

    with sqlite3.connect(f"file:{serving.container.root}/data/sharinghub.db?mode=ro", uri=True) as store:
        assert store.execute("SELECT count(*) FROM item").fetchone()[0] > 0
    store.close()

    asked = time.monotonic()
    serving.process.send_signal(signal.SIGTERM)
    grace = one(serving.manifests, "Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    serving.process.wait(grace)
    assert time.monotonic() - asked < grace
    assert serving.process.returncode in (0, -signal.SIGTERM)  # its server raises the signal again once it is done
    for secret in (HOOK_SECRET, world.samples.service_token):
        assert secret not in serving.log.read_text()


def test_the_rendered_pods_of_several_are_one_hub(
    helm: Helm, tmp_path: Path, postgres: PostgresServer, s3: S3Server
) -> None:
    """None starts before the migration; then the worker reads GitLab, and the pod that serves has what it read."""
    url = postgres.create()
    values = {
        "image": LEAST["image"],
        "config": {"public_url": "http://127.0.0.1:8080", "store_url": s3.url("chart")},
        "secrets": {"existingSecret": "hub", "database": {"existingSecret": "db"}, "awsCredentials": "aws"},
    }
    with LittleWorld(tmp_path) as world, ExitStack() as stack:
        values["config"]["gitlab_url"] = world.gitlab.url
        manifests = helm.render(profile("scale", values))
        credentials = f"[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
        secrets = {
            "hub": {
                "SHARINGHUB_GITLAB_TOKEN": "glpat-service",
                "SHARINGHUB_HOOK_SECRET": HOOK_SECRET,
                "SHARINGHUB_SECRET_KEY": "0123456789abcdeffedcba9876543210",
                "aws": credentials,
            },
            "db": {"uri": url.replace("+psycopg", "")},
        }
        ports = {"hub": _free_port(), "worker": _free_port()}

        def begin(component: str) -> subprocess.Popen[bytes]:
            root = tmp_path / f"{component}-{len(list(tmp_path.iterdir()))}"
            container = materialize(manifests, root, secrets, component)
            command = [str(Path(sys.executable).with_name("sharinghub")), *container.command[1:]]
            if component in ports:
                command[command.index("--port") + 1] = str(ports[component])
            environment = {"PATH": os.environ["PATH"], "TMPDIR": f"{root}/tmp", **container.environment}
            assert not [secret for one in secrets.values() for secret in one.values() if secret in " ".join(command)]
            process = subprocess.Popen(command, env=environment, cwd=tmp_path)
            stack.callback(process.wait, SECONDS)
            stack.callback(process.terminate)
            return process

        assert begin("hub").wait(SECONDS) == 4
        assert begin("migration").wait(SECONDS) == 0
        worker, hub = begin("worker"), begin("hub")
        with httpx.Client(base_url=f"http://127.0.0.1:{ports['hub']}", timeout=30, trust_env=False) as http:
            wait_until(lambda: _state(http) == ("ready", "working"), "the index is told", SECONDS)
            found = http.get("/stac/search").json()["features"]
        assert {one["properties"]["sharinghub:path"] for one in found} == {"earth/models/cloud-mask-onnx", "sea/waves"}
        for process in (hub, worker):
            process.terminate()
            assert process.wait(SECONDS) in (0, -signal.SIGTERM)
    postgres.drop(url)


def _state(http: httpx.Client) -> tuple[str, str]:
    """How far the index is, and whether somebody works."""
    try:
        told = http.get("/readyz").json()
    except httpx.TransportError:
        return "", ""
    return str(told.get("index")), str(told.get("worker"))


def _command(container: LocalContainer, manifests: list[Manifest], port: int) -> list[str]:
    """The container's command with this environment's program, on a port that is free here.

    The port that is replaced must be the one that the probes and the service ask.
    """
    program, *arguments = container.command
    ports = {one["name"]: one["containerPort"] for one in hub_container(manifests)["ports"]}
    probes = [hub_container(manifests)[name] for name in ("startupProbe", "livenessProbe", "readinessProbe")]
    (asked,) = {ports[probe["httpGet"]["port"]] for probe in probes}
    place = arguments.index("--port") + 1
    assert arguments[place] == str(asked)
    arguments[place] = str(port)
    return [str(Path(sys.executable).with_name(program)), *arguments]


def _run_test_pod(serving: Serving) -> None:
    """Run what `helm test` runs, with the service's address led to the process."""
    (container,) = one(serving.manifests, "Pod")["spec"]["containers"]
    service = one(serving.manifests, "Service")
    address = f"http://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    script, url = container["args"]
    assert url.startswith(f"{address}/")
    assert container["command"] == ["python3", "-c"]
    here = url.replace(address, str(serving.http.base_url).rstrip("/"))
    subprocess.run([sys.executable, "-c", script, here], env={}, check=True, timeout=SECONDS)


def _count(serving: Serving, token: str | None) -> int:
    headers = {"PRIVATE-TOKEN": token} if token else {}
    answer = serving.http.get("/stac/search", params={"limit": 1}, headers=headers)
    return int(answer.json()["numberMatched"]) if answer.is_success else 0


def _hook(serving: Serving, body: dict[str, object], secret: str) -> int:
    headers = {"X-Gitlab-Token": secret, "X-Gitlab-Event": "System Hook"}
    return serving.http.post("/hooks/gitlab", json=body, headers=headers).status_code


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
