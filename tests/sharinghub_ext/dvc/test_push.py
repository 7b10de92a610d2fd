"""Proves what PUT and POST of an object answer, that a refusal stores nothing, and that it comes before the body."""

import hashlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from sharinghub_ext.dvc.keys import ObjectKey
from tests.sharinghub_ext.dvc.conftest import PRIVATE, PUBLIC, Remote, key_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("dvc-push")  # a world for each kind takes seconds


@pytest.fixture(scope="module", params=["folder", "s3"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def only_whole_objects(remote: Remote, checked: set[str]) -> Iterator[None]:
    """Whatever a test does, everything in the store is an object with its own hash, or the SHA-256 of one."""
    yield
    wait_until(lambda: remote.place.parts() == [], "parts to go")
    for name in set(remote.stored()) - checked:
        if not name.endswith(".sha256"):
            assert remote.place.sha256(name) == hashlib.sha256(remote.place.read(name)).hexdigest()
        checked.add(name)


@pytest.fixture(scope="module")
def checked(remote: Remote) -> set[str]:
    """Objects that were looked at: they never change."""
    return set()


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("size", [0, 1, 10_000, 3 * 1024 * 1024 + 1])
def test_both_methods_store_with_and_without_a_length(remote: Remote, method: str, chunked: bool, size: int) -> None:
    data = f"{method} {chunked} ".encode() + b"x" * size
    content = (data[start : start + 70_000] for start in range(0, len(data), 70_000)) if chunked else data
    answer = remote.ask(method, PRIVATE, key_of(data), "dan", content=content)
    assert answer.status_code == 201, answer.text
    expected = {"key": key_of(data).text, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert answer.json() == expected
    assert remote.ask("GET", PRIVATE, key_of(data), "rita").content == data


def test_the_same_object_again_is_checked_and_not_stored_again(remote: Remote) -> None:
    data = b"once"
    assert remote.put(PRIVATE, data, "dan").status_code == 201
    before = remote.place.version(remote.name(PRIVATE, key_of(data)))
    assert remote.put(PRIVATE, data, "dan").status_code == 200
    assert remote.ask("PUT", PRIVATE, key_of(data), "dan", content=b"other").status_code == 400
    assert remote.place.version(remote.name(PRIVATE, key_of(data))) == before


@pytest.mark.parametrize(
    ("key", "content"),
    [
        (key_of(b"right"), b"wrong"),
        (key_of(b"right", directory=True), b"wrong"),
        (key_of(b"right", legacy=True), b"wrong"),
        (key_of(b"a\nb\n"), b"a\r\nb\r\n"),
        (key_of(b"a\nb\n", directory=True), b"a\r\nb\r\n"),
        (key_of(b"a\r\nb", legacy=True), b"a\nb"),
        (key_of(b"right"), b""),
    ],
)
def test_other_bytes_than_the_key_names_are_refused(remote: Remote, key: ObjectKey, content: bytes) -> None:
    before = remote.stored()
    answer = remote.ask("POST", PRIVATE, key, "dan", content=content)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert remote.stored() == before
    assert remote.ask("GET", PRIVATE, key, "dan").status_code == 404


@pytest.mark.parametrize("content", [b"u\r\nv\r\n", b"u\nv\n"])
def test_a_text_of_dvc_2_is_stored_as_it_is_under_the_hash_of_its_unix_form(remote: Remote, content: bytes) -> None:
    project = PRIVATE if b"\r" in content else PUBLIC
    person = "dan" if project == PRIVATE else "maya"
    key = key_of(b"u\nv\n", legacy=True)
    assert remote.ask("PUT", project, key, person, content=content).status_code == 201
    assert remote.ask("GET", project, key, person).content == content


@pytest.mark.parametrize(
    ("project", "person", "status"),
    [
        (PRIVATE, "rita", 403),  # a reporter
        (PRIVATE, "olga", 404),
        (PRIVATE, None, 404),
        (PUBLIC, "olga", 403),
        (PUBLIC, "gus", 403),  # a guest
        (PUBLIC, None, 401),
        (PRIVATE, "boris", 403),  # blocked
    ],
)
def test_who_may_not_push_stores_nothing(remote: Remote, project: str, person: str | None, status: int) -> None:
    before = remote.stored()
    data = f"of {person}".encode()
    answer = remote.ask("POST", project, key_of(data), person, content=data)
    assert answer.status_code == status
    assert remote.stored() == before
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Encoding": "gzip"}, 415),
        ({"Content-Range": "bytes 0-3/4"}, 400),
        ({"Content-Encoding": "identity"}, 201),
    ],
)
def test_bytes_come_whole_and_as_they_are(remote: Remote, headers: dict[str, str], status: int) -> None:
    data = b"plain" if status == 201 else str(headers).encode()
    assert remote.put(PRIVATE, data, "dan", headers=headers).status_code == status


def raw(remote: Remote, person: str, key: ObjectKey, *more: str) -> socket.socket:
    """A connection on which a POST has begun."""
    parts = urlsplit(remote.hub.address)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=20)
    lines = [f"POST {remote.path(PRIVATE, key)} HTTP/1.1", f"Host: {parts.netloc}", *more]
    token = remote.world.token(person)
    connection.sendall("\r\n".join([*lines, f"Authorization: Bearer {token}", "", ""]).encode())
    return connection


def test_a_refusal_is_sent_before_the_body(remote: Remote) -> None:
    for person, status in (("rita", b"403"), ("olga", b"404"), ("nobody", b"401")):
        with raw(remote, person, key_of(b"later"), "Transfer-Encoding: chunked") as connection:
            assert connection.recv(1000).split()[1] == status


def test_a_client_that_waits_to_be_asked_for_the_body_is_asked_only_if_it_may_push(remote: Remote) -> None:
    key = key_of(b"asked")
    expecting = ("Content-Length: 5", "Expect: 100-continue")
    with raw(remote, "rita", key, *expecting) as connection:
        assert connection.recv(1000).split()[1] == b"403"
    with raw(remote, "dan", key, *expecting) as connection:
        assert connection.recv(1000).split()[1] == b"100"
        connection.sendall(b"asked")
        assert connection.recv(1000).split()[1] == b"201"


@pytest.mark.parametrize("length", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
def test_a_connection_that_ends_in_the_middle_leaves_nothing(remote: Remote, length: str, kind: str) -> None:
    before = remote.stored()
    size = 20_000_000 if kind == "s3" else 1_000_000  # smaller ones do not reach S3 before their end
    with raw(remote, "dan", key_of(b"x" * size), length.replace("1000000", str(size))) as connection:
        connection.sendall(b"%x\r\n" % (size // 2) + b"x" * (size // 2))
        wait_until(lambda: remote.place.parts() != [], "the upload to begin")
    wait_until(lambda: remote.stored() == before, "the part to go")
    assert remote.ask("GET", PRIVATE, key_of(b"x" * size), "dan").status_code == 404


def test_a_push_to_an_archived_project_is_refused(remote: Remote) -> None:
    """GitLab takes the right to push away, and leaves that to read."""
    project = "earth/models/land-cover-2019-legacy"
    assert remote.put(project, b"too late", "maya").status_code == 403
    assert remote.ask("GET", project, key_of(b"too late"), "maya").status_code == 404


def test_an_untagged_project_has_no_remote(remote: Remote) -> None:
    answer = remote.put("earth/lab-handbook", b"untagged", "maya")
    assert answer.status_code == 404
    assert "topic" in answer.json()["detail"]
    assert remote.ask("GET", "earth/lab-handbook", key_of(b"untagged"), "maya").status_code == 404
    assert remote.ask("GET", "earth/lab-handbook", key_of(b"untagged"), None).status_code == 404
