"""The profile of several pods: what is rendered fits together, comes in the right order, and shares no disk."""

import json
from typing import Any

import click
import pytest
import yaml
from typer.main import get_command

from sharinghub_ext.cli import app
from tests.deploy.charts import CHART, LEAST, SCALE, SCALE_OWN, Helm, Manifest, config_map, merged, one
from tests.deploy.shapes import check_shape, is_custom


@pytest.fixture(scope="module")
def scale(helm: Helm) -> list[Manifest]:
    return helm.render(SCALE)


def test_the_profile_is_laid_under_values_as_helm_does_it(helm: Helm, tmp_path: Any) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(json.dumps(SCALE_OWN))
    profile = CHART / "profiles" / "scale.yaml"
    files = ("--values", str(profile), "--values", str(own))
    assert helm.run("template", "hub", str(CHART), "--kube-version", "1.33", *files) == helm.template(SCALE)


def test_pods_follow_each_other_without_a_gap(scale: list[Manifest]) -> None:
    deployment = one(scale, "Deployment")["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert "replicas" not in deployment, "it would undo what the autoscaler chose"
    pod = deployment["template"]["spec"]
    drain = yaml.safe_load(config_map(scale)["data"]["sharinghub.yaml"])["drain_seconds"]
    assert 0 < drain < drain + 10 < pod["terminationGracePeriodSeconds"], "requests in flight have 10 s to end"
    assert not [one for one in pod["volumes"] if "persistentVolumeClaim" in one]


def test_what_chooses_pods_chooses_those_that_serve(scale: list[Manifest]) -> None:
    labels = one(scale, "Deployment")["spec"]["template"]["metadata"]["labels"]
    spread = one(scale, "Deployment")["spec"]["template"]["spec"]["topologySpreadConstraints"]
    budget = one(scale, "PodDisruptionBudget")["spec"]
    for chosen in (budget["selector"], *(each["labelSelector"] for each in spread)):
        assert chosen["matchLabels"].items() <= labels.items()
        for job in [each for each in scale if each["kind"] == "Job"]:
            assert not chosen["matchLabels"].items() <= job["spec"]["template"]["metadata"]["labels"].items()
    assert {each["topologyKey"] for each in spread} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    target = one(scale, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", one(scale, "Deployment")["metadata"]["name"])
    policy = one(scale, "NetworkPolicy")["spec"]
    for each in scale:
        pod = each["spec"]["template"] if each["kind"] in ("Deployment", "Job") else each
        if each["kind"] in ("Deployment", "Job", "Pod"):
            assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


def test_the_network_is_closed_but_for_what_is_needed(scale: list[Manifest]) -> None:
    policy = one(scale, "NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    (way_in,) = policy["ingress"]
    assert way_in["ports"] == [{"port": "http", "protocol": "TCP"}]
    assert SCALE["networkPolicy"]["from"][0] in way_in["from"]
    ports = {port["port"] for rule in policy["egress"] for port in rule.get("ports", ())}
    assert ports == {53, 443, 5432}
    blocks = [to["ipBlock"] for rule in policy["egress"] for to in rule.get("to", ()) if "ipBlock" in to]
    assert "169.254.0.0/16" in blocks[0]["except"], "where clouds give out credentials"


def test_the_migration_is_done_by_a_job_and_by_nobody_else(helm: Helm, scale: list[Manifest]) -> None:
    job = one(scale, "Job", "migration")
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["migrate"]
    assert "database_migrate: false" in config_map(scale)["data"]["sharinghub.yaml"]
    assert "helm.sh/hook" not in job["metadata"]["annotations"], "it would run before the settings are there"
    again = one(helm.render(merged(SCALE, {"config": {"title": "Other"}})), "Job", "migration")
    assert again["metadata"]["name"] != job["metadata"]["name"], "a Job cannot be changed"


def test_each_process_has_its_role_and_the_same_settings(scale: list[Manifest]) -> None:
    pods = {name: one(scale, "Deployment", name)["spec"]["template"] for name in ("hub", "worker")}
    roles = {name: pod["spec"]["containers"][0]["args"][:3] for name, pod in pods.items()}
    assert roles == {"hub": ["serve", "--role", "api"], "worker": ["serve", "--role", "worker"]}
    for same in ("env", "volumeMounts", "readinessProbe", "livenessProbe"):
        assert pods["hub"]["spec"]["containers"][0][same] == pods["worker"]["spec"]["containers"][0][same]
    assert pods["hub"]["metadata"]["annotations"] == pods["worker"]["metadata"]["annotations"]
    service = one(scale, "Service", "hub")["spec"]["selector"]
    assert not service.items() <= pods["worker"]["metadata"]["labels"].items(), "callers would reach a worker"
    alone = one(scale, "Service", "worker")["spec"]["selector"]
    assert alone.items() <= pods["worker"]["metadata"]["labels"].items()


def test_the_program_knows_every_command_line(scale: list[Manifest]) -> None:
    program = get_command(app)
    for each in scale:
        if each["kind"] in ("Deployment", "Job"):
            (container,) = each["spec"]["template"]["spec"]["containers"]
            rest, found = container["args"], program
            while isinstance(found, click.Group):
                context = click.Context(found)
                found, rest = found.get_command(context, rest[0]), rest[1:]
            assert found is not None
            found.make_context("sharinghub", list(rest))


def test_hooks_are_installed_after_all_else(scale: list[Manifest]) -> None:
    job = one(scale, "Job", "hook-installation")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "post-install,post-upgrade"
    args = job["spec"]["template"]["spec"]["containers"][0]["args"]
    assert args == ["hooks", "install", "--group", "earth/models", "--projects"]


def test_waves_come_in_order(scale: list[Manifest]) -> None:
    def wave(manifest: Manifest) -> int:
        return int(manifest["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", "0"))

    settings = [wave(config_map(scale)), *(wave(one(scale, kind)) for kind in ("ServiceAccount", "ExternalSecret"))]
    migration, hub = wave(one(scale, "Job", "migration")), wave(one(scale, "Deployment"))
    worker = wave(one(scale, "Deployment", "worker"))
    assert max(settings) < migration < worker < hub < wave(one(scale, "Job", "hook-installation"))


def test_the_route_leads_to_the_service(scale: list[Manifest]) -> None:
    route = one(scale, "HTTPRoute")["spec"]
    assert route["hostnames"] == ["hub.example.org"]
    (rule,) = route["rules"]
    assert rule["matches"][0]["path"] == {"type": "PathPrefix", "value": "/hub"}
    service = one(scale, "Service")
    assert rule["backendRefs"] == [{"name": service["metadata"]["name"], "port": service["spec"]["ports"][0]["port"]}]


def test_the_external_secret_fills_what_is_mounted(scale: list[Manifest]) -> None:
    external = one(scale, "ExternalSecret")["spec"]
    made = {each["secretKey"] for each in external["data"]}
    volumes = one(scale, "Deployment")["spec"]["template"]["spec"]["volumes"]
    (projected,) = [volume["projected"]["sources"] for volume in volumes if "projected" in volume]
    ours = [source["secret"] for source in projected if source["secret"]["name"] == external["target"]["name"]]
    assert {item["key"] for source in ours for item in source["items"]} | {"aws"} == made
    (database,) = [source["secret"] for source in projected if source["secret"] not in ours]
    assert database == {"name": "catalogue-app", "items": [{"key": "uri", "path": "SHARINGHUB_DATABASE_URL"}]}


def test_prometheus_finds_the_service_and_has_the_token(scale: list[Manifest]) -> None:
    monitor, service = one(scale, "ServiceMonitor"), one(scale, "Service")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert endpoint["authorization"]["credentials"] == {"name": "hub-secrets", "key": "metrics"}


def test_more_values_reach_the_container(scale: list[Manifest]) -> None:
    pod = one(scale, "Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert {"name": "AWS_REGION", "value": "eu-west-1"} in container["env"]
    assert {"name": "browser", "configMap": {"name": "browser"}} in pod["volumes"]
    assert any(mount["mountPath"] == "/app/browser" for mount in container["volumeMounts"])


def test_custom_resources_are_as_their_definitions_say(scale: list[Manifest]) -> None:
    custom = [each for each in scale if is_custom(each)]
    assert {each["kind"] for each in custom} == {"HTTPRoute", "ExternalSecret", "ServiceMonitor", "PrometheusRule"}
    for each in custom:
        check_shape(each)


@pytest.mark.parametrize("profile", [LEAST, SCALE], ids=["least", "scale"])
def test_no_object_is_named_like_another(helm: Helm, profile: Any) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in helm.render(profile)]
    assert len(names) == len(set(names))
