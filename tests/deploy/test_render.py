"""The chart renders into what every supported Kubernetes accepts, and refuses values that it does not know."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.charts import (
    BARE,
    CHART,
    FULL,
    LEAST,
    PROFILES,
    SCALE,
    Helm,
    HelmRefused,
    Manifest,
    Values,
    config_map,
    merged,
    one,
)
from tests.deploy.shapes import is_custom

ALONE: Values = {"gateway": {"enabled": False}, "hooks": {"install": False}}


@pytest.mark.parametrize(
    "values", [(), ("--set", "image.repository=a", "--set", "config.gitlab_url=https://a.example")]
)
def test_lint_finds_nothing(helm: Helm, values: tuple[str, ...]) -> None:
    assert "0 chart(s) failed" in helm.run("lint", "--strict", str(CHART), *values)


@pytest.mark.parametrize("version", ["1.25", "1.29", "1.33"])
@pytest.mark.parametrize("profile", PROFILES)
def test_kubernetes_knows_every_field(helm: Helm, profile: str, version: str) -> None:
    kubernetes = pytest.importorskip("kubernetes_validate", reason="needs the schemas of kubernetes-validate")
    for manifest in helm.render(PROFILES[profile], version=version):
        if is_custom(manifest):
            continue  # by their own definitions: test_scale.py
        assert kubernetes.validate(manifest, version, strict=True) == version


def test_what_is_rendered(helm: Helm) -> None:
    assert _kinds(helm.render(LEAST)) == {
        "ConfigMap",
        "Deployment",
        "PersistentVolumeClaim",
        "Pod",
        "Service",
        "ServiceAccount",
    }
    assert _kinds(helm.render(FULL)) == _kinds(helm.render(LEAST)) | {"Ingress"}
    assert _kinds(helm.render(BARE)) == {"ConfigMap", "Deployment", "Pod", "Service"}
    assert _kinds(helm.render(PROFILES["embedded"])) == _kinds(helm.render(LEAST)) | {"NetworkPolicy"}


def test_names_and_selectors_meet(manifests: list[Manifest]) -> None:
    deployment = one(manifests, "Deployment")["spec"]
    service = one(manifests, "Service")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"].items() <= labels.items()
    assert service["selector"].items() <= labels.items()
    test_pod = one(manifests, "Pod")["metadata"]["labels"]
    assert not service["selector"].items() <= test_pod.items(), "the service would lead to the test pod"
    (container,) = deployment["template"]["spec"]["containers"]
    assert service["ports"][0]["targetPort"] in {port["name"] for port in container["ports"]}
    volumes = {volume["name"]: volume for volume in deployment["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes.keys()
    assert volumes["config"]["configMap"]["name"] == config_map(manifests)["metadata"]["name"]
    account = deployment["template"]["spec"]["serviceAccountName"]
    assert account in {m["metadata"]["name"] for m in manifests if m["kind"] == "ServiceAccount"} | {"default"}
    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", m["metadata"]["name"]) for m in manifests)


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "scale"])
def test_one_process_writes_the_file(helm: Helm, profile: str) -> None:
    deployment = one(helm.render(PROFILES[profile]), "Deployment")["spec"]
    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "Recreate"}


def test_the_store_is_on_the_claim(helm: Helm) -> None:
    for values, claim in ((LEAST, "hub-sharinghub"), ({**LEAST, "persistence": {"existingClaim": "old"}}, "old")):
        manifests = helm.render(values)
        volumes = one(manifests, "Deployment")["spec"]["template"]["spec"]["volumes"]
        assert {"name": "data", "persistentVolumeClaim": {"claimName": claim}} in volumes
        made = [m["metadata"]["name"] for m in manifests if m["kind"] == "PersistentVolumeClaim"]
        assert made == ([claim] if claim != "old" else [])


def test_a_change_of_the_settings_restarts_the_pod(helm: Helm) -> None:
    def checksum(**config: Any) -> str:
        manifests = helm.render({**LEAST, "config": {**LEAST["config"], **config}})
        return str(one(manifests, "Deployment")["spec"]["template"]["metadata"]["annotations"]["checksum/config"])

    assert checksum() == checksum()
    assert checksum() != checksum(title="Another")


@pytest.mark.parametrize(
    ("public_url", "host", "path"),
    [
        ("https://hub.example.org", "hub.example.org", "/"),
        ("https://hub.example.org/", "hub.example.org", "/"),
        ("https://example.org:8443/hub/", "example.org", "/hub"),
    ],
)
def test_the_ingress_follows_the_public_url(helm: Helm, public_url: str, host: str, path: str) -> None:
    values = {**LEAST, "config": {**LEAST["config"], "public_url": public_url}}
    ingress = one(helm.render({**values, "ingress": {"enabled": True, "tlsSecretName": "tls"}}), "Ingress")["spec"]
    (rule,) = ingress["rules"]
    assert rule["host"] == host
    assert rule["http"]["paths"][0]["path"] == path
    assert ingress["tls"] == [{"hosts": [host], "secretName": "tls"}]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"image": {"repository": ""}}, "image.repository must be set"),
        ({"config": {"gitlab_url": ""}}, "config.gitlab_url must be set"),
        ({"ingress": {"enabled": True}}, "config.public_url must be set"),
        ({"secrets": {"existingSecret": "s", "keys": {"gitlab_token": None, "hook_secret": None}}}, "must name a key"),
        ({"replicas": 2}, "need PostgreSQL"),
        ({"autoscaling": {"enabled": True}}, "need PostgreSQL"),
        ({"worker": {"enabled": True}}, "worker.enabled needs PostgreSQL"),
        ({"migration": {"enabled": True}}, "migration.enabled needs PostgreSQL"),
        ({"hooks": {"install": True}}, "hooks.install needs PostgreSQL"),
        ({"gateway": {"enabled": True}}, "config.public_url must be set where gateway.enabled is"),
        ({"externalSecret": {"enabled": True}}, "externalSecret.enabled needs secrets.existingSecret"),
        ({"monitoring": {"serviceMonitor": {"enabled": True}}}, "needs secrets.existingSecret"),
        ({"extraEnv": [{"name": "SHARINGHUB_GITLAB_TOKEN", "value": "x"}]}, "/extraEnv/0/name"),
        ({"extraEnv": [{"name": "A", "valueFrom": {}}]}, "'valueFrom' not allowed"),
        ({"extraVolumes": [{"name": "host", "hostPath": {"path": "/"}}]}, "/extraVolumes/0"),
        ({"wrker": {}}, "'wrker' not allowed"),
        ({"image": {"tagg": "1"}}, "'tagg' not allowed"),
        ({"image": {"tag": "latest"}}, "/image/tag"),
        ({"image": {"repository": "hub:latest"}}, "/image/repository"),
        ({"config": {"gitlab_ur": "https://a.example"}}, "'gitlab_ur' not allowed"),
        ({"config": {"gitlab_token": "glpat-x"}}, "'gitlab_token' not allowed"),
        ({"config": {"database_url": "sqlite:///x"}}, "'database_url' not allowed"),
        ({"config": {"grants_ttl": 301}}, "/config/grants_ttl"),
        ({"config": {"gitlab_url": "https://me:secret@gitlab.example.org"}}, "/config/gitlab_url"),
        ({"config": {"log_level": "loud"}}, "/config/log_level"),
        ({"secrets": {"keys": {"password": "x"}}}, "'password' not allowed"),
        ({"runAsUser": 0}, "/runAsUser"),
        ({"persistence": {"accessMode": "ReadWriteMany"}}, "/persistence/accessMode"),
        ({"resources": {"limits": {"memory": None}}}, "/resources/limits"),
    ],
    ids=str,
)
def test_what_cannot_work_is_refused_with_its_name(helm: Helm, values: Values, told: str) -> None:
    with pytest.raises(HelmRefused, match=re.escape(told)):
        helm.template(merged(LEAST, values))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"persistence": {"enabled": True}}, "need persistence.enabled: false"),
        ({"config": {"store_url": "file:///data/objects"}}, "need config.store_url: s3://"),
        ({"gateway": {"parentRefs": []}}, "gateway.parentRefs must name the Gateway"),
        ({"config": {"public_url": ""}, **ALONE}, "worker.enabled needs config.public_url"),
        ({"secrets": {"keys": {"metrics_token": None}}}, "needs secrets.keys.metrics_token"),
        ({"secrets": {"keys": {"gitlab_admin_token": None}}}, "needs secrets.keys.gitlab_admin_token"),
        ({"externalSecret": {"key": ""}}, "externalSecret.key must be set"),
    ],
    ids=str,
)
def test_what_several_pods_cannot_share_is_refused(helm: Helm, values: Values, told: str) -> None:
    with pytest.raises(HelmRefused, match=re.escape(told)):
        helm.template(merged(SCALE, values))


@pytest.mark.parametrize("profile", PROFILES)
def test_the_notes_say_what_to_do_next(helm: Helm, tmp_path: Path, profile: str) -> None:
    chart = tmp_path / "sharinghub"
    shutil.copytree(CHART, chart)
    # `helm template` renders the notes but shows none: render them as a manifest.
    shutil.move(chart / "templates" / "NOTES.txt", chart / "NOTES.txt")
    (chart / "templates" / "notes.yaml").write_text(
        'kind: Notes\ntext: |\n{{ tpl (.Files.Get "NOTES.txt") . | indent 2 }}\n'
    )
    notes = one(helm.render(PROFILES[profile], chart=chart), "Notes")["text"]
    assert "rollout status deployment/hub" in notes
    assert ("https://earth.example.org:8443/hub/stac" in notes) == (profile == "full")
    assert ("port-forward" in notes) == (profile not in ("full", "scale"))
    assert ("job/hub-sharinghub-hooks" in notes) == (profile == "scale")
    assert ("/hooks/gitlab" in notes) == (profile == "full")
    assert "<no value>" not in notes


def _kinds(manifests: list[Manifest]) -> set[str]:
    return {manifest["kind"] for manifest in manifests}
