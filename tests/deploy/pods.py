"""A rendered container on this machine: its volumes as folders, and its paths led to them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploy.charts import Manifest, config_map, hub_container, pod_of


@dataclass(frozen=True)
class LocalContainer:
    """Command and environment as the kubelet would set them, with mounted paths replaced by folders below `root`."""

    root: Path
    command: tuple[str, ...]
    environment: Mapping[str, str]
    mounts: tuple[str, ...]

    def local(self, text: str) -> str:
        """`text` with every mounted path led to its folder."""
        paths = "|".join(sorted(map(re.escape, self.mounts), key=len, reverse=True))
        return re.sub(rf"(?:{paths})(?=/|$)", lambda found: f"{self.root}{found[0]}", text, flags=re.MULTILINE)


def materialize(
    manifests: list[Manifest], root: Path, objects: Mapping[str, Mapping[str, str]], component: str = "hub"
) -> LocalContainer:
    """Make the volumes of a component below `root`. `objects`: data of the Secrets and ConfigMaps that are expected."""
    container, pod = hub_container(manifests, component), pod_of(manifests, component)
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    made = config_map(manifests)
    known = {made["metadata"]["name"]: made["data"], **objects}
    local = LocalContainer(
        root=root,
        command=(*container["command"], *container["args"]),
        environment={},
        mounts=tuple(mount["mountPath"] for mount in container["volumeMounts"]),
    )
    for mount in container["volumeMounts"]:
        folder = root / mount["mountPath"].lstrip("/")
        folder.mkdir(parents=True)
        for name, content in _files(volumes[mount["name"]], known).items():
            _project(folder, name, local.local(content))
    return LocalContainer(
        root=root,
        command=tuple(map(local.local, local.command)),
        environment={variable["name"]: local.local(variable["value"]) for variable in container["env"]},
        mounts=local.mounts,
    )


def _files(volume: Mapping[str, Any], known: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The files of a volume. A key that does not exist is an error, as it is in Kubernetes."""
    if "projected" in volume:
        found: dict[str, str] = {}
        for one in volume["projected"]["sources"]:
            secret = {"secret": {"secretName": one["secret"]["name"], "items": one["secret"]["items"]}}
            found |= _files(secret, known)
        return found
    if "configMap" in volume:
        source, data = volume["configMap"], known[volume["configMap"]["name"]]
    elif "secret" in volume:
        source, data = volume["secret"], known[volume["secret"]["secretName"]]
    else:
        return {}
    items = source.get("items", [{"key": key, "path": key} for key in data])
    return {item["path"]: data[item["key"]] for item in items}


def _project(folder: Path, name: str, content: str) -> None:
    """Write a file as the kubelet does: a link to a link to a folder with a date."""
    dated = folder / "..2026_01_01"
    dated.mkdir(exist_ok=True)
    (dated / name).write_text(content)
    current = folder / "..data"
    if not current.is_symlink():
        current.symlink_to(dated.name)
    (folder / name).symlink_to(Path("..data") / name)
