"""Proves which web origins a browser lets read answers, and that none ever may with a cookie."""

import pytest

from sharinghub_ext.edge.cors import ALLOWED_HEADERS
from tests.sharinghub_ext.edge.conftest import ORIGIN
from tests.support.running import LittleWorld, RunningHub

Standing = tuple[LittleWorld, RunningHub]


def preflight(origin: str, headers: str = "authorization") -> dict[str, str]:
    return {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": headers}


def granted(headers: object) -> list[str]:
    return [name for name in headers if name.startswith("access-control")]  # type: ignore[attr-defined]


def test_a_browser_may_send_its_token_from_another_origin(plain: Standing) -> None:
    answer = plain[1].http.options("/stac/search", headers=preflight("https://anywhere.example"))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "private-token", "job-token", "content-type", "if-none-match", "range", "if-range"} <= {
        *allowed
    }
    assert "access-control-allow-credentials" not in answer.headers
    read = plain[1].http.get("/stac", headers={"Origin": "https://anywhere.example"})
    assert "Retry-After" in read.headers["access-control-expose-headers"]


def test_with_all_origins_nothing_depends_on_the_origin(plain: Standing) -> None:
    """So that a shared cache keeps one answer for all."""
    with_origin = plain[1].http.get("/stac", headers={"Origin": "https://a.example"}).headers
    without = plain[1].http.get("/stac").headers
    assert "Origin" not in without["vary"]
    assert [one for one in with_origin.items() if one[0] != "date"] == [
        one for one in without.items() if one[0] != "date"
    ]


def test_a_configured_origin_is_named_and_answers_vary_by_it(proxied: RunningHub) -> None:
    for path in ("/stac", "/nothing"):
        answer = proxied.http.get(path, headers={"Origin": ORIGIN})
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Origin" in answer.headers["vary"]
    assert proxied.http.options("/stac", headers=preflight(ORIGIN)).headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"{ORIGIN}.evil.example", f"{ORIGIN}:8443", "http://browser.example.org", "null"]
)
def test_another_origin_gets_no_such_header(proxied: RunningHub, origin: str) -> None:
    for path in ("/stac", "/nothing"):
        answer = proxied.http.get(path, headers={"Origin": origin})
        assert granted(answer.headers) == []
        assert "Origin" in answer.headers["vary"]
    refused = proxied.http.options("/stac/search", headers=preflight(origin))
    assert refused.status_code == 403
    assert granted(refused.headers) == []
    assert granted(proxied.get("/stac").headers) == []


def test_a_cookie_never_counts_from_another_origin(plain: Standing, proxied: RunningHub) -> None:
    """A browser shows a page no answer to a request with cookies unless this header allows it."""
    for hub in (plain[1], proxied):
        for answer in (
            hub.http.get("/stac", headers={"Origin": ORIGIN, "Cookie": "__Host-sharinghub=x"}),
            hub.http.options("/stac", headers=preflight(ORIGIN, "cookie")),
            hub.http.get("/auth/me", headers={"Origin": ORIGIN}),
        ):
            assert "access-control-allow-credentials" not in answer.headers
    assert "cookie" not in {one.lower() for one in ALLOWED_HEADERS}
