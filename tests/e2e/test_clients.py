"""Proves that the clients and validators of the field accept the catalogue: pystac-client, the STAC schemas, and the
public API validator.
"""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pystac_client import Client

from tests.support.running import LittleWorld, RunningHub, SampleWorld
from tests.support.schemas import validator

Standing = tuple[SampleWorld, RunningHub]
PEOPLE = [None, "rita", "maya", "olga", "exa", "gus", "sharinghub-bot"]


def opened(hub: RunningHub, token: str | None) -> Client:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client.open(f"{hub.url}/stac", headers=headers)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("person", [None, "rita"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pystac_client_pages_every_item_exactly_once(
    standing: Standing, person: str | None, limit: int, method: str
) -> None:
    world, hub = standing
    token = world.token(person) if person else None
    search = opened(hub, token).search(limit=limit, method=method)
    found = [(item.collection_id, item.id) for item in search.items()]
    assert found == hub.ids(token)
    assert len(found) == len(set(found)) == search.matched()


@pytest.mark.parametrize("person", PEOPLE)
def test_pystac_client_walks_collections_to_items(standing: Standing, person: str | None) -> None:
    world, hub = standing
    token = world.token(person) if person else None
    catalogue = opened(hub, token)
    assert [collection.id for collection in catalogue.get_collections()] == ["ai-model", "dataset"]
    walked = [(one.collection_id, one.id) for child in catalogue.get_collections() for one in child.get_items()]
    assert sorted(walked) == sorted(hub.ids(token))
    for item in catalogue.search().items():
        again = catalogue.get_collection(item.collection_id).get_item(item.id)
        assert again is not None
        assert {**again.to_dict(), "links": 0} == {**item.to_dict(), "links": 0}


def test_pystac_client_searches(standing: Standing) -> None:
    _, hub = standing
    catalogue = opened(hub, None)
    assert [item.id for item in catalogue.search(ids=["1"]).items()] == ["1"]
    inside = catalogue.search(bbox=[-1, 43, 1, 45], datetime="2019-01-01/2026-01-01").item_collection()
    assert 0 < len(inside) < len(hub.ids())
    point = {"type": "Point", "coordinates": [0.0, 44.3]}
    assert 0 < len(catalogue.search(intersects=point).item_collection()) <= len(hub.ids())


def test_assets_download_the_very_bytes(standing: Standing) -> None:
    world, hub = standing
    for collection, item_id in hub.ids():
        item = hub.get(f"/stac/collections/{collection}/items/{item_id}").json()
        project = next(path for path, number in world.samples.projects.items() if str(number) == item_id)
        for asset in list(item["assets"].values())[:5]:
            is_file = asset["href"].startswith(
                f"{hub.url}/assets/{item_id}/{item['properties']['sharinghub:revision']}/"
            )
            if not is_file or asset["roles"] == ["overview"]:
                continue
            answer = hub.http.get(asset["href"])
            assert answer.status_code == 200, asset["href"]
            assert answer.headers["content-disposition"].startswith("attachment")
            assert "sandbox" in answer.headers["content-security-policy"]
            repository_path = httpx_path(asset["href"])
            raw = hub.http.get(f"{world.gitlab.url}/api/v4/projects/{item_id}/repository/files/{repository_path}/raw")
            assert answer.content == raw.content, project


def httpx_path(href: str) -> str:
    return href.split("/assets/")[1].split("/", 2)[2].replace("/", "%2F")


@pytest.mark.parametrize("person", PEOPLE)
def test_every_document_passes_the_public_schemas(standing: Standing, person: str | None) -> None:
    def validate(document: dict[str, Any]) -> list[str]:
        return validator()(document, strict=True)

    world, hub = standing
    token = world.token(person) if person else None
    assert validate(hub.get("/stac", token).json()) == []
    assert validate(hub.get("/stac/collections", token).json()) == []
    page = hub.get("/stac/search", token, limit=1000).json()
    assert len(page["features"]) >= 12
    assert validate(page) == []
    for item in page["features"]:
        extension = "https://stac-extensions.github.io/ml-model/v1.0.0/schema.json"
        assert (extension in item["stac_extensions"]) == (item["collection"] == "ai-model")


# What the validator asks with `query`. Its POST has a text for `collections`, not a list: known, as for sorting.
QUERY = {
    "QUERY_FIELD": "sharinghub:stars",
    "QUERY_EQ": "3",
    "QUERY_NEQ": "3",
    "QUERY_LT": "20",
    "QUERY_LTE": "20",
    "QUERY_GT": "1",
    "QUERY_GTE": "1",
    "QUERY_STR_FIELD": "title",
    "QUERY_STARTS": "Canopy",
    "QUERY_ENDS": "map",
    "QUERY_CONTAINS": "height",
    "QUERY_IN_FIELD": "keywords",
    "QUERY_IN": "flood,methane",
    "IGNORE": r'POST .*"query": .*"collections": "[^"]+"\}',
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("person", [None, "rita"])
def test_the_public_api_validator_passes(standing: Standing, shared: Path, person: str | None, tmp_path: Path) -> None:
    world, hub = standing
    venv = Path(os.environ.get("STAC_VALIDATE_VENV", Path.home() / ".cache" / "stac-validate"))
    if not (venv / "bin" / "python").exists():
        pytest.skip("needs stac-api-validator in its own virtual environment (see .ci/run)")
    script = shared / "stac" / "run_api_validator.sh"
    classes = ("core", "children", "collections", "features", "item-search", "filter", "item-search#query")
    environment = {**os.environ, "VENV": str(venv), "OUT": str(tmp_path), **QUERY}
    if person:
        environment["TOKEN"] = str(world.token(person))
    # The validator takes a field of the first item that is null or empty for a missing one.
    token = environment.get("TOKEN")
    first = {
        name: hub.get(f"/stac/collections/{name}/items", token, limit=1).json()["features"][0]
        for name in ("ai-model", "dataset")
    }
    whole = next(name for name, one in first.items() if one["geometry"] and one["assets"])
    for asked, collection in ((classes, "ai-model"), (("item-search#fields",), whole)):
        done = subprocess.run(
            ["bash", str(script), f"{hub.url}/stac", collection],
            env={**environment, "CLASSES": " ".join(asked)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        for name in asked:
            assert f"PASS  {name} " in done.stdout, done.stdout


@pytest.mark.timeout(600)
@pytest.mark.parametrize("person", [None, "maya"])
def test_the_public_api_validator_passes_for_sorting(shared: Path, person: str | None, tmp_path: Path) -> None:
    """The validator sorts the values of `datetime` itself, and cannot where one is null, as it is in items with an
    interval.
    """
    venv = Path(os.environ.get("STAC_VALIDATE_VENV", Path.home() / ".cache" / "stac-validate"))
    if not (venv / "bin" / "python").exists():
        pytest.skip("needs stac-api-validator in its own virtual environment (see .ci/run)")
    with LittleWorld(tmp_path) as world, RunningHub(world.settings()) as hub:
        hub.sweep()
        environment = {**os.environ, "VENV": str(venv), "OUT": str(tmp_path), "CLASSES": "item-search#sort"}
        if person:
            environment["TOKEN"] = str(world.token(person))
        done = subprocess.run(
            ["bash", str(shared / "stac" / "run_api_validator.sh"), f"{hub.url}/stac", "ai-model"],
            env=environment,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout
    assert "PASS  item-search#sort " in done.stdout, done.stdout
