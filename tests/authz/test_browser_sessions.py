"""Proves how a session in a browser lasts, is renewed once whoever asks, and ends; and what of it lies where."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from sharinghub_ext.config import Settings
from stac_ext.clock import ManualClock
from stac_ext.store.schema import session, tables
from tests.support.browsing import SECRET_KEY, Browser, SigningWorld
from tests.support.postgres import PostgresServer
from tests.support.running import LittleWorld, RunningHub

HOUR = 3600


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, clock: ManualClock) -> Iterator[LittleWorld]:
    with LittleWorld(tmp_path_factory.mktemp("sessions"), clock) as one:
        yield one


@pytest.fixture(scope="module")
def signing(world: LittleWorld) -> SigningWorld:
    return SigningWorld(world)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def hubs(
    request: pytest.FixtureRequest, signing: SigningWorld, clock: ManualClock
) -> Iterator[tuple[RunningHub, RunningHub]]:
    """Two processes of one hub, as far as the store and GitLab can tell."""
    with ExitStack() as stack:
        settings = signing.settings
        if request.param == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres")
            stack.callback(server.drop, url := server.create())
            settings = settings.model_copy(update={"database_url": url})
        first = stack.enter_context(RunningHub(settings, clock=clock))
        public = settings.model_copy(update={"public_url": first.url})
        second = stack.enter_context(RunningHub(public, clock=clock))
        signing.knows(first)
        first.sweep()
        yield first, second


@pytest.fixture
def hub(hubs: tuple[RunningHub, RunningHub], world: LittleWorld) -> Iterator[RunningHub]:
    world.gitlab.reset_calls()
    yield hubs[0]
    world.gitlab.faults.clear()


@pytest.fixture
def browser(hub: RunningHub, clock: ManualClock) -> Iterator[Browser]:
    clock.advance(1000)
    one = Browser(hub)
    one.sign_in("maya")
    yield one
    one.close()


def is_in(browser: Browser) -> bool:
    """Whether the session lives; a browser whose session has ended is never answered as if it had none."""
    answer = browser.get("/auth/me")
    if answer.status_code == 401:
        assert "sign in again" in answer.json()["detail"]
        assert "sharinghub=" in answer.headers["set-cookie"]  # the browser is told to forget it
        assert "max-age=0" in answer.headers["set-cookie"].lower()
        return False
    return bool(answer.json()["signed_in"])


def refreshes(world: LittleWorld) -> int:
    return sum(method == "POST" and path == "/oauth/token" for method, path, _ in world.gitlab.calls)


def test_a_session_that_is_not_used_ends(browser: Browser, clock: ManualClock) -> None:
    for _ in range(3):
        clock.advance(7 * HOUR)
        assert is_in(browser)
    clock.advance(8 * HOUR + 60)
    assert not is_in(browser)
    assert browser.cookie is None


def test_a_session_ends_after_a_week_however_much_it_is_used(browser: Browser, clock: ManualClock) -> None:
    for _ in range(23):
        clock.advance(7 * HOUR)
        assert is_in(browser)
    clock.advance(7 * HOUR + 1)
    assert not is_in(browser)


def test_tokens_are_renewed_once_whichever_process_asks(
    browser: Browser, hubs: tuple[RunningHub, RunningHub], world: LittleWorld, clock: ManualClock
) -> None:
    """GitLab ends both old tokens at a refresh: a second one with the same token would end the session."""
    clock.advance(2 * HOUR)
    world.gitlab.reset_calls()
    cookie = f"sharinghub={browser.cookie}"
    found: list[int] = []

    def ask(hub: RunningHub) -> None:
        found.append(hub.http.get("/stac/search", headers={"Cookie": cookie}).status_code)

    threads = [threading.Thread(target=ask, args=(hub,)) for hub in hubs * 6]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert found == [200] * 12
    assert refreshes(world) == 1
    assert is_in(browser)


def test_a_renewal_that_a_process_never_ended_is_taken_by_another(
    browser: Browser, hub: RunningHub, world: LittleWorld, clock: ManualClock
) -> None:
    clock.advance(2 * HOUR)
    database = hub.hub.database
    with database.write() as conn:
        conn.execute(session.update().values(renewing_until=int(clock.now().timestamp() * 1e6)))
    assert is_in(browser)
    assert refreshes(world) == 1 + 1  # the sign-in, and this one


def test_gitlab_away_at_a_renewal_ends_no_session(browser: Browser, world: LittleWorld, clock: ManualClock) -> None:
    clock.advance(2 * HOUR)
    world.gitlab.faults.add(r"/oauth/token$", status=502, times=None)
    answer = browser.get("/stac/search")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    world.gitlab.faults.clear()
    assert is_in(browser)


@pytest.mark.parametrize("way", ["application", "blocked"])
def test_access_that_is_withdrawn_at_gitlab_ends_the_session(
    browser: Browser, signing: SigningWorld, world: LittleWorld, clock: ManualClock, way: str
) -> None:
    maya = world.world.user_named("maya")
    assert maya is not None
    if way == "application":
        world.world.revoke_application(signing.application, maya)
    else:
        world.world.block_user(maya)
    clock.advance(301)
    answer = browser.get("/stac/search")
    assert answer.status_code == (401 if way == "application" else 403)
    world.world.unblock_user(maya)
    if way == "application":
        assert not is_in(browser)


def test_signing_out_ends_the_session_here_and_the_tokens_at_gitlab(browser: Browser, world: LittleWorld) -> None:
    cookie, pair = browser.cookie, list(world.world.pairs.values())[-1]
    assert "<form" in browser.get("/auth/logout").text  # a link alone signs nobody out
    assert is_in(browser)
    answer = browser.post("/auth/logout")
    assert answer.status_code == 303
    assert browser.cookie is None
    assert pair.revoked
    assert browser.get("/auth/me", headers={"Cookie": f"sharinghub={cookie}"}).status_code == 401


def test_signing_out_works_while_gitlab_is_away(browser: Browser, world: LittleWorld) -> None:
    cookie = browser.cookie
    world.gitlab.faults.add(r"/oauth/", status=502, times=None)
    told = browser.post("/auth/logout", params={"next": "/stac"})
    assert (told.status_code, browser.cookie) == (200, None)
    assert "still stands" in told.text
    assert f'href="{browser.hub.url}/stac"' in told.text
    assert browser.get("/auth/me", headers={"Cookie": f"sharinghub={cookie}"}).status_code == 401


@pytest.mark.parametrize("way", ["one", "everywhere", "idle"])
def test_tokens_of_a_session_that_ended_while_gitlab_was_away_are_ended_when_it_answers(
    browser: Browser, hub: RunningHub, world: LittleWorld, clock: ManualClock, way: str
) -> None:
    """Also after a restart: what is to be ended is in the store."""
    other = Browser(hub)
    other.sign_in("maya")
    pairs = list(world.world.pairs.values())[-2:]
    world.gitlab.faults.add(r"/oauth/", status=502, times=None)
    sessions = hub.hub.auth.sessions
    assert sessions is not None
    if way == "idle":
        clock.advance(9 * HOUR)
        hub.run(sessions.prune())
    else:
        other.post("/auth/logout", data={"everywhere": "true"} if way == "everywhere" else {})
    hub.run(sessions.revoker.work_off())
    assert not any(pair.revoked for pair in pairs)
    world.gitlab.faults.clear()
    clock.advance(HOUR)
    assert hub.run(sessions.revoker.work_off())
    assert [pair.revoked for pair in pairs] == [way != "one", True]
    other.close()


def test_a_process_without_the_new_key_ends_no_session_that_another_sealed_with_it(
    browser: Browser, clock: ManualClock
) -> None:
    """While a key is changed, processes with the old and the new one run side by side."""
    after = "76543210fedcba9889abcdef01234567"
    settings = browser.hub.hub.settings.model_dump() | {"public_url": browser.hub.url}
    both = Settings(**settings | {"secret_key": after, "secret_key_before": SECRET_KEY})
    clock.advance(2 * HOUR)
    with RunningHub(both, clock=clock) as new:
        cookie = {"Cookie": f"sharinghub={browser.cookie}"}
        assert new.http.get("/auth/me", headers=cookie).json()["username"] == "maya"  # renewed, sealed with the new key
        for _ in range(2):
            told = browser.get("/auth/me")
            assert told.status_code == 401
            assert "secret key" in told.json()["detail"]
            assert "set-cookie" not in told.headers
        clock.advance(2 * HOUR)
        assert browser.get("/auth/me").status_code == 401  # nor where it would have to be renewed
        assert new.http.get("/auth/me", headers=cookie).json()["username"] == "maya"
    knows = Settings(**settings | {"secret_key": SECRET_KEY, "secret_key_before": after})
    with RunningHub(knows, clock=clock) as first_step:  # what is told to do: know the new one before one seals with it
        assert first_step.http.get("/auth/me", headers=cookie).json()["username"] == "maya"


def test_signing_out_everywhere_ends_all_sessions_of_the_account(browser: Browser, hub: RunningHub) -> None:
    other, rita = Browser(hub), Browser(hub)
    other.sign_in("maya")
    rita.sign_in("rita")
    browser.post("/auth/logout", data={"everywhere": "true"})
    assert [is_in(one) for one in (browser, other, rita)] == [False, False, True]
    other.close()
    rita.close()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_cannot_sign_anybody_out(browser: Browser, headers: dict[str, str]) -> None:
    assert browser.http.post("/auth/logout", headers=headers).status_code == 403
    assert is_in(browser)


def test_a_header_counts_before_the_cookie(browser: Browser, world: LittleWorld) -> None:
    told = browser.get("/auth/me", headers={"PRIVATE-TOKEN": str(world.token("rita"))}).json()
    assert told["username"] == "rita"
    assert browser.get("/stac", headers={"PRIVATE-TOKEN": "wrong"}).status_code == 401


def test_a_cookie_that_the_hub_never_gave_is_refused(hub: RunningHub) -> None:
    for value in ("x", "a" * 43, "a" * 4096):
        assert hub.http.get("/stac", headers={"Cookie": f"sharinghub={value}"}).status_code == 401


def test_the_store_holds_no_token_and_no_cookie(browser: Browser, hub: RunningHub, world: LittleWorld) -> None:
    pair, cookie = list(world.world.pairs.values())[-1], browser.cookie
    assert cookie is not None
    with hub.hub.database.read() as conn:  # every row; a SQLite file may hold what was deleted, too
        held = "".join(str(tuple(row)) for table in tables.sorted_tables for row in conn.execute(select(table)))
    assert "maya" in held
    held += "".join(path.read_bytes().decode("latin-1") for path in Path(world.folder).glob("hub.db*"))
    for secret in (pair.access.value, pair.refresh, cookie, SECRET_KEY):
        assert secret not in held


def test_sessions_live_on_when_the_secret_key_is_changed_and_end_when_it_is_forgotten(
    browser: Browser, clock: ManualClock
) -> None:
    after = "76543210fedcba9889abcdef01234567"
    cookie = {"Cookie": f"sharinghub={browser.cookie}"}
    settings = browser.hub.hub.settings.model_dump() | {"public_url": browser.hub.url}
    both = Settings(**settings | {"secret_key": after, "secret_key_before": SECRET_KEY})
    with RunningHub(both, clock=clock) as hub:
        assert hub.http.get("/auth/me", headers=cookie).json()["username"] == "maya"
        clock.advance(2 * HOUR)  # renewed, and sealed with the new key
        assert hub.http.get("/auth/me", headers=cookie).json()["username"] == "maya"
    with RunningHub(Settings(**settings | {"secret_key": after}), clock=clock) as hub:
        assert hub.http.get("/auth/me", headers=cookie).json()["username"] == "maya"
    with RunningHub(Settings(**settings | {"secret_key": "0" * 10 + after}), clock=clock) as hub:
        assert hub.http.get("/auth/me", headers=cookie).status_code == 401
