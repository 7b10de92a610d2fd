"""Proves what a signed address opens: one file, by one method, for five minutes, and only as long as the session lasts
that asked for it and GitLab lets its user read the file.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gitlab_hooks.standin.world import AccessLevel
from sharinghub_ext.assets.names import asset_at
from sharinghub_ext.assets.signing import SignedAddresses
from sharinghub_ext.auth.sealing import Sealer
from sharinghub_ext.auth.sessions import key_of
from stac_ext.clock import ManualClock
from tests.sharinghub_ext.assets.conftest import DATA, KINDS, PRIVATE, Scene
from tests.support.browsing import Browser
from tests.support.leaks import LEAKS


def signed(browser: Browser, address: str, method: str = "GET") -> str:
    """A signed address, as a path; its signature counts as a secret from now on."""
    answer = browser.post("/assets/sign", json={"href": f"{browser.hub.url}{address}", "method": method})
    assert answer.status_code == 200, answer.text
    href: str = answer.json()["href"]
    signature = parse_qs(urlsplit(href).query)["signature"][0]
    LEAKS.meet(signature, "a signature", "body")
    assert answer.headers["cache-control"] == "private, no-store"
    assert href.startswith(f"{browser.hub.url}{address}?expires=")
    return href.removeprefix(browser.hub.url)


@pytest.fixture
def anybody(scene: Scene) -> Iterator[httpx.Client]:
    """A client without a cookie."""
    with httpx.Client(base_url=scene.hub.address, timeout=30, trust_env=False) as one:
        yield one


def refusal(answer: httpx.Response) -> str:
    assert answer.status_code == 403, answer.status_code
    return answer.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_address_needs_no_header(scene: Scene, browser: Browser, anybody: httpx.Client, kind: str) -> None:
    href = signed(browser, scene.address(kind))
    answer = anybody.get(href)
    assert answer.status_code == 200
    assert answer.content == (DATA if kind != "archive" else browser.get(scene.address(kind)).content)
    assert answer.headers["cache-control"] == "private, no-store"
    assert browser.get(href).status_code == 200  # the cookie of the same session may come along
    if kind == "large":
        assert anybody.get(href, headers={"Range": "bytes=5-9"}).content == DATA[5:10]
    assert anybody.get(scene.address(kind)).status_code == 404


def test_names_with_every_kind_of_letter_are_signed(scene: Scene, browser: Browser, anybody: httpx.Client) -> None:
    href = signed(browser, scene.address("a%20b/%C3%BC.csv"))
    assert anybody.get(href).content == b"1,2\n"


def test_it_ends_after_five_minutes(scene: Scene, browser: Browser, anybody: httpx.Client) -> None:
    answer = browser.post("/assets/sign", json={"href": f"{scene.hub.url}{scene.address('plain')}"})
    ends = int(parse_qs(urlsplit(answer.json()["href"]).query)["expires"][0])
    assert 299 <= ends - scene.clock.now().timestamp() <= 300
    assert re.fullmatch(r"[0-9T:-]+(\.0+)?Z", answer.json()["expires"])
    href = signed(browser, scene.address("plain"))
    scene.clock.advance(298)
    assert anybody.get(href).status_code == 200
    scene.clock.advance(2)
    late = refusal(anybody.get(href))
    assert late == refusal(anybody.get(href.replace("signature=", "signature=A")))


def test_whatever_is_changed_the_answer_is_the_same(scene: Scene, browser: Browser, anybody: httpx.Client) -> None:
    href = signed(browser, scene.address("plain"))
    path, _, query = href.partition("?")
    ends, signature = (parse_qs(query)[name][0] for name in ("expires", "signature"))
    flipped = signature[:40] + ("A" if signature[40] != "A" else "B") + signature[41:]
    others = [
        f"{scene.address('large')}?{query}",
        f"{scene.address('plain', revision='main')}?{query}",
        f"{scene.address('plain', 'sea/waves')}?{query}",
        f"{scene.address('package')}?{query}",
        f"{scene.address('archive')}?{query}",
        f"/assets/999999/main/README.md?{query}",
        f"{path}?expires={int(ends) + 1}&signature={signature}",
        f"{path}?expires={int(ends) - 1}&signature={signature}",
        f"{path}?expires={ends}&signature={flipped}",
        f"{path}?expires={ends}&signature=",
        f"{path}?expires={ends}&signature={'é' * 9}",
        f"{path}?expires={ends}&signature={'A' * 5000}",
        f"{path}?expires=&signature={signature}",
        f"{path}?expires=-1&signature={signature}",
        f"{path}?expires={'9' * 400}&signature={signature}",
        f"{path}?signature={signature}",
        f"{path}?{query}&signature={signature}",
        f"{path}?{query}&expires={ends}",
    ]
    scene.asked()
    told = {refusal(anybody.get(one)) for one in others}
    assert len(told) == 1
    assert scene.asked() == []
    assert anybody.get(href).status_code == 200


def test_it_is_for_one_method(scene: Scene, browser: Browser, anybody: httpx.Client) -> None:
    for_get, for_head = (signed(browser, scene.address("plain"), method) for method in ("GET", "HEAD"))
    assert anybody.get(for_get).status_code == anybody.head(for_head).status_code == 200
    assert anybody.head(for_get).status_code == anybody.get(for_head).status_code == 403
    for method in ("POST", "PUT", "DELETE"):
        assert anybody.request(method, for_get).status_code == 405
    for method in ("POST", "PUT", "get", "", 1, None, ["GET"]):
        answer = browser.post(
            "/assets/sign", json={"href": f"{scene.hub.url}{scene.address('plain')}", "method": method}
        )
        assert answer.status_code == 400


def test_it_ends_with_the_session(scene: Scene, browser: Browser, anybody: httpx.Client) -> None:
    href = signed(browser, scene.address("plain"))
    assert anybody.get(href).status_code == 200
    browser.post("/auth/logout")
    refusal(anybody.get(href))
    browser.sign_in("maya")
    refusal(anybody.get(href))


def test_it_reads_what_its_session_may_read_when_it_is_used(scene: Scene, anybody: httpx.Client) -> None:
    browser, ships, exa = Browser(scene.hub), scene.project(PRIVATE), scene.person("exa")
    browser.sign_in("exa")
    href = signed(browser, scene.address("plain"))
    tag = anybody.get(href).headers["etag"]
    scene.world.remove_member(ships, exa)
    assert anybody.get(href).status_code == 404
    assert anybody.get(href, headers={"If-None-Match": tag}).status_code == 404
    scene.world.add_member(ships, exa, AccessLevel.REPORTER)
    assert anybody.get(href).status_code == 200
    scene.world.block_user(exa)
    assert anybody.get(href).status_code in (403, 404)
    scene.world.unblock_user(exa)
    browser.close()


def test_who_may_not_read_gets_a_signature_that_opens_nothing(scene: Scene, anybody: httpx.Client) -> None:
    """What is hidden is signed as what does not exist, so that signing tells nothing."""
    browser = Browser(scene.hub)
    browser.sign_in("olga")
    hidden, missing = (signed(browser, one) for one in (scene.address("plain"), "/assets/999999/main/data.bin"))
    answers = [anybody.get(one) for one in (hidden, missing)]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    browser.close()


def test_it_is_not_taken_with_another_session_or_a_token(scene: Scene, browser: Browser) -> None:
    href, other = signed(browser, scene.address("plain")), Browser(scene.hub)
    other.sign_in("olga")
    refusal(other.get(href))
    answer = scene.get(href, "maya")
    assert (answer.status_code, "not both" in answer.json()["detail"]) == (400, True)
    other.close()


def test_only_a_session_gets_one(scene: Scene, browser: Browser, anybody: httpx.Client) -> None:
    body = {"href": f"{scene.hub.url}{scene.address('plain')}", "method": "GET"}
    own = {"Origin": scene.hub.url}
    for headers in ({}, {"Authorization": "Bearer glpat-maya"}, {"PRIVATE-TOKEN": "glpat-maya"}):
        answer = anybody.post("/assets/sign", json=body, headers=own | headers)
        assert (answer.status_code, "/auth/login" in answer.json()["detail"]) == (403, True)
    ended = anybody.post("/assets/sign", json=body, headers={**own, "Cookie": "sharinghub=no-such-session-0123"})
    assert ended.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {}],
)
def test_another_site_gets_none(scene: Scene, browser: Browser, headers: dict[str, str]) -> None:
    body = {"href": f"{scene.hub.url}{scene.address('plain')}", "method": "GET"}
    answer = browser.http.post("/assets/sign", json=body, headers=headers)
    assert (answer.status_code, "another site" in answer.json()["detail"]) == (403, True)


@pytest.mark.parametrize(
    "href",
    [
        "https://evil.example/assets/1/main/a",
        "{hub}.evil.example/assets/1/main/a",
        "{hub}/stac/search",
        "{hub}/dvc/1/files/md5/00/00",
        "{hub}/assets/1/main/../../2/main/a",
        "{hub}/assets/1/main/%2e%2e/a",
        "{hub}/assets/1/main/a?view=overview",
        "{hub}/assets/1/main/a#x",
        "{hub}/assets/sign",
        "{hub}/assets/0/main/a",
        "",
    ],
)
def test_nothing_but_an_asset_is_signed(browser: Browser, href: str) -> None:
    answer = browser.post("/assets/sign", json={"href": href.format(hub=browser.hub.url), "method": "GET"})
    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'"x"', b'{"href": 1}', b'{"href": ["a"]}'])
def test_a_body_that_cannot_be_read_is_told_so(browser: Browser, body: bytes) -> None:
    assert browser.post("/assets/sign", content=body).status_code == 400


def test_no_item_holds_a_signed_address(scene: Scene, browser: Browser) -> None:
    signed(browser, scene.address("plain"))
    assert "signature=" not in browser.get("/stac/search").text


def test_the_key_before_is_still_taken_and_no_other_is() -> None:
    clock, asset = ManualClock(), asset_at("/assets/1/main/a")
    assert asset is not None

    class Sent:
        def __init__(self, href: str) -> None:
            self.query_params = httpx.QueryParams(urlsplit(href).query)
            self.query_params.getlist = self.query_params.get_list  # type: ignore[attr-defined]

    def by(*secrets: bytes, purpose: str = "signed address") -> SignedAddresses:
        return SignedAddresses(Sealer(secrets, purpose), "https://hub.example.org", clock)

    href, _ = by(b"old").sign(key_of("cookie"), "GET", asset)
    request: object = Sent(href)
    assert by(b"new", b"old").session_of(request, "GET", asset) == key_of("cookie")  # type: ignore[arg-type]
    for other in (by(b"new"), by(b"old", purpose="session")):
        with pytest.raises(Exception, match="not signed for this"):
            other.session_of(request, "GET", asset)  # type: ignore[arg-type]
