"""That `sharinghub config` shows what is in force and no secret, and prints SharingHub's configuration as ours."""

import os
import re
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from sharinghub_ext.cli import config
from sharinghub_ext.config import Settings, SettingsError, load_settings

APP = typer.Typer(pretty_exceptions_enable=False)
APP.command("config")(config.command)
RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("SHARINGHUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_settings_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example.org")
    monkeypatch.setenv("SHARINGHUB_GITLAB_TOKEN", "plainly-visible")
    monkeypatch.setenv("SHARINGHUB_DATABASE_URL", "postgresql+psycopg://hub:plainly@visible@db/hub?password=plainly")
    result = RUNNER.invoke(APP, [])
    assert result.exit_code == 0
    assert "plainly" not in result.output
    shown = yaml.safe_load(result.stdout)
    assert set(shown) == set(Settings.model_fields)
    assert shown["gitlab_url"] == "https://gitlab.example.org"
    assert shown["gitlab_token"] == config.MASK
    assert shown["hook_secret"] is None
    assert shown["database_url"] == f"postgresql+psycopg://hub:{config.MASK}@db/hub?password={config.MASK}"
    assert shown["cors_origins"] == ["*"]


def test_the_example_names_every_setting_and_can_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As printed, and with every default taken in: both are what the program has without a file."""
    printed = RUNNER.invoke(APP, ["--example"]).stdout
    assert all(len(line) <= 120 for line in printed.splitlines())
    for field in Settings.model_fields.values():
        assert str(field.description).split()[0] in printed
    lines = re.findall(r"^# ([a-z_]+:.*)$", printed, re.MULTILINE)
    assert {line.partition(":")[0] for line in lines} | {"gitlab_url"} == Settings.model_fields.keys()
    for text in (printed, "\n".join(["gitlab_url: https://gitlab.example.org", *lines])):
        (tmp_path / "settings.yaml").write_text(text)
        monkeypatch.setenv("SHARINGHUB_CONFIG_FILE", str(tmp_path / "settings.yaml"))
        assert load_settings() == Settings.model_construct(
            **Settings(gitlab_url="https://gitlab.example.org").model_dump()
        )


def test_settings_that_cannot_be_used() -> None:
    assert isinstance(RUNNER.invoke(APP, []).exception, SettingsError)


def test_a_configuration_of_sharinghub(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(
        b"\xef\xbb\xbfgitlab: {url: https://gitlab.example.org}\n"
        b"stac: {categories: [{dataset: {gitlab_topic: t, title: Donn\xc3\xa9es, features: {x: y}}}]}\n"
    )
    result = RUNNER.invoke(APP, ["--from-sharinghub", str(file)])
    assert result.exit_code == 0
    assert yaml.safe_load(result.stdout) == {
        "gitlab_url": "https://gitlab.example.org",
        "categories": [{"id": "dataset", "topic": "t", "title": "Données"}],
    }
    assert "Données" in result.stdout
    assert "stac.categories.dataset.features: " in result.stderr


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"- a\n", b""])
def test_a_file_that_is_none(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "config.yaml"
    if content is not None:
        file.write_bytes(content)
    result = RUNNER.invoke(APP, ["--from-sharinghub", str(file)])
    assert isinstance(result.exception, SettingsError)
    assert str(file) in str(result.exception)


def test_the_help_teaches() -> None:
    said = RUNNER.invoke(APP, ["--help"]).output
    assert "--from-sharinghub" in said
    assert "SHARINGHUB_CONFIG_FILE" in said
