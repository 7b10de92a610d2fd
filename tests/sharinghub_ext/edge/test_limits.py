"""Proves the limits of requests: sizes of address, headers and bodies, and how many a client may send in a minute."""

from collections.abc import Iterator

import pytest

from sharinghub_ext.config import SettingsError, load_settings
from sharinghub_ext.edge.limits import MAX_FIELDS, MAX_HEADERS, MAX_URL
from sharinghub_ext.edge.rate_limit import TokenBuckets
from stac_ext.clock import ManualClock
from tests.sharinghub_ext.edge.conftest import ORIGIN, QUOTA
from tests.support.running import HOOK_SECRET, LittleWorld, RunningHub

Standing = tuple[LittleWorld, RunningHub]
MEGABYTE = 1024 * 1024


class TestSizes:
    def test_an_address_may_be_long_but_not_longer(self, plain: Standing) -> None:
        path, query = "/nothing", "a=" + "b" * (MAX_URL - len("/nothing") - 2)
        assert plain[1].get(f"{path}?{query}").status_code == 404
        assert plain[1].get(f"{path}?{query}b").status_code == 414
        assert plain[1].get("/" + "a" * MAX_URL).status_code == 414

    def test_headers_may_be_many_but_not_more(self, plain: Standing) -> None:
        http = plain[1].http
        own = len(http.get("/stac").request.headers)
        for fields, status in ((MAX_FIELDS - own, 200), (MAX_FIELDS - own + 1, 431)):
            sent = [(f"X-{number}", "1") for number in range(fields)]
            assert http.get("/stac", headers=sent).status_code == status
        assert http.get("/stac", headers={"X-Large": "a" * MAX_HEADERS}).status_code == 431

    def test_the_limits_stand_before_the_hooks_which_go_on(self, plain: Standing) -> None:
        http, sent = plain[1].http, {"X-Gitlab-Token": HOOK_SECRET}
        body = {"event_name": "user_create", "user_id": 1}
        assert http.post("/hooks/gitlab", json=body, headers=sent).status_code == 200
        assert http.post("/hooks/gitlab", json=body, headers={**sent, "X-L": "a" * MAX_HEADERS}).status_code == 431
        large = {**body, "filling": "a" * (2 * MEGABYTE)}
        assert http.post("/hooks/gitlab", json=large, headers=sent).status_code == 200

    @pytest.mark.parametrize("path", ["/stac/search", "/api/stac/search", "/auth/me", "/nothing"])
    def test_a_body_that_says_it_is_too_large_is_not_read(self, plain: Standing, path: str) -> None:
        assert plain[1].http.post(path, content=b" " * (MEGABYTE + 1)).status_code == 413

    def test_a_body_of_unknown_length_is_counted(self, plain: Standing) -> None:
        def pieces() -> Iterator[bytes]:
            for _ in range(17):
                yield b" " * (64 * 1024)

        answer = plain[1].http.post("/stac/search", content=pieces(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        assert "1048576" in answer.json()["detail"]


class TestBuckets:
    def test_a_bucket_holds_a_minute_and_fills_steadily(self, clock: ManualClock) -> None:
        buckets = TokenBuckets(60, clock)
        assert [buckets.take("a") for _ in range(60)] == [0.0] * 60
        assert buckets.take("a") == pytest.approx(1)
        assert buckets.take("b") == 0
        clock.advance(2.5)
        assert [bool(buckets.take("a")) for _ in range(3)] == [False, False, True]
        clock.advance(3600)
        assert [bool(buckets.take("a")) for _ in range(61)] == [False] * 60 + [True]

    def test_a_clock_that_goes_back_neither_gives_nor_takes(self, clock: ManualClock) -> None:
        buckets = TokenBuckets(1, clock)
        assert not buckets.take("a")
        clock.advance(-3600)
        assert buckets.take("a") == pytest.approx(60)
        clock.advance(60)
        assert not buckets.take("a")

    def test_memory_is_bounded_and_whoever_was_seen_last_is_remembered(self, clock: ManualClock) -> None:
        buckets = TokenBuckets(1, clock, most=10)
        for number in range(1000):
            buckets.take(str(number))
        assert len(buckets._buckets) == 10
        assert buckets.take("999")
        assert not buckets.take("0")


class TestRates:
    def test_a_client_that_is_too_fast_is_told_when_to_come_back(self, proxied: RunningHub, clock: ManualClock) -> None:
        before = proxied.hub.meters.limited._value.get()
        for _ in range(QUOTA):
            assert proxied.get("/nothing").status_code == 404
        refused = proxied.http.get("/nothing", headers={"Origin": ORIGIN})
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["ratelimit-policy"] == f'"requests";q={QUOTA};w=60'
        assert refused.headers["ratelimit"] == '"requests";r=0;t=1'
        assert refused.json()["code"] == "TooManyRequests"
        assert refused.headers["access-control-allow-origin"] == ORIGIN  # so that a page can read why
        assert proxied.hub.meters.limited._value.get() == before + 1
        for path in ("/healthz", "/readyz", "/metrics", "/dvc/1/files/md5/00/" + "0" * 30):
            assert proxied.get(path).status_code != 429
        hook = proxied.http.post(
            "/hooks/gitlab", json={"event_name": "user_create"}, headers={"X-Gitlab-Token": HOOK_SECRET}
        )
        assert hook.status_code == 200
        clock.advance(int(refused.headers["retry-after"]))
        assert proxied.get("/nothing").status_code == 404

    def test_a_preflight_counts_and_is_still_answered(self, proxied: RunningHub) -> None:
        """A browser would hide the refusal of a preflight from the page, which then could not tell why."""
        sent = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
        for _ in range(QUOTA + 1):
            assert proxied.http.options("/nothing", headers=sent).status_code == 200
        assert proxied.get("/nothing").status_code == 429


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", '["10.0.0.1/8"]'),
        ("TRUSTED_PROXIES", '["proxy.example.org"]'),
        ("TRUSTED_PROXIES", '["0.0.0.0/0"]'),
        ("TRUSTED_PROXIES", '["::/0"]'),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
        ("REQUESTS_PER_MINUTE", "-1"),
        ("CORS_ORIGINS", '["https://browser.example.org/path"]'),
        ("CORS_ORIGINS", '["null"]'),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example.org")
    monkeypatch.setenv(f"SHARINGHUB_{name}", value)
    with pytest.raises(SettingsError, match=f"SHARINGHUB_{name}"):
        load_settings()
