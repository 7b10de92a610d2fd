"""Proves that each read by somebody who is known leaves one line that says who read what, without any secret."""

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.sharinghub_ext.assets.conftest import DATA, KINDS, PRIVATE, PUBLIC, Scene
from tests.sharinghub_ext.assets.test_signed import signed
from tests.support.browsing import Browser
from tests.support.waiting import wait_until

KEY = "files/md5/" + hashlib.md5(DATA).hexdigest()[:2] + "/" + hashlib.md5(DATA).hexdigest()[2:]
Lines = list[Any]


@pytest.fixture
def logged() -> Iterator[Lines]:
    with capture_logs() as found:
        yield found


def line(logged: Lines) -> dict[str, Any]:
    """The one line that was written; it comes after the last byte."""
    wait_until(lambda: bool(audited(logged)), "a line is written")
    (one,) = audited(logged)
    logged.clear()
    assert (one.pop("event"), one.pop("log_level"), one.pop("logger")) == ("bytes read", "info", "audit")
    return one


def audited(logged: Lines) -> list[dict[str, Any]]:
    return [dict(one) for one in logged if one.get("logger") == "audit"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_is_told(scene: Scene, logged: Lines, kind: str) -> None:
    answer, maya, ships = scene.get(scene.address(kind)), scene.person("maya"), scene.project(PRIVATE)
    sha = scene.shas[PRIVATE]
    paths = {"plain": "data.bin", "large": "weights.bin", "package": "generic/w/1.0/w.bin"}
    assert line(logged) == {
        "principal": f"user:{maya.id}",
        "user": maya.id,
        "by": "token",
        "public": False,
        "project": ships.id,
        "path": paths.get(kind, f"archive/{sha}.zip"),
        "revision": None if kind == "package" else sha,
        "status": 200,
        "bytes": len(answer.content),
    }


def test_a_part_is_told_with_the_bytes_that_were_sent(scene: Scene, logged: Lines) -> None:
    scene.get(scene.address("large"), Range="bytes=5-9")
    told = line(logged)
    assert (told["status"], told["bytes"]) == (206, 5)


def test_a_read_that_broke_off_is_told(scene: Scene, logged: Lines) -> None:
    scene.gitlab.faults.add(r"/packages/", truncate=True)
    with pytest.raises(httpx.RemoteProtocolError):
        scene.get(scene.address("package"))
    assert 0 <= line(logged)["bytes"] < len(DATA)


def test_the_address_of_an_object_store_is_told_without_it(scene: Scene, logged: Lines) -> None:
    scene.gitlab.faults.add(r"/raw", location="https://objects.example.org/x?X-Amz-Signature=0123456789")
    assert scene.get(scene.address("large")).status_code == 302
    told = line(logged)
    assert told["status"] == 302
    assert "Signature" not in str(told)


def test_the_page_of_a_readme_is_told(scene: Scene, logged: Lines) -> None:
    assert scene.get(scene.address("README.html")).status_code == 200
    assert line(logged)["path"] == "README.html"


def test_how_somebody_was_known_is_told(scene: Scene, browser: Browser, logged: Lines) -> None:
    ships, maya = scene.project(PRIVATE), scene.person("maya")
    assert browser.get(scene.address("plain")).status_code == 200
    assert {"by": "session", "user": maya.id}.items() <= line(logged).items()
    href = signed(browser, scene.address("plain"))
    assert browser.get(href).status_code == 200
    told = line(logged)
    assert {"by": "signed address", "user": maya.id}.items() <= told.items()
    assert "?" not in told["path"]
    job = scene.world.add_job(ships, maya)
    headers = {"JOB-TOKEN": job.token.value}
    assert scene.hub.http.get(scene.address("plain"), headers=headers).status_code == 200
    assert {"by": "job token", "user": maya.id}.items() <= line(logged).items()


def test_dvc_data_is_told(scene: Scene, logged: Lines) -> None:
    ships, maya = scene.project(PRIVATE), scene.person("maya")
    address = f"/dvc/{ships.id}/{KEY}"
    put = scene.hub.http.put(address, content=DATA, headers={"Authorization": "Bearer glpat-maya-api"})
    assert put.status_code == 201
    assert audited(logged) == []
    assert scene.get(address).content == DATA
    told = line(logged)
    expected = {"user": maya.id, "by": "token", "project": ships.id, "path": KEY, "revision": None}
    assert (expected | {"status": 200, "bytes": len(DATA)}).items() <= told.items()
    job = scene.world.add_job(ships, maya)
    assert scene.hub.http.get(address, headers={"JOB-TOKEN": job.token.value}).status_code == 200
    assert {"by": "job token", "user": maya.id}.items() <= line(logged).items()


@pytest.mark.parametrize("kind", ["plain", "package", "archive"])
def test_a_read_of_what_the_index_calls_public_is_told_as_such(scene: Scene, logged: Lines, kind: str) -> None:
    """Its packages may be for members only, or GitLab may have closed the project since: no line was left of these."""
    assert scene.get(scene.address(kind, PUBLIC)).status_code == 200
    assert line(logged)["public"] is True


def test_what_hands_out_no_bytes_or_is_for_everybody_is_not_told(scene: Scene, logged: Lines) -> None:
    tag = scene.get(scene.address("plain")).headers["etag"]
    line(logged)
    scene.get(scene.address("plain"), method="HEAD")
    scene.get(scene.address("plain"), If_None_Match=tag)
    scene.get(scene.address("plain"), "olga")
    scene.get(scene.address("nothing.bin"))
    scene.get(scene.address("plain"), Range="bytes=100000-")
    scene.get(scene.address("plain", PUBLIC), None)
    scene.get("/stac/search")
    scene.get(scene.address("large"))  # its line is the next one
    assert line(logged)["path"] == "weights.bin"
