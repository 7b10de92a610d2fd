"""Proves which form of an answer callers get by `Accept`, and that the OpenAPI document is valid in both versions."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from sharinghub_ext.api.accepting import preferred
from sharinghub_ext.api.openapi_versions import OAS30, OAS31
from tests.support.running import LittleWorld, RunningHub

JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"
BROWSER = "https://browser.example.org/#"
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("text/*", HTML),
        ("image/png", JSON),
        (CHROMIUM, HTML),
        ("application/geo+json", GEOJSON),
        ("application/json, text/plain, */*", JSON),
        ("application/*;q=0.1, application/geo+json", GEOJSON),
        ("text/html;q=0, */*;q=0.1", JSON),
        ("TEXT/HTML ; Q=1, application/json;q=0.9", HTML),
        ("text/html;q=9, é, ;;;, ,=", JSON),
        ("text/html;level=1", JSON),
        ("text/html," * 1_000, HTML),
    ],
)
def test_the_type_that_weighs_most_is_chosen(header: str | None, wanted: str) -> None:
    assert preferred(header, (JSON, GEOJSON, HTML)) == wanted


def test_a_parameter_makes_a_range_narrower() -> None:
    assert preferred("application/vnd.oai.openapi+json", (OAS31, OAS30)) == OAS31
    assert preferred("application/vnd.oai.openapi+json; version=3.0", (OAS31, OAS30)) == OAS30
    assert preferred(f"{OAS30};q=0.2, application/vnd.oai.openapi+json;q=0.5", (OAS31, OAS30)) == OAS31


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LittleWorld, RunningHub]]:
    """A hub that has a STAC Browser."""
    world = LittleWorld(tmp_path_factory.mktemp("accepting"))
    with world, RunningHub(world.settings(browser_url=f"{BROWSER}/")) as hub:
        hub.sweep()
        yield world, hub


def asked(hub: RunningHub, path: str, accept: str | None = None, token: str | None = None) -> Any:
    headers = {"Accept": accept} if accept else {}
    return hub.http.get(path, headers=headers | ({"Authorization": f"Bearer {token}"} if token else {}))


def test_who_wants_a_page_is_led_to_it(place: tuple[LittleWorld, RunningHub]) -> None:
    world, hub = place
    shown, hidden = (str(world.samples.projects[path]) for path in ("sea/waves", "earth/models/vessel-detection-sar"))
    for path in ("", "/collections/ai-model", f"/collections/ai-model/items/{shown}"):
        answer = asked(hub, f"/stac{path}", CHROMIUM)
        assert (answer.status_code, answer.headers["location"]) == (307, f"{BROWSER}{path}")
        assert "Accept" in answer.headers["vary"]
        assert asked(hub, f"/stac{path}").status_code == 200
    path = f"/stac/collections/ai-model/items/{hidden}"
    assert asked(hub, path, CHROMIUM).status_code == 404
    assert asked(hub, path, CHROMIUM, world.token("maya")).status_code == 307
    assert asked(hub, "/stac/collections/nosuch", CHROMIUM).status_code == 404
    assert asked(hub, "/stac/search", CHROMIUM).headers["content-type"] == GEOJSON


def test_features_are_told_as_json_to_those_who_take_nothing_else(place: tuple[LittleWorld, RunningHub]) -> None:
    world, hub = place
    item = f"/stac/collections/ai-model/items/{world.samples.projects['sea/waves']}"
    for path, usual in (
        ("/stac/search", GEOJSON),
        ("/stac/collections/ai-model/items", GEOJSON),
        (item, GEOJSON),
        ("/stac/queryables", "application/schema+json"),
    ):
        assert asked(hub, path).headers["content-type"] == usual
        assert asked(hub, path, "application/json, */*").headers["content-type"] == usual
        assert asked(hub, path, JSON).headers["content-type"] == JSON
        assert asked(hub, path, JSON).content == asked(hub, path).content


def test_the_openapi_document_is_valid_in_both_versions(place: tuple[LittleWorld, RunningHub]) -> None:
    _, hub = place
    links = [link for link in hub.get("/stac").json()["links"] if link["rel"] == "service-desc"]
    assert [link["type"] for link in links] == [OAS31, OAS30]
    documents = []
    for link, validator, version in zip(
        links, (OpenAPIV31SpecValidator, OpenAPIV30SpecValidator), ("3.1", "3.0"), strict=True
    ):
        answer = asked(hub, "/api", link["type"])
        assert answer.headers["content-type"] == link["type"]
        documents.append(answer.json())
        assert documents[-1]["openapi"].startswith(version)
        assert [str(error) for error in validator(documents[-1]).iter_errors()] == []
    assert documents[0]["paths"].keys() == documents[1]["paths"].keys()
    assert documents[0]["components"]["securitySchemes"] == documents[1]["components"]["securitySchemes"]
    assert asked(hub, "/api").headers["content-type"] == OAS31
    assert hub.http.head("/api").status_code == 200
