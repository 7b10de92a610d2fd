"""No container of the chart has more power than it needs, and each says what it takes."""

import re

from tests.deploy.charts import LEAST, Helm, Manifest, hub_container, one, pod_specs


def test_no_privilege(manifests: list[Manifest]) -> None:
    for pod in pod_specs(manifests):
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & pod.keys()
        assert not any("hostPath" in volume for volume in pod.get("volumes", []))
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["securityContext"].get("runAsUser") != 0
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "privileged": False,
                "readOnlyRootFilesystem": True,
                "runAsNonRoot": True,
                "capabilities": {"drop": ["ALL"]},
            }
    for manifest in manifests:
        assert manifest["kind"] not in {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "Secret"}
        if manifest["kind"] == "ServiceAccount":
            assert manifest["automountServiceAccountToken"] is False


def test_a_numeric_user_who_owns_the_volume(helm: Helm) -> None:
    pod = one(helm.render({**LEAST, "runAsUser": 1234567}), "Deployment")["spec"]["template"]["spec"]
    context = pod["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (1234567, 1234567, 1234567)


def test_limits_are_set(manifests: list[Manifest]) -> None:
    for pod in pod_specs(manifests):
        for container in pod["containers"]:
            for kind in ("requests", "limits"):
                assert container["resources"][kind].keys() == {"cpu", "memory"}
        for volume in pod.get("volumes", []):
            assert "emptyDir" not in volume or volume["emptyDir"]["sizeLimit"]


def test_images_have_a_version(manifests: list[Manifest]) -> None:
    images = {container["image"] for pod in pod_specs(manifests) for container in pod["containers"]}
    assert len(images) == 1, "the test pod needs no second image"
    for image in images:
        assert re.search(r":\d+\.\d+\.\d+$|@sha256:[0-9a-f]{64}$", image), image


def test_only_what_must_be_written_can_be(manifests: list[Manifest]) -> None:
    mounts = hub_container(manifests)["volumeMounts"]
    assert {mount["mountPath"] for mount in mounts if not mount.get("readOnly")} == {"/data", "/tmp"}


def test_kubernetes_adds_no_variables_that_look_like_settings(manifests: list[Manifest]) -> None:
    """A Service named sharinghub would set SHARINGHUB_PORT, and the program refuses settings that it does not know."""
    assert all(pod["enableServiceLinks"] is False for pod in pod_specs(manifests))


def test_secrets_are_files_and_never_variables(manifests: list[Manifest]) -> None:
    for pod in pod_specs(manifests):
        for container in pod["containers"]:
            assert "envFrom" not in container
            assert all("valueFrom" not in variable for variable in container.get("env", []))
