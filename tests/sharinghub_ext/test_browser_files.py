"""Proves that below /browser there are the files of the build, the settings of this hub, and nothing else."""

import json
import re
from pathlib import Path

import pytest

from sharinghub_ext.browser.files import NotBuilt, files_of, index_page
from sharinghub_ext.config import SettingsError
from tests.support.running import LittleWorld, RunningHub

PAGE = """<!doctype html><html><head>
<!-- <script defer="defer" src="/config.js"></script> --><title>STAC Browser</title>
<script defer="defer" src="./js/app.1a2b.js"></script></head><body></body></html>"""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """What a build looks like."""
    folder = tmp_path / "built"
    (folder / "js").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "config.js").write_text("window.STAC_BROWSER_CONFIG = {}")
    (folder / "js" / "app.1a2b.js").write_text("1")
    (tmp_path / "secret").write_text("a secret of the machine")
    (folder / "link").symlink_to(tmp_path / "secret")
    return folder


@pytest.fixture
def world(tmp_path: Path) -> LittleWorld:
    with LittleWorld(tmp_path) as world:
        yield world


def test_the_page_loads_the_settings_before_its_own_scripts(world: LittleWorld, built: Path) -> None:
    with RunningHub(world.settings(browser_folder=built, title="Models </script> & data")) as hub:
        page = hub.http.get("/browser/")
        scripts = re.findall(r'src="([^"]+)"', page.text)
        assert scripts == ["./config.js", "./hub.js", "./js/app.1a2b.js"]
        assert page.headers["cache-control"] == "no-cache"
        policy = page.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe-eval" not in policy
        config = hub.http.get("/browser/config.js")
        assert config.headers["content-type"].startswith("text/javascript")
        assert f'"catalogUrl":"{hub.url}/stac"' in config.text
        assert "</script>" not in config.text
        assert hub.http.get("/browser/hub.js").text == "", "without a sign-in there is nothing to show"
        assert hub.http.get("/browser").headers["location"] == f"{hub.url}/browser/"


def test_files_whose_names_change_with_them_are_kept(world: LittleWorld, built: Path) -> None:
    with RunningHub(world.settings(browser_folder=built)) as hub:
        script = hub.http.get("/browser/js/app.1a2b.js")
        assert (script.text, script.headers["content-type"].partition(";")[0]) == ("1", "text/javascript")
        assert "immutable" in script.headers["cache-control"]
        assert "connect-src" not in script.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["link", "../secret", "%2e%2e/secret", "..%2fsecret", "js/../../secret", "js", "nothing", "js/", "%00"]
)
def test_nothing_else_of_the_machine_is_served(world: LittleWorld, built: Path, path: str) -> None:
    with RunningHub(world.settings(browser_folder=built)) as hub:
        answer = hub.http.get(f"/browser/{path}")
        assert answer.status_code == 404
        assert "secret of the machine" not in answer.text


def test_without_a_build_the_page_says_how(world: LittleWorld) -> None:
    with RunningHub(world.settings()) as hub:
        answer = hub.http.get("/browser/")
        assert answer.status_code == 404
        assert "make browser" in answer.text
        assert "SHARINGHUB_BROWSER_URL" in answer.text
        assert f"{hub.url}/stac" in answer.text
        assert hub.http.get("/browser/config.js").status_code == 404
        assert hub.http.get("/stac", headers={"Accept": "text/html"}).headers["content-type"] == "application/json"


def test_a_page_is_led_to_the_browser_where_it_is_built(world: LittleWorld, built: Path) -> None:
    with RunningHub(world.settings(browser_folder=built)) as hub:
        answer = hub.http.get("/stac/collections/ai-model", headers={"Accept": "text/html"})
        assert answer.headers["location"] == f"{hub.url}/browser/#/stac/collections/ai-model"
    with RunningHub(world.settings(browser_folder=built, browser_url="https://other.example/#/stac")) as hub:
        answer = hub.http.get("/stac", headers={"Accept": "text/html"})
        assert answer.headers["location"].startswith("https://other.example/#/stac")


def test_a_folder_without_a_build_is_refused_at_start(world: LittleWorld, tmp_path: Path) -> None:
    with (
        pytest.raises(SettingsError, match=r"SHARINGHUB_BROWSER_FOLDER.*make browser"),
        RunningHub(world.settings(browser_folder=tmp_path)),
    ):
        raise AssertionError("unreachable")
    with pytest.raises(NotBuilt):
        files_of(tmp_path / "nothing")


def test_a_build_of_another_version_still_gets_its_settings(built: Path) -> None:
    (built / "index.html").write_text("<html><head><title>STAC Browser 9</title></head></html>")
    assert json.dumps("./config.js") in index_page(built)
