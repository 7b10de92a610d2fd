"""Proves that the server records calls, fails on demand, limits callers, and shows pages that give nothing away."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import World


def test_calls_are_recorded(gitlab: StandIn) -> None:
    httpx.get(f"{gitlab.url}/api/v4/projects/earth%2Fflood?license=true", headers={"PRIVATE-TOKEN": "glpat-ada"})
    httpx.get(f"{gitlab.url}/api/v4/projects")
    assert gitlab.calls == [
        ("GET", "/api/v4/projects/earth%2Fflood?license=true", "ada"),
        ("GET", "/api/v4/projects", None),
    ]
    gitlab.reset_calls()
    assert gitlab.calls == []


@pytest.mark.parametrize(
    ("status", "content_type", "text"),
    [
        (429, "text/plain", "Retry later"),
        (502, "text/html", "<h1>502</h1>"),
        (503, "text/html", "<h1>503</h1>"),
        (500, "application/json", "500 Internal Server Error"),
        (401, "application/json", "401 Unauthorized"),
    ],
)
def test_a_fault_comes_as_often_as_asked(gitlab: StandIn, status: int, content_type: str, text: str) -> None:
    gitlab.faults.add(r"/repository/tree", status=status, times=2, retry_after=7)
    url = f"{gitlab.url}/api/v4/projects/earth%2Fflood"
    first, second, third = (httpx.get(f"{url}/repository/tree") for _ in range(3))
    assert (first.status_code, second.status_code, third.status_code) == (status, status, 200)
    assert first.headers["content-type"].startswith(content_type)
    assert first.headers["retry-after"] == "7"
    assert text in first.text
    assert httpx.get(url).status_code == 200


def test_bodies_that_are_not_what_they_should_be(gitlab: StandIn) -> None:
    url = f"{gitlab.url}/api/v4/projects"
    gitlab.faults.add("/projects", wrong_json=True)
    gitlab.faults.add("/projects", json_body={"id": "no"})
    gitlab.faults.add("/projects", truncate=True)
    with pytest.raises(ValueError, match="Expecting"):
        httpx.get(url).json()
    assert httpx.get(url).json() == {"id": "no"}
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(url)
    assert httpx.get(url).status_code == 200


def test_a_stalled_answer_comes_late_and_a_stop_does_not_wait_for_it(world: World) -> None:
    gitlab = StandIn(world)
    gitlab.start()
    gitlab.faults.add("/projects", stall=600)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{gitlab.url}/api/v4/projects", timeout=0.2)
    gitlab.stop()  # else the test would wait for the whole stall


def test_callers_are_limited_one_by_one(gitlab: StandIn) -> None:
    gitlab.limiter.per_minute = 2
    url = f"{gitlab.url}/api/v4/projects"
    answers = [httpx.get(url, headers={"PRIVATE-TOKEN": "glpat-ada"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["RateLimit-Remaining"] == "1"
    assert answers[2].text == "Retry later\n"
    assert int(answers[2].headers["Retry-After"]) > 0
    assert httpx.get(url).status_code == 200


def test_pages_show_what_the_caller_may_see(world: World, gitlab: StandIn) -> None:
    world.add_project("earth/hidden", name="Hidden")
    world.add_project("earth/loud", name="<script>alert(1)</script>", visibility="public", topics=("<b>",))
    front = httpx.get(f"{gitlab.url}/")
    assert "/earth/flood" in front.text
    assert "Hidden" not in front.text
    assert "<script>" not in front.text
    assert "<b>" not in front.text
    assert "README.md" in httpx.get(f"{gitlab.url}/earth/flood").text
    assert httpx.get(f"{gitlab.url}/earth/hidden").status_code == 404
    assert httpx.get(f"{gitlab.url}/earth/hidden", headers={"PRIVATE-TOKEN": "glpat-root"}).status_code == 200
    assert httpx.get(f"{gitlab.url}/earth/flood/-/raw/main/README.md").content == b"# Flood\n"
    assert httpx.get(f"{gitlab.url}/groups/earth").status_code == 200


def test_the_address_is_known_to_the_world(world: World) -> None:
    with StandIn(world, external_url="https://gitlab.example.org/") as gitlab:
        assert world.external_url == "https://gitlab.example.org"
        found = httpx.get(f"{gitlab.url}/api/v4/projects").json()[0]
    assert found["web_url"] == "https://gitlab.example.org/earth/flood"


def test_a_folder_used_before_brings_no_old_code(tmp_path: Path) -> None:
    for text in (b"old", None):
        world = World(tmp_path)
        world.add_group("g")
        project = world.add_project("g/p", files={"x": text} if text else None)
    assert project.repository.empty


def test_two_worlds_do_not_meet(tmp_path: Path) -> None:
    with StandIn(World(tmp_path / "a")) as one, StandIn(World(tmp_path / "b")) as other:
        one.world.add_user("only-here")
        assert one.url != other.url
        assert httpx.get(f"{other.url}/api/v4/users?username=only-here").json() == []
