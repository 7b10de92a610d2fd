"""Proves that the settings on paper are those of the program: names, defaults, descriptions, exit codes."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from sharinghub_ext.categories import CategorySettings, resolve_categories
from sharinghub_ext.config import PREFIX, Settings, load_settings
from sharinghub_ext.extensions import load_extensions
from stac_ext.categories import AI_MODEL, DATASET
from tests.docs.generate import BLOCKS, DOCS, block

AGAIN = "write the tables anew with `python -m tests.docs.generate`"
PAGE = (DOCS / "configuration.md").read_text()


def rows() -> dict[str, str]:
    table = block("configuration.md", "settings")
    return dict(re.findall(r"^\| `([A-Z_]+)` \| .*? \| (.*) \|$", table, re.MULTILINE))


def test_every_setting_is_in_the_table_with_its_description() -> None:
    described = {PREFIX + name.upper(): field.description for name, field in Settings.model_fields.items()}
    assert rows() == {name: str(text).replace("|", "\\|") for name, text in described.items()}, AGAIN


@pytest.mark.parametrize("name", BLOCKS["configuration.md"])
def test_the_tables_are_made_from_the_code(name: str) -> None:
    assert block("configuration.md", name) == BLOCKS["configuration.md"][name](), AGAIN


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_no_page_names_a_setting_that_does_not_exist(page: str) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {"SHARINGHUB_CONFIG_FILE", "SHARINGHUB_SECRETS_DIR"}
    known |= {"SHARINGHUB_PORT", "SHARINGHUB_SERVICE_HOST"}  # of Kubernetes, told as a trap
    used = set(re.findall(r"SHARINGHUB_[A-Z_]*[A-Z]", (DOCS / page).read_text()))
    assert used - known == set()


def example(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A YAML file of the page, made the file that settings come from."""
    written = re.search(rf'```yaml title="{title}"\n(.*?)```', PAGE, re.DOTALL)
    assert written is not None
    file = tmp_path / title
    file.write_text(written[1])
    monkeypatch.setenv("SHARINGHUB_CONFIG_FILE", str(file))
    return written[1]


def test_the_yaml_file_of_the_page_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = example("sharinghub.yaml", tmp_path, monkeypatch)
    settings = load_settings()
    for name, value in yaml.safe_load(written).items():
        assert getattr(settings, name) == value


def test_the_categories_of_the_page_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example("categories.yaml", tmp_path, monkeypatch)
    model, dataset, tools = resolve_categories(load_settings().categories)
    assert model == replace(AI_MODEL, logo="https://example.org/models.png")
    assert dataset == DATASET
    assert (tools.topic, tools.in_language("fr").title) == ("sharinghub:tools", "Outils")


def test_every_field_of_a_category_is_on_the_page() -> None:
    section = PAGE.partition("## Categories")[2].partition("\n## ")[0]
    named = {
        name for line in section.split("\n") if line.startswith("| `") for name in line.split("|")[1].split("`")[1::2]
    }
    assert named == set(CategorySettings.model_fields)


def test_the_extension_of_the_page_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example("extensions.yaml", tmp_path, monkeypatch)
    (tmp_path / "soil.json").write_text('{"type": "object"}')
    monkeypatch.chdir(tmp_path)
    (soil,) = load_extensions(load_settings().extensions)
    assert (soil.prefix, soil.schema) == ("soil", "https://example.org/soil/v1.0.0/schema.json")


def test_a_folder_of_files_is_read_in_any_letter_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sharinghub_gitlab_url").write_text("https://gitlab.example.org\n")
    (tmp_path / "SHARINGHUB_HOOK_SECRET").write_text(" a-secret-of-the-tests \n")
    monkeypatch.setenv("SHARINGHUB_SECRETS_DIR", str(tmp_path))
    settings = load_settings()
    assert settings.gitlab_url == "https://gitlab.example.org"
    assert settings.hook_secret is not None
    assert settings.hook_secret.get_secret_value() == "a-secret-of-the-tests"
