"""Proves that the OpenAPI document has every route, and says for each how a credential is sent."""

from typing import Any

from sharinghub_ext.api.openapi import openapi_path
from tests.sharinghub_ext.edge.routes import application, declared
from tests.support.running import RunningHub

# Redirects, pages and files beside the API, and what only GitLab or the operator's Prometheus asks.
BESIDES = {
    *("/", "/api", "/api.html", "/api.static", "/api/stac", "/api/stac/{rest}", "/metrics", "/auth/callback", "/stac"),
    "/stac/collections/{collection_id}/items/{path}",
}


def document(hub: RunningHub) -> dict[str, Any]:
    return dict(hub.get("/api").json())


def test_every_route_is_described(signing: RunningHub) -> None:
    told = document(signing)["paths"]
    for path, methods in declared(application(signing).routes):
        found = openapi_path(path)
        if found not in BESIDES:
            assert {one.lower() for one in methods} <= told[found].keys(), found


def test_every_operation_says_how_a_credential_is_sent(signing: RunningHub) -> None:
    found = document(signing)
    known = found["components"]["securitySchemes"].keys()
    assert {"bearer", "privateToken", "jobToken", "basic", "session", "openIdConnect"} <= known
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            named = {name for one in operation["security"] for name in one}
            assert named <= known, (method, path)
            assert ("basic" in named) == path.startswith(("/assets/", "/dvc/")), (method, path)
