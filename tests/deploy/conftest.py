"""The real helm, or a skip that says how to get it."""

from pathlib import Path

import pytest

from tests.deploy.charts import PROFILES, Helm, Manifest, find_helm


@pytest.fixture
def helm(tmp_path: Path) -> Helm:
    """The real helm with a home of the test's own."""
    program = find_helm()
    if program is None:
        pytest.skip("needs helm on PATH or in $HELM: go install helm.sh/helm/v3/cmd/helm@v3.18.6")
    folder = tmp_path / "helm"
    folder.mkdir()
    return Helm(program, folder)


@pytest.fixture(params=PROFILES)
def manifests(request: pytest.FixtureRequest, helm: Helm) -> list[Manifest]:
    """The chart rendered with the least values, with all of them, and with what can be turned off turned off."""
    return helm.render(PROFILES[request.param])
