"""Proves how a caller is asked about: which credentials count, how old a verdict may be, what trouble is."""

import base64
import re
from typing import Any

import pytest

from gitlab_hooks.standin.world import AccessLevel
from tests.sharinghub_ext.dvc.conftest import PRIVATE, PUBLIC, Remote, key_of

DATA = b"an object"
KEY = key_of(DATA)
GRAPHQL = r"/api/graphql"


@pytest.fixture(scope="module", autouse=True)
def stored(remote: Remote) -> None:
    assert remote.put(PRIVATE, DATA, "dan").status_code == 201
    assert remote.put(PUBLIC, DATA, "maya").status_code == 201


@pytest.fixture(autouse=True)
def later(remote: Remote) -> None:
    """Each test begins when nothing of the one before is remembered."""
    remote.clock.advance(1000)
    remote.world.gitlab.reset_calls()


def status(remote: Remote, person: str | None, project: str = PRIVATE, **headers: str) -> int:
    return remote.ask("GET", project, KEY, person, headers=headers).status_code


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"any user:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": "Bearer glpat-demo-rita"}, 200),
        ({"PRIVATE-TOKEN": "glpat-demo-rita"}, 200),
        ({"X-Gitlab-Token": "glpat-demo-rita"}, 200),
        ({"Authorization": basic("glpat-demo-rita")}, 200),
        ({"Authorization": basic("glpat-demo-olga")}, 404),
        ({"Authorization": basic("wrong")}, 401),
        ({"Authorization": basic("")}, 401),
        ({"Authorization": "Basic !"}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Digest x"}, 401),
        ({"PRIVATE-TOKEN": ""}, 401),
        ({"JOB-TOKEN": "x"}, 401),
        ({"PRIVATE-TOKEN": "glpat-demo-rita", "Authorization": "Bearer glpat-demo-dan"}, 400),
    ],
)
def test_where_a_token_may_stand(remote: Remote, headers: dict[str, str], expected: int) -> None:
    answer = remote.ask("GET", PRIVATE, KEY, None, headers=headers)
    assert answer.status_code == expected
    if expected == 401:
        assert answer.headers["www-authenticate"].startswith('Basic realm="SharingHub", charset="UTF-8"')
        assert remote.ask("GET", PUBLIC, KEY, None, headers=headers).status_code == 401  # never taken for anonymous
        assert remote.ask("PUT", PUBLIC, KEY, None, headers=headers, content=DATA).status_code == 401


def test_a_token_in_the_address_is_refused(remote: Remote) -> None:
    assert remote.ask("GET", PUBLIC, f"{KEY.text}?private_token=glpat-demo-rita", None).status_code == 400


@pytest.mark.parametrize("scope", ["read_user", "read_repository", "write_repository"])
def test_a_token_that_may_not_use_the_api_is_refused_even_for_public_data(remote: Remote, scope: str) -> None:
    user = remote.world.world.user_named("rita")
    assert user is not None
    token = remote.world.world.add_token(user, scopes=(scope,)).value
    for project in (PRIVATE, PUBLIC):
        assert status(remote, None, project, Authorization=f"Bearer {token}") == 401


def test_many_requests_are_one_question(remote: Remote) -> None:
    """What `dvc` does: one GET and one POST for each of many objects."""
    for number in range(30):
        remote.ask("GET", PRIVATE, key_of(bytes([number])), "dan")
        remote.put(PRIVATE, bytes([number]), "dan")
    assert len(remote.world.gitlab.calls) == 1
    remote.clock.advance(10)
    status(remote, "dan")
    assert len(remote.world.gitlab.calls) == 2


def test_a_verdict_is_of_one_token_and_one_project(remote: Remote) -> None:
    assert [status(remote, person) for person in ("rita", "olga", "dan", "rita")] == [200, 404, 200, 200]
    assert status(remote, "rita", "crisis/burned-area-mapping") == 404
    assert status(remote, "rita") == 200


def test_rights_that_are_taken_away_are_gone_after_ten_seconds(remote: Remote) -> None:
    world = remote.world.world
    project, user = world.project_at(PRIVATE), world.user_named("olga")
    assert project is not None
    assert user is not None
    world.add_member(project, user, AccessLevel.DEVELOPER)
    assert remote.put(PRIVATE, b"by olga", "olga").status_code == 201
    world.update_member(project, user, AccessLevel.REPORTER)
    remote.clock.advance(10)
    assert remote.put(PRIVATE, b"more by olga", "olga").status_code == 403
    assert status(remote, "olga") == 200
    world.remove_member(project, user)
    remote.clock.advance(9)
    assert status(remote, "olga") == 200
    remote.clock.advance(1)
    assert status(remote, "olga") == 404


def test_a_clock_that_is_set_back_makes_no_verdict_last_longer(remote: Remote) -> None:
    status(remote, "rita")
    calls = len(remote.world.gitlab.calls)
    remote.clock.advance(-500)
    status(remote, "rita")
    assert len(remote.world.gitlab.calls) == calls + 1
    remote.clock.advance(500)


def test_a_revoked_and_an_expired_token_are_refused(remote: Remote) -> None:
    user = remote.world.world.user_named("rita")
    assert user is not None
    revoked = remote.world.world.add_token(user).value
    expired = remote.world.world.add_token(user, expires_at="2026-01-01").value
    assert status(remote, None, Authorization=f"Bearer {revoked}") == 200
    remote.world.world.revoke_token(revoked)
    remote.clock.advance(10)
    for token in (revoked, expired):
        assert status(remote, None, Authorization=f"Bearer {token}") == 401
        answer = remote.ask("PUT", PRIVATE, KEY, None, headers={"PRIVATE-TOKEN": token}, content=DATA)
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 429, "retry_after": 7},
        {"status": 500},
        {"status": 200, "body": b"<html>"},
    ],
    ids=str,
)
def test_gitlab_in_trouble_is_503_and_nothing_is_read_or_stored(remote: Remote, fault: dict[str, Any]) -> None:
    before = remote.stored()
    remote.world.gitlab.faults.add(GRAPHQL, times=3, **fault)
    answers = [
        remote.ask("GET", PUBLIC, KEY, None),
        remote.ask("GET", PRIVATE, KEY, "rita"),
        remote.put(PRIVATE, b"while GitLab is away", "dan"),
    ]
    assert [one.status_code for one in answers] == [503] * 3
    assert {one.headers["retry-after"] for one in answers} == {"7" if "retry_after" in fault else "5"}
    assert remote.stored() == before
    assert status(remote, "rita") == 200


def test_a_bad_token_is_asked_about_once_a_minute_and_its_client_is_slowed_down(remote: Remote) -> None:
    assert status(remote, "rita") == 200
    codes = [status(remote, None, Authorization=f"Bearer guess-{number % 70}") for number in range(140)]
    assert codes[:60] == [401] * 60
    assert 429 in codes
    assert len(remote.world.gitlab.calls) <= 61
    remote.clock.advance(11)
    assert status(remote, "rita") == 200  # known to be good, though behind the same address
    assert status(remote, None, PUBLIC) == 200
    remote.clock.advance(61)
    assert status(remote, "noor", PUBLIC) == 200


def test_counting_ids_up_without_a_token_asks_gitlab_nothing(remote: Remote) -> None:
    real = [remote.world.samples.projects[one] for one in (PRIVATE, "earth/lab-handbook")]
    for number in [*range(1000, 1050), *real]:
        assert remote.hub.get(f"/dvc/{number}/{KEY.text}").status_code == 404
    assert remote.world.gitlab.calls == []


def test_the_service_token_is_never_used_for_a_caller(remote: Remote) -> None:
    for person in (None, "rita", "olga"):
        status(remote, person, PUBLIC)
    seen = " ".join(repr(call) for call in remote.world.gitlab.calls)
    assert not re.search(re.escape(remote.world.samples.service_token), seen)
    assert len(remote.world.gitlab.calls) == 3


def test_a_client_that_asks_about_many_projects_is_slowed_down_and_one_that_pulls_is_not(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a good token nothing limited the questions to GitLab."""
    dvc = remote.hub.hub.dvc
    assert dvc is not None
    monkeypatch.setattr(dvc._rights._questions, "per_minute", 20)
    headers = {"Authorization": f"Bearer {remote.world.token('rita')}"}
    answers = [remote.hub.http.get(f"/dvc/{900_000 + number}/{KEY.text}", headers=headers) for number in range(30)]
    assert [one.status_code for one in answers] == [404] * 20 + [429] * 10
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert len(remote.world.gitlab.calls) == 20
    remote.clock.advance(60)
    assert [status(remote, "rita") for _ in range(60)] == [200] * 60  # one question
