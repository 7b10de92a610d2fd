"""Proves where the hub goes when GitLab leads it on: to the configured hosts, once, with no credential of anybody."""

from typing import Any

import httpx
import pytest

from sharinghub_ext.assets.redirects import ObjectStores
from sharinghub_ext.config import SettingsError, load_settings
from tests.sharinghub_ext.assets.conftest import DATA, Scene
from tests.support.browsing import Browser

SENT = ("authorization", "cookie", "private-token", "job-token", "x-gitlab-token", "referer")


@pytest.mark.parametrize("kind", ["large", "package"])
@pytest.mark.parametrize("header", ["Authorization", "PRIVATE-TOKEN", "X-Gitlab-Token"])
def test_a_file_in_an_object_store_is_read_without_any_credential(scene: Scene, kind: str, header: str) -> None:
    scene.world.object_storage = scene.store.url
    token = "glpat-maya"
    value = f"Bearer {token}" if header == "Authorization" else token
    for _ in range(2):  # the second time a cookie of the store could come along
        answer = scene.hub.http.get(scene.address(kind), headers={header: value, "Referer": "http://x.example/"})
        assert (answer.status_code, answer.content) == (200, DATA)
        assert "location" not in answer.headers
        assert "set-cookie" not in answer.headers
    assert len(scene.store.asked) == 2
    for path, headers in scene.store.asked:
        assert "?X-Amz-Signature=" in path
        assert not set(SENT) & headers.keys()
        assert token not in str(headers)


def test_a_cookie_of_a_session_stays_here(scene: Scene, browser: Browser) -> None:
    scene.world.object_storage = scene.store.url
    assert browser.get(scene.address("large")).content == DATA
    assert not set(SENT) & scene.store.asked[0][1].keys()


def test_gitlab_is_asked_before_the_object_store_for_each_read(scene: Scene) -> None:
    scene.world.object_storage = scene.store.url
    for person, status in (("maya", 200), ("olga", 404), (None, 404)):
        assert scene.get(scene.address("large"), person).status_code == status
    assert len(scene.store.asked) == 1


def test_the_tag_of_the_store_counts_for_what_has_no_other(scene: Scene) -> None:
    scene.world.object_storage = scene.store.url
    tag = scene.get(scene.address("package")).headers["etag"]
    assert scene.get(scene.address("package"), If_None_Match=tag).status_code == 304
    assert scene.get(scene.address("package"), Range="bytes=1-2", If_Range=tag).content == DATA[1:3]
    assert scene.get(scene.address("package"), "olga", If_None_Match=tag).status_code == 404


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_second_redirect_goes_nowhere(scene: Scene, status: int) -> None:
    scene.world.object_storage = scene.store.url
    scene.store.status, scene.store.location = status, f"{scene.store.url}/other"
    answer = scene.get(scene.address("large"))
    assert answer.status_code == 502
    assert "location" not in answer.headers
    assert len(scene.store.asked) == 1


@pytest.mark.parametrize(("status", "expected"), [(403, 502), (404, 502), (500, 503), (503, 503), (429, 503)])
def test_an_object_store_that_fails_is_an_error_that_says_so(scene: Scene, status: int, expected: int) -> None:
    scene.world.object_storage = scene.store.url
    scene.store.status = status
    answer = scene.get(scene.address("large"))
    assert (answer.status_code, "object store" in answer.json()["detail"]) == (expected, True)
    assert "Signature" not in answer.text


def test_a_store_that_does_not_answer_is_an_error(scene: Scene) -> None:
    scene.gitlab.faults.add(r"/raw", location=f"{scene.store.url}/x")
    scene.store.status = -1  # no status line that could be read
    assert scene.get(scene.address("large")).status_code == 503


@pytest.mark.parametrize(
    "target",
    [
        "https://objects.example.org/x?signature=a",
        "http://objects.example.org/x",
        "https://127.0.0.1.example.org/x",
        "http://localhost:{port}/x",
        "http://127.0.0.1/x",
        "http://127.0.0.1:1/x",
        "https://objects.example.org/x?at={host}",
    ],
)
def test_other_hosts_are_for_the_caller_to_follow(scene: Scene, target: str) -> None:
    """The hub itself goes to no address that is near a configured one, in whatever way."""
    target = target.format(host=scene.store.host, port=scene.store.host.partition(":")[2])
    scene.gitlab.faults.add(r"/raw", location=target)
    answer = scene.get(scene.address("large"))
    assert answer.status_code == 302
    assert answer.headers["location"] == target
    assert answer.headers["cache-control"] == "private, no-store"
    assert scene.store.asked == []
    scene.gitlab.faults.add(r"/raw", location=target)
    kept = scene.hub.http.get(scene.address("large"), headers={"PRIVATE-TOKEN": "glpat-maya"})
    assert kept.status_code == 502
    assert "Authorization: Bearer" in kept.json()["detail"]


@pytest.mark.parametrize(
    "target",
    [
        "http://user@{host}/x",
        "http://user:pass@{host}/x",
        "http://gitlab.example.org@{host}/x",
        "http://{host}@objects.example.org/x",
        "http://{host}\\@objects.example.org/x",
        "http://objects.example.org\\@{host}/x",
        "ftp://{host}/x",
        "file:///etc/passwd",
        "//{host}/x",
        "/x",
        "",
        "http:///x",
        "http://{host}/a b",
        "http://{host}:99999/x",
        "http://{host}.example.org/x",
        "javascript:alert(1)",
    ],
)
def test_an_address_with_a_trick_in_it_goes_nowhere(scene: Scene, target: str) -> None:
    scene.gitlab.faults.add(r"/raw", location=target.format(host=scene.store.host))
    answer = scene.get(scene.address("large"))
    assert answer.status_code in (502, 503), answer.headers  # what httpx cannot read is no answer of GitLab's
    assert "location" not in answer.headers
    assert scene.store.asked == []


@pytest.mark.parametrize(
    "target", ["{gitlab}/users/sign_in", "/users/sign_in", "https://sso.example.org/users/sign_in"]
)
def test_the_page_for_signing_in_means_that_there_is_nothing(scene: Scene, target: str) -> None:
    scene.gitlab.faults.add(r"/raw", location=target.format(gitlab=scene.gitlab.url))
    assert scene.get(scene.address("large")).status_code == 404


@pytest.mark.parametrize(
    ("target", "plain", "expected"),
    [
        ("https://objects.example.org/x", False, True),
        ("https://objects.example.org:443/x", False, True),
        ("https://OBJECTS.example.org/x", False, True),
        ("https://objects.example.org:8443/x", False, False),
        ("https://minio:9000/x", False, True),
        ("https://minio/x", False, False),
        ("http://objects.example.org/x", False, False),
        ("http://minio:9000/x", True, True),
        ("https://objects.example.org./x", False, False),
        ("https://a.objects.example.org/x", False, False),
    ],
)
def test_hosts_are_compared_with_their_port_and_https_is_needed(target: str, plain: bool, expected: bool) -> None:
    hosts = frozenset({"objects.example.org", "minio:9000"})
    assert ObjectStores(httpx.AsyncClient(), hosts, plain=plain).has(httpx.URL(target)) is expected


@pytest.mark.parametrize(
    "value",
    [
        '["https://objects.example.org"]',
        '["a/b"]',
        '["user@host"]',
        '["host:0"]',
        '["*"]',
        '[""]',
        '["a b"]',
        "objects",
    ],
)
def test_a_host_of_the_settings_is_a_host(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example.org")
    monkeypatch.setenv("SHARINGHUB_ASSET_HOSTS", value)
    with pytest.raises(SettingsError, match="SHARINGHUB_ASSET_HOSTS"):
        load_settings()


def test_hosts_are_known_in_one_way_of_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example.org")
    hosts = '["Objects.example.org:443", "minio:9000", "[fd00::1]:9000"]'
    monkeypatch.setenv("SHARINGHUB_ASSET_HOSTS", hosts)
    found: Any = load_settings().asset_hosts
    assert found == ["objects.example.org", "minio:9000", "[fd00::1]:9000"]


def test_a_cookie_that_gitlab_sets_for_one_caller_comes_along_with_nobody(scene: Scene) -> None:
    """GitLab takes its session cookie for a sign-in: one caller would read with the right of another."""
    scene.gitlab.faults.add(r".", headers={"Set-Cookie": "_gitlab_session=of-maya; Path=/"}, times=None)
    assert scene.get(scene.address("plain")).status_code == 200
    for client in scene.hub.hub.http:
        assert list(client.cookies.jar) == []
