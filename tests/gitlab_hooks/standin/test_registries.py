"""Proves that packages, images, models, release links and Git LFS answer as GitLab documents, by their own levels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import gitlab as python_gitlab
import httpx
import pytest

from gitlab_hooks.standin.registry_model import Facet
from gitlab_hooks.standin.server import StandIn
from gitlab_hooks.standin.world import AccessLevel, Project, World

Ask = Callable[..., httpx.Response]
BASE = "/projects/1"


@pytest.fixture
def flood(world: World) -> Project:
    project = world.project_at("earth/flood")
    assert project is not None
    return project


# Release links


def test_release_links(world: World, flood: Project, gitlab: StandIn, ask: Ask) -> None:
    links = [
        {"name": "Weights", "url": "https://example.org/w", "link_type": "package", "direct_asset_path": "/w.bin"},
        {"name": "Report", "url": "https://example.org/r"},
    ]
    body = {"tag_name": "v1", "ref": "main", "assets": {"links": links}}
    made = ask("POST", f"{BASE}/releases", "ada", json=body)
    assert made.status_code == 201
    assets = ask("GET", f"{BASE}/releases/v1").json()["assets"]
    assert assets["count"] == 6
    assert [(link["name"], link["link_type"]) for link in assets["links"]] == [
        ("Report", "other"),
        ("Weights", "package"),
    ]
    permanent = f"{gitlab.url}/earth/flood/-/releases/v1/downloads/w.bin"
    assert [link["direct_asset_url"] for link in assets["links"]] == ["https://example.org/r", permanent]
    led = httpx.get(permanent, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (302, "https://example.org/w")
    more = ask("POST", f"{BASE}/releases/v1/assets/links", "ada", json={"name": "More", "url": "https://example.org/m"})
    assert more.status_code == 201
    twice = ask(
        "POST", f"{BASE}/releases/v1/assets/links", "ada", json={"name": "More", "url": "https://example.org/n"}
    )
    assert twice.status_code == 400
    key = more.json()["id"]
    assert ask("GET", f"{BASE}/releases/v1/assets/links/{key}").json() == more.json()
    assert ask("DELETE", f"{BASE}/releases/v1/assets/links/{key}", "ada").status_code == 200
    assert len(ask("GET", f"{BASE}/releases/v1/assets/links").json()) == 2


# Packages


def test_a_generic_package_is_uploaded_listed_and_downloaded(ask: Ask) -> None:
    url = f"{BASE}/packages/generic/flood/1.0.0/weights.bin"
    data = bytes(range(256)) * 8
    sent = {"content": data, "headers": {"Content-Type": "application/octet-stream"}}
    assert ask("PUT", url, **sent).status_code == 401
    assert ask("PUT", url, "gus", **sent).status_code == 403
    made = ask("PUT", url, "ada", **sent)
    assert (made.status_code, made.json()) == (201, {"message": "201 Created"})
    told = ask("PUT", f"{BASE}/packages/generic/flood/1.0.0/more.bin?select=package_file", "ada", content=b"more")
    assert told.json()["file_sha256"] == hashlib.sha256(b"more").hexdigest()
    (package,) = ask("GET", f"{BASE}/packages").json()
    assert (package["name"], package["version"], package["package_type"]) == ("flood", "1.0.0", "generic")
    assert package["_links"] == {"web_path": "/earth/flood/-/packages/1"}
    assert ask("GET", f"{BASE}/packages/1").json() == package
    files = ask("GET", f"{BASE}/packages/1/package_files").json()
    assert [(file["file_name"], file["size"]) for file in files] == [("weights.bin", 2048), ("more.bin", 4)]
    assert files[0]["file_md5"] == hashlib.md5(data).hexdigest()
    got = ask("GET", url)
    assert got.content == data
    assert got.headers["x-checksum-sha256"] == hashlib.sha256(data).hexdigest()
    assert ask("GET", f"{BASE}/packages/generic/flood/1.0.0/none.bin").status_code == 404
    assert ask("DELETE", f"{BASE}/packages/1", "ada").status_code == 204
    assert ask("GET", f"{BASE}/packages/1").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status", "part", "told"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("lines=0-1", 200, b"0123456789", None),
    ],
)
def test_stored_files_honour_ranges(
    world: World, flood: Project, ask: Ask, wanted: str, status: int, part: bytes, told: str | None
) -> None:
    world.add_package(flood, "p", "1", {"ten": b"0123456789"})
    got = ask("GET", f"{BASE}/packages/generic/p/1/ten", headers={"Range": wanted})
    assert (got.status_code, got.content, got.headers.get("content-range")) == (status, part, told)


def test_packages_are_sorted_and_filtered_as_asked(world: World, flood: Project, gitlab: StandIn) -> None:
    for name, kind in (("b", "generic"), ("a", "pypi"), ("c", "generic")):
        world.add_package(flood, name, "1", kind=kind)
    project = python_gitlab.Gitlab(gitlab.url).projects.get(flood.id)

    def names(**query: Any) -> list[str]:
        return [package.name for package in project.packages.list(get_all=True, **query)]

    assert names() == ["b", "a", "c"]
    assert names(order_by="name", sort="desc") == ["c", "b", "a"]
    assert names(package_type="generic") == ["b", "c"]
    assert names(package_name="a") == ["a"]


def test_pypi_and_model_files_are_downloaded_by_their_own_routes(world: World, flood: Project, ask: Ask) -> None:
    world.add_package(flood, "tools", "1", {"tools-1.whl": b"PK"}, kind="pypi")
    sha = hashlib.sha256(b"PK").hexdigest()
    assert ask("GET", f"{BASE}/packages/pypi/files/{sha}/tools-1.whl").content == b"PK"
    assert ask("GET", f"{BASE}/packages/pypi/files/{'0' * 64}/tools-1.whl").status_code == 404
    version = world.add_model_version(flood, "flood", "1.0.0", {"MLmodel": b"m", "data/model.pkl": b"p"})
    assert ask("GET", f"{BASE}/packages/ml_models/{version.id}/files/MLmodel").content == b"m"
    assert ask("GET", f"{BASE}/packages/ml_models/{version.id}/files/data/model.pkl").content == b"p"
    assert ask("GET", f"{BASE}/packages/ml_models/99/files/MLmodel").status_code == 404


# Images


def test_images_and_their_tags(world: World, flood: Project, ask: Ask) -> None:
    digest = f"sha256:{'a' * 64}"
    world.push_image(flood, "1.0", "server", digest=digest, size=7)
    world.push_image(flood, "latest", "server", digest=digest, size=7)
    (plain,) = ask("GET", f"{BASE}/registry/repositories").json()
    assert (plain["path"], plain["project_id"]) == ("earth/flood/server", flood.id)
    assert not {"tags", "tags_count"} & set(plain)
    (told,) = ask("GET", f"{BASE}/registry/repositories?tags=true&tags_count=true").json()
    assert told["tags_count"] == 2
    tags = ask("GET", f"{BASE}/registry/repositories/1/tags").json()
    assert tags == told["tags"]
    assert [set(tag) for tag in tags] == [{"name", "path", "location"}] * 2
    one = ask("GET", f"{BASE}/registry/repositories/1/tags/latest").json()
    assert (one["digest"], one["total_size"], one["revision"]) == (digest, 7, "a" * 64)
    assert ask("GET", f"{BASE}/registry/repositories/1/tags/none").status_code == 404
    assert ask("GET", f"{BASE}/registry/repositories/9/tags").status_code == 404


# Git LFS


def test_the_raw_route_gives_the_pointer_or_the_content(world: World, flood: Project, ask: Ask, graphql: Ask) -> None:
    pointer = world.put_lfs_object(flood, b"0123456789")
    world.commit(flood, {"big.bin": pointer, "lost.bin": pointer.replace(b"sha256:", b"sha256:0")[:-1]})
    raw = f"{BASE}/repository/files/big.bin/raw?ref=main"
    assert ask("GET", raw).content == pointer
    assert ask("GET", f"{raw}&lfs=true").content == b"0123456789"
    part = ask("GET", f"{raw}&lfs=true", headers={"Range": "bytes=2-3"})
    assert (part.status_code, part.content) == (206, b"23")
    assert ask("GET", raw, headers={"Range": "bytes=2-3"}).content == pointer  # git blobs come whole
    assert ask("GET", f"{BASE}/repository/files/lost.bin/raw?ref=main&lfs=true").status_code == 404
    blobs = 'blobs(paths: ["big.bin"]) { nodes { size rawSize lfsOid } }'
    found = graphql(f'{{ project(fullPath: "earth/flood") {{ repository {{ {blobs} }} }} }}')
    (node,) = found["data"]["project"]["repository"]["blobs"]["nodes"]
    oid = hashlib.sha256(b"0123456789").hexdigest()
    assert node == {"size": len(pointer), "rawSize": 10, "lfsOid": oid}


# GraphQL


def test_graphql_tells_of_every_registry(world: World, flood: Project, graphql: Ask) -> None:
    world.add_release(flood, "v1")
    world.add_release_link(flood, "v1", "Report", "https://example.org/r", kind="runbook")
    world.add_package(flood, "p", "1", {"x": b"xyz"})
    world.push_image(flood, "latest")
    world.add_model_version(flood, "m", "1.0.0", parameters={"a": "1"}, metrics={"b": 2.5})
    found = graphql(
        """{ project(fullPath: "earth/flood") {
          releases { nodes { assets { count links { nodes { name url directAssetUrl linkType } } } } }
          packages { count nodes { name version packageType } }
          containerRepositories { nodes { id path tagsCount } }
          mlModels { nodes { name versionCount latestVersion { version }
            versions { nodes { version packageId candidate {
              params { nodes { name value } } metrics { nodes { name value step } } } } } } }
          statistics { packagesSize } } }""",
        "ada",
    )["data"]["project"]
    url = "https://example.org/r"
    link = {"name": "Report", "url": url, "directAssetUrl": url, "linkType": "RUNBOOK"}
    assert found["releases"]["nodes"] == [{"assets": {"count": 5, "links": {"nodes": [link]}}}]
    assert found["packages"]["nodes"] == [
        {"name": "m", "version": "1.0.0", "packageType": "ML_MODEL"},
        {"name": "p", "version": "1", "packageType": "GENERIC"},
    ]
    image = {"id": "gid://gitlab/ContainerRepository/1", "path": "earth/flood", "tagsCount": 1}
    assert found["containerRepositories"]["nodes"] == [image]
    (model,) = found["mlModels"]["nodes"]
    assert (model["name"], model["versionCount"], model["latestVersion"]) == ("m", 1, {"version": "1.0.0"})
    (version,) = model["versions"]["nodes"]
    assert version["packageId"] == "gid://gitlab/Packages::Package/2"
    assert version["candidate"]["params"]["nodes"] == [{"name": "a", "value": "1"}]
    assert version["candidate"]["metrics"]["nodes"] == [{"name": "b", "value": 2.5, "step": 0}]
    assert found["statistics"] == {"packagesSize": 3}
    tags = graphql(f'{{ containerRepository(id: "{image["id"]}") {{ tags {{ nodes {{ name digest }} }} }} }}')
    (tag,) = tags["data"]["containerRepository"]["tags"]["nodes"]
    assert tag["name"] == "latest"
    assert tag["digest"].startswith("sha256:")


def test_every_path_of_blobs_costs_one(graphql: Ask) -> None:
    query = """query($p: [String!]!) { project(fullPath: "earth/flood") {
      repository { blobs(paths: $p) { nodes { path } } } } }"""
    assert "data" in graphql(query, p=["x"] * 80)
    assert "complexity" in graphql(query, p=["x"] * 120)["errors"][0]["message"]


# Who may see what

ROUTES: dict[Facet, str] = {
    "releases": "/releases",
    "package_registry": "/packages",
    "container_registry": "/registry/repositories",
}


@pytest.mark.parametrize(
    ("level", "who", "facet", "status"),
    [
        ("enabled", None, "releases", 200),
        ("enabled", None, "package_registry", 200),
        ("enabled", None, "container_registry", 200),
        ("private", None, "releases", 403),
        ("private", None, "package_registry", 403),
        ("private", "gus", "releases", 200),  # a Guest
        ("private", "gus", "package_registry", 403),
        ("private", "gus", "container_registry", 403),
        ("private", "ada", "package_registry", 200),
        ("disabled", "ada", "releases", 403),
        ("disabled", "ada", "package_registry", 403),
        ("public", None, "package_registry", 200),
    ],
)
def test_each_part_has_its_own_level(
    world: World, flood: Project, ask: Ask, level: str, who: str | None, facet: Facet, status: int
) -> None:
    world.set_facet_level(flood, facet, level)
    assert ask("GET", BASE + ROUTES[facet], who).status_code == status


def test_members_of_a_private_project_need_reporter_for_packages(world: World, ask: Ask) -> None:
    secret = world.add_project("earth/secret", files={"x": b"x"})
    for name, level in (("gus", AccessLevel.GUEST), ("eve", AccessLevel.REPORTER)):
        user = world.user_named(name)
        assert user is not None
        world.add_member(secret, user, level)
    url = f"/projects/{secret.id}"
    assert [ask("GET", f"{url}{route}", "gus").status_code for route in ROUTES.values()] == [200, 403, 403]
    assert [ask("GET", f"{url}{route}", "eve").status_code for route in ROUTES.values()] == [200, 200, 200]


def test_models_of_a_narrower_registry_are_not_there(world: World, flood: Project, ask: Ask, graphql: Ask) -> None:
    version = world.add_model_version(flood, "m", "1", {"MLmodel": b"m"})
    world.set_facet_level(flood, "model_registry", "private")
    assert ask("GET", f"{BASE}/packages/ml_models/{version.id}/files/MLmodel").status_code == 404
    query = '{ project(fullPath: "earth/flood") { mlModels { nodes { name } } } }'
    assert graphql(query)["data"]["project"]["mlModels"] is None
    assert graphql(query, "gus")["data"]["project"]["mlModels"]["nodes"] == [{"name": "m"}]


def test_levels_are_set_by_the_api_and_shown_to_those_who_are_signed_in(ask: Ask) -> None:
    changed = ask("PUT", BASE, "ada", json={"package_registry_access_level": "private"})
    assert changed.json()["package_registry_access_level"] == "private"
    assert ask("GET", BASE, "gus").json()["releases_access_level"] == "enabled"
    assert not [key for key in ask("GET", BASE).json() if key.endswith("_access_level")]
    assert ask("PUT", BASE, "ada", json={"releases_access_level": "public"}).status_code == 400
