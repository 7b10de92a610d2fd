"""Proves that a sign-in with GitLab ends with a session of whom GitLab names, in the browser that began it."""

import base64
import gc
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.jwk import RSAKey

from gitlab_hooks.standin.oauth import identity, tokens
from sharinghub_ext.config import SettingsError, load_settings
from stac_ext.clock import ManualClock
from tests.support.browsing import SECRET_KEY, Browser, SigningWorld, asked
from tests.support.running import LittleWorld, RunningHub

ENDED = "Begin again at /auth/login."


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, clock: ManualClock) -> Iterator[LittleWorld]:
    with LittleWorld(tmp_path_factory.mktemp("sign-in"), clock) as one:
        yield one


@pytest.fixture(scope="module")
def hub(world: LittleWorld, clock: ManualClock) -> Iterator[RunningHub]:
    signing = SigningWorld(world)
    with RunningHub(signing.settings, clock=clock) as one:
        signing.knows(one)
        one.sweep()
        yield one


@pytest.fixture
def browser(hub: RunningHub, clock: ManualClock) -> Iterator[Browser]:
    clock.advance(1000)
    one = Browser(hub)
    yield one
    one.close()


def test_who_signs_in_sees_what_gitlab_lets_them_see(browser: Browser, hub: RunningHub, world: LittleWorld) -> None:
    assert browser.sees() == {item_id for _, item_id in hub.ids()}
    answer = browser.sign_in("maya", "/stac/collections")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{hub.url}/stac/collections")
    assert browser.sees() == {item_id for _, item_id in hub.ids(world.token("maya"))}
    told = browser.get("/auth/me").json()
    assert (told["signed_in"], told["by"], told["username"]) == (True, "session", "maya")


def test_the_least_is_asked_for_and_nothing_can_be_replayed(browser: Browser, hub: RunningHub) -> None:
    url = browser.begin()
    first, second = asked(url), asked(browser.begin())
    assert set(first["scope"].split()) == {"openid", "read_api"}
    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    assert first["redirect_uri"] == f"{hub.url}/auth/callback"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]


def test_the_cookie_is_for_the_hub_alone_and_holds_no_token(browser: Browser, world: LittleWorld) -> None:
    answer = browser.sign_in("rita")
    given = [one for one in answer.headers.get_list("set-cookie") if one.startswith("sharinghub=")]
    assert len(given) == 1
    for attribute in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert attribute.lower() in given[0].lower()
    assert not [token for token in world.world.tokens if token in given[0]]
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("what", ["state", "cookie", "code", "used", "late", "denied", "nothing"])
def test_an_answer_that_was_not_asked_for_signs_nobody_in(
    browser: Browser, hub: RunningHub, clock: ManualClock, what: str
) -> None:
    back = browser.allow(browser.begin(), "maya", "deny" if what == "denied" else "allow")
    other = Browser(hub)
    if what == "state":
        back = back.replace("state=", "state=x")
    elif what == "cookie":
        browser.http.cookies.clear()
    elif what == "code":
        back = back.replace("code=", "code=x")
    elif what == "used":
        assert browser.get(back).status_code == 303
        browser.http.cookies.delete("sharinghub")
    elif what == "late":
        clock.advance(601)
    elif what == "nothing":
        back = "/auth/callback"
    answer = browser.get(back)
    assert answer.status_code == (403 if what in ("code", "denied") else 400)
    assert ENDED in answer.json()["detail"]
    assert browser.cookie is None
    other.close()


def test_another_browser_cannot_end_a_sign_in(browser: Browser, hub: RunningHub) -> None:
    """Else somebody could sign a victim in to an account of their own."""
    back = browser.allow(browser.begin(), "maya")
    other = Browser(hub)
    other.begin()
    assert other.get(back).status_code == 400
    assert other.cookie is None
    other.close()


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/%5cevil.example",
        "/..//evil.example/",
        "/%2e%2e/other",
        "/a/../../b",
        "javascript:alert(1)",
        "/auth/logout",
        "/stac\r\nSet-Cookie: a=b",
        "/\tx",
        "/" + "x" * 3000,
        "http://localhost@evil.example/",
        "/stac//evil",
    ],
)
def test_nobody_is_led_anywhere_but_to_the_hub(browser: Browser, hub: RunningHub, wanted: str) -> None:
    assert browser.sign_in("rita", wanted).headers["location"] == f"{hub.url}/"
    answer = browser.post(f"/auth/logout?next={quote(wanted)}")
    assert answer.headers["location"] == f"{hub.url}/"


@pytest.mark.parametrize("path", ["/stac/search?q=flood%20map&limit=3", "/stac/collections/ai-model/items/1"])
def test_own_paths_and_urls_are_gone_back_to(browser: Browser, hub: RunningHub, path: str) -> None:
    assert browser.sign_in("rita", path).headers["location"] == f"{hub.url}{path}"
    assert browser.sign_in("rita", f"{hub.url}{path}").headers["location"] == f"{hub.url}{path}"


def forged(changes: dict[str, Any]) -> Callable[..., str]:
    """GitLab's identity token with other claims, of which None takes one away, or signed with another key."""
    true = identity.identity_token

    def make(*arguments: Any) -> str:
        own = identity.signing_key()
        claims = jwt.decode(true(*arguments), own).claims | changes
        key = RSAKey.generate_key(2048) if claims.pop("another key", False) else own
        held = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": own.kid}, held, key)

    return make


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"aud": "another-application"},
        {"aud": ["hub", "another-application"]},
        {"azp": "another-application"},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": "1"},
        {"sub": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"another key": True},
    ],
    ids=str,
)
def test_an_identity_token_that_does_not_hold_signs_nobody_in(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    monkeypatch.setattr(tokens, "identity_token", forged(changes))
    answer = browser.sign_in("maya")
    assert answer.status_code == 403, answer.text
    assert browser.cookie is None


def test_an_unsigned_identity_token_signs_nobody_in(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsigned(*arguments: Any) -> str:
        head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
        return f"{head}.{identity.identity_token(*arguments).split('.')[1]}."

    monkeypatch.setattr(tokens, "identity_token", unsigned)
    assert browser.sign_in("maya").status_code == 403


def test_a_new_sign_in_ends_the_session_before(browser: Browser, hub: RunningHub) -> None:
    """The id of a session is never kept over a sign-in, so that nobody can plant one."""
    browser.sign_in("rita")
    before = browser.cookie
    browser.sign_in("maya")
    assert browser.cookie not in (None, before)
    answer = hub.http.get("/stac/search", headers={"Cookie": f"sharinghub={before}"})
    assert answer.status_code == 401


def test_gitlab_away_is_said_and_nobody_is_signed_in(browser: Browser, world: LittleWorld) -> None:
    back = browser.allow(browser.begin(), "maya")
    world.gitlab.faults.add(r"/oauth/token$", status=502, times=1)
    answer = browser.get(back)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert browser.cookie is None


def test_a_discovery_document_that_leads_elsewhere_is_not_followed(
    world: LittleWorld, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = identity.discovery
    signing = SigningWorld(world, database_url=f"sqlite:///{world.folder}/elsewhere.db")
    for name in ("issuer", "token_endpoint", "jwks_uri", "authorization_endpoint", "revocation_endpoint"):
        lie = {name: "https://evil.example/oauth/token"}
        monkeypatch.setattr(identity, "discovery", lambda one, lie=lie: true(one) | lie)
        with RunningHub(signing.settings, clock=clock) as hub:
            answer = hub.get("/auth/login")
            assert answer.status_code == 503
            assert "evil.example/oauth" not in answer.text


def test_a_blocked_account_gets_no_session(browser: Browser, world: LittleWorld) -> None:
    olga = world.world.user_named("olga")
    assert olga is not None
    back = browser.allow(browser.begin(), "olga")
    world.world.block_user(olga)
    try:
        assert browser.get(back).status_code == 403
        assert browser.cookie is None
    finally:
        world.world.unblock_user(olga)


def test_who_sends_many_codes_that_are_none_has_to_wait(world: LittleWorld, clock: ManualClock) -> None:
    signing = SigningWorld(world, refusals_per_minute=2, database_url=f"sqlite:///{world.folder}/flood.db")
    with RunningHub(signing.settings, clock=clock) as hub:
        signing.knows(hub)
        browser = Browser(hub)
        found = []
        for _ in range(3):
            state = asked(browser.begin())["state"]
            found.append(browser.get(f"/auth/callback?code=none&state={state}").status_code)
        assert found == [403, 403, 429]
        browser.close()


def test_without_an_application_there_is_no_sign_in(standing: tuple[Any, RunningHub]) -> None:
    _, hub = standing
    for name in ("login", "callback", "logout"):
        answer = hub.get(f"/auth/{name}")
        assert answer.status_code == 404
        assert "has set up no application" in answer.json()["detail"]


DEVICE = {"OAUTH_CLIENT_ID": None, "SECRET_KEY": None, "OAUTH_DEVICE_CLIENT_ID": "command line"}
VISITED = {"OAUTH_CLIENT_ID": None, "SECRET_KEY": None, "VISITOR_TOKEN": "glpat-visitor"}
SAFE = {"OAUTH_CLIENT_ID": "hub", "SECRET_KEY": SECRET_KEY, "PUBLIC_URL": "https://hub.example.org"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, None),
        ({"SECRET_KEY": None}, "SHARINGHUB_SECRET_KEY"),
        ({"PUBLIC_URL": "http://hub.example.org"}, "SHARINGHUB_PUBLIC_URL"),
        ({"PUBLIC_URL": "http://127.0.0.1:8080"}, None),
        ({"PUBLIC_URL": "http://localhost.evil.example"}, "SHARINGHUB_PUBLIC_URL"),
        ({"GITLAB_URL": "http://gitlab.example.org"}, "SHARINGHUB_GITLAB_URL"),
        ({"GITLAB_INTERNAL_URL": "http://gitlab.internal:8181"}, "SHARINGHUB_GITLAB_INTERNAL_URL"),
        ({"GITLAB_INTERNAL_URL": "http://127.0.0.1:8181"}, None),
        ({"GITLAB_INTERNAL_URL": "http://gitlab.internal:8181", "GITLAB_INTERNAL_PLAIN": "true"}, None),
        ({**DEVICE, "PUBLIC_URL": "http://hub.example.org"}, "SHARINGHUB_PUBLIC_URL"),
        ({**DEVICE, "GITLAB_URL": "http://gitlab.example.org"}, "SHARINGHUB_GITLAB_URL"),
        (DEVICE, None),
        ({**VISITED, "GITLAB_URL": "http://gitlab.example.org"}, "SHARINGHUB_GITLAB_URL"),
        ({**VISITED, "GITLAB_INTERNAL_URL": "http://gitlab.internal"}, "SHARINGHUB_GITLAB_INTERNAL_URL"),
        ({**VISITED, "PUBLIC_URL": "http://hub.example.org"}, None),
    ],
)
def test_sign_in_needs_a_key_and_a_connection_that_nobody_reads(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], named: str | None
) -> None:
    for name, value in {"GITLAB_URL": "https://gitlab.example.org", **SAFE, **changes}.items():
        if value is not None:
            monkeypatch.setenv(f"SHARINGHUB_{name}", value)
    settings = load_settings()
    problems = settings.serving_problems(settings.public_url or "")
    assert [one.partition(":")[0] for one in problems] == ([named] if named else [])


def test_a_hub_with_such_settings_does_not_start(world: LittleWorld) -> None:
    settings = SigningWorld(world, public_url="http://hub.example.org").settings
    with pytest.raises(SettingsError, match="SHARINGHUB_PUBLIC_URL: must be https"), RunningHub(settings):
        pass


def test_a_cookie_that_gitlab_sets_at_one_sign_in_comes_along_with_no_other(
    browser: Browser, world: LittleWorld
) -> None:
    """The client of the token endpoint is one for all who sign in, and GitLab takes its session cookie for a user's."""
    world.gitlab.faults.add(r".", headers={"Set-Cookie": "_gitlab_session=of-maya; Path=/"}, times=None)
    try:
        assert browser.sign_in("maya").status_code == 303
    finally:
        world.gitlab.faults.clear()
    clients = [one for one in gc.get_objects() if isinstance(one, AsyncOAuth2Client)]
    assert clients
    assert [list(one.cookies.jar) for one in clients if len(one.cookies.jar)] == []
