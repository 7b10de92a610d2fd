"""How the tests ask the real helm, and what they look up in its answer."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "sharinghub"
APPLICATION = ROOT / "argocd" / "application.yaml"

Manifest = dict[str, Any]
Values = Mapping[str, Any]

LEAST: Values = {
    "image": {"repository": "registry.example.org/sharinghub"},
    "config": {"gitlab_url": "https://gitlab.example.org"},
}
FULL: Values = {
    "image": {"repository": "registry.example.org:5000/earth/sharinghub", "digest": f"sha256:{'0' * 64}"},
    "imagePullSecrets": [{"name": "registry"}],
    "config": {
        "gitlab_url": "https://gitlab.example.org",
        "gitlab_internal_url": "http://gitlab.internal:8181",
        "gitlab_timeout": 2.5,
        "gitlab_retries": 0,
        "gitlab_concurrency": 8,
        "public_url": "https://earth.example.org:8443/hub/",
        "database_timeout": 2.5,
        "database_pool_size": 4,
        "database_migrate": False,
        "grants_ttl": 0,
        "grants_hard_ttl": 120,
        "admins_see_all": True,
        "sweep_seconds": 10_000_000,  # a number that YAML printers like to write as 1e+07
        "cors_origins": ["https://browser.example.org"],
        "browser_folder": "/app/browser",
        "browser_url": "https://browser.example.org/#",
        "title": "Katalog: Erdbeobachtung — 42%",
        "description": "yes",  # a text that YAML 1.1 takes for a truth value
        "log_level": "debug",
        "log_format": "console",
    },
    "secrets": {
        "existingSecret": "hub-secrets",
        "keys": {"gitlab_token": "token", "hook_secret": "hook.secret", "secret_key": "key"},
    },
    "gitlabCa": {"configMap": "company-ca", "key": "root.pem"},
    "persistence": {"size": "20Gi", "storageClass": "fast", "accessMode": "ReadWriteOncePod"},
    "service": {"type": "LoadBalancer", "port": 8443, "annotations": {"example.org/a": "b"}},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "annotations": {"example.org/c": "d"},
        "tlsSecretName": "hub-tls",
    },
    "serviceAccount": {"annotations": {"example.org/e": "f"}},
    "podAnnotations": {"example.org/g": "h"},
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}],
    "affinity": {"nodeAffinity": {}},
}
BARE: Values = {
    **LEAST,
    "persistence": {"enabled": False},
    "serviceAccount": {"create": False},
    "runAsUser": None,
    "fullnameOverride": "hub",
}
SCALE_OWN: Values = {
    "image": {"repository": "registry.example.org/sharinghub"},
    "config": {
        "gitlab_url": "https://gitlab.example.org",
        "public_url": "https://hub.example.org/hub",
        "store_url": "s3://bucket/hub",
    },
    "secrets": {
        "existingSecret": "hub-secrets",
        "database": {"existingSecret": "catalogue-app"},
        "keys": {"gitlab_admin_token": "admin", "metrics_token": "metrics"},
        "awsCredentials": "aws",
    },
    "hooks": {"install": True, "groups": ["earth/models"], "projects": True},
    "gateway": {"enabled": True, "parentRefs": [{"name": "public", "namespace": "gateways"}]},
    "externalSecret": {"enabled": True, "key": "sharinghub", "store": {"name": "vault"}},
    "monitoring": {
        "labels": {"release": "prometheus"},
        "serviceMonitor": {"enabled": True},
        "rules": {"enabled": True},
        "dashboard": {"enabled": True},
    },
    "networkPolicy": {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}]},
    "extraEnv": [{"name": "AWS_REGION", "value": "eu-west-1"}],
    "extraVolumes": [{"name": "browser", "configMap": {"name": "browser"}}],
    "extraVolumeMounts": [{"name": "browser", "mountPath": "/app/browser", "readOnly": True}],
}


def merged(below: Values, above: Values) -> dict[str, Any]:
    """Values as helm lays one file over another: mappings are merged, all else is replaced."""
    both = dict(below)
    for name, value in above.items():
        inner = both.get(name)
        both[name] = merged(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return both


def profile(name: str, own: Values) -> dict[str, Any]:
    """Values of one's own over those of a file in profiles/."""
    return merged(yaml.safe_load((CHART / "profiles" / f"{name}.yaml").read_text()), own)


SCALE = profile("scale", SCALE_OWN)
PROFILES: Mapping[str, Values] = {
    "least": LEAST,
    "full": FULL,
    "bare": BARE,
    "embedded": profile("embedded", LEAST),
    "scale": SCALE,
}


class HelmRefused(Exception):
    """helm ended with an error; the message is what it said."""


def find_helm() -> str | None:
    """The helm of $HELM, else of PATH."""
    return os.environ.get("HELM") or shutil.which("helm")


class Helm:
    """The real helm. It is told a cluster version: one that was built by `go install` assumes a very old one."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._rendered: dict[tuple[str, ...], str] = {}

    def run(self, *arguments: str) -> str:
        """Standard output of one call. Raises HelmRefused with everything it said."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._folder)}
        done = subprocess.run(
            [self._program, *arguments], capture_output=True, text=True, timeout=60, env=environment, check=False
        )
        if done.returncode:
            raise HelmRefused(done.stdout + done.stderr)
        return done.stdout

    def template(self, values: Values, *, chart: Path = CHART, release: str = "hub", version: str = "1.33") -> str:
        """What `helm template` prints for these values, given as a file as an operator does; each is asked once."""
        asked = (yaml.safe_dump(dict(values)), str(chart), release, version)
        if asked not in self._rendered:
            file = self._folder / "values.yaml"
            file.write_text(asked[0])
            command = ("template", release, str(chart), "--kube-version", version, "--values", str(file))
            self._rendered[asked] = self.run(*command)
        return self._rendered[asked]

    def render(self, values: Values, **options: Any) -> list[Manifest]:
        """The rendered manifests."""
        return [one for one in yaml.load_all(self.template(values, **options), yaml.CSafeLoader) if one]


def one(manifests: Sequence[Manifest], kind: str, component: str = "hub") -> Manifest:
    """The only manifest of a kind; where there are several, that of a component."""
    found = [manifest for manifest in manifests if manifest["kind"] == kind]
    if len(found) > 1:
        found = [one for one in found if one["metadata"]["labels"].get("app.kubernetes.io/component") == component]
    (only,) = found
    return only


def config_map(manifests: Sequence[Manifest]) -> Manifest:
    """The ConfigMap with the settings."""
    (found,) = [one for one in manifests if one["kind"] == "ConfigMap" and "sharinghub.yaml" in one["data"]]
    return found


def pod_specs(manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    """Every pod specification, of deployments and of bare pods."""
    for manifest in manifests:
        if manifest["kind"] == "Pod":
            yield manifest["spec"]
        elif "template" in manifest.get("spec", {}):
            yield manifest["spec"]["template"]["spec"]


def pod_of(manifests: Sequence[Manifest], component: str = "hub") -> Manifest:
    """The pod specification of a component: of its Deployment, else of its Job."""
    kind = "Deployment" if component in ("hub", "worker") else "Job"
    spec: Manifest = one(manifests, kind, component)["spec"]["template"]["spec"]
    return spec


def hub_container(manifests: Sequence[Manifest], component: str = "hub") -> Manifest:
    """The one container of a component; of the one that serves where none is named."""
    container: Manifest
    (container,) = pod_of(manifests, component)["containers"]
    return container
