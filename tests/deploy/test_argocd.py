"""The Argo CD files are what their definitions say, fit together, and render in each environment."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.charts import CHART, ROOT, Helm, Manifest, merged, one
from tests.deploy.shapes import check_shape, is_custom

FOLDER = ROOT / "argocd"
FILES = sorted(FOLDER.glob("*.yaml")) + sorted(FOLDER.glob("apps/*.yaml")) + sorted(FOLDER.glob("postgresql/*.yaml"))
SETS = ("postgresql", "sharinghub")
ENVIRONMENTS = ("staging", "production")


def load(name: str) -> Manifest:
    return dict(yaml.safe_load((FOLDER / name).read_text()))


def filled(template: Any, element: dict[str, str]) -> Any:
    """A template of an ApplicationSet for one element of its list."""
    text = re.sub(r"{{ \.(\w+) }}", lambda found: element[found[1]], yaml.safe_dump(template, width=10_000))
    assert "{{" not in text
    return yaml.safe_load(text)


def applications(name: str) -> dict[str, Any]:
    """The applications that a set makes, by the name of their environment."""
    spec = load(f"apps/{name}.yaml")["spec"]
    (generator,) = spec["generators"]
    return {one["name"]: filled(spec["template"], one) for one in generator["list"]["elements"]}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_is_as_its_definition_says(file: Path) -> None:
    check_shape(yaml.safe_load(file.read_text()))


@pytest.mark.parametrize("name", SETS)
def test_each_application_of_a_set_is_one(name: str) -> None:
    found = applications(name)
    assert tuple(found) == ENVIRONMENTS
    for application in found.values():
        check_shape({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", **application})


def test_the_project_lets_them_in_and_nothing_else() -> None:
    project = load("apps/project.yaml")["spec"]
    specs = [one["spec"] for name in SETS for one in applications(name).values()] + [load("apps/gitlab.yaml")["spec"]]
    allowed = [(one["server"], one["namespace"]) for one in project["destinations"]]
    for spec in specs:
        assert spec["project"] == "sharinghub"
        assert spec["source"]["repoURL"] in project["sourceRepos"]
        server, namespace = spec["destination"]["server"], spec["destination"]["namespace"]
        assert any(server == one and re.fullmatch(pattern.replace("*", ".*"), namespace) for one, pattern in allowed)
    assert "*" not in {*project["sourceRepos"], *(namespace for _, namespace in allowed)}
    assert [one["kind"] for one in project["clusterResourceWhitelist"]] == ["Namespace"]


def test_the_bootstrap_keeps_the_applications_in_order() -> None:
    assert ROOT / load("bootstrap.yaml")["spec"]["source"]["path"] == FOLDER / "apps"

    def wave(name: str) -> int:
        return int(load(f"apps/{name}.yaml")["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"])

    assert wave("project") < wave("postgresql") < wave("sharinghub")
    assert wave("project") < wave("gitlab") < wave("sharinghub")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_environment_renders(helm: Helm, environment: str) -> None:
    source = applications("sharinghub")[environment]["spec"]["source"]
    assert ROOT / source["path"] == CHART
    values: dict[str, Any] = {}
    for name in source["helm"]["valueFiles"]:
        file = (CHART / name).resolve()
        assert file.is_relative_to(ROOT), "Argo CD reads no files outside of the repository"
        values = merged(values, yaml.safe_load(file.read_text()))
    manifests = helm.render(values, release=source["helm"]["releaseName"])
    kinds = {one["kind"] for one in manifests}
    assert kinds >= {"Deployment", "Job", "HTTPRoute", "ExternalSecret", "NetworkPolicy", "ServiceMonitor"}
    for manifest in manifests:
        if is_custom(manifest):
            check_shape(manifest)
    database = values["secrets"]["database"]["existingSecret"]
    assert database == f"{load('postgresql/cluster.yaml')['metadata']['name']}-app", (
        "the Secret that the operator makes"
    )
    deployed = one(manifests, "Deployment")["spec"]
    assert ("replicas" in deployed) == ("HorizontalPodAutoscaler" not in kinds)


def test_databases_and_what_people_stored_are_never_pruned() -> None:
    for name in SETS:
        assert load(f"apps/{name}.yaml")["spec"]["syncPolicy"] == {"preserveResourcesOnDeletion": True}
    for application in applications("postgresql").values():
        assert application["spec"]["syncPolicy"]["automated"]["prune"] is False
    assert "automated" not in load("apps/gitlab.yaml")["spec"]["syncPolicy"]


def test_what_others_change_is_no_drift(helm: Helm) -> None:
    for application in applications("sharinghub").values():
        kinds = {one["kind"] for one in application["spec"]["ignoreDifferences"]}
        assert kinds == {"Deployment", "ExternalSecret", "HTTPRoute"}
        assert "RespectIgnoreDifferences=true" in application["spec"]["syncPolicy"]["syncOptions"]


@pytest.mark.parametrize("file", [*FILES, *sorted(FOLDER.glob("environments/*.yaml"))], ids=lambda file: file.name)
def test_placeholders_are_marked_and_there_are_no_secrets(file: Path) -> None:
    text = file.read_text()
    lines = [line for line in text.splitlines() if "example.org" in line]
    assert all("# CHANGE" in line for line in lines)
    assert not re.search(r"glpat-|password:|_token: (?!SHARINGHUB_)", text)
    assert "latest" not in text
