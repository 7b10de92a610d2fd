"""Proves that archives and files of packages are downloaded through the hub, as GitLab lets each caller."""

from typing import Any

import pytest

from tests.support.running import RunningHub, SampleWorld

Standing = tuple[SampleWorld, RunningHub]


def assets_of_all(hub: RunningHub, token: str | None) -> list[tuple[str, str, dict[str, Any]]]:
    answer = hub.get("/stac/search", token, limit="1000").json()
    return [(item["id"], key, asset) for item in answer["features"] for key, asset in item.get("assets", {}).items()]


@pytest.mark.parametrize("kind", ["generic", "pypi", "ml_models"])
def test_a_package_file_is_what_its_asset_says(standing: Standing, kind: str) -> None:
    world, hub = standing
    token = world.token("rita")
    found = [one for one in assets_of_all(hub, token) if f"/packages/{kind}/" in one[2]["href"]]
    assert found, f"the sample world has no {kind} package that rita sees"
    for _, _, asset in found:
        answer = hub.get(asset["href"].replace(hub.url, ""), token)
        assert answer.status_code == 200
        assert len(answer.content) == asset["file:size"]
        assert answer.headers["content-disposition"].startswith("attachment")


def test_the_archive_of_a_release_is_downloaded(standing: Standing) -> None:
    world, hub = standing
    token = world.token("rita")
    found = [one for one in assets_of_all(hub, token) if one[1] == "release"]
    assert found, "the sample world has no release"
    answer = hub.get(found[0][2]["href"].replace(hub.url, ""), token)
    assert answer.status_code == 200
    assert answer.content[:2] == b"PK"


def test_what_a_caller_does_not_see_is_not_downloaded(standing: Standing) -> None:
    world, hub = standing
    seen = {href for _, _, asset in assets_of_all(hub, None) if (href := asset["href"])}
    hidden = [
        asset["href"]
        for _, key, asset in assets_of_all(hub, world.token("rita"))
        if asset["href"] not in seen and ("/packages/" in asset["href"] or key == "release")
    ]
    missing = hub.get("/assets/999999/packages/generic/a/1/b")
    assert missing.status_code == 404
    for href in hidden:
        answer = hub.get(href.replace(hub.url, ""))
        assert (answer.status_code, answer.json()) == (404, missing.json())


@pytest.mark.parametrize(
    "path",
    ["generic/a/b", "generic/a/../b", "generic/a/1/x/y", "npm/a/1/b", "pypi/x", "generic/a/%2e%2e/b", "", "generic"],
)
def test_other_paths_below_packages_are_not_passed_on(standing: Standing, path: str) -> None:
    world, hub = standing
    item = hub.get("/stac/search", limit="1").json()["features"][0]["id"]
    assert hub.get(f"/assets/{item}/packages/{path}", world.token("rita")).status_code == 404
