"""The operator's page names every value, setting and secret, and what it says about files is so."""

import re

import pytest
import yaml

from sharinghub_ext.config import Settings
from tests.deploy.charts import CHART, ROOT, Helm, profile
from tests.deploy.test_settings import OWN, SECRETS

PAGE = (ROOT / "docs" / "deployment.md").read_text()
TABLES = "\n".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("|"))


def test_every_value_is_in_a_table() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    whole = {"config", "resources"}
    names = {
        f"{top}.{name}" if isinstance(value, dict) and value and top not in whole else top
        for top, value in values.items()
        for name in (value if isinstance(value, dict) and value else (None,))
    }
    named = set(re.findall(r"`([^`]+)`", TABLES))
    assert names - {"config"} <= named


def test_every_setting_and_secret_is_in_a_table() -> None:
    named = set(re.findall(r"`([^`]+)`", TABLES))
    assert Settings.model_fields.keys() - OWN <= named
    assert named >= SECRETS


def test_the_example_values_render(helm: Helm) -> None:
    (example,) = re.findall(r"```yaml\n(# values of yours.*?)```", PAGE, re.DOTALL)
    assert {one["kind"] for one in helm.render(yaml.safe_load(example), release="sharinghub")} >= {"Ingress"}


@pytest.mark.parametrize("kind", ["deployment", "persistentvolumeclaim", "service"])
def test_the_objects_that_commands_name_exist(helm: Helm, kind: str) -> None:
    (example,) = re.findall(r"```yaml\n(# values of yours.*?)```", PAGE, re.DOTALL)
    manifests = helm.render(yaml.safe_load(example), release="sharinghub")
    assert re.search(rf"{kind}[/ ]sharinghub\b", PAGE)
    assert "sharinghub" in {one["metadata"]["name"] for one in manifests if one["kind"].lower() == kind}


def test_the_example_of_several_pods_renders(helm: Helm) -> None:
    (example,) = re.findall(r"```yaml\n(# values beside profiles/scale.yaml.*?)```", PAGE, re.DOTALL)
    manifests = helm.render(profile("scale", yaml.safe_load(example)), release="sharinghub")
    assert {each["kind"] for each in manifests} >= {"HTTPRoute", "HorizontalPodAutoscaler", "Job", "NetworkPolicy"}
