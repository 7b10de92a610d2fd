"""The shapes of what is no part of Kubernetes itself: CustomResourceDefinitions, as their projects publish them.

`.ci/run` fetches them as Go modules into `build/crds`. Kubernetes drops a field that a definition does not know; here
it is an error.
"""

from functools import cache
from typing import Any

import jsonschema
import pytest
import yaml

from tests.deploy.charts import ROOT, Manifest

FOLDER = ROOT / "build" / "crds"
GROUPS = frozenset(
    {"argoproj.io", "gateway.networking.k8s.io", "monitoring.coreos.com", "external-secrets.io", "postgresql.cnpg.io"}
)


def is_custom(manifest: Manifest) -> bool:
    """Whether a manifest is of one of the kinds that are described by definitions."""
    return manifest["apiVersion"].partition("/")[0] in GROUPS


def check_shape(manifest: Manifest) -> None:
    """Fail for a manifest that its definition does not take, or of which it does not know a field; skip without it."""
    found = _schemas()
    if not found:
        pytest.skip("needs build/crds: .ci/run fetches the definitions with Go")
    schema = found[manifest["apiVersion"], manifest["kind"]]
    jsonschema.validate(manifest, schema)


@cache
def _schemas() -> dict[tuple[str, str], Any]:
    schemas = {}
    for file in FOLDER.glob("*.yaml"):
        definition = yaml.load(file.read_text(), yaml.CSafeLoader)
        spec = definition["spec"]
        for version in spec["versions"]:
            if version["served"]:
                key = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
                schemas[key] = _strict(version["schema"]["openAPIV3Schema"], top=True)
    return schemas


def _strict(schema: Any, *, top: bool = False) -> Any:
    """The same schema, refusing fields that it does not name."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made = {
        key: {name: _strict(one) for name, one in value.items()} if key == "properties" else _strict(value)
        for key, value in schema.items()
        if key not in ("format", "default", "description")
    }
    if "(?i)" in str(made.get("pattern", "")):
        made["pattern"] = f"(?i){made['pattern'].replace('(?i)', '')}"  # Go takes the flag anywhere, Python first
    named = made.get("properties")
    if named and "additionalProperties" not in made and not made.get("x-kubernetes-preserve-unknown-fields"):
        made["additionalProperties"] = False
    if top:
        made["properties"]["metadata"] = {"type": "object", "required": ["name"]}
    return made
