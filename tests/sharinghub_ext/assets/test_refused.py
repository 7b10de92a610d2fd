"""Proves what a 401 of GitLab to a question for a file means: the end of a token, a renewal, or a missing file."""

import pytest

from tests.sharinghub_ext.assets.conftest import DATA, KINDS, Scene
from tests.support.browsing import Browser


@pytest.mark.parametrize("kind", [*KINDS, "README.html"])
def test_a_token_that_was_revoked_ends_with_the_first_file(scene: Scene, kind: str) -> None:
    """It was answered with 404, and went on being taken elsewhere."""
    token = scene.world.add_token(
        scene.person("maya"), value=f"glpat-gone-{kind[:4]}", name="gone", scopes=("read_api",)
    )
    headers = {"Authorization": f"Bearer {token.value}"}
    assert scene.hub.http.get(scene.address(kind), headers=headers).status_code == 200
    token.revoked = True
    answer = scene.hub.http.get(scene.address(kind), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert "revoked" in answer.json()["detail"]
    assert scene.hub.http.get("/stac/search", headers=headers).status_code == 401


@pytest.mark.parametrize("kind", [*KINDS, "README.html"])
def test_a_session_whose_token_has_ended_gets_the_next_one_and_the_file(
    scene: Scene, browser: Browser, kind: str
) -> None:
    """While another process renews, who is signed in got 404."""
    pair = list(scene.world.pairs.values())[-1]
    assert browser.get(scene.address(kind)).status_code == 200
    pair.access.revoked = True
    answer = browser.get(scene.address(kind))
    assert answer.status_code == 200
    assert answer.content == DATA or kind in ("archive", "README.html")


def test_a_session_that_has_ended_at_gitlab_ends_here(scene: Scene, browser: Browser) -> None:
    scene.world.revoke_application(scene.signing.application, scene.person("maya"))
    answer = browser.get(scene.address("plain"))
    assert answer.status_code == 401
    assert "sign in again" in answer.json()["detail"]
    assert browser.cookie is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_that_gitlab_takes_is_not_ended_by_the_refusal_of_one_file(scene: Scene, kind: str) -> None:
    """Some routes of GitLab answer 401 to kinds of tokens that they do not take."""
    scene.gitlab.faults.add(r"/raw|/packages/|archive", status=401)
    assert scene.get(scene.address(kind)).status_code == 404
    assert scene.get(scene.address(kind)).status_code == 200


def test_a_stranger_is_told_nothing_by_it(scene: Scene) -> None:
    scene.gitlab.faults.add(r"/raw", status=401)
    assert scene.get(scene.address("plain", "sea/waves"), None).status_code == 404
