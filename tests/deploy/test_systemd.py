"""The systemd unit is one, is locked down, and names what the program reads."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sharinghub_ext.config import load_settings
from tests.deploy.charts import ROOT

UNIT = ROOT / "systemd" / "sharinghub.service"
TEXT = UNIT.read_text()


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    here = tmp_path / UNIT.name
    here.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", TEXT))
    return here


def test_systemd_knows_every_line(unit: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=60)
    told = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (done.returncode, told) == (0, [])


def test_it_is_locked_down(unit: Path) -> None:
    """systemd's own measure, from 0 to 10: below 2."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout[-300:]


def test_credentials_become_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is loaded as one credential for each file, named after both: `sharinghub_gitlab_token`."""
    (name,) = re.findall(r"^LoadCredential=(\w+):/etc/sharinghub/secrets$", TEXT, re.MULTILINE)
    (tmp_path / f"{name}_gitlab_token").write_text("glpat-x\n")
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example.org")
    monkeypatch.setenv("SHARINGHUB_SECRETS_DIR", str(tmp_path))
    token = load_settings().gitlab_token
    assert token is not None
    assert token.get_secret_value() == "glpat-x"
    assert "Environment=SHARINGHUB_SECRETS_DIR=%d" in TEXT
