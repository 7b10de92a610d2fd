"""Proves what CI jobs, project and group tokens, deploy tokens and visitors may read, and that they change nothing."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from gitlab_hooks.gateway.service import ServiceClient
from gitlab_hooks.standin.model import Project, User
from gitlab_hooks.standin.oauth_model import Job
from gitlab_hooks.standin.world import AccessLevel
from sharinghub_ext.auth import visitors
from sharinghub_ext.auth.visitors import check_or_hold_back
from sharinghub_ext.checks import GitLabCheckFailed, check_visitor
from sharinghub_ext.hook_care import connection_of
from stac_ext.clock import ManualClock
from tests.sharinghub_ext.dvc.conftest import key_of
from tests.support.running import LittleWorld, RunningHub

OWN, OTHER, PUBLIC, HIDDEN = (
    "earth/models/vessel-detection-sar",
    "sea/depths",
    "sea/waves",
    "maya/notes",
)
DATA = b"an object"
ITEM = "/stac/collections/ai-model/items"


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, clock: ManualClock) -> Iterator[LittleWorld]:
    with LittleWorld(tmp_path_factory.mktemp("jobs"), clock) as one:
        depths = one.world.add_project(
            OTHER, visibility="private", topics=["sharinghub:aimodel"], files={"README.md": b"# Depths\n"}
        )
        one.world.add_member(depths, person(one, "maya"), AccessLevel.DEVELOPER)
        yield one


@pytest.fixture(scope="module")
def hub(world: LittleWorld, clock: ManualClock) -> Iterator[RunningHub]:
    with RunningHub(world.settings(), clock=clock) as one:
        one.sweep()
        for path in (OWN, OTHER, PUBLIC):
            token = "glpat-maya-api" if path != PUBLIC else "glpat-service"
            url = f"/dvc/{project(world, path).id}/{key_of(DATA).text}"
            one.http.put(url, content=DATA, headers={"PRIVATE-TOKEN": token})
        yield one


@pytest.fixture
def job(world: LittleWorld, clock: ManualClock) -> Job:
    clock.advance(1000)
    return world.world.add_job(project(world, OWN), person(world, "maya"))


def person(world: LittleWorld, name: str) -> User:
    found = world.world.user_named(name)
    assert found is not None
    return found


def project(world: LittleWorld, path: str) -> Project:
    found = world.world.project_at(path)
    assert found is not None
    return found


def ask(hub: RunningHub, path: str, job: Job, **options: Any) -> httpx.Response:
    return hub.http.request(options.pop("method", "GET"), path, headers={"JOB-TOKEN": job.token.value}, **options)


def listed(hub: RunningHub, job: Job) -> set[str]:
    answer = ask(hub, "/stac/search?limit=1000", job)
    assert answer.status_code == 200, answer.text
    assert answer.headers["sharinghub-grants"] == "job"
    return {item["properties"]["sharinghub:path"] for item in answer.json()["features"]}


def readme(world: LittleWorld, path: str) -> str:
    one = project(world, path)
    return f"/assets/{one.id}/{world.world.head(one)}/README.md"


def test_a_job_lists_what_is_public_and_its_own_project(hub: RunningHub, world: LittleWorld, job: Job) -> None:
    assert listed(hub, job) == {OWN, PUBLIC, "earth/models/cloud-mask-onnx"}
    told = ask(hub, "/auth/me", job).json()
    assert (told["by"], told["signed_in"]) == ("job token", True)


@pytest.mark.parametrize("allowed", [False, True])
def test_any_other_project_only_where_it_lets_the_jobs_in(
    hub: RunningHub, world: LittleWorld, job: Job, clock: ManualClock, allowed: bool
) -> None:
    other = project(world, OTHER)
    if allowed:
        world.world.allow_jobs(other, job.project)
    wanted = 200 if allowed else 404
    assert ask(hub, f"{ITEM}/{other.id}", job).status_code == wanted
    assert ask(hub, readme(world, OTHER), job).status_code == wanted
    assert ask(hub, f"/dvc/{other.id}/{key_of(DATA).text}", job).status_code == wanted
    assert OTHER not in listed(hub, job)  # what was proven for one read is not remembered for lists
    other.job_allowlist.clear()
    clock.advance(11)
    assert ask(hub, f"{ITEM}/{other.id}", job).status_code == 404


def test_a_job_has_no_more_than_its_user(hub: RunningHub, world: LittleWorld, job: Job) -> None:
    rita = world.world.add_job(project(world, PUBLIC), person(world, "rita"))
    world.world.allow_jobs(project(world, OTHER), project(world, PUBLIC))
    assert ask(hub, f"{ITEM}/{project(world, OTHER).id}", rita).status_code == 404
    assert OWN not in listed(hub, rita)
    project(world, OTHER).job_allowlist.clear()


def test_each_job_is_a_principal_of_its_own(hub: RunningHub, world: LittleWorld, job: Job) -> None:
    """Else a job of one project would list what a job of another project of the same user was granted."""
    assert OWN in listed(hub, job)
    assert OWN not in listed(hub, world.world.add_job(project(world, PUBLIC), person(world, "maya")))


def test_a_job_that_has_ended_is_refused_and_not_taken_for_anonymous(
    hub: RunningHub, world: LittleWorld, job: Job, clock: ManualClock
) -> None:
    assert OWN in listed(hub, job)
    assert ask(hub, f"/dvc/{job.project.id}/{key_of(DATA).text}", job).status_code == 200
    world.world.finish_job(job)
    assert ask(hub, readme(world, OWN), job).status_code in (401, 404)  # bytes are asked about live
    clock.advance(301)
    for path in ("/stac/search", f"{ITEM}/{job.project.id}", readme(world, PUBLIC), f"/dvc/{job.project.id}/x"):
        assert ask(hub, path, job).status_code in ((401, 404) if path.endswith("/x") else (401,))
    assert ask(hub, f"/dvc/{project(world, PUBLIC).id}/{key_of(DATA).text}", job).status_code == 401


def test_a_job_pulls_and_never_pushes(hub: RunningHub, world: LittleWorld, job: Job) -> None:
    """Though its user may."""
    url = f"/dvc/{job.project.id}/{key_of(b'more').text}"
    for method in ("PUT", "POST"):
        answer = ask(hub, url, job, method=method, content=b"more")
        assert answer.status_code == 403
        assert "never pushes" in answer.json()["detail"]
    assert ask(hub, url, job).status_code == 404
    by_basic = hub.http.get(
        f"/dvc/{job.project.id}/{key_of(DATA).text}", auth=httpx.BasicAuth("gitlab-ci-token", job.token.value)
    )
    assert by_basic.content == DATA


def test_hidden_and_missing_are_the_same_to_a_job(hub: RunningHub, world: LittleWorld, job: Job) -> None:
    """GitLab is asked about each, so that neither is told by what the other does not do."""
    answers, calls = [], []
    for number in (project(world, HIDDEN).id, 999_999):
        world.gitlab.reset_calls()
        answer = ask(hub, f"{ITEM}/{number}", job)
        headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
        answers.append((answer.status_code, answer.content, headers))
        calls.append([(method, path.replace(f"/{number}/", "/{id}/")) for method, path, _ in world.gitlab.calls])
    assert answers[0] == answers[1]
    assert calls[0][-1:] == calls[1][-1:] != []
    assert answers[0][0] == 404


@pytest.mark.parametrize("kind", ["project", "group"])
def test_a_token_of_a_project_or_group_sees_that_and_what_everybody_sees(
    hub: RunningHub, world: LittleWorld, kind: str
) -> None:
    own = project(world, OWN)
    target = own if kind == "project" else own.group
    assert target is not None
    token = world.world.add_resource_token(target)
    paths = {item["properties"]["sharinghub:path"] for item in found(hub, token.value)}
    assert paths == {OWN, PUBLIC, "earth/models/cloud-mask-onnx"}


def found(hub: RunningHub, token: str | None) -> list[dict[str, Any]]:
    answer = hub.get("/stac/search", token, limit=1000)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["features"])


def test_a_deploy_token_is_refused_with_the_reason(hub: RunningHub, world: LittleWorld) -> None:
    token = world.world.add_deploy_token(project(world, OWN)).value
    for headers in ({"PRIVATE-TOKEN": token}, {"Authorization": f"Bearer {token}"}, {"Deploy-Token": token}):
        for path in ("/stac", readme(world, PUBLIC), f"/dvc/{project(world, PUBLIC).id}/{key_of(DATA).text}"):
            answer = hub.http.get(path, headers=headers)
            assert answer.status_code == 401
            assert "deploy token" in answer.json()["detail"]


@pytest.fixture(scope="module")
def visited(world: LittleWorld, clock: ManualClock) -> Iterator[RunningHub]:
    """A hub whose visitors see what a bot sees that is a member of one private project."""
    bot = world.world.add_user("visitor", bot=True)
    world.world.add_member(project(world, HIDDEN), bot, AccessLevel.REPORTER)
    world.world.add_token(bot, "glpat-visitor", scopes=("read_api",))
    settings = world.settings(visitor_token="glpat-visitor", database_url=f"sqlite:///{world.folder}/visited.db")
    with RunningHub(settings, clock=clock) as one:
        one.sweep()
        yield one


def test_visitors_see_what_their_token_sees(visited: RunningHub, world: LittleWorld) -> None:
    paths = {item["properties"]["sharinghub:path"] for item in found(visited, None)}
    assert paths == {HIDDEN, PUBLIC, "earth/models/cloud-mask-onnx"}
    assert visited.http.get(readme(world, HIDDEN)).status_code == 200
    assert visited.http.get(readme(world, OWN)).status_code == 404
    told = visited.http.get("/auth/me").json()
    assert (told["signed_in"], told["by"]) == (False, "visitor token")


def test_who_has_a_token_is_no_visitor(visited: RunningHub, world: LittleWorld) -> None:
    paths = {item["properties"]["sharinghub:path"] for item in found(visited, world.token("rita"))}
    assert HIDDEN not in paths
    assert visited.get("/stac", "wrong").status_code == 401


def test_visitors_write_nothing(visited: RunningHub, world: LittleWorld) -> None:
    bot = person(world, "visitor")
    world.world.update_member(project(world, HIDDEN), bot, AccessLevel.DEVELOPER)
    url = f"/dvc/{project(world, HIDDEN).id}/{key_of(DATA).text}"
    assert visited.http.put(url, content=DATA).status_code in (401, 404)
    assert visited.http.get(url).status_code == 404
    world.world.update_member(project(world, HIDDEN), bot, AccessLevel.REPORTER)


def test_a_visitor_token_that_ends_takes_nothing_from_what_is_public(
    visited: RunningHub, world: LittleWorld, clock: ManualClock
) -> None:
    token = world.world.tokens["glpat-visitor"]
    token.revoked = True
    clock.advance(301)
    try:
        answer = visited.http.get("/stac/search?limit=1000")
        paths = {item["properties"]["sharinghub:path"] for item in answer.json()["features"]}
        assert paths == {PUBLIC, "earth/models/cloud-mask-onnx"}
        assert answer.headers["sharinghub-grants"] == "filling"
    finally:
        token.revoked = False


@pytest.mark.parametrize(
    ("scopes", "said"),
    [
        (("read_api",), None),
        (("read_api", "read_repository"), None),
        (("api",), "read_api"),
        (("read_api", "api"), "api"),
        (("read_api", "write_repository"), "write_repository"),
        (("read_api", "sudo"), "sudo"),
        (("read_user",), "read_api"),
    ],
)
def test_a_visitor_token_that_can_write_is_refused_at_start(
    world: LittleWorld, scopes: tuple[str, ...], said: str | None
) -> None:
    world.world.add_token(person(world, "rita"), "glpat-candidate", scopes=scopes)
    settings = world.settings(visitor_token="glpat-candidate")
    client = ServiceClient(connection_of(settings), "glpat-candidate")
    if said is None:
        check_visitor(settings, client)
        return
    with pytest.raises(GitLabCheckFailed, match=f"SHARINGHUB_VISITOR_TOKEN.*{said}") as refused:
        check_visitor(settings, client)
    assert refused.value.fatal
    assert "glpat-candidate" not in str(refused.value)


def test_a_visitor_token_of_an_administrator_or_that_gitlab_does_not_know_is_refused(world: LittleWorld) -> None:
    for token in ("glpat-service", "glpat-unknown"):
        settings = world.settings(visitor_token=token)
        with pytest.raises(GitLabCheckFailed, match="SHARINGHUB_VISITOR_TOKEN"):
            check_visitor(settings, ServiceClient(connection_of(settings), token))


def test_a_hub_that_starts_while_gitlab_is_away_lends_the_visitor_token_when_it_is_back(
    world: LittleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It did not start at all, and what everybody sees was not served."""
    monkeypatch.setattr(visitors, "_EVERY", 0.01)
    world.world.add_token(person(world, "maya"), "glpat-late", scopes=("read_api",))
    settings = world.settings(visitor_token="glpat-late", database_url=f"sqlite:///{world.folder}/late.db")
    client = ServiceClient(connection_of(settings), "glpat-late")
    with RunningHub(settings) as hub:
        hub.sweep()
        callers = hub.hub.auth.callers
        world.gitlab.faults.add("", status=502, times=None)
        waiting = hub.run(check_or_hold_back(callers, partial(check_visitor, settings, client)))
        assert waiting is not None
        answer = hub.get("/stac/search")
        assert answer.headers["sharinghub-grants"] == "filling"
        assert {one["properties"]["sharinghub:visibility"] for one in answer.json()["features"]} == {"public"}
        assert hub.get(f"/dvc/{project(world, OWN).id}/{key_of(DATA).text}").status_code == 404
        world.gitlab.faults.clear()
        hub.run(asyncio.wait_for(waiting, 30))
        assert str(project(world, OWN).id) in {item_id for _, item_id in hub.ids()}
        world.world.revoke_token(world.world.tokens["glpat-late"])


def test_dvc_data_that_everybody_may_pull_is_pulled_while_the_visitor_token_is_refused(
    world: LittleWorld, hub: RunningHub, clock: ManualClock
) -> None:
    """Callers without any token were told that theirs is invalid."""
    world.world.add_token(person(world, "maya"), "glpat-ended", scopes=("read_api",))
    settings = world.settings(visitor_token="glpat-ended", database_url=f"sqlite:///{world.folder}/ended.db")
    with RunningHub(settings, clock=clock) as visited:
        visited.sweep()
        own, public = (f"/dvc/{project(world, path).id}/{key_of(DATA).text}" for path in (OWN, PUBLIC))
        assert [visited.get(address).status_code for address in (own, public)] == [200, 200]
        world.world.revoke_token(world.world.tokens["glpat-ended"])
        clock.advance(301)
        assert [visited.get(address).status_code for address in (own, public)] == [404, 200]
