"""What the chart renders is what the program reads: names, bounds and values, so that the two cannot drift apart."""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sharinghub_ext.config import Settings, load_settings
from tests.deploy.charts import CHART, FULL, LEAST, ROOT, SCALE, Helm, Values
from tests.deploy.pods import materialize

# A setting that is a secret, one that the chart sets itself, and one that has no effect yet.
SECRETS = {
    "gitlab_token",
    "hook_secret",
    "hook_secret_before",
    "hook_signing_key",
    "gitlab_admin_token",
    "secret_key",
    "secret_key_before",
    "oauth_client_secret",
    "visitor_token",
    "metrics_token",
    "database_url",
}
OWN = {"gitlab_ca_file"}
SECRET_KEY = "0123456789abcdeffedcba9876543210"
EXAMPLES = (
    *("gitlab_internal_url", "store_url", "categories", "trusted_proxies", "browser_url"),
    "browser_folder",
    *("oauth_client_id", "oauth_device_client_id"),
)
DATABASE = "postgresql+psycopg://hub:pass-word@database/hub"
SCALE_SECRETS = {
    "SHARINGHUB_GITLAB_TOKEN": "glpat-sample",
    "SHARINGHUB_HOOK_SECRET": "h" * 20,
    "SHARINGHUB_SECRET_KEY": SECRET_KEY,
    "admin": "glpat-admin",
    "metrics": "m" * 20,
    "aws": "[default]\n",
}
SAMPLE_SECRETS = {
    "hub-secrets": {
        "token": "glpat-sample\n",
        "hook.secret": "h" * 20,
        "key": SECRET_KEY,
        "unrelated": "x",
        **SCALE_SECRETS,
    },
    "with-database": {"url": f"{DATABASE}\n"},
    "company-ca": {"root.pem": "a certificate"},
    "catalogue-app": {"uri": DATABASE.replace("+psycopg", "")},
    "browser": {"index.html": ""},
}


@pytest.fixture
def program(tmp_path: Path, helm: Helm, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives the settings that the program would have in the pod that values render to."""

    def load(values: Values) -> tuple[Settings, Path]:
        container = materialize(helm.render(values), tmp_path / "pod", SAMPLE_SECRETS)
        for name in os.environ:
            if name.startswith("SHARINGHUB_"):
                monkeypatch.delenv(name)
        for name, value in container.environment.items():
            monkeypatch.setenv(name, value)
        return load_settings(), container.root

    return load


def test_the_least_values_load(program: Any) -> None:
    settings, root = program(LEAST)
    assert settings == Settings.model_construct(
        **{
            **Settings(gitlab_url="https://gitlab.example.org").model_dump(),
            "gitlab_url": "https://gitlab.example.org",
            "database_url": f"sqlite:///{root}/data/sharinghub.db",
            "log_format": "json",
        }
    )


def test_all_values_arrive_as_they_were_given(program: Any) -> None:
    settings, root = program(FULL)
    config: Mapping[str, Any] = FULL["config"]
    assert {name: getattr(settings, name) for name in config} == {
        **config,
        "browser_folder": Path("/app/browser"),
        "public_url": "https://earth.example.org:8443/hub",
    }
    assert settings.database_url == f"sqlite:///{root}/data/sharinghub.db"
    assert settings.gitlab_ca_file.read_text() == "a certificate"
    assert settings.gitlab_token.get_secret_value() == "glpat-sample"
    assert settings.hook_secret.get_secret_value() == "h" * 20
    assert settings.secret_key.get_secret_value() == SECRET_KEY


def test_a_database_of_the_secret_takes_the_place_of_the_file(program: Any, helm: Helm) -> None:
    """Its URL holds a password, so it comes from the Secret and stands in no other object."""
    keys = {"gitlab_token": None, "hook_secret": None, "database_url": "url"}
    values = {**LEAST, "secrets": {"existingSecret": "with-database", "keys": keys}}
    settings, _ = program(values)
    assert settings.database_url == DATABASE
    assert "database_url" not in helm.template(values)
    assert "pass-word" not in helm.template(values)


def test_the_profile_of_several_pods_loads_with_the_database_of_an_operator(program: Any, helm: Helm) -> None:
    settings, _ = program(SCALE)
    assert settings.database_url == DATABASE.replace("+psycopg", "")
    assert settings.database_migrate is False
    assert settings.store_url == "s3://bucket/hub"
    assert settings.secret_key.get_secret_value() == SECRET_KEY
    assert "pass-word" not in helm.template(SCALE)


def test_the_credentials_of_s3_are_a_file_of_the_secret(helm: Helm, tmp_path: Path) -> None:
    """As the AWS library reads it: in no environment variable, and not among the hub's own secrets."""
    url = "s3://bucket/prefix?endpoint=https://s3.example.org&region=eu-west-1"
    values = {
        **LEAST,
        "config": {**LEAST["config"], "store_url": url},
        "secrets": {
            "existingSecret": "hub-secrets",
            "keys": {"gitlab_token": "token", "hook_secret": None},
            "awsCredentials": "aws",
        },
    }
    secrets = {"hub-secrets": {**SAMPLE_SECRETS["hub-secrets"], "aws": "[default]\naws_access_key_id = AKIA\n"}}
    container = materialize(helm.render(values), tmp_path / "pod", secrets)
    file = Path(container.environment["AWS_SHARED_CREDENTIALS_FILE"])
    assert file.read_text() == secrets["hub-secrets"]["aws"]
    assert file.parent != Path(container.environment["SHARINGHUB_SECRETS_DIR"])
    assert not [name for name in container.environment if name.startswith("AWS_") and "FILE" not in name]
    assert yaml.safe_load(Path(container.environment["SHARINGHUB_CONFIG_FILE"]).read_text())["store_url"] == url


def test_the_schema_knows_the_settings_and_no_others() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
    assert schema["config"]["properties"].keys() == Settings.model_fields.keys() - SECRETS - OWN
    assert schema["secrets"]["properties"]["keys"]["properties"].keys() == SECRETS


def test_the_schema_has_the_bounds_of_the_program() -> None:
    chart = json.loads((CHART / "values.schema.json").read_text())["properties"]["config"]["properties"]
    program = Settings.model_json_schema()["properties"]
    bounds = ("minimum", "maximum", "exclusiveMinimum", "minLength", "enum")
    for name, value in chart.items():
        stated = {**program[name], **next(iter(program[name].get("anyOf", ())), {})}  # of a text that may be left out
        assert _only(value, bounds) == _only(stated, bounds), name


def test_the_defaults_that_are_shown_are_those_of_the_program() -> None:
    """values.yaml shows optional settings as comments: uncommented they change nothing."""
    text = (CHART / "values.yaml").read_text()
    shown = "\n".join(line.replace("  # ", "", 1) for line in text.splitlines() if _is_setting(line))
    for name, value in yaml.safe_load(shown).items():
        if name not in EXAMPLES:  # an example: there is no default
            assert value == Settings.model_fields[name].get_default(call_default_factory=True), name


def test_the_schema_and_the_default_values_have_the_same_names() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert values.keys() | {"global"} == json.loads((CHART / "values.schema.json").read_text())["properties"].keys()


def test_the_chart_is_of_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def _is_setting(line: str) -> bool:
    return line.startswith("  # ") and line[4:].split(":")[0] in Settings.model_fields


def _only(value: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value[name] for name in names if name in value}
