"""Proves what GET and HEAD of an object answer: bytes, ranges, tags, and one 404 for all that is not to be seen."""

import base64
import hashlib
import random

import httpx
import pytest

from sharinghub_ext.dvc.keys import ObjectKey
from tests.sharinghub_ext.dvc.conftest import PRIVATE, PUBLIC, Remote, key_of

DATA = random.Random(2).randbytes(700_001)
KEY = key_of(DATA)


pytestmark = pytest.mark.xdist_group("dvc-pull")  # a world for each kind takes seconds


@pytest.fixture(scope="module", params=["folder", "s3"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", autouse=True)
def stored(remote: Remote) -> None:
    for project, person in ((PRIVATE, "dan"), (PUBLIC, "maya")):
        assert remote.put(project, DATA, person).status_code == 201


def test_the_very_bytes_come_with_what_clients_need(remote: Remote) -> None:
    answer = remote.ask("GET", PRIVATE, KEY, "rita")
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["etag"] == f'"{KEY.md5}"'
    assert answer.headers["accept-ranges"] == "bytes"
    sha256 = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{sha256}:"
    assert answer.headers["content-disposition"] == "attachment"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in answer.headers["vary"]


def test_head_says_the_same_without_the_bytes(remote: Remote) -> None:
    get, head = (remote.ask(method, PRIVATE, KEY, "rita") for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers, "date": 0} == {**get.headers, "date": 0}
    ranged = remote.ask("HEAD", PRIVATE, KEY, "rita", headers={"Range": "bytes=1-2"})
    assert (ranged.status_code, ranged.headers["content-length"]) == (200, str(len(DATA)))


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 1), (0, 70_000), (65_535, 65_537), (300_000, 700_000), (700_000, 700_001)]
)
def test_a_range_of_any_place(remote: Remote, start: int, stop: int) -> None:
    answer = remote.ask("GET", PUBLIC, KEY, None, headers={"Range": f"bytes={start}-{stop - 1}"})
    assert (answer.status_code, answer.content) == (206, DATA[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"
    assert answer.headers["content-length"] == str(stop - start)


def test_a_range_outside_is_416_with_the_size(remote: Remote) -> None:
    answer = remote.ask("GET", PUBLIC, KEY, None, headers={"Range": f"bytes={len(DATA)}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(DATA)}")


def test_tags_save_a_download_and_guard_a_range(remote: Remote) -> None:
    tag = f'"{KEY.md5}"'
    for condition in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        answer = remote.ask("GET", PUBLIC, KEY, None, headers={"If-None-Match": condition})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert remote.ask("GET", PUBLIC, KEY, None, headers={"If-None-Match": '"x"'}).status_code == 200
    for condition, status in ((tag, 206), ('"x"', 200), (f"W/{tag}", 200)):
        headers = {"Range": "bytes=0-1", "If-Range": condition}
        assert remote.ask("GET", PUBLIC, KEY, None, headers=headers).status_code == status


def test_hidden_and_missing_are_the_same_answer(remote: Remote) -> None:
    missing = ObjectKey("0" * 32)
    answers = [
        remote.ask("GET", PRIVATE, KEY, "olga"),
        remote.ask("GET", PRIVATE, missing, "olga"),
        remote.ask("GET", PRIVATE, missing, "rita"),
        remote.ask("GET", PRIVATE, KEY, None),
        remote.hub.get(f"/dvc/999999/{KEY.text}", remote.world.token("rita")),
        remote.ask("GET", PRIVATE, "files/md5", "rita"),
    ]
    said = {(one.status_code, one.content, str(sorted({**one.headers, "date": ""}.items()))) for one in answers}
    assert len(said) == 1
    assert answers[0].status_code == 404


def test_no_object_of_one_project_is_served_by_another(remote: Remote) -> None:
    other = b"of the private project alone"
    assert remote.put(PRIVATE, other, "dan").status_code == 201
    assert remote.ask("GET", PRIVATE, key_of(other), "dan").status_code == 200
    assert remote.ask("GET", PUBLIC, key_of(other), "dan").status_code == 404


@pytest.mark.parametrize("size", [10, 1_000_000])
@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("place", [0, -1])
def test_damaged_bytes_are_not_sent_to_their_end(remote: Remote, size: int, recorded: bool, place: int) -> None:
    data = f"{recorded} {place}".encode() + random.Random(size).randbytes(size)
    key = key_of(data)
    assert remote.put(PRIVATE, data, "dan").status_code == 201
    name, sha256 = remote.name(PRIVATE, key), hashlib.sha256(data).hexdigest()
    changed = bytearray(data)
    changed[place] ^= 1
    remote.place.write(name, bytes(changed), sha256 if recorded else None)
    if size < 64 * 1024:
        assert remote.ask("GET", PRIVATE, key, "rita").status_code == 500
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            remote.ask("GET", PRIVATE, key, "rita")
    remote.place.write(name, data)
    assert remote.ask("GET", PRIVATE, key, "rita").content == data


def test_an_empty_object(remote: Remote) -> None:
    assert remote.put(PRIVATE, b"", "dan").status_code == 201
    answer = remote.ask("GET", PRIVATE, key_of(b""), "rita")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")


def test_a_client_that_goes_early_costs_no_whole_read(remote: Remote) -> None:
    """As `dvc` does when it asks whether an object exists: nothing stays open."""
    token = remote.world.token("rita")
    for _ in range(20):
        url = f"{remote.hub.address}{remote.path(PRIVATE, KEY)}"
        with httpx.stream("GET", url, headers={"PRIVATE-TOKEN": str(token)}, trust_env=False) as answer:
            assert answer.status_code == 200
    assert remote.ask("GET", PRIVATE, KEY, "rita").content == DATA


def test_other_methods_are_refused(remote: Remote) -> None:
    for method in ("DELETE", "PATCH"):
        assert remote.ask(method, PRIVATE, KEY, "dan").status_code == 405
    assert remote.ask("GET", PRIVATE, KEY, "rita").status_code == 200


def test_the_tag_of_an_object_of_dvc_2_is_its_sha256(remote: Remote) -> None:
    data = b"a\r\nb\n"
    key = ObjectKey(hashlib.md5(b"a\nb\n").hexdigest(), legacy=True)
    assert remote.ask("PUT", PRIVATE, key, "dan", content=data).status_code == 201
    answer = remote.ask("GET", PRIVATE, key, "rita")
    assert (answer.content, answer.headers["etag"]) == (data, f'"{hashlib.sha256(data).hexdigest()}"')


def test_the_former_address_is_the_same_remote(remote: Remote) -> None:
    """SharingHub's remotes are configured in repositories: they go on working."""
    now = remote.path(PRIVATE, KEY)
    former = now.replace("/dvc/", "/api/store/", 1)
    for person, headers in (("rita", {}), ("olga", {}), (None, {}), ("rita", {"Range": "bytes=5-9"})):
        sent = {**headers, **({"Authorization": f"Bearer {remote.world.token(person)}"} if person else {})}
        one, other = (remote.hub.http.get(path, headers=sent) for path in (now, former))
        assert (one.status_code, one.content) == (other.status_code, other.content)
        assert {**one.headers, "date": 0} == {**other.headers, "date": 0}
    data = b"pushed to where it was"
    sent = {"Authorization": f"Bearer {remote.world.token('dan')}"}
    path = remote.path(PRIVATE, key_of(data)).replace("/dvc/", "/api/store/", 1)
    assert remote.hub.http.put(path, content=data, headers=sent).status_code == 201
    assert remote.ask("GET", PRIVATE, key_of(data), "rita").content == data
