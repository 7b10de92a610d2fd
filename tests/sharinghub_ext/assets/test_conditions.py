"""Proves that HEAD, entity tags and conditions tell the truth about a file, and nothing to who may not read it."""

import gzip
import re

import pytest

from gitlab_hooks.standin.world import AccessLevel
from tests.sharinghub_ext.assets.conftest import DATA, KINDS, PRIVATE, Scene


@pytest.mark.parametrize("kind", KINDS)
def test_head_has_the_headers_of_get_and_no_bytes(scene: Scene, kind: str) -> None:
    got, head = (scene.get(scene.address(kind), method=method) for method in ("GET", "HEAD"))
    assert (got.status_code, head.status_code) == (200, 200)
    assert head.content == b""
    assert len(got.content) == int(head.headers["content-length"])
    volatile = {"date"}
    assert {k: v for k, v in got.headers.items() if k not in volatile} == {
        k: v for k, v in head.headers.items() if k not in volatile
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_harmless_in_a_browser(scene: Scene, kind: str) -> None:
    headers = scene.get(scene.address(kind)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cache-control"] == "private, no-store"
    assert headers["content-disposition"].startswith('attachment; filename="')


@pytest.mark.parametrize(("kind", "strong"), [("plain", True), ("large", True), ("archive", False)])
def test_a_file_of_a_commit_has_one_tag_for_ever(scene: Scene, kind: str, strong: bool) -> None:
    first, again = (scene.get(scene.address(kind)).headers["etag"] for _ in range(2))
    assert first == again
    assert re.fullmatch(r'"[0-9a-f]{40}"' if strong else r'W/"[0-9a-f]{40}"', first)
    assert scene.get(scene.address(kind), If_None_Match=first).status_code == 304


def test_the_tag_of_a_file_on_a_branch_is_that_of_its_bytes(scene: Scene) -> None:
    address = scene.address("plain", revision="main")
    before = scene.get(address).headers["etag"]
    assert before == scene.get(scene.address("plain")).headers["etag"]
    scene.world.commit(scene.project(PRIVATE), {"data.bin": b"other"})
    answer = scene.get(address, If_None_Match=before)
    assert (answer.status_code, answer.content) == (200, b"other")
    assert answer.headers["etag"] != before
    scene.world.commit(scene.project(PRIVATE), {"data.bin": DATA})
    assert scene.get(address, If_None_Match=before).status_code == 304


def test_a_large_file_on_a_branch_and_a_package_have_the_tag_of_upstream_or_none(scene: Scene) -> None:
    for address in (scene.address("large", revision="main"), scene.address("package")):
        assert "etag" not in scene.get(address).headers
        for given in ('"abc"', 'W/"abc"'):
            scene.gitlab.faults.add(r"/raw|/packages/", headers={"ETag": given}, times=2)
            assert scene.get(address).headers["etag"] == given
            assert scene.get(address, If_None_Match='"abc"').status_code == 304
        scene.gitlab.faults.add(r"/raw|/packages/", headers={"ETag": "no tag"})
        assert "etag" not in scene.get(address).headers


@pytest.mark.parametrize("kind", KINDS)
def test_a_condition_counts_only_after_gitlab_has_let_the_caller_in(scene: Scene, kind: str) -> None:
    address = scene.address(kind)
    tag = scene.get(address).headers.get("etag", "*")
    for condition in (tag, f'"x", {tag}' if tag != "*" else tag, "*"):
        answer = scene.get(address, If_None_Match=condition)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["cache-control"] == "private, no-store"
    scene.asked()
    assert scene.get(address, If_None_Match=tag).status_code == 304
    assert len(scene.asked()) == 1
    hidden, missing = (
        scene.get(one, "olga", If_None_Match=tag)
        for one in (address, re.sub("/assets/[0-9]+", "/assets/999999", address))
    )
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.content == missing.content


def test_a_condition_after_access_was_lost_is_404(scene: Scene) -> None:
    ships, exa = scene.project(PRIVATE), scene.person("exa")
    address = scene.address("plain")
    tag = scene.get(address, "exa").headers["etag"]
    assert scene.get(address, "exa", If_None_Match=tag).status_code == 304
    scene.world.remove_member(ships, exa)
    for headers in ({}, {"If_None_Match": tag}, {"Range": "bytes=0-9"}, {"If_None_Match": "*"}):
        assert scene.get(address, "exa", **headers).status_code == 404
    scene.world.add_member(ships, exa, AccessLevel.REPORTER)


def test_a_body_that_upstream_packed_is_passed_on_as_packed(scene: Scene) -> None:
    packed = {"Content-Encoding": "gzip", "ETag": '"abc"'}
    scene.gitlab.faults.add(r"/packages/", body=gzip.compress(b"{}"), headers=packed)
    answer = scene.get(scene.address("package"), Range="bytes=0-1")
    assert (answer.status_code, answer.content, answer.headers["content-encoding"]) == (200, b"{}", "gzip")
    assert answer.headers["etag"] == 'W/"abc"'
    assert "accept-ranges" not in answer.headers
