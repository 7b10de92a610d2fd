"""Proves that SharingHub's addresses answer, lead to their place here, or are refused in words that say what to do."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from sharinghub_ext.former.asking import free_text, translated
from sharinghub_ext.problems import Problem
from tests.support.running import RunningHub, SampleWorld

Standing = tuple[SampleWorld, RunningHub]
PRIVATE = "earth/models/vessel-detection-sar"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with SampleWorld(tmp_path_factory.mktemp("former")) as world, RunningHub(world.settings()) as hub:
        hub.sweep()
        yield world, hub


def followed(hub: RunningHub, path: str, token: str | None = None) -> Any:
    """What a client of SharingHub gets that follows redirects."""
    headers = {"X-Gitlab-Token": token} if token else {}
    return hub.http.get(path, headers=headers, follow_redirects=True)


@pytest.mark.parametrize("base", ["/api/stac/search", "/api/stac/collections/ai-model/items"])
@pytest.mark.parametrize(
    ("asked", "same"),
    [
        ({"q": "vessel"}, {"filter": "CASEI(title) LIKE CASEI('%vessel%')"}),
        ({"q": "[sharinghub:aimodel]"}, {"filter": "A_CONTAINS(\"sharinghub:topics\", ('sharinghub:aimodel'))"}),
        ({"q": "[sea ice]"}, {"filter": "A_CONTAINS(\"sharinghub:topics\", ('sea ice'))"}),
        ({"sortby": "-stars"}, {"sortby": "-sharinghub:stars"}),
        ({"sortby": "name"}, {"sortby": "title"}),
        ({"sortby": "-properties.sharinghub:stars"}, {"sortby": "-sharinghub:stars"}),
        ({"mode": "full"}, {}),
        ({"mode": "reference"}, {"fields": "title,sharinghub:path"}),
        ({"limit": "3", "bbox": "-20,30,40,70"}, {"limit": "3", "bbox": "-20,30,40,70"}),
    ],
)
def test_a_question_of_sharinghub_is_put_in_the_words_of_stac(
    standing: Standing, base: str, asked: dict[str, str], same: dict[str, str]
) -> None:
    world, hub = standing
    token = world.token("rita")
    found = hub.http.get(base, params=asked, headers={"X-Gitlab-Token": str(token)}, follow_redirects=True)
    wanted = hub.get(base.removeprefix("/api"), token, **same)
    assert (found.status_code, wanted.status_code) == (200, 200), found.text
    ids, expected = ([one["id"] for one in answer.json()["features"]] for answer in (found, wanted))
    assert ids == expected


def test_a_topic_and_words_are_one_filter(standing: Standing) -> None:
    world, hub = standing
    topic = next(
        topic
        for project in world.world.projects.values()
        if project.visibility == "public" and project.full_path in world.samples.projects
        for topic in project.topics
        if not topic.startswith("sharinghub:") and any(one[0] for one in hub.ids() if one[1] == str(project.id))
    )
    found = followed(hub, f"/api/stac/search?q={quote(f'[{topic}]')}&limit=100")
    assert found.status_code == 200, found.text
    assert found.json()["features"]
    assert all(topic in one["properties"]["sharinghub:topics"] for one in found.json()["features"])
    none = followed(hub, f"/api/stac/search?q={quote(f'[{topic}] no-such-word')}&limit=100")
    assert none.json()["features"] == []


def test_what_holds_quotes_percents_and_backslashes_is_a_text() -> None:
    asked = free_text("o'neil 100% a_b c\\d [sea ice] [land-use] :starred")
    assert asked.topics == ("sea ice", "land-use")
    assert asked.flags == ("starred",)
    assert asked.words == ("o'neil", "100%", "a_b", "c\\d")
    assert asked.filter is not None
    assert "'%o''neil%'" in asked.filter
    assert "'%100\\%%'" in asked.filter
    assert "'%a\\_b%'" in asked.filter
    assert "'%c\\\\d%'" in asked.filter


@pytest.mark.parametrize("word", ["100%", "a_b", "c\\d", "o'neil", "x)) OR TRUE", "'", "\\"])
def test_odd_words_find_what_holds_them_and_nothing_else(standing: Standing, word: str) -> None:
    answer = followed(standing[1], f"/api/stac/search?limit=100&q={quote(word)}")
    assert answer.status_code == 200, answer.text
    for item in answer.json()["features"]:
        texts = (item["properties"]["title"], item["properties"].get("description") or "")
        for one in word.split():
            assert any(one.lower() in text.lower() for text in (*texts, item["properties"]["sharinghub:path"]))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"q": ":starred"}, "/dashboard/projects/starred"),
        ({"after": "abc"}, "rel=next"),
        ({"before": "abc"}, "rel=next"),
        ({"mode": "short"}, "preview"),
        ({"q": " ".join(["word"] * 21)}, "20 words"),
    ],
)
def test_what_has_no_counterpart_is_refused_in_words(standing: Standing, asked: dict[str, str], said: str) -> None:
    answer = standing[1].http.get("/api/stac/search", params=asked)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_a_body_in_the_language_of_sharinghub_is_told_its_translation(standing: Standing) -> None:
    _, hub = standing
    plain = hub.http.post("/api/stac/search", json={"q": ["vessel"]})
    assert (plain.status_code, plain.headers["location"]) == (308, f"{hub.url}/stac/search")
    refused = hub.http.post("/api/stac/search", json={"q": ["[sea ice]", "vessel"]})
    assert refused.status_code == 400
    assert "A_CONTAINS(\\\"sharinghub:topics\\\", ('sea ice'))" in refused.json()["detail"]
    assert hub.http.post("/api/stac/search", json={"q": [":starred"]}).status_code == 400
    assert hub.http.post("/api/stac/search", content=b"{", follow_redirects=True).status_code == 400


@pytest.mark.parametrize("name", ["path", "id"])
def test_check_answers_who_sees_the_project(standing: Standing, name: str) -> None:
    world, hub = standing
    number = world.samples.projects[PRIVATE]
    address = f"/api/check/{PRIVATE if name == 'path' else number}"
    assert hub.http.get(address).status_code == 404
    assert followed(hub, address, world.token("olga")).status_code == 404
    found = followed(hub, address, world.token("rita"))
    assert (found.status_code, found.content) == (200, b"")
    told = followed(hub, f"{address}?info=true", world.token("rita")).json()
    assert (told["id"], told["path"], told["access_level"]) == (number, PRIVATE, 2)
    assert told["categories"] == ["ai-model"]
    pushing = hub.http.get(f"{address}?info=true", headers={"PRIVATE-TOKEN": str(world.token("maya"))}).json()
    assert pushing["access_level"] == 3


def test_files_and_archives_lead_to_their_place(standing: Standing) -> None:
    world, hub = standing
    rita, number = world.token("rita"), world.samples.projects[PRIVATE]
    for name in (PRIVATE, str(number)):
        page = followed(hub, f"/api/download/{name}/repository/README.md?ref=main&lfs=true&cache=60", rita)
        assert page.status_code == 200
        assert page.content == followed(hub, f"/assets/{number}/main/README.md", rita).content
        archive = followed(hub, f"/api/download/{name}/archive.zip?ref=main", rita)
        assert archive.content.startswith(b"PK")
        assert hub.http.get(f"/api/download/{name}/repository/README.md?ref=main").status_code == 404
        assert hub.http.get(f"/api/download/{name}/archive.zip?ref=main").status_code == 404
    assert followed(hub, f"/api/download/{PRIVATE}/archive.tar.gz?ref=main", rita).status_code == 400


@pytest.mark.parametrize("path", ["../../3/main/README.md", "a/../../b", "..%2f..%2fx", "a\\..\\b", ""])
def test_no_address_leads_out_of_a_project(standing: Standing, path: str) -> None:
    world, hub = standing
    address = f"/api/download/{PRIVATE}/repository/{quote(path)}?ref=main"
    assert hub.http.get(address, headers={"PRIVATE-TOKEN": str(world.token("rita"))}).status_code == 404


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/proxy/projects/3/issues", "ask GitLab itself"),
        ("/api/auth/info", "sharinghub token"),
        ("/api/config", "/stac/collections"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_is_not_kept_says_so(standing: Standing, method: str, path: str, said: str) -> None:
    answer = standing[1].http.request(method, path)
    assert answer.status_code == 410
    assert said in answer.json()["detail"]


def test_a_token_in_the_address_is_refused(standing: Standing) -> None:
    for path in ("/api/stac/search", f"/api/check/{PRIVATE}", f"/api/download/{PRIVATE}/archive.zip"):
        answer = standing[1].http.get(path, params={"gitlab_token": "glpat-of-somebody"})
        assert answer.status_code == 400
        assert "header" in answer.json()["detail"]


def test_signing_in_leads_to_the_hubs_own_page_and_nowhere_else(standing: Standing) -> None:
    hub = standing[1]
    for name in ("login", "logout"):
        answer = hub.http.get(f"/api/auth/{name}?redirect_uri=https://evil.example")
        assert (answer.status_code, answer.headers["location"]) == (307, f"{hub.url}/auth/{name}")


def test_a_filter_that_is_there_holds_besides() -> None:
    asked = translated({"q": "flood", "filter": "a = 1 OR b = 2"})
    assert asked["filter"].startswith("(a = 1 OR b = 2) AND (")
    with pytest.raises(Problem):
        translated({"q": "flood :starred"})


def test_a_redirect_repeats_what_needs_no_translation(standing: Standing) -> None:
    answer = standing[1].http.get("/api/stac/search?limit=2&ids=a%2Fb")
    assert parse_qs(urlsplit(answer.headers["location"]).query) == {"limit": ["2"], "ids": ["a/b"]}
