"""The real helm, or a skip that says how to get it."""

import pytest

from tests.deploy.charts import PROFILES, Helm, Manifest, find_helm


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The real helm with a home of the tests' own."""
    program = find_helm()
    if program is None:
        pytest.skip("needs helm on PATH or in $HELM: go install helm.sh/helm/v3/cmd/helm@v3.18.6")
    return Helm(program, tmp_path_factory.mktemp("helm"))


@pytest.fixture(params=PROFILES)
def manifests(request: pytest.FixtureRequest, helm: Helm) -> list[Manifest]:
    """The chart rendered with the least values, all of them, what can be turned off turned off, and each profile."""
    return helm.render(PROFILES[request.param])
