"""Proves that operators and maintainers are told why somebody sees an item, as it is, and nobody else anything."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest
from typer.testing import CliRunner

from gitlab_hooks.standin.server import RecordedCall
from gitlab_hooks.standin.world import AccessLevel
from sharinghub_ext.auth.explaining import explain
from sharinghub_ext.cli import app
from stac_ext.store.evidence import EvidenceTable, asked_item
from tests.support.running import LittleWorld, RunningHub

SHIPS = "earth/models/vessel-detection-sar"  # private: exa and maya may read it, olga may not
PEOPLE = ("rita", "maya", "olga", "exa", "mira")


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LittleWorld, RunningHub]]:
    """Everybody has called once; mira maintains the private model."""
    with LittleWorld(tmp_path_factory.mktemp("explain")) as world:
        mira, ships = world.world.add_user("mira"), world.world.project_at(SHIPS)
        assert ships is not None
        world.world.add_member(ships, mira, AccessLevel.MAINTAINER)
        world.samples.tokens["mira"] = "glpat-mira"
        world.world.add_token(mira, "glpat-mira", scopes=("read_api",))
        with RunningHub(world.settings()) as hub:
            hub.sweep()
            for person in PEOPLE:
                hub.ids(world.token(person))
            yield world, hub


def test_what_is_explained_is_what_is_shown(standing: tuple[LittleWorld, RunningHub]) -> None:
    world, hub = standing
    table, collections = EvidenceTable(hub.hub.database), [one.id for one in hub.hub.categories]
    for person in PEOPLE:
        shown = {item_id for _, item_id in hub.ids(world.token(person))}
        for path, project_id in world.samples.projects.items():
            for asked in (path, str(project_id), f"ai-model/{project_id}"):
                evidence = table.gather(asked_item(asked, collections), person)
                found = explain(evidence, hub.hub.bounds(), hub.hub.clock.now(), full=True)
                assert found.sees == (str(project_id) in shown), (person, asked, found)


def test_a_maintainer_is_told_of_the_own_project(standing: tuple[LittleWorld, RunningHub]) -> None:
    world, hub = standing
    for person, sees in (("exa", True), ("olga", False), ("no-such-user", None)):
        answer = hub.get("/auth/explain", world.token("mira"), user=person, item=SHIPS)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["sees"], answer.json()["user"]) == (sees, person)
        assert answer.headers["cache-control"] == "private, no-store"


def test_others_get_the_answer_to_what_does_not_exist(standing: tuple[LittleWorld, RunningHub]) -> None:
    world, hub = standing
    for person in (None, "rita", "maya", "olga", "exa"):
        token = world.token(person) if person else None
        for user in ("exa", "no-such-user"):
            for item, missing in asked_twice(world):
                hidden, calls = questioned(world, hub, token, user=user, item=item)
                other, same_calls = questioned(world, hub, token, user=user, item=missing)
                assert (hidden.status_code, hidden.content) == (404, other.content), (person, user, item)
                assert told_by_headers(hidden) == told_by_headers(other)
                assert calls == same_calls, "GitLab is asked the same, so that the time tells nothing"
        missing_item = hub.get("/stac/collections/ai-model/items/999999", token)
        assert hidden.json() == missing_item.json()


def asked_twice(world: LittleWorld) -> list[tuple[str, str]]:
    """An item that is hidden, and one that does not exist, in each form."""
    number = world.samples.projects[SHIPS]
    pairs = ((SHIPS, "earth/models/no-such"), (str(number), "999999"), (f"ai-model/{number}", "ai-model/999999"))
    return [*pairs, (f"{number}@v1", "999999@v1"), ("sea/waves", "sea/no-such")]


def questioned(
    world: LittleWorld, hub: RunningHub, token: str | None, **asked: str
) -> tuple[httpx.Response, list[RecordedCall]]:
    """An answer, and what GitLab was asked for it."""
    world.gitlab.reset_calls()
    return hub.get("/auth/explain", token, **asked), list(world.gitlab.calls)


def told_by_headers(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}


def test_a_maintainer_is_told_of_no_other_project(standing: tuple[LittleWorld, RunningHub]) -> None:
    """Neither of one that they see, nor of one that they do not, nor of what the user may see elsewhere."""
    world, hub = standing
    for path, number in world.samples.projects.items():
        for item in (path, str(number), f"ai-model/{number}"):
            answer = hub.get("/auth/explain", world.token("mira"), user="maya", item=item)
            assert answer.status_code == (200 if path == SHIPS else 404), item
    answer = hub.get("/auth/explain", world.token("mira"), user="maya", item=SHIPS)
    others = [name for path, number in world.samples.projects.items() if path != SHIPS for name in (path, str(number))]
    words = set(re.findall(r"[\w/.-]+", " ".join(one["said"] for one in answer.json()["statements"])))
    assert words & set(others) <= {"1", "2", "3", "4"} & {str(world.samples.projects[SHIPS])}
    assert "external" not in answer.text


def test_the_path_is_where_gitlab_has_it_and_not_where_the_index_had_it(tmp_path: Path) -> None:
    """Who maintains the project that took a path over learns nothing of the one that had it."""
    with LittleWorld(tmp_path) as world, RunningHub(world.settings()) as hub:
        olga, ships = world.world.user_named("olga"), world.world.project_at(SHIPS)
        assert olga is not None
        assert ships is not None
        hub.sweep()
        hub.ids(world.token("maya"))
        world.world.rename_project(ships, "vessels")
        other = world.world.add_project(SHIPS, visibility="private", files={"README.md": b"# Other"})
        world.world.add_member(other, olga, AccessLevel.MAINTAINER)
        answer = hub.get("/auth/explain", world.token("olga"), user="maya", item=SHIPS)
        assert (answer.status_code, answer.json()["sees"]) == (200, False)
        assert "holds no such item" in answer.json()["statements"][0]["said"]
        assert hub.get("/auth/explain", world.token("olga"), user="maya", item=str(ships.id)).status_code == 404
        assert hub.get("/auth/explain", world.token("maya"), user="maya", item=SHIPS).status_code == 404


def test_whoever_loses_the_role_is_told_nothing_more_at_once(tmp_path: Path) -> None:
    with LittleWorld(tmp_path) as world, RunningHub(world.settings()) as hub:
        maya, ships = world.world.user_named("maya"), world.world.project_at(SHIPS)
        assert maya is not None
        assert ships is not None
        hub.sweep()
        for level, status in ((AccessLevel.OWNER, 200), (AccessLevel.DEVELOPER, 404), (AccessLevel.MAINTAINER, 200)):
            world.world.add_member(ships, maya, level)
            answer = hub.get("/auth/explain", world.token("maya"), user="maya", item=SHIPS)
            assert answer.status_code == status, level
        world.world.remove_member(ships, maya)
        assert hub.get("/auth/explain", world.token("maya"), user="maya", item=SHIPS).status_code == 404


def test_jobs_and_visitors_are_told_nothing_and_deploy_tokens_are_refused(tmp_path: Path) -> None:
    with LittleWorld(tmp_path) as world:
        waves, maya = world.world.project_at("sea/waves"), world.world.user_named("maya")
        assert waves is not None
        assert maya is not None
        world.world.add_member(waves, maya, AccessLevel.OWNER)
        settings = world.settings(visitor_token=world.token("maya"))
        job, deploy = world.world.add_job(waves, maya).token.value, world.world.add_deploy_token(waves).value
        with RunningHub(settings) as hub:
            hub.sweep()
            asked = {"user": "maya", "item": "sea/waves"}
            assert hub.get("/auth/explain", world.token("maya"), **asked).status_code == 200
            for headers, status in (({}, 404), ({"JOB-TOKEN": job}, 404), ({"PRIVATE-TOKEN": deploy}, 401)):
                answer = hub.http.get("/auth/explain", params=asked, headers=headers)
                assert answer.status_code == status, headers
                assert "waves" not in answer.text
            assert hub.http.get("/auth/explain", params=asked, auth=("x", "glpat-maya")).status_code == 401
            in_query = hub.http.get("/auth/explain", params={**asked, "private_token": "glpat-maya"})
            assert in_query.status_code == 400


def test_gitlab_away_is_503_and_a_question_without_names_400(standing: tuple[LittleWorld, RunningHub]) -> None:
    world, hub = standing
    token = world.token("mira")
    hub.ids(token)
    world.gitlab.faults.add("/api/graphql", status=503)
    answer = hub.get("/auth/explain", token, user="exa", item=SHIPS)
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    for asked in ({}, {"user": "exa"}, {"user": "", "item": SHIPS}, {"user": "exa", "item": "x" * 1025}):
        assert hub.get("/auth/explain", token, **asked).status_code == 400
    for item in ("\0", "/", "//", "..", "é", "a\nb", "9" * 30, "ai-model/", "ai-model/0"):
        assert hub.get("/auth/explain", token, user="exa", item=item).status_code == 404, item


def test_the_command_tells_operators(standing: tuple[LittleWorld, RunningHub], monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = standing
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", world.gitlab.url)
    monkeypatch.setenv("SHARINGHUB_DATABASE_URL", f"sqlite:///{world.folder}/hub.db")
    runner = CliRunner()
    seen = runner.invoke(app, ["explain", "exa", SHIPS])
    assert (seen.exit_code, seen.output.splitlines()[0]) == (0, f"exa sees {SHIPS}.")
    hidden = runner.invoke(app, ["explain", "olga", SHIPS, "--json"])
    assert (hidden.exit_code, orjson.loads(hidden.output)["sees"]) == (1, False)
    unknown = runner.invoke(app, ["explain", "no-such-user", SHIPS])
    assert unknown.exit_code == 1
    assert "is not known to the hub" in unknown.output
