"""Proves that the index is built through GitLab's bad days: limits, errors, HTML pages, stalls, and bad projects."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitlab_hooks.gateway.errors import GitLabUnavailable
from gitlab_hooks.gateway.service import Connection, ServiceClient
from gitlab_hooks.indexer import Change
from gitlab_hooks.reading import effective_visibility
from gitlab_hooks.worker import backoff
from stac_ext.model import Visibility
from stac_ext.store.writer import CatalogueWriter
from tests.support.running import LittleWorld, RunningHub, SampleWorld

HARMLESS: list[dict[str, Any]] = [
    {"status": 429, "retry_after": 1, "times": 2},
    {"status": 500, "times": 2},
    {"status": 502, "times": 2},
    {"status": 503, "retry_after": 0, "times": 2},
]


@pytest.fixture
def little(tmp_path: Path) -> Iterator[SampleWorld]:
    """Four projects, one of them with a release."""
    with LittleWorld(tmp_path) as one:
        waves = one.world.project_at("sea/waves")
        assert waves is not None
        one.world.add_release(waves, "v1")
        yield one


@pytest.mark.parametrize("fault", HARMLESS, ids=lambda fault: str(fault["status"]))
@pytest.mark.parametrize("where", [r"/api/v4/projects\?", r"/repository/tree", r"/raw", r"/repository/commits"])
def test_passing_trouble_costs_nothing(little: SampleWorld, fault: dict[str, Any], where: str) -> None:
    with RunningHub(little.settings()) as hub:
        trouble = little.gitlab.faults.add(where, **fault)
        report = hub.sweep()
        assert report.counts[Change.INDEXED] == 4
        assert report.failed == []
        assert trouble.seen == fault["times"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502},
        {"status": 200, "body": b"<html>Sign in</html>"},
        {"wrong_json": True},
        {"truncate": True},
        {"status": 429, "retry_after": 0},
    ],
    ids=str,
)
def test_one_bad_project_never_stops_the_rest_and_is_reported(little: SampleWorld, fault: dict[str, Any]) -> None:
    with RunningHub(little.settings(gitlab_retries=1)) as hub:
        little.gitlab.faults.add(r"/api/v4/projects/1/repository/tree", times=None, **fault)
        report = hub.sweep()
        assert report.counts[Change.INDEXED] == 3
        assert [(project_id, path) for project_id, path, _ in report.failed] == [(1, "earth/models/cloud-mask-onnx")]
        little.gitlab.faults.clear()
        assert hub.sweep().counts[Change.INDEXED] == 1


def test_a_stalled_answer_costs_one_project_its_turn(little: SampleWorld) -> None:
    with RunningHub(little.settings(gitlab_timeout=3, gitlab_retries=0)) as hub:
        little.gitlab.faults.add(r"/api/v4/projects/1/repository/tree", stall=6, times=None)
        report = hub.sweep()
        assert [project_id for project_id, _, _ in report.failed] == [1]
        assert report.counts[Change.INDEXED] == 3


def test_a_project_that_cannot_be_read_now_keeps_its_item(world: SampleWorld) -> None:
    with RunningHub(world.settings(gitlab_retries=1)) as hub:
        hub.sweep()
        before = hub.ids()
        world.gitlab.faults.add(r"/api/v4/projects/2", status=500, times=None)
        hub.sweep()
        assert hub.ids() == before


@pytest.mark.parametrize("visibility", ["private", "members only"])
def test_a_project_that_cannot_be_read_whole_is_hidden_if_gitlab_states_that_it_is_not_public_any_more(
    world: SampleWorld, visibility: str
) -> None:
    with RunningHub(world.settings(gitlab_retries=0)) as hub:
        hub.sweep()
        project = world.world.project_at("earth/models/cloud-mask-onnx")
        assert project is not None
        world.gitlab.faults.add(r"/api/v4/projects/2/repository", status=500, times=None)
        if visibility == "private":
            world.world.set_visibility(project, "private")
        else:
            world.world.set_repository_access_level(project, "private")
        assert ("ai-model", "2") in hub.ids()
        hub.sweep()
        assert ("ai-model", "2") not in hub.ids()
        assert ("ai-model", "2") in hub.ids(world.token("maya"))


def test_a_listing_that_leaves_out_the_repository_level_hides_nothing(
    world: SampleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunningHub(world.settings()) as hub:
        hub.sweep()
        before, seq = hub.ids(), hub.hub.database.seq()
        whole = ServiceClient.tagged_projects

        def shorter(self: ServiceClient, topic: str) -> Any:
            for project in whole(self, topic):
                yield {name: value for name, value in project.items() if name != "repository_access_level"}

        monkeypatch.setattr(ServiceClient, "tagged_projects", shorter)
        hub.sweep()
        assert hub.ids() == before
        assert hub.hub.database.seq() == seq


def test_a_sweep_goes_on_where_only_anonymous_answers_are_odd(world: SampleWorld) -> None:
    with RunningHub(world.settings()) as hub:
        world.gitlab.faults.add(r"per_page=1$", status=200, body=b"<html>Sign in</html>", times=None)
        assert hub.sweep().counts[Change.INDEXED] == 23
        assert hub.ids() == []  # not known to be open, so closed
        world.gitlab.faults.clear()
        hub.sweep()
        public = hub.ids()
        assert public
        world.gitlab.faults.add(r"per_page=1$", status=200, body=b"<html>Sign in</html>", times=None)
        hub.sweep()
        assert hub.ids() == public  # what was known stays


def test_a_listing_that_fails_or_is_empty_drops_nothing(world: SampleWorld) -> None:
    with RunningHub(world.settings(gitlab_retries=1)) as hub:
        hub.sweep()
        before = hub.ids()
        world.gitlab.faults.add(r"/api/v4/projects\?.*topic", status=502, times=None)
        with pytest.raises(GitLabUnavailable):
            hub.sweep()
        assert hub.ids() == before
        world.gitlab.faults.clear()
        world.gitlab.faults.add(r"/api/v4/projects\?.*topic", status=200, body=b"[]", times=None)
        hub.sweep()
        assert hub.ids() == before


def test_the_report_says_what_was_left_out_and_why(world: SampleWorld) -> None:
    bot = world.world.user_named("sharinghub-bot")
    group = world.world.group_at("ocean")
    assert bot is not None
    assert group is not None
    world.world.remove_member(group, bot)
    guest = world.world.project_at("ocean/harmful-algal-blooms")
    assert guest is not None
    from gitlab_hooks.standin.world import AccessLevel

    world.world.add_member(guest, bot, AccessLevel.GUEST)
    with RunningHub(world.settings()) as hub:
        report = hub.sweep()
        skipped = dict(report.skipped)
        assert "Reporter" in skipped["ocean/harmful-algal-blooms"]
        problems = dict(CatalogueWriter(hub.hub.database).problems())
        assert problems["earth/models/soil-moisture-lstm"]


def test_a_tree_of_many_pages_is_read_whole(world: SampleWorld) -> None:
    with RunningHub(world.settings()) as hub:
        hub.sweep()
        item = hub.get("/stac/collections/dataset/items/18").json()
        assert len(item["assets"]) > 120


def test_an_unusual_default_branch_is_read(world: SampleWorld) -> None:
    odd = world.world.add_project(
        "earth/odd",
        visibility="public",
        topics=("sharinghub:aimodel",),
        files={"README.md": b"---\ntitle: Odd\n---\n", "a b/ü #?%2F.onnx": b"x"},
        default_branch="feature/x#1%2F",
    )
    with RunningHub(world.settings()) as hub:
        hub.sweep()
        item = hub.get(f"/stac/collections/ai-model/items/{odd.id}").json()
        assert item["properties"]["title"] == "Odd"
        model = next(one for key, one in item["assets"].items() if key.endswith(".onnx"))
        assert hub.http.get(model["href"]).content == b"x"


@pytest.mark.parametrize(
    ("project", "anonymous", "expected"),
    [
        ({"visibility": "public", "repository_access_level": "enabled"}, False, Visibility.PUBLIC),
        ({"visibility": "internal", "repository_access_level": "enabled"}, False, Visibility.INTERNAL),
        ({"visibility": "private", "repository_access_level": "enabled"}, False, Visibility.PRIVATE),
        ({"visibility": "public", "repository_access_level": "private"}, False, Visibility.PRIVATE),
        ({"visibility": "public"}, False, Visibility.PRIVATE),
        ({"repository_access_level": "enabled"}, False, Visibility.PRIVATE),
        ({"visibility": "PUBLIC?", "repository_access_level": "enabled"}, False, Visibility.PRIVATE),
        ({}, True, Visibility.PUBLIC),
    ],
)
def test_effective_visibility_is_the_narrower_and_unknown_is_private(
    project: dict[str, Any], anonymous: bool, expected: Visibility
) -> None:
    assert effective_visibility(project, anonymous=anonymous) is expected


def test_backoff_doubles_up_to_a_limit_and_obeys_gitlab() -> None:
    assert [backoff(n, None, lambda: 1.0) for n in range(4)] == [1, 2, 4, 8]
    assert backoff(3, None, lambda: 0.0) == 4
    assert backoff(50, None) <= 300
    assert backoff(0, 17) == 17
    assert backoff(0, 9999) == 300


def test_a_token_is_not_sent_to_another_host_after_a_redirect(tmp_path: Path) -> None:
    """python-gitlab puts the token into a header that HTTP libraries do not know to be secret."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    seen: list[tuple[str, str | None]] = []

    class Thief(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(("thief", self.headers.get("PRIVATE-TOKEN")))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"id": 1, "username": "x"}')

        def log_message(self, *_: object) -> None:
            pass

    class Redirector(Thief):
        def do_GET(self) -> None:
            seen.append(("gitlab", self.headers.get("PRIVATE-TOKEN")))
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{thief.server_port}/")
            self.end_headers()

    thief, first = HTTPServer(("127.0.0.1", 0), Thief), HTTPServer(("127.0.0.1", 0), Redirector)
    for one in (thief, first):
        threading.Thread(target=one.serve_forever, daemon=True).start()
    ServiceClient(Connection(f"http://127.0.0.1:{first.server_port}"), "secret-token").identity()
    assert set(seen) == {("gitlab", "secret-token"), ("thief", None)}
    for one in (thief, first):
        one.shutdown()
