"""Proves that the lines for Python do what the page says, and that its tables of parameters and errors are true."""

import json
import re
from pathlib import Path

import pytest

from sharinghub_ext.problems import CODES
from stac_ext.query import MAX_LIMIT, MAX_VALUES, MAX_VERTICES
from tests.docs.generate import DOCS
from tests.support.running import RunningHub, SampleWorld

PAGE = (DOCS / "clients.md").read_text()


def snippet(title: str, hub: RunningHub, token: str) -> str:
    found = re.search(rf'```python title="{title}"\n(.*?)```', PAGE, re.DOTALL)
    assert found is not None
    return found[1].replace("https://hub.example.org", hub.url).replace("YOUR-TOKEN", token)


def test_the_python_lines_list_and_download(
    standing: tuple[SampleWorld, RunningHub],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world, hub = standing
    token = world.token("rita")
    assert token is not None
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(snippet("list what you may see", hub, token), "listing", "exec"), names)
    printed = capsys.readouterr().out
    assert "U-Net" in printed
    assert re.match(r"[1-9][0-9]* models\n", printed)
    exec(compile(snippet("download a file", hub, token), "download", "exec"), names)
    assert (tmp_path / "flood_unet.safetensors").stat().st_size > 0


def test_the_error_on_the_page_is_the_error(standing: tuple[SampleWorld, RunningHub]) -> None:
    shown = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    answer = standing[1].get("/stac/search", bbox="1,2")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == json.loads(shown[1])


def test_every_error_code_is_on_the_page() -> None:
    table = dict(re.findall(r"^\| (\d{3}) \| `(\w+)` \|", PAGE, re.MULTILINE))
    assert table == {str(status): code for status, (code, _) in CODES.items()}


def test_the_limits_are_those_of_the_program(standing: tuple[SampleWorld, RunningHub]) -> None:
    assert f"at most {MAX_VALUES:,}" in PAGE
    assert f"at most {MAX_VERTICES:,} positions" in PAGE
    assert standing[1].get("/stac/search", limit=MAX_LIMIT + 1).headers["sharinghub-limit"] == f"{MAX_LIMIT}"
    assert f"`SharingHub-Limit: {MAX_LIMIT}`" in PAGE


@pytest.mark.parametrize("header", ["Authorization", "PRIVATE-TOKEN", "X-Gitlab-Token"])
def test_a_token_is_taken_in_each_header_of_the_page(standing: tuple[SampleWorld, RunningHub], header: str) -> None:
    world, hub = standing
    token = str(world.token("rita"))
    value = f"Bearer {token}" if header == "Authorization" else token
    mine = hub.http.get("/stac/search", headers={header: value}).json()["numberMatched"]
    assert f"| `{header}: " in PAGE
    assert mine > hub.get("/stac/search").json()["numberMatched"]


def test_versions_are_found_by_name_only_and_linked(standing: tuple[SampleWorld, RunningHub]) -> None:
    _, hub = standing
    (head,) = hub.get("/stac/search", ids="earth/models/flood-segmentation-unet").json()["features"]
    (latest,) = [link["href"] for link in head["links"] if link["rel"] == "latest-version"]
    version = hub.http.get(latest).json()
    number = head["id"]
    assert (version["id"], version["properties"]["version"]) == (f"{number}@v1.1.0", "v1.1.0")
    assert "version" not in head["properties"]
    assert {"latest-version", "predecessor-version"} <= {link["rel"] for link in version["links"]}
    assert hub.get("/stac/search", ids=version["id"]).json()["numberMatched"] == 1
    listed = hub.get("/stac/search", limit=100).json()["features"]
    assert [one["id"] for one in listed if "@" in one["id"]] == []


def test_each_kind_of_asset_has_the_address_of_the_page(standing: tuple[SampleWorld, RunningHub]) -> None:
    _, hub = standing
    features = hub.get("/stac/search", limit=100).json()["features"]
    hrefs = {key: asset["href"] for item in features for key, asset in item["assets"].items()}
    base = rf"{re.escape(hub.url)}/assets/[0-9]+"
    for key, shape in {
        "README.md": rf"{base}/[0-9a-f]{{40}}/README\.md",
        "overview": rf"{base}/[0-9a-f]{{40}}/README\.html",
        "release": rf"{base}/archive/[0-9a-f]{{40}}\.zip",
        "package/": rf"{base}/packages/(generic|pypi|ml_models)/.+",
        "image/": r"oci://[^@]+:[^@]+@sha256:[0-9a-f]{64}",
    }.items():
        found = [href for name, href in hrefs.items() if name == key or (key.endswith("/") and name.startswith(key))]
        assert found, key
        assert [href for href in found if not re.fullmatch(shape, href)] == []


def test_every_property_of_the_hub_is_on_the_page(standing: tuple[SampleWorld, RunningHub]) -> None:
    section = PAGE.partition("## What an item holds")[2].partition("### Assets")[0]
    features = standing[1].get("/stac/search", limit=100).json()["features"]
    used = {key for item in features for key in item["properties"] if key.startswith("sharinghub:")}
    assert {key for key in used if f"`{key}`" not in section} == set()
