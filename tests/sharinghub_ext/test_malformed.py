"""Proves that no malformed request gives a 5xx, and that each answer of the hub is a problem with its headers."""

import socket
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from urllib.parse import urlsplit

import orjson
import pytest

from tests.sharinghub_ext.malformed import ODD, README, SEARCH, refused, request
from tests.support.running import LittleWorld, RunningHub

REFUSED = list(refused())
SECONDS = 20
_OF_THE_SERVER = (b"Invalid HTTP request received.", b"WebSocket")  # before there is a request


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LittleWorld, RunningHub]]:
    world = LittleWorld(tmp_path_factory.mktemp("little"))
    with world, RunningHub(world.settings(refusals_per_minute=1_000_000)) as hub:
        hub.sweep()
        yield world, hub


@pytest.fixture(scope="module")
def hub(little: tuple[LittleWorld, RunningHub]) -> RunningHub:
    return little[1]


def send(hub: RunningHub, sent: bytes) -> tuple[int, Message, bytes]:
    """Status, headers and body of the answer to these bytes."""
    parts = urlsplit(hub.address)
    received = b""
    with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=SECONDS) as connection:
        try:
            connection.sendall(sent)
            while more := connection.recv(65536):
                received += more
        except (ConnectionResetError, BrokenPipeError):  # answered and closed before all was sent
            pass
    head, _, body = received.partition(b"\r\n\r\n")
    line, _, headers = head.partition(b"\r\n")
    return int(line.split()[1]), BytesParser().parsebytes(headers + b"\r\n\r\n"), body


def test_there_are_enough_of_them() -> None:
    assert len(REFUSED) >= 200
    assert len({sent for _, sent in REFUSED}) == len(REFUSED)


@pytest.mark.parametrize("sent", [pytest.param(sent, id=name) for name, sent in REFUSED])
def test_what_is_malformed_is_refused_as_a_problem(hub: RunningHub, sent: bytes) -> None:
    status, headers, body = send(hub, sent)
    assert 400 <= status < 500
    if any(words in body for words in _OF_THE_SERVER):
        return
    assert headers["content-type"] == "application/problem+json"
    told = orjson.loads(body)
    assert told["status"] == status
    assert told["detail"]
    if b"/hooks/gitlab" not in sent.partition(b"\r\n")[0]:  # GitLab is no browser
        assert headers["access-control-allow-origin"] == "*"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"]


@pytest.mark.parametrize("sent", ODD, ids=range(len(ODD)))
def test_what_is_odd_is_no_failure(hub: RunningHub, sent: bytes) -> None:
    status, _, _ = send(hub, sent)
    assert status < 500


@pytest.mark.parametrize(
    "sent",
    [
        *(b"", b"\r\n\r\n", b"GET /stac HT", request(b"GET", SEARCH)[:-2], request(b"GET", README)),
        request(b"POST", SEARCH, body=b'{"limit": 1}')[:-5],
        request(b"PUT", b"/dvc/1/files/md5/00/" + b"0" * 30, body=b"x" * 100)[:-5],
        request(b"POST", SEARCH, b"Transfer-Encoding: chunked") + b"5\r\n{",
        request(b"GET", SEARCH, b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: AAAA"),
    ],
    ids=range(9),
)
def test_a_client_that_goes_away_in_the_middle_disturbs_nobody(hub: RunningHub, sent: bytes) -> None:
    parts = urlsplit(hub.address)
    with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=SECONDS) as connection:
        connection.sendall(sent)
    assert hub.get("/stac/search").status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/stac", "/api/stac/search", "/stac/collections/ai-model/items/sea/waves"])
@pytest.mark.parametrize("name", ["private_token", "access_token", "job_token"])
def test_a_redirect_repeats_no_token_of_its_url(little: tuple[LittleWorld, RunningHub], path: str, name: str) -> None:
    """Redirects of old addresses put the query behind the new one, a token in it, too."""
    world, hub = little
    answer = hub.get(path, None, **{name: world.token("rita")})
    assert answer.status_code == 400
    assert "location" not in answer.headers
