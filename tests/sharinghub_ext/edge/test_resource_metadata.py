"""Proves that a client finds out from the hub alone which GitLab gives tokens for it (RFC 9728)."""

import re

import pytest

from sharinghub_ext.auth.resource_metadata import PATH
from tests.sharinghub_ext.edge.conftest import PUBLIC
from tests.support.browsing import SECRET_KEY
from tests.support.running import LittleWorld, RunningHub


def test_the_document(plain: tuple[LittleWorld, RunningHub]) -> None:
    world, hub = plain
    assert hub.get(PATH).json() == {
        "resource": hub.url,
        "authorization_servers": [world.gitlab.url],
        "scopes_supported": ["read_api", "openid"],
        "bearer_methods_supported": ["header"],
        "resource_name": "SharingHub",
    }


def test_a_hub_below_a_path_has_it_where_either_reading_looks(proxied: RunningHub) -> None:
    told = proxied.get(f"/hub{PATH}").json()
    assert told["resource"] == PUBLIC
    assert proxied.get(f"{PATH}/hub").json() == told
    assert proxied.get(PATH).json() == told


def test_every_challenge_leads_to_it(plain: tuple[LittleWorld, RunningHub]) -> None:
    _, hub = plain
    for path in ("/stac/search", "/auth/me", "/assets/1/main/README.md", "/dvc/1/files/md5/00/" + "0" * 30):
        challenge = hub.get(path, "glpat-not-one-of-gitlab").headers["www-authenticate"]
        named = re.search(r'Bearer realm="SharingHub", resource_metadata="([^"]+)"', challenge)
        assert named is not None, challenge
        assert hub.http.get(named[1]).json()["resource"] == hub.url


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"oauth_device_client_id": "device"}, "device"),
        ({"oauth_client_id": "browser", "secret_key": SECRET_KEY}, "browser"),
        ({"oauth_client_id": "browser", "oauth_client_secret": "hushhush", "secret_key": SECRET_KEY}, None),
    ],
    ids=["of its own", "a public one", "a confidential one"],
)
def test_the_application_for_the_command_line(
    plain: tuple[LittleWorld, RunningHub],
    tmp_path_factory: pytest.TempPathFactory,
    settings: dict[str, str],
    named: str | None,
) -> None:
    database = f"sqlite:///{tmp_path_factory.mktemp('device')}/hub.db"
    with RunningHub(plain[0].settings(database_url=database, sweep_seconds=0, **settings)) as hub:
        assert hub.get(PATH).json().get("sharinghub_device_client_id") == named
