"""Proves the demo: starts it as `make demo` does, runs the lines that it prints, and checks what a person would see."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson
import pytest

from tests.support.waiting import wait_until


@dataclass
class Demo:
    """A running demo: what it printed, and the blocks of lines to copy by their number."""

    printed: str
    hub: str
    gitlab: str
    blocks: dict[str, str]

    def copy(self, number: str) -> str:
        """Paste a block into a shell and return what it prints."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euc", self.blocks[number]],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PATH": path},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def titles(self, collection: str, token: str | None = None) -> list[str]:
        headers = {"PRIVATE-TOKEN": token} if token else {}
        url = f"{self.hub}/stac/collections/{collection}/items?limit=100"
        return [item["properties"]["title"] for item in httpx.get(url, headers=headers).json()["features"]]


def blocks_of(printed: str) -> dict[str, str]:
    parts = re.split(r"^  # (\d+)\. .*\n", printed.partition("Lines to copy")[2], flags=re.MULTILINE)
    texts = zip(parts[1::2], parts[2::2], strict=True)
    return {number: re.sub(r"^  ", "", text.partition("Ctrl-C")[0], flags=re.MULTILINE) for number, text in texts}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    told = tmp_path_factory.mktemp("demo") / "printed"
    command = [str(Path(sys.executable).with_name("sharinghub")), "demo", "--port", "0", "--gitlab-port", "0"]
    with told.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: process.poll() is not None or "Ctrl-C" in told.read_text(), "the demo has started")
        printed = told.read_text()
        assert process.poll() is None, printed
        hub, gitlab = re.findall(r"(?:STAC API|Stand-in GitLab) +(http://\S+)", printed)
        yield Demo(printed, hub.removesuffix("/stac"), gitlab, blocks_of(printed))
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert "Traceback" not in told.read_text()
    finally:
        process.kill()
        process.wait()


def test_it_tells_the_addresses_and_who_sees_how_much(demo: Demo) -> None:
    for address in (f"{demo.hub}/stac", f"{demo.hub}/api.html", demo.gitlab):
        assert httpx.get(address).status_code == 200
    for who, token, sees in (("nobody", "-", "12 items"), ("rita", "glpat-demo-rita", "20 items")):
        assert re.search(rf"^ *{who} +{token} +{sees}", demo.printed, re.MULTILINE)
    assert re.search(r"boris +glpat-demo-boris +refused", demo.printed)
    assert set(demo.blocks) == {"1", "2", "3", "4", "5"}


def test_line_1_shows_what_everybody_sees(demo: Demo) -> None:
    shown = orjson.loads(demo.copy("1"))
    assert shown["features"]
    assert {item["properties"]["sharinghub:visibility"] for item in shown["features"]} == {"public"}


def test_line_2_shows_what_rita_sees(demo: Demo) -> None:
    shown = orjson.loads(demo.copy("2"))
    assert shown["numberMatched"] == len(shown["features"]) == 20
    levels = {item["properties"]["sharinghub:visibility"] for item in shown["features"]}
    assert levels == {"public", "internal", "private"}


def test_line_3_lists_the_same_with_pystac_client(demo: Demo) -> None:
    lines = demo.copy("3").strip().splitlines()
    assert len(lines) == len(set(lines)) == 20


def test_line_5_can_be_done(demo: Demo) -> None:
    """It waits for a person, so only its first step is taken: GitLab gives a code to the application of the hub."""
    told = httpx.get(f"{demo.hub}/.well-known/oauth-protected-resource").json()
    form = {"client_id": told["sharinghub_device_client_id"], "scope": "read_api"}
    answer = httpx.post(f"{told['authorization_servers'][0]}/oauth/authorize_device", data=form)
    assert answer.status_code == 200
    assert f"sharinghub login {told['resource']}" in demo.blocks["5"]


def test_line_4_tags_a_project_and_it_appears(demo: Demo) -> None:
    def shown(token: str | None = None) -> bool:
        return any("handbook" in title.lower() for title in demo.titles("dataset", token))

    assert not shown()
    demo.copy("4")
    wait_until(shown, "the tagged project appears")
    project = re.search(r"/api/v4/projects/\d+", demo.blocks["4"])
    assert project
    address = f"{demo.gitlab}{project[0]}"
    owner, reads = {"PRIVATE-TOKEN": "glpat-demo-root-api"}, "glpat-demo-maya"
    assert httpx.put(address, headers=owner, json={"visibility": "private"}).status_code == 200
    wait_until(lambda: not shown(), "what turned private is hidden from everybody")
    assert shown(reads)
    assert httpx.put(address, headers=owner, json={"topics": []}).status_code == 200
    wait_until(lambda: not shown(reads), "the item goes with its topic")
    topics = {"topics": ["sharinghub:dataset"], "visibility": "public"}
    assert httpx.put(address, headers=owner, json=topics).status_code == 200
    wait_until(shown, "it comes back with its topic")
    assert httpx.delete(address, headers=owner).status_code == 202
    wait_until(lambda: not shown(reads), "the item goes with its project")
