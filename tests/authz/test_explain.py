"""Proves that operators and maintainers are told why somebody sees an item, as it is, and nobody else anything."""

from collections.abc import Iterator

import orjson
import pytest
from typer.testing import CliRunner

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
        for user in ("exa", "no-such-user"):
            for item, missing in ((SHIPS, "earth/models/no-such"), (str(world.samples.projects[SHIPS]), "999999")):
                hidden = hub.get("/auth/explain", world.token(person), user=user, item=item)
                other = hub.get("/auth/explain", world.token(person), user=user, item=missing)
                assert (hidden.status_code, hidden.content) == (404, other.content), (person, user, item)


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
