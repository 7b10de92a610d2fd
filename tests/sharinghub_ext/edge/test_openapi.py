"""Proves that the OpenAPI document is valid, has every route, and says which credentials each operation takes."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from sharinghub_ext.api.openapi import openapi_path
from sharinghub_ext.former.routes import MOVED
from tests.sharinghub_ext.edge.routes import application, declared
from tests.support.running import LittleWorld, RunningHub

# Routes that the document leaves out, and why.
NOT_DESCRIBED = {
    "/": "a redirect to the catalogue",
    "/api": "this document",
    "/api.html": "the page of this document",
    "/api.static": "the scripts of that page",
    **dict.fromkeys(
        (
            *("/api/stac", "/api/stac/{rest}", "/api/check/{project}", "/api/download/{rest}"),
            *(
                *MOVED,
                "/api/auth/info",
                "/api/proxy/{rest}",
                "/api/config",
                "/api/config/",
            ),
        ),
        "an address of SharingHub, for clients of before",
    ),
    "/browser": "pages for people",
    "/browser/{path}": "pages for people",
    "/auth/callback": "where GitLab sends browsers back to, not for clients",
    "/metrics": "for those who run the hub, with a token of theirs",
    "/stac": "is /stac/ without the slash",
    "/stac/collections/{collection_id}/items/{path}": "to OpenAPI its template is that of one item",
}
TOKENS = {"bearer", "privateToken"}
READ = {"", *TOKENS, "jobToken", "session", "openIdConnect"}
# The credentials that each operation takes which takes others than a read; "" is none.
TAKEN = {
    "GET /assets/{project_id}/{revision}/{path}": READ | {"basic"},
    "GET /assets/{project_id}/archive/{revision}.zip": READ | {"basic"},
    "GET /assets/{project_id}/packages/{names}": READ | {"basic"},
    "GET /dvc/{project_id}/{key}": {"", *TOKENS, "jobToken", "basic", "openIdConnect"},
    "PUT /dvc/{project_id}/{key}": {*TOKENS, "basic", "openIdConnect"},
    "POST /dvc/{project_id}/{key}": {*TOKENS, "basic", "openIdConnect"},
    "GET /auth/explain": {*TOKENS, "session", "openIdConnect"},
    "POST /auth/logout": {"session"},
    "POST /hooks/gitlab": {"hookToken", "hookSignature"},
    **{f"GET {path}": set[str]() for path in ("/auth/login", "/auth/logout", "/healthz", "/readyz")},
    "GET /.well-known/oauth-protected-resource": set[str](),
    "POST /assets/sign": {"session"},
    "GET /dvc/{project_id}/health": {*TOKENS, "basic", "openIdConnect"},
    "GET /dvc/{project_id}/setup": {"", *TOKENS, "jobToken", "basic", "openIdConnect"},
}


@pytest.fixture(scope="module")
def document(signing: RunningHub) -> dict[str, Any]:
    return dict(signing.get("/api").json())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, each in document["paths"].items():
        for method, operation in each.items():
            yield path, method, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from references(one)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert [error.message[:200] for error in Draft202012Validator(OPENAPI_31).iter_errors(document)] == []


def test_a_broken_document_is_not(document: dict[str, Any]) -> None:
    broken = {**document, "components": {"securitySchemes": {"x": {"type": "apiKey"}}}}
    assert not Draft202012Validator(OPENAPI_31).is_valid(broken)


def test_what_it_refers_to_is_there(document: dict[str, Any]) -> None:
    for reference in set(references(document)):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_names_are_used_once(document: dict[str, Any]) -> None:
    names = Counter(operation["operationId"] for _, _, operation in operations(document))
    assert max(names.values()) == 1
    shapes = Counter(re.sub(r"\{[^}]+\}", "{}", path) for path in document["paths"])
    assert max(shapes.values()) == 1, "templates that differ in their names only are the same path"
    tags = {one["name"] for one in document["tags"]}
    assert {tag for _, _, operation in operations(document) for tag in operation["tags"]} == tags


def test_every_parameter_of_a_path_is_told(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        told = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert told == set(re.findall(r"\{([^}]+)\}", path)), (method, path)


def test_every_route_is_described_or_left_out_for_a_reason(signing: RunningHub, document: dict[str, Any]) -> None:
    described = {(path, method.upper()) for path, method, _ in operations(document)}
    there = {
        (openapi_path(path), method)
        for path, methods in declared(application(signing).routes)
        for method in methods or {"GET"}
    }
    assert {one for one in there - described if one[0] not in NOT_DESCRIBED} == set()
    assert described - there == set()
    assert NOT_DESCRIBED.keys() == {path for path, _ in there - described}


def test_each_operation_says_which_credentials_it_takes(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"].keys()
    for path, method, operation in operations(document):
        taken = [name for one in operation["security"] for name in one or ("",)]
        assert len(taken) == len(operation["security"]), "each alone"
        assert set(taken) == TAKEN.get(f"{method.upper()} {path}", READ), (method, path)
        assert set(taken) - {""} <= schemes
    assert TAKEN.keys() <= {f"{method.upper()} {path}" for path, method, _ in operations(document)}


def test_the_credentials_are_those_that_the_hub_takes(
    plain: tuple[LittleWorld, RunningHub], document: dict[str, Any]
) -> None:
    world, hub = plain
    token, ships = str(world.token("maya")), str(world.samples.projects["earth/models/vessel-detection-sar"])
    item = f"/stac/collections/ai-model/items/{ships}"
    schemes = document["components"]["securitySchemes"]
    assert hub.get(item).status_code == 404
    for name in TOKENS:
        scheme = schemes[name]
        sent = {"Authorization": f"Bearer {token}"} if scheme["type"] == "http" else {scheme["name"]: token}
        assert hub.http.get(item, headers=sent).status_code == 200, name
    assert hub.http.get(item, auth=("any", token)).status_code == 401
    readme = hub.get(item, token).json()["assets"]["overview"]["href"]
    assert hub.http.get(readme, auth=("any", token)).status_code == 200
    assert schemes["openIdConnect"]["openIdConnectUrl"] == f"{world.gitlab.url}/.well-known/openid-configuration"
    assert hub.http.get(schemes["openIdConnect"]["openIdConnectUrl"]).json()["issuer"] == world.gitlab.url


def test_without_sign_in_there_is_none_in_the_document(plain: tuple[LittleWorld, RunningHub]) -> None:
    found = plain[1].get("/api").json()
    assert not {"session", "openIdConnect"} & found["components"]["securitySchemes"].keys()
    assert not [path for path in found["paths"] if path in ("/auth/login", "/auth/logout")]
    for _, _, operation in operations(found):
        assert not {"session", "openIdConnect"} & {name for one in operation["security"] for name in one}
