"""That an output is an asset whose address, size and checksum are right, and that it says so where there is none."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest

from stac_ext.dvc.addresses import own_project
from stac_ext.dvc.assets import ALTERNATE_EXTENSION, DIRECTORY, FILE_EXTENSION, DvcAssets, dvc_assets
from stac_ext.dvc.repository import read_dvc
from stac_ext.model import ProjectFacts
from stac_ext.problem_log import ProblemLog
from tests.stac_ext.dvc.projects import CONTEXT, DVC_URL, FILES, Repository, make_facts, rules
from tests.support.schemas import validator

MD5 = "0123456789abcdef0123456789abcdef"
KEY = f"files/md5/01/{MD5[2:]}"
CHECKSUM = f"d50110{MD5}"
POINTER = f"outs:\n- path: a.tif\n  hash: md5\n  md5: {MD5}\n  size: 7\n"
FOLDER = f"outs:\n- path: tiles\n  hash: md5\n  md5: {MD5}.dir\n  size: 70\n  nfiles: 9\n"


def build(
    facts: ProjectFacts, used: Sequence[str] = (), dvc_url: str | None = DVC_URL, **options: Any
) -> tuple[DvcAssets, list[str]]:
    log = ProblemLog()
    built = dvc_assets(read_dvc(facts, log), facts, CONTEXT, dvc_url, used, log, **options)
    check(built)
    return built, rules(log)


def check(built: DvcAssets) -> None:
    """The assets stand in a valid item that declares what they use."""
    item = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": list(built.extensions),
        "id": "42",
        "geometry": None,
        "properties": {"datetime": "2024-01-01T00:00:00Z", **built.properties},
        "links": [],
        "assets": {key: asset.to_dict() for key, asset in built.assets.items()},
    }
    assert validator()(item, strict=True) == []


def asset_of(config: str, pointer: str = POINTER, **options: Any) -> dict[str, Any]:
    files = {"d.dvc": pointer, **({".dvc/config": config} if config else {})}
    built, _ = build(make_facts(files), **options)
    (asset,) = built.assets.values()
    return asset.to_dict()


def remote(url: str, *settings: str) -> str:
    return "\n".join(["[core]", "remote = r", "['remote \"r\"']", f"url = {url}", *settings])


def test_an_output_that_the_catalogue_serves() -> None:
    served = {
        "href": f"{DVC_URL}/42/{KEY}",
        "type": "image/tiff; application=geotiff",
        "title": "a.tif",
        "roles": ["data"],
        "file:size": 7,
        "file:checksum": CHECKSUM,
        "file:local_path": "a.tif",
        "sharinghub:dvc": {"source": "d.dvc", "md5": MD5, "served": True},
    }
    assert asset_of("") == served
    served["sharinghub:dvc"]["remote"] = "r"  # type: ignore[index]
    for url in (f"{DVC_URL}/42", f"{DVC_URL}/42/", "HTTPS://HUB.example:443/dvc/42"):
        assert asset_of(remote(url)) == served


def test_a_directory_is_its_manifest() -> None:
    asset = asset_of("", FOLDER)
    assert (asset["href"], asset["type"]) == (f"{DVC_URL}/42/{KEY}.dir", DIRECTORY)
    assert (asset["file:checksum"], asset["roles"]) == (CHECKSUM, ["data", "directory"])
    assert (asset["sharinghub:size"], asset["sharinghub:files"]) == (70, 9)
    assert "file:size" not in asset, "the size of the files is not that of the manifest"


def test_what_dvc_uploads_is_where_the_assets_say(pushed: tuple[Repository, str, dict[str, bytes]]) -> None:
    repository, url, uploads = pushed
    built, said = build(repository.facts(), dvc_url=url)
    assert said == ["dvc-legacy"]
    assets = {key: asset.to_dict() for key, asset in built.assets.items()}
    assert sorted(assets) == ["new", "old.txt"]
    bodies = {key: uploads[asset["href"].removeprefix(url.removesuffix("/dvc"))] for key, asset in assets.items()}
    assert bodies["old.txt"] == b"old\r\n"
    assert "file:checksum" not in assets["old.txt"]
    assert assets["old.txt"]["file:size"] == 5
    assert assets["old.txt"]["sharinghub:dvc"]["legacy"] is True
    assert assets["new"]["file:checksum"] == f"d50110{hashlib.md5(bodies['new']).hexdigest()}"
    assert all(asset["sharinghub:dvc"]["served"] for asset in assets.values())


@pytest.mark.parametrize(
    ("config", "href", "alternate"),
    [
        (remote("s3://b/p"), f"s3://b/p/{KEY}", {"https": f"https://b.s3.amazonaws.com/p/{KEY}"}),
        (
            remote("s3://b/p", "region = eu-west-1"),
            f"s3://b/p/{KEY}",
            {"https": f"https://b.s3.eu-west-1.amazonaws.com/p/{KEY}"},
        ),
        (remote("s3://b.c"), f"s3://b.c/{KEY}", {"https": f"https://s3.amazonaws.com/b.c/{KEY}"}),
        (remote("s3://b", "endpointurl = https://e:9000"), f"https://e:9000/b/{KEY}", {"s3": f"s3://b/{KEY}"}),
        (remote("gs://b/p"), f"https://storage.googleapis.com/b/p/{KEY}", None),
        (remote("azure://c/p", "account_name = acc"), f"https://acc.blob.core.windows.net/c/p/{KEY}", None),
        (remote("https://user:pw@web.example/p/?x=1"), f"https://web.example/p/{KEY}", None),
        (
            remote("https://gl.example/api/v4/projects/7/packages/generic/dvc/1"),
            f"https://gl.example/api/v4/projects/7/packages/generic/dvc/1/{KEY}",
            None,
        ),
        (remote(f"{DVC_URL}/421"), f"{DVC_URL}/421/{KEY}", None),
        (remote(f"{DVC_URL}/4"), f"{DVC_URL}/4/{KEY}", None),
        (remote("https://other.example/dvc/42"), f"https://other.example/dvc/42/{KEY}", None),
    ],
)
def test_a_foreign_remote_gives_its_own_addresses(config: str, href: str, alternate: dict[str, str] | None) -> None:
    asset = asset_of(config)
    assert asset["href"] == href
    assert asset["sharinghub:dvc"]["served"] is False
    assert "cannot serve" in asset["sharinghub:dvc"]["note"]
    assert (asset["file:checksum"], asset["file:size"]) == (CHECKSUM, 7)
    said = {key: other["href"] for key, other in asset.get("alternate", {}).items()}
    assert said == (alternate or {})


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        (remote("/home/me/store"), POINTER),
        (remote("azure://c"), POINTER),
        (remote("ssh://me@host/p"), POINTER),
        ("[core]\n    remote = r\nno setting\n", POINTER),
        (remote("https://host/x y"), POINTER),
        ("[core]\nremote = elsewhere\n", POINTER),
        (remote("https://h/p"), f"{POINTER}  remote: elsewhere\n"),
        ("", f"{POINTER}  remote: elsewhere\n"),
        (remote("https://h/p"), f"{POINTER}  push: false\n"),
        ("", "outs:\n- path: a.tif\n"),
        ("", f"{POINTER}  cache: false\n"),
        ("", f"{POINTER}  cloud:\n    elsewhere:\n      version_id: x\n"),
        ("", f"deps:\n- path: x\n  repo:\n    url: https://gl.example/g/o.git\n{POINTER}"),
        ("['remote \"a\"']\nurl = https://a\n['remote \"b\"']\nurl = https://b\n", POINTER),
    ],
)
def test_an_output_without_address_is_described(config: str, pointer: str) -> None:
    """Its href gives the file that tracks it, and nothing is said of the bytes there that is true of the data only."""
    asset = asset_of(config, pointer)
    assert asset["href"] == f"{FILES}/d.dvc"
    assert (asset["type"], asset["roles"]) == ("application/yaml", ["metadata"])
    assert not [key for key in asset if key.startswith(("file:", "alternate"))]
    assert asset["sharinghub:dvc"]["note"]
    assert asset["sharinghub:dvc"]["served"] is False
    assert "/home/me" not in repr(asset)


def test_without_a_route_nothing_is_served() -> None:
    assert asset_of("", dvc_url=None)["href"] == f"{FILES}/d.dvc"
    assert asset_of(remote("https://h/p"), dvc_url=None)["href"] == f"https://h/p/{KEY}"


def test_of_several_remotes_without_default_the_catalogues_own_counts() -> None:
    config = f"['remote \"a\"']\nurl = https://a\n['remote \"b\"']\nurl = {DVC_URL}/42\n"
    assert asset_of(config)["href"] == f"{DVC_URL}/42/{KEY}"


def test_versions_are_addressed_by_path() -> None:
    config = remote("s3://b/p", "version_aware = true")
    text = f"{POINTER}  cloud:\n    r:\n      version_id: v=1\n"
    pinned = asset_of(config, text)
    assert pinned["href"] == "s3://b/p/a.tif?versionId=v%3D1"
    assert pinned["alternate"]["https"] == {
        "href": "https://b.s3.amazonaws.com/p/a.tif?versionId=v%3D1",
        "alternate:name": "r",
    }
    assert pinned["file:checksum"] == CHECKSUM
    loose = asset_of(config)
    assert loose["href"] == "s3://b/p/a.tif"
    assert "file:checksum" not in loose, "what lies at the path now may be something else"
    many = "outs:\n- path: t\n  files:\n  - relpath: x y\n    size: 1\n    cloud:\n      r:\n        version_id: v1\n"
    folder = asset_of(config, many)
    assert (folder["href"], folder["sharinghub:files"], folder.get("type")) == ("s3://b/p/t", 1, None)


def test_paths_at_a_remote_are_seen_from_the_dvc_project() -> None:
    files = {
        "sub/x y.tif.dvc": POINTER.replace("a.tif", "x y.tif"),
        "sub/.dvc/config": remote("s3://b", "worktree = true"),
    }
    built, _ = build(make_facts(files))
    assert built.assets["sub/x y.tif"].href == "s3://b/x%20y.tif"


def test_an_import_that_was_never_downloaded_is_at_its_origin() -> None:
    asset = asset_of("", "deps:\n- path: https://u:p@web.example/later.csv\n  etag: x\nouts:\n- path: later.csv\n")
    assert asset["href"] == "https://web.example/later.csv"
    assert asset["sharinghub:dvc"]["origin"] == {"url": "https://web.example/later.csv", "checksum": "x"}
    assert (asset["type"], asset["file:local_path"]) == ("text/csv", "later.csv")


def test_imports_by_the_real_dvc(importing: Repository) -> None:
    built, said = build(importing.facts())
    hrefs = {key: asset.href for key, asset in built.assets.items()}
    assert hrefs["imported"] == f"{FILES}/imported.dvc"
    assert hrefs["plain.txt"] == f"{FILES}/plain.txt.dvc"
    assert hrefs["outside.txt"].startswith(f"{DVC_URL}/42/files/md5/")
    assert hrefs["web.csv"].startswith(f"{DVC_URL}/42/files/md5/")
    assert hrefs["later.csv"].startswith("http://127.0.0.1:")
    assert said == []
    assert str(importing.folder.parent) not in repr([asset.to_dict() for asset in built.assets.values()])


def test_everything_that_the_real_dvc_tracks(tracked: Repository) -> None:
    built, said = build(tracked.facts())
    assert len(built.assets) == 12
    assert built.extensions == (FILE_EXTENSION, ALTERNATE_EXTENSION)
    assert built.assets["trained/scores.json"].href == f"{FILES}/trained/scores.json", "git holds it"
    assert built.assets["trained/model"].href.startswith("s3://bucket/prefix/files/md5/")
    assert built.properties["sharinghub:dvc"]["remotes"] == [
        {"name": "store", "kind": "local", "default": True, "served": False},
        {"name": "bucket", "kind": "s3", "url": "s3://bucket/prefix", "default": False, "served": False},
    ]
    assert set(said) == {"dvc-unreachable"}


def test_weights_are_the_checkpoint_of_a_model() -> None:
    pointer = POINTER.replace("a.tif", "m/model.onnx")
    assert asset_of("", pointer, ml_model=True)["roles"] == ["data", "mlm:model", "ml-model:checkpoint"][::2]
    assert asset_of("", pointer)["type"] == "application/onnx"


def test_what_git_holds_is_an_asset_once() -> None:
    lock = "schema: '2.0'\nstages:\n  s:\n    outs:\n    - path: scores.json\n"
    pipeline = "stages:\n  s:\n    metrics:\n    - scores.json:\n        cache: false\n"
    facts = make_facts({"dvc.lock": lock, "dvc.yaml": pipeline, "scores.json": "{}"})
    assert build(facts, ["scores.json"])[0].assets == {}
    assert list(build(facts)[0].assets) == ["scores.json"]


def test_keys_are_unique() -> None:
    facts = make_facts(
        {"a.dvc": POINTER, "b.dvc": POINTER.replace("a.tif", "a  .tif"), "c.dvc": POINTER.replace("a.tif", "a .tif")}
    )
    assert sorted(build(facts, ["a.tif"])[0].assets) == ["a .tif", "a .tif-2", "a.tif-2"]


def test_assets_are_bounded_and_the_rest_is_counted() -> None:
    many = "".join(f"- path: o{n:04}\n  hash: md5\n  md5: {MD5}\n" for n in range(1_100))
    built, said = build(make_facts({"a.dvc": f"outs:\n{many}"}))
    assert (len(built.assets), said) == (1_000, ["dvc-too-many-assets"])
    assert built.properties["sharinghub:dvc"]["outputs"] == 1_100


def test_owners_are_told_once() -> None:
    legacy = "".join(f"- path: o{n}\n  md5: {MD5}\n" for n in range(300))
    assert build(make_facts({"a.dvc": f"outs:\n{legacy}"}))[1] == ["dvc-legacy"]
    named = "".join(f"- path: o{n}\n  hash: md5\n  md5: {MD5}\n  remote: gone\n" for n in range(300))
    assert build(make_facts({"a.dvc": f"outs:\n{named}"}))[1] == ["dvc-remote-unknown", "dvc-unreachable"]
    other = {"a.dvc": POINTER, ".dvc/config": remote(f"{DVC_URL}/43")}
    assert build(make_facts(other))[1] == ["dvc-remote-other-project"]


def test_a_project_without_dvc_has_nothing() -> None:
    assert build(make_facts({"README.md": "x", ".dvc/config": remote("https://h")})) == (DvcAssets(), [])


@pytest.mark.parametrize(
    ("url", "project"),
    [
        ("https://gl.example/g/o.git", "https://gl.example/g/o"),
        ("ssh://git@gl.example/g/o.git", "https://gl.example/g/o"),
        ("https://gl.example/g/o", "https://gl.example/g/o"),
        ("https://other.example/g/o.git", None),
        ("https://gl.example.evil/g/o.git", None),
        ("s3://gl.example/g/o", None),
        ("https://[bad/g", None),
        (None, None),
    ],
)
def test_where_data_is_imported_from_is_a_project_of_this_gitlab_or_none(url: str | None, project: str | None) -> None:
    assert own_project(url, "https://gl.example") == project
