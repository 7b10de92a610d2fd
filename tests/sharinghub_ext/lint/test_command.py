"""Proves the exit codes of the command, and that each mistake is told as what to change."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sharinghub_ext.cli import app
from sharinghub_ext.config import SettingsError
from tests.sharinghub_ext.lint.checkouts import card, checkout

FILES = {
    "error": {"README.md": card(), ".dvc/config": "['remote \"r\"']\nurl = s3://b\nsecret_access_key = x\n"},
    "warning": {"README.md": card(extent={"spatial": "nowhere"})},
    "info": {"README.md": card("See https://doi.org/10.5281/zenodo.1234567.")},
}


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITLAB_CI", "false")
    monkeypatch.delenv("SHARINGHUB_GITLAB_URL", raising=False)


@pytest.mark.parametrize(
    ("fail_on", "severity", "code"),
    [
        *(("error", "error", 1), ("error", "warning", 0), ("error", "info", 0)),
        *(("warning", "error", 1), ("warning", "warning", 1), ("warning", "info", 0)),
        *(("info", "error", 1), ("info", "warning", 1), ("info", "info", 1)),
        *(("never", "error", 0), ("never", "warning", 0), ("never", "info", 0)),
    ],
)
def test_the_exit_code_is_by_the_worst_problem(tmp_path: Path, fail_on: str, severity: str, code: int) -> None:
    folder = checkout(tmp_path / "a", FILES[severity])
    done = CliRunner().invoke(app, ["lint", str(folder), "--category", "dataset", "--fail-on", fail_on])
    assert f": {severity} " in done.stdout
    assert done.exit_code == code


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["group/project"], "SHARINGHUB_GITLAB_URL: must be set"),
        (["42"], "SHARINGHUB_GITLAB_URL: must be set"),
        (["https://gitlab.example.org/group/project"], "SHARINGHUB_GITLAB_URL: must be set"),
        (["./nowhere"], "there is no such folder"),
        (["nowhere"], "there is no such folder"),
        (["/no/where"], "there is no such folder"),
        (["file.txt"], "is no folder"),
        ([".", "--category", "model"], "there are ai-model, dataset"),
        (["--gitlab"], "name the project"),
        ([".", "--output", "no/such/folder/report.json"], "--output"),
    ],
)
def test_a_mistake_says_what_to_change(tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "file.txt").write_text("x")
    done = CliRunner().invoke(app, ["lint", *arguments])
    assert isinstance(done.exception, SettingsError)
    assert says in str(done.exception)


@pytest.mark.parametrize(
    "arguments",
    [["--format", "gitlab", "--item"], ["--format", "xml"], ["--item", "--output", "x"], ["--fail-on", "x"]],
)
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["lint", str(tmp_path), *arguments])
    assert done.exit_code == 2
    assert arguments[0] in done.stderr or arguments[-1] in done.stderr
