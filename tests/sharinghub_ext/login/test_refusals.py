"""Proves that a sign-in on the command line goes to the hub's own GitLab or nowhere, and ends with one message."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sharinghub_ext.login import places, web
from sharinghub_ext.login.errors import Unanswered, Unusable
from sharinghub_ext.login.places import address
from tests.sharinghub_ext.login.conftest import DeviceWorld, Program, Said, kept_in, make_due

HUB_DOCUMENT = "/.well-known/oauth-protected-resource"
GITLAB_DOCUMENT = "/.well-known/openid-configuration"
Change = Callable[[dict[str, Any], DeviceWorld], None]


def test_a_code_that_is_refused(program: Program, place: DeviceWorld, folder: Path) -> None:
    deny = lambda _: place.enter(place.waiting_codes()[-1], "maya", "deny")  # noqa: E731
    said = program("login", place.hub.url, while_waiting=deny)
    assert said.code == 1
    assert "refused at GitLab" in said.err
    assert not (folder / "credentials.json").exists()


def test_a_code_that_nobody_enters(program: Program, place: DeviceWorld, folder: Path) -> None:
    waits: list[float] = []
    said = program("login", place.hub.url, while_waiting=waits.append)
    assert said.code == 1
    assert "in time" in said.err
    assert sum(waits) == 300
    assert not (folder / "credentials.json").exists()


def test_asking_too_often_is_answered_by_asking_less(
    program: Program, place: DeviceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def meanwhile(seconds: float) -> None:
        waits.append(seconds)
        place.clock.advance(-seconds if len(waits) == 2 else 0)
        if len(waits) == 4:
            place.enter(place.waiting_codes()[-1])

    assert program("login", place.hub.url, while_waiting=meanwhile).code == 0
    assert waits == [5, 5, 10, 10]


def test_a_gitlab_that_is_away_for_a_moment_is_asked_again_later(program: Program, place: DeviceWorld) -> None:
    waits: list[float] = []

    def meanwhile(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            place.world.gitlab.faults.add("/oauth/token", status=502, times=1)
        else:
            place.enter(place.waiting_codes()[-1])

    assert program("login", place.hub.url, while_waiting=meanwhile).code == 0
    assert waits == [5, 10]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("http://hub.example.org", 2),
        ("ftp://hub.example.org", 2),
        ("https://maya:glpat-0123456789@hub.example.org", 2),
        ("https://hub.example.org/?token=x", 2),
        ("https://hub.example.org:port", 2),
        ("https://", 2),
        ("http://127.0.0.1:1", 3),
    ],
)
@pytest.mark.parametrize("words", [("login",), ("login", "--forget"), ("token",)], ids=" ".join)
def test_addresses_that_are_not_used(program: Program, written: str, code: int, words: tuple[str, ...]) -> None:
    said = program(*words, written)
    if code == 3 and words != ("login",):  # nobody is asked: nobody is signed in
        code = 1 if words == ("token",) else 0
    assert said.code == code
    assert "0123456789" not in said.err


def test_how_addresses_are_read() -> None:
    for written, read in {
        "hub.example.org": "https://hub.example.org",
        "HTTPS://Hub.Example.org:443/": "https://hub.example.org",
        "localhost:8080": "http://localhost:8080",
        "https://example.org/Hub/": "https://example.org/Hub",
        "http://[::1]:8080": "http://[::1]:8080",
    }.items():
        assert address(written) == read


def elsewhere(name: str) -> Change:
    return lambda told, _: told.update({name: "https://evil.example/oauth"})


LIES: dict[str, tuple[str, Change]] = {
    "a hub that is another": (HUB_DOCUMENT, elsewhere("resource")),
    "a hub without a device application": (HUB_DOCUMENT, lambda told, _: told.pop("sharinghub_device_client_id")),
    "a hub with two GitLabs": (HUB_DOCUMENT, lambda told, _: told["authorization_servers"].append("https://a.example")),
    "a GitLab over http": (HUB_DOCUMENT, lambda told, _: told.update(authorization_servers=["http://a.example"])),
    "an issuer elsewhere": (GITLAB_DOCUMENT, elsewhere("issuer")),
    "codes from elsewhere": (GITLAB_DOCUMENT, elsewhere("device_authorization_endpoint")),
    "tokens from elsewhere": (GITLAB_DOCUMENT, elsewhere("token_endpoint")),
    "tokens ended elsewhere": (GITLAB_DOCUMENT, elsewhere("revocation_endpoint")),
    "a host that begins the same": (
        GITLAB_DOCUMENT,
        lambda told, place: told.update(token_endpoint=f"{place.gitlab}.evil.example/oauth/token"),
    ),
    "a page elsewhere": ("/oauth/authorize_device", elsewhere("verification_uri")),
    "a code that moves the cursor": (
        "/oauth/authorize_device",
        lambda told, _: told.update(user_code="\x1b[2JABCD"),
    ),
    "a token that is none": ("/oauth/token", lambda told, _: told.update(access_token="two words")),
    "a token of another type": ("/oauth/token", lambda told, _: told.update(token_type="mac")),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_leads_elsewhere_ends_the_sign_in(
    program: Program, place: DeviceWorld, folder: Path, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    path, change = LIES[lie]
    truth = web.Web._ask

    def ask(self: web.Web, method: str, url: str, **options: Any) -> web.Answer:
        assert url.startswith((f"{place.gitlab}/", f"{place.hub.url}/")), "something was asked elsewhere"
        status, told = truth(self, method, url, **options)
        if url.endswith(path) and status == 200:
            change(told, place)
        return status, told

    monkeypatch.setattr(web.Web, "_ask", ask)
    enter = lambda _: place.enter(place.waiting_codes()[-1])  # noqa: E731
    said = program("login", place.hub.url, while_waiting=enter)
    assert said.code in (2, 3)
    assert "\x1b" not in said.out
    assert not (folder / "credentials.json").exists()


def test_a_hub_elsewhere_names_no_gitlab_on_this_machine(place: DeviceWorld) -> None:
    class Told(web.Web):
        def get(self, url: str, token: str | None = None) -> web.Answer:
            assert url == f"https://hub.example.org{HUB_DOCUMENT}"
            servers = {"authorization_servers": [place.gitlab], "sharinghub_device_client_id": "abc"}
            return 200, {"resource": "https://hub.example.org", **servers}

    with Told() as asked, pytest.raises(Unusable, match="your own machine"):
        places.find(asked, "https://hub.example.org")


def test_a_gitlab_that_does_not_name_its_device_endpoint_has_the_usual_one(place: DeviceWorld) -> None:
    class Told(web.Web):
        def get(self, url: str, token: str | None = None) -> web.Answer:
            status, told = super().get(url, token)
            told.pop("device_authorization_endpoint", None)
            return status, told

    with Told() as asked:
        assert places.find(asked, place.hub.url).device_endpoint == f"{place.gitlab}/oauth/authorize_device"


def test_an_endless_answer_is_not_read(place: DeviceWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_MOST_BYTES", 10)
    with web.Web() as asked, pytest.raises(Unanswered, match="more than it should"):
        asked.get(f"{place.hub.url}{HUB_DOCUMENT}")


def test_an_application_that_gitlab_does_not_take(
    program: Program, place: DeviceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place.application, "scopes", ("read_user",))
    said = program("login", place.hub.url)
    assert said.code == 2
    assert "invalid_scope" in said.err


def test_what_is_no_hub(program: Program, place: DeviceWorld) -> None:
    said = program("login", f"{place.hub.url}/stac")
    assert said.code == 2
    assert "without /stac" in said.err


def test_a_sign_in_that_gitlab_ended_is_forgotten(
    sign_in: Callable[[], Said], program: Program, place: DeviceWorld, folder: Path
) -> None:
    sign_in()
    maya = place.world.world.user_named("maya")
    assert maya is not None
    place.world.world.revoke_application(place.application, maya)
    make_due(folder)
    said = program("token", place.hub.url)
    assert (said.code, said.out) == (1, "")
    assert "ended this sign-in" in said.err
    assert kept_in(folder) == {}


def test_while_gitlab_is_away_a_token_is_good_to_its_end(
    sign_in: Callable[[], Said], program: Program, place: DeviceWorld, folder: Path
) -> None:
    sign_in()
    token = program("token", place.hub.url).token
    faults = place.world.gitlab.faults
    faults.add("/oauth/", status=503, times=None)
    try:
        make_due(folder, left=60)
        assert program("token", place.hub.url).token == token
        make_due(folder)
        said = program("token", place.hub.url)
        assert (said.code, said.out) == (3, "")
        gone = program("login", "--forget", place.hub.url)
    finally:
        faults.clear()
    assert gone.code == 3
    assert "by hand" in gone.err
    assert kept_in(folder) == {}
