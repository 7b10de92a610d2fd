"""Proves that whatever an address below /assets holds, GitLab is asked for files of that project and nothing else."""

import os
import re
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharinghub_ext.assets.names import asset_at
from tests.sharinghub_ext.assets.conftest import PRIVATE, Scene

UPWARDS = [
    *(
        "..",
        ".",
        "%2e%2e",
        "%2E%2E",
        ".%2e",
        "%252e%252e",
        "%25252e%25252e",
        "..%2f..",
        "..%252f..",
        "..\\..",
        "..%5c..",
    ),
    *(
        "%2e%2e%5c",
        "..%255c..",
        "a%00",
        "%00",
        "%2500",
        "",
        "%2f",
        "%2fetc",
        "a%2f..%2fb",
        "a%2f%2fb",
        "%ff",
        "%c0%ae%c0%ae",
    ),
]
FILES = re.compile(r"/api/v4/projects/[0-9]+/(?:repository/(?:files/[^/?]+/raw|archive\.zip)|packages/)[^?]*(?:\?|$)")
OTHER = ("/api/v4/user", "/api/v4/personal_access_tokens/self", "/oauth/token/info", "/api/graphql")


def raw(scene: Scene, path: str) -> int:
    """The status of a request whose path is sent as it is, without a client that would tidy it."""
    host, port = scene.hub.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 30) as connection:
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer glpat-maya\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode("latin-1"))
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("part", UPWARDS)
def test_no_part_of_a_path_leads_upwards(scene: Scene, part: str) -> None:
    one, sha = scene.project(PRIVATE).id, scene.shas[PRIVATE]
    paths = (
        *(f"{sha}/{part}/data.bin", f"{sha}/a/{part}", f"{sha}/{part}/{part}/{part}/user", f"{part}/data.bin"),
        *(f"archive/{part}.zip", f"archive/{part}/x.zip"),
        *(f"packages/generic/{part}/1.0/w.bin", f"packages/generic/w/{part}/w.bin", f"packages/{part}/w/1.0/w.bin"),
        *(f"packages/generic/w/1.0/{part}", f"packages/ml_models/{part}/x"),
    )
    for path in paths:
        scene.gitlab.reset_calls()
        assert raw(scene, f"/assets/{one}/{path}") in (400, 404), path
        asked = [call for _, call, _ in scene.gitlab.calls if not call.startswith(OTHER)]
        assert all(FILES.match(call) and f"/projects/{one}/" in call for call in asked), asked
        assert not [call for call in asked if ".." in call.replace("%2E", ".").replace("%2e", ".")], asked


@pytest.mark.parametrize("project", ["..", "%2e%2e", "0", "-1", "1%2f..", "1;2", "a", "1%20", "%31%00", "1" * 30, "٣"])
def test_a_project_is_a_number(scene: Scene, project: str) -> None:
    for path in ("main/README.md", "archive/main.zip", "packages/generic/w/1.0/w.bin"):
        scene.gitlab.reset_calls()
        assert raw(scene, f"/assets/{project}/{path}".encode().decode("latin-1")) in (400, 404)
        assert not [call for _, call, _ in scene.gitlab.calls if not call.startswith(OTHER)]


@settings(max_examples=int(os.environ.get("EXAMPLES", "300")), deadline=None)
@given(st.lists(st.one_of(st.text(max_size=4), st.sampled_from(UPWARDS)), max_size=6).map("/".join))
def test_whatever_an_address_names_stays_in_its_project(rest: str) -> None:
    asset = asset_at(f"/assets/7/{rest}")
    if asset is None:
        return
    assert asset.project_id == 7
    names = [part for one in (asset.revision, *asset.parts) for part in re.split(r"[/\\]", one)]
    assert not {".", ".."} & set(names)
    assert not [one for one in names if "\0" in one]
    assert asset_at(asset.address) == asset


def test_a_slash_that_is_written_encoded_belongs_to_the_name(scene: Scene) -> None:
    ships = scene.project(PRIVATE)
    scene.world.add_branch(ships, "feature/x", "main")
    for path in ("feature%2Fx/data.bin", "feature%2fx/a%20b%2F%C3%BC.csv", "archive/feature%2Fx.zip"):
        assert scene.get(f"/assets/{ships.id}/{path}").status_code == 200, path
    name = scene.get(f"/assets/{ships.id}/archive/feature%2Fx.zip").headers["content-disposition"]
    assert f"{ships.id}-feature-x.zip" in name
