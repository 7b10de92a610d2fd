"""Proves that the documentation is built without a warning and loads nothing from other hosts."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.docs.generate import ROOT
from tests.support.running import RunningHub, SampleWorld


def test_the_site_is_built_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    for page in site.rglob("*.html"):
        html = page.read_text()
        loaded = re.findall(r"<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=\"?(https?:)?//[^\s\">]+", html)
        assert loaded == [], page.name


def test_the_people_of_the_tour_see_what_it_says(standing: tuple[SampleWorld, RunningHub]) -> None:
    world, hub = standing
    table = re.search(r"<!-- people -->(.*?)<!-- /people -->", (ROOT / "docs" / "index.md").read_text(), re.DOTALL)
    assert table is not None
    rows = re.findall(r"^\| (\w+) \| (\d+) items \|", table[1], re.MULTILINE)
    assert len(rows) > 4
    for person, count in rows:
        token = None if person == "nobody" else world.token(person)
        assert len(hub.ids(token)) == int(count), person
    assert hub.get("/stac/search", world.token("boris")).status_code == 403
