"""Proves which address counts as the client, and that forged headers change no link and no limit."""

from ipaddress import ip_network

import httpx
import pytest

from sharinghub_ext.client_address import ClientAddress, client_address, network_of
from tests.sharinghub_ext.edge.conftest import PUBLIC, QUOTA
from tests.support.running import LittleWorld, RunningHub

Standing = tuple[LittleWorld, RunningHub]
TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["6.6.6.6", "203.0.113.7, 10.2.2.2"], "203.0.113.7"),
        ("10.0.0.1", ["203.0.113.7:4711"], "203.0.113.7"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("fd00::1", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["6.6.6.6, x, 10.0.0.2"], "10.0.0.2"),
        ("192.0.2.1", ["203.0.113.7"], "192.0.2.1"),
        ("::ffff:192.0.2.1", ["203.0.113.7"], "192.0.2.1"),
        ("a socket file", ["203.0.113.7"], "a socket file"),
        ("10.0.0.1", ["6.6.6.6," + "10.0.0.2," * 5000 + "10.0.0.9"], "10.0.0.2"),
    ],
)
def test_the_client_is_the_nearest_hop_that_is_no_proxy(peer: str, forwarded: list[str], client: str) -> None:
    assert client_address(peer, [one.encode() for one in forwarded], TRUSTED) == client


def test_without_trusted_proxies_nothing_that_is_sent_counts() -> None:
    assert client_address("10.0.0.1", [b"203.0.113.7"], ()) == "10.0.0.1"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("x", "y", False),
    ],
)
def test_a_client_with_a_whole_network_counts_once(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


async def test_everything_below_finds_the_client_in_the_scope() -> None:
    seen = []

    async def app(scope: dict[str, object], _: object, send: object) -> None:
        seen.append(scope["client"])
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body"})  # type: ignore[operator]

    transport = httpx.ASGITransport(ClientAddress(app, TRUSTED), client=("10.0.0.1", 99))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:
        await http.get("/", headers={"X-Forwarded-For": "203.0.113.7"})
        await http.get("/", headers={"Forwarded": "for=203.0.113.7", "X-Real-IP": "203.0.113.7"})
    assert seen == [("203.0.113.7", 99), ("10.0.0.1", 99)]


FORGED = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "ftp",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Port": "666",
    "X-Original-URL": "/evil",
    "Forwarded": "for=1.2.3.4;host=evil.example;proto=ftp",
    "X-Forwarded-For": "1.2.3.4",
}
LINKED = (
    *("/", "/stac", "/stac/collections", "/stac/search?limit=1", "/stac/collections/ai-model/items"),
    *("/stac/collections/ai-model/items/sea/waves", "/api/stac/search?limit=1", "/api", "/api.html"),
)


def test_forged_headers_change_no_link(plain: Standing, proxied: RunningHub) -> None:
    for hub in (plain[1], proxied):
        for path in LINKED:
            honest, forged = hub.http.get(path), hub.http.get(path, headers=FORGED)
            assert forged.status_code == honest.status_code
            assert forged.content == honest.content
            assert forged.headers.get("location") == honest.headers.get("location")
            assert b"evil" not in forged.content
    assert all(one["href"].startswith(PUBLIC) for one in proxied.get("/stac").json()["links"])


def test_a_forged_address_changes_no_limit(proxied: RunningHub) -> None:
    """The proxy of this hub is trusted and writes the last address: all that stands before it is the client's word."""
    for number in range(QUOTA):
        sent = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.7", "Forwarded": f"for=198.51.100.{number}"}
        assert proxied.http.get("/nothing", headers=sent).status_code == 404
    sent = {"X-Forwarded-For": "198.51.100.250, 203.0.113.7"}
    assert proxied.http.get("/nothing", headers=sent).status_code == 429
    assert proxied.http.get("/nothing", headers={"X-Forwarded-For": "203.0.113.8"}).status_code == 404
