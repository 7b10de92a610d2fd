"""Proves, person by project by route, that each caller sees exactly what GitLab's rules let them download.

What is right is written by hand from GitLab's documentation (`samples/expected.py`), not computed and not recorded.
"""

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import httpx
import pytest

from gitlab_hooks.standin.samples import ADMIN_BY_MEMBERSHIP, ANONYMOUS, EXPECTED_CODE_ACCESS, PROJECTS
from gitlab_hooks.standin.samples.projects import AIMODEL, Sample
from tests.support.running import RunningHub, SampleWorld

REFUSED = {"boris": 403}
PEOPLE = sorted(set(EXPECTED_CODE_ACCESS) - set(REFUSED))


def allowed(person: str) -> frozenset[str]:
    """The paths that the catalogue may show a person: administrators count by membership (decision 8)."""
    return frozenset(ADMIN_BY_MEMBERSHIP if person == "root" else EXPECTED_CODE_ACCESS[person])


def collections(sample: Sample) -> list[str]:
    return [
        name for name, topic in (("ai-model", AIMODEL), ("dataset", "sharinghub:dataset")) if topic in sample.topics
    ]


class Caller:
    """One person in front of the hub; each route says whether it shows the item."""

    def __init__(self, hub: RunningHub, token: str | None, header: str) -> None:
        value = f"Bearer {token}" if header == "Authorization" else str(token)
        self.hub = hub
        self.http = httpx.Client(base_url=hub.address, timeout=30, headers={header: value} if token else {})
        self._listings: dict[str, list[str]] = {}

    def ok(self, answer: httpx.Response) -> bool:
        assert answer.status_code in (200, 404), answer.text
        return answer.status_code == 200

    def item(self, collection: str, project_id: int, path: str) -> bool:
        return self.ok(self.http.get(f"/stac/collections/{collection}/items/{project_id}"))

    def path(self, collection: str, project_id: int, path: str) -> bool:
        answer = self.http.get(f"/stac/collections/{collection}/items/{path}")
        assert answer.status_code in (307, 404)
        if answer.status_code == 307:
            assert answer.headers["location"] == f"{self.hub.url}/stac/collections/{collection}/items/{project_id}"
        return answer.status_code == 307

    def search_by_id(self, collection: str, project_id: int, path: str) -> bool:
        answer = self.http.get("/stac/search", params={"ids": str(project_id), "collections": collection}).json()
        assert answer["numberMatched"] == len(answer["features"])
        return bool(answer["features"])

    def search_by_path(self, collection: str, project_id: int, path: str) -> bool:
        found = self.http.post("/stac/search", json={"ids": [path], "collections": [collection]}).json()["features"]
        return bool(found)

    def listed(self, collection: str, project_id: int, path: str) -> bool:
        if collection not in self._listings:  # one answer tells of every project
            found = self.http.get(f"/stac/collections/{collection}/items", params={"limit": 1000}).json()["features"]
            self._listings[collection] = [item["id"] for item in found]
        return str(project_id) in self._listings[collection]

    def asset(self, collection: str, project_id: int, path: str) -> bool:
        return self.ok(self.http.get(ASSETS[path]))


ROUTES = ("item", "path", "search_by_id", "search_by_path", "listed", "asset")
ASSETS: dict[str, str] = {}


@pytest.fixture(scope="module")
def assets(standing: tuple[SampleWorld, RunningHub]) -> Iterator[dict[str, str]]:
    """One download address of each project that has files, as only the service account may find them all."""
    world, hub = standing
    answer = hub.get("/stac/search", world.samples.service_token, limit=1000).json()
    paths = {item["properties"]["sharinghub:path"]: item for item in answer["features"]}
    for path, item in paths.items():
        files = [one["href"] for one in item["assets"].values() if one["href"].startswith(f"{hub.url}/assets/")]
        if files:
            ASSETS[path] = files[0].removeprefix(hub.url)
    yield ASSETS
    ASSETS.clear()


@pytest.mark.parametrize("header", ["Authorization", "PRIVATE-TOKEN", "X-Gitlab-Token"])
@pytest.mark.parametrize("person", PEOPLE)
def test_each_person_sees_what_gitlab_lets_them_download(
    standing: tuple[SampleWorld, RunningHub], assets: dict[str, str], person: str, header: str
) -> None:
    world, hub = standing
    caller = Caller(hub, world.token(person), header)
    wrong = []
    for sample in PROJECTS:
        project_id = world.samples.projects[sample.path]
        expected = sample.path in allowed(person)
        for collection in collections(sample) or ["ai-model", "dataset"]:
            for route in ROUTES if header == "Authorization" else ("item", "asset"):
                if route == "asset" and sample.path not in assets:
                    continue  # an empty repository has no file
                shown: Callable[[str, int, str], bool] = getattr(caller, route)
                if shown(collection, project_id, sample.path) != expected:
                    wrong.append((route, sample.path, collection, f"expected {expected}"))
    assert wrong == []


@pytest.mark.parametrize("person", PEOPLE)
def test_every_list_and_count_is_the_same_set(standing: tuple[SampleWorld, RunningHub], person: str) -> None:
    world, hub = standing
    expected = {
        (collection, str(world.samples.projects[sample.path]))
        for sample in PROJECTS
        for collection in collections(sample)
        if sample.path in allowed(person)
    }
    token = world.token(person)
    for limit in (1, 3, 1000):
        found = hub.ids(token, limit=str(limit))
        assert len(found) == len(expected)
        assert set(found) == expected
    assert hub.get("/stac/search", token).json()["numberMatched"] == len(expected)
    for collection in ("ai-model", "dataset"):
        mine = [one for one in expected if one[0] == collection]
        assert hub.get(f"/stac/collections/{collection}/items", token).json()["numberMatched"] == len(mine)


@pytest.mark.parametrize(("person", "status"), REFUSED.items())
@pytest.mark.parametrize("path", ["/stac", "/stac/search", "/stac/collections", "/stac/collections/ai-model/items/1"])
def test_a_blocked_account_is_refused_everywhere_and_not_taken_for_anonymous(
    standing: tuple[SampleWorld, RunningHub], person: str, status: int, path: str
) -> None:
    world, hub = standing
    assert hub.get(path, world.token(person)).status_code == status


def test_an_administrator_sees_all_where_that_is_configured(standing: tuple[SampleWorld, RunningHub]) -> None:
    world, _ = standing
    settings = world.settings(admins_see_all=True, database_url=f"sqlite:///{world.folder}/admins.db")
    with RunningHub(settings) as hub:
        hub.sweep()
        assert set(hub.ids(world.token("root"))) == set(hub.ids(world.samples.service_token))
        assert len(hub.ids(world.token("maya"))) < len(hub.ids(world.token("root")))


def test_without_a_service_token_only_what_everybody_may_see_is_indexed(
    standing: tuple[SampleWorld, RunningHub],
) -> None:
    world, reference = standing
    settings = world.settings(gitlab_token=None, database_url=f"sqlite:///{world.folder}/public.db")
    with RunningHub(settings) as hub:
        hub.sweep()
        assert set(hub.ids(world.token("rita"))) == set(hub.ids()) == set(reference.ids())


def test_missing_and_hidden_are_the_same_answer(standing: tuple[SampleWorld, RunningHub]) -> None:
    world, hub = standing
    hidden = world.samples.projects["earth/models/vessel-detection-sar"]
    sha = "0" * 40
    for pattern in (
        "/stac/collections/ai-model/items/{id}",
        "/stac/collections/ai-model/items/{path}",
        f"/assets/{{id}}/{sha}/README.md",
    ):
        answers = []
        for project_id, path in ((hidden, "earth/models/vessel-detection-sar"), (999_999, "earth/models/no-such")):
            answer = hub.get(pattern.format(id=project_id, path=quote(path)), world.token("olga"))
            headers = {name: value for name, value in answer.headers.items() if name != "date"}
            answers.append((answer.status_code, headers, answer.content))
        assert answers[0][0] == 404
        assert answers[0] == answers[1]


def test_a_download_takes_http_basic_and_the_catalogue_does_not(standing: tuple[SampleWorld, RunningHub]) -> None:
    world, hub = standing
    item = hub.get("/stac/collections/ai-model/items/3", world.token("exa")).json()
    address = next(one["href"] for one in item["assets"].values())
    by_basic = httpx.BasicAuth("anybody", str(world.token("exa")))
    assert hub.http.get(address, auth=by_basic).status_code == 200
    assert hub.http.get(address, auth=httpx.BasicAuth("anybody", str(world.token("olga")))).status_code == 404
    assert hub.http.get(address, auth=httpx.BasicAuth("anybody", "wrong")).status_code == 401
    assert hub.http.get("/stac/search", auth=by_basic).status_code == 401


def test_assets_are_no_way_to_projects_that_are_not_in_the_catalogue(standing: tuple[SampleWorld, RunningHub]) -> None:
    """Untagged projects are GitLab's business, however open they are there."""
    world, hub = standing
    handbook = world.samples.projects["earth/lab-handbook"]
    assert hub.get(f"{world.gitlab.url}/api/v4/projects/{handbook}/repository/files/README.md/raw").status_code == 200
    for token in (None, world.token("maya"), world.samples.service_token):
        assert hub.get(f"/assets/{handbook}/main/README.md", token).status_code == 404


@pytest.mark.parametrize(
    "path", ["1/x/../y", "1/x/a//b", "0/main/a", "9" * 5000 + "/main/a", "x/main/a", "1/main/", "١/main/a"]
)
def test_odd_asset_addresses_are_404(standing: tuple[SampleWorld, RunningHub], path: str) -> None:
    _, hub = standing
    assert hub.http.get(f"/assets/{quote(path)}").status_code == 404


def test_no_answer_names_a_hidden_project(standing: tuple[SampleWorld, RunningHub]) -> None:
    world, hub = standing
    for person in (None, "olga", "exa", "gus"):
        token = world.token(person) if person else None
        seen = allowed(person or ANONYMOUS)
        hidden = [sample.path for sample in PROJECTS if sample.path not in seen]
        for path in ("/stac", "/stac/collections", "/stac/search?limit=1000", "/stac/collections/dataset/items"):
            text = hub.get(path, token).text
            declared = re.findall(r'"sharinghub:path":"([^"]+)"', text)
            assert set(declared) <= seen
            assert not [one for one in hidden if f"/{one}" in text and one not in _MENTIONED]


# A public card may name a hidden project in its own text; the hub adds no such name.
_MENTIONED = frozenset(sample.path for sample in PROJECTS if sample.path == "earth/datasets/sentinel1-vessels")
