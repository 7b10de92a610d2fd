"""Proves that what the page on clients says of EODAG, stac-asset, GDAL, pystac-client and QGIS is so, by its lines."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from tests.docs.generate import DOCS
from tests.support.running import RunningHub, SampleWorld

Standing = tuple[SampleWorld, RunningHub]
PAGE = (DOCS / "clients.md").read_text()
CLIENTS = Path(os.environ.get("CLIENTS_VENV", Path.home() / ".cache" / "sharinghub-clients")) / "bin"
QGIS = {"User-Agent": "Mozilla/5.0 QGIS/34004/Linux Debian"}


def lines(language: str, title: str, standing: Standing) -> str:
    """What the page says, for this hub and somebody who may read."""
    found = re.search(rf'```{language} title="{title}"\n(.*?)```', PAGE, re.DOTALL)
    assert found is not None
    world, hub = standing
    return found[1].replace("https://hub.example.org", hub.url).replace("YOUR-TOKEN", str(world.token("rita")))


def run(command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needs(program: str) -> Path:
    """A client of the environment beside the tests."""
    if not (CLIENTS / program).exists():
        pytest.skip(f"needs {program} in {CLIENTS}: see .ci/run")
    return CLIENTS / program


@pytest.mark.timeout(180)
def test_eodag(standing: Standing, tmp_path: Path) -> None:
    python = needs("eodag").with_name("python")
    (tmp_path / "lines.py").write_text(lines("python", "EODAG", standing))
    no_catalogue = {"EODAG_EXT_COLLECTIONS_CFG_URI": "", "HOME": str(tmp_path)}
    printed = run([str(python), "lines.py"], tmp_path, **no_catalogue)
    assert re.search(r"^[1-9][0-9]* models$", printed, re.MULTILINE), printed
    (readme,) = (tmp_path / "eodag").rglob("README.md")
    assert readme.read_text().startswith("---")


def test_stac_asset(standing: Standing, tmp_path: Path) -> None:
    needs("stac-asset")
    path = f"{CLIENTS}{os.pathsep}{os.environ['PATH']}"
    run(["bash", "-euc", lines("sh", "stac-asset", standing)], tmp_path, PATH=path)
    assert sorted(one.name for one in (tmp_path / "stac-asset").iterdir()) == ["README.md", "flood_unet.safetensors"]


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="needs gdal-bin")
def test_gdal(standing: Standing, tmp_path: Path) -> None:
    world, hub = standing
    printed = run(["bash", "-euc", lines("sh", "GDAL", standing)], tmp_path)
    count = hub.get("/stac/search", world.token("rita"), collections="dataset").json()["numberMatched"]
    assert f"Feature Count: {count}" in printed
    assert "Driver: GTiff/GeoTIFF" in printed
    assert (tmp_path / "items.geojson").read_text().count('"type": "Feature"') == count


def test_pystac_client_asks_for_everything(
    standing: Standing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(lines("python", "list what you may see", standing), "listing", "exec"), names)
    exec(compile(lines("python", "every parameter", standing), "every", "exec"), names)
    *searches, models, data = capsys.readouterr().out.splitlines()[-11:]
    assert all(int(line.rsplit(" ", 1)[1]) > 0 for line in searches), searches
    assert (models, data) == ("['ai-model']", "['dataset']")


def test_what_qgis_asks_for_is_answered(standing: Standing) -> None:
    """As `qgsstacsourceselect.cpp` of QGIS 3.40 asks: catalogue, collections, a search of all, page by page."""
    _, hub = standing
    with httpx.Client(headers=QGIS, trust_env=False) as qgis:
        links = qgis.get(f"{hub.url}/stac").json()["links"]
        (collections,) = {one["href"] for one in links if one["href"].endswith("/collections")}
        (search,) = {one["href"] for one in links if one["rel"] == "search"}
        ids = ",".join(one["id"] for one in qgis.get(collections).json()["collections"])
        url, found = f"{search}?{urlencode({'collections': ids})}", list[str]()
        while url:
            page = qgis.get(url).json()
            found += [one["id"] for one in page["features"]]
            url = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
        assert sorted(found) == sorted(item_id for _, item_id in hub.ids())
        times = "2019-01-01T00:00:00.000/2026-01-01T00:00:00.000"
        filtered = {"collections": ids, "bbox": "-5,41,10,51", "datetime": times}
        inside = qgis.get(search, params=filtered)
        assert inside.status_code == 200, inside.text
        utc = hub.get("/stac/search", **{**filtered, "datetime": times.replace(".000", "Z")})
        assert [one["id"] for one in inside.json()["features"]] == [one["id"] for one in utc.json()["features"]] != []
        once = qgis.get(search, params={"datetime": "2019-01-01T00:00:00.000"})
        assert once.status_code == 200


@pytest.mark.parametrize("agent", ["pystac-client/0.9", "curl/8", ""])
def test_only_qgis_may_leave_out_the_offset_of_a_time(standing: Standing, agent: str) -> None:
    asked = {"datetime": "2019-01-01T00:00:00.000/.."}
    answer = standing[1].http.get("/stac/search", params=asked, headers={"User-Agent": agent})
    assert answer.status_code == 400
