"""The Argo CD Application is one, its values render, and it shows what must be changed in it."""

import re
from typing import Any

import pytest
import yaml

from tests.deploy.charts import APPLICATION, CHART, ROOT, Helm, one, profile


@pytest.fixture
def application() -> dict[str, Any]:
    return dict(yaml.safe_load(APPLICATION.read_text()))


def test_it_is_an_application(application: dict[str, Any]) -> None:
    assert application.keys() == {"apiVersion", "kind", "metadata", "spec"}
    assert (application["apiVersion"], application["kind"]) == ("argoproj.io/v1alpha1", "Application")
    assert application["metadata"] == {"name": "sharinghub", "namespace": "argocd"}
    assert application["spec"].keys() == {"project", "source", "destination", "syncPolicy"}


def test_its_source_is_the_chart(application: dict[str, Any]) -> None:
    source = application["spec"]["source"]
    assert source.keys() == {"repoURL", "targetRevision", "path", "helm"}
    assert ROOT / source["path"] == CHART
    assert source["targetRevision"] not in ("", "HEAD")
    assert source["helm"].keys() == {"releaseName", "valueFiles", "valuesObject"}


def test_where_it_goes_and_how_it_is_kept(application: dict[str, Any]) -> None:
    spec = application["spec"]
    assert spec["destination"] == {"server": "https://kubernetes.default.svc", "namespace": "sharinghub"}
    policy = spec["syncPolicy"]
    assert policy.keys() == {"automated", "syncOptions", "retry"}
    assert policy["automated"] == {"prune": True, "selfHeal": True}
    assert policy["syncOptions"] == ["CreateNamespace=true"]
    assert policy["retry"]["limit"] > 0
    assert policy["retry"]["backoff"].keys() == {"duration", "factor", "maxDuration"}


def test_its_values_render(application: dict[str, Any], helm: Helm) -> None:
    source = application["spec"]["source"]["helm"]
    assert source["valueFiles"] == ["profiles/embedded.yaml"]
    manifests = helm.render(profile("embedded", source["valuesObject"]), release=source["releaseName"])
    assert one(manifests, "Deployment")["metadata"]["name"] == "sharinghub"
    assert one(manifests, "Ingress")["spec"]["rules"][0]["host"] == "sharinghub.example.org"
    volumes = one(manifests, "Deployment")["spec"]["template"]["spec"]["volumes"]
    sources = [source for one in volumes for source in one.get("projected", {}).get("sources", ())]
    assert [source["secret"]["name"] for source in sources] == ["sharinghub"]


def test_every_placeholder_is_marked_and_holds_no_secret() -> None:
    lines = APPLICATION.read_text().splitlines()
    placeholders = [line for line in lines if "example.org" in line]
    assert len(placeholders) == 4
    assert all("# CHANGE" in line for line in placeholders)
    assert not re.search(r"glpat-|password|token:", APPLICATION.read_text())
