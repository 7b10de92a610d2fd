"""Proves that a directory is listed a page at a time, each file once, with addresses that work."""

import hashlib
import json
from typing import Any

import pytest

from sharinghub_ext.dvc.keys import ObjectKey
from tests.sharinghub_ext.dvc.conftest import PRIVATE, Remote, key_of

FILES = {f"tile {number:04} é.tif": f"content {number}".encode() for number in range(2345)}
MANIFEST = json.dumps(
    [{"md5": hashlib.md5(data).hexdigest(), "relpath": path} for path, data in FILES.items()], sort_keys=True
).encode()
KEY = key_of(MANIFEST, directory=True)


@pytest.fixture(scope="module", autouse=True)
def stored(remote: Remote) -> None:
    assert remote.ask("POST", PRIVATE, KEY, "dan", content=MANIFEST).status_code == 201
    assert remote.put(PRIVATE, FILES["tile 0000 é.tif"], "dan").status_code == 201


def page(remote: Remote, address: str) -> dict[str, Any]:
    answer = remote.hub.get(address, remote.world.token("rita"))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def following(body: dict[str, Any]) -> str | None:
    return next((one["href"] for one in body["links"] if one["rel"] == "next"), None)


@pytest.mark.parametrize("limit", [100, 1000])
def test_pages_hold_every_file_once_in_order(remote: Remote, limit: int) -> None:
    address: str | None = f"{remote.hub.url}{remote.path(PRIVATE, KEY)}?limit={limit}"
    names: list[str] = []
    while address:
        body = page(remote, address)
        assert body["numberMatched"] == len(FILES)
        assert body["numberReturned"] == len(body["files"]) <= limit
        names += [one["name"] for one in body["files"]]
        address = following(body)
    assert names == sorted(FILES)


def test_a_file_says_its_name_its_hash_and_where_it_is(remote: Remote) -> None:
    first = page(remote, f"{remote.path(PRIVATE, KEY)}?limit=1")["files"][0]
    data = FILES[first["name"]]
    assert first["md5"] == hashlib.md5(data).hexdigest()
    assert first["href"] == f"{remote.hub.url}{remote.path(PRIVATE, key_of(data))}"
    assert first["type"].startswith("image/tiff")
    assert remote.hub.get(first["href"], remote.world.token("rita")).content == data


def test_without_a_page_the_manifest_itself_comes(remote: Remote) -> None:
    answer = remote.ask("GET", PRIVATE, KEY, "rita")
    assert answer.content == MANIFEST
    assert answer.headers["content-type"] == "application/vnd.dvc.dir+json"


def test_going_on_after_any_name_works(remote: Remote) -> None:
    body = page(remote, f"{remote.path(PRIVATE, KEY)}?after=tile 2343 ü")
    assert [one["name"] for one in body["files"]] == ["tile 2344 é.tif"]
    assert following(body) is None
    assert page(remote, f"{remote.path(PRIVATE, KEY)}?after=zzz")["files"] == []


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "many", "", "1e3", "٣", "9" * 5000])
def test_a_wrong_limit_is_told(remote: Remote, limit: str) -> None:
    answer = remote.ask("GET", PRIVATE, f"{KEY.text}?limit={limit}", "rita")
    assert answer.status_code == 400
    assert "limit" in answer.json()["detail"]


def test_a_page_is_for_those_who_may_read(remote: Remote) -> None:
    for person in (None, "olga", "gus"):
        assert remote.ask("GET", PRIVATE, f"{KEY.text}?limit=1", person).status_code == 404


@pytest.mark.parametrize("content", [b"no json", b"{}", b"[" * 100_000])
def test_what_is_no_manifest_is_told(remote: Remote, content: bytes) -> None:
    key = key_of(content, directory=True)
    assert remote.ask("PUT", PRIVATE, key, "dan", content=content).status_code == 201
    answer = remote.ask("GET", PRIVATE, f"{key.text}?limit=1", "rita")
    assert answer.status_code == 422
    assert remote.ask("GET", PRIVATE, key, "rita").content == content


def test_a_page_of_a_file_is_the_file(remote: Remote) -> None:
    data = FILES["tile 0000 é.tif"]
    assert remote.ask("GET", PRIVATE, f"{key_of(data).text}?limit=1", "rita").content == data


def test_a_directory_of_dvc_2_names_files_of_dvc_2(remote: Remote) -> None:
    content = json.dumps([{"md5": "0" * 32, "relpath": "a/b.csv"}]).encode()
    key = ObjectKey(hashlib.md5(content).hexdigest(), directory=True, legacy=True)
    assert remote.ask("PUT", PRIVATE, key, "dan", content=content).status_code == 201
    files = page(remote, f"{remote.path(PRIVATE, key)}?limit=5")["files"]
    base = f"{remote.hub.url}/dvc/{remote.world.samples.projects[PRIVATE]}"
    assert files == [{"name": "a/b.csv", "md5": "0" * 32, "href": f"{base}/00/{'0' * 30}", "type": "text/csv"}]
