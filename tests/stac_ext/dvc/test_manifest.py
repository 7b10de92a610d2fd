"""That a manifest is read whole or refused, and that its pages hold every file once."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stac_ext.dvc.assets import md5_multihash
from stac_ext.dvc.manifest import (
    MAX_MANIFEST_BYTES,
    MAX_PAGE,
    Manifest,
    ManifestError,
    ManifestFile,
    manifest_asset,
    page_of,
    read_manifest,
)
from tests.stac_ext.dvc.projects import Repository

MD5 = "0123456789abcdef0123456789abcdef"


def manifest_of(*paths: Any) -> Manifest:
    return read_manifest(json.dumps([{"md5": MD5, "relpath": path} for path in paths]).encode())


def test_the_manifest_of_a_large_directory(large: Repository) -> None:
    (file,) = (large.folder / ".dvc/cache/files/md5").glob("*/*.dir")
    manifest = read_manifest(file.read_bytes())
    assert (len(manifest.files), manifest.refused) == (10_000, 0)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = page_of(manifest, after, 997)
        seen += [entry.path for entry in page.files]
        assert page.total == 10_000
        if page.after is None:
            break
        after = page.after
    assert seen == sorted(f"{number % 100:02}/{number:05}.txt" for number in range(10_000))


def test_pages_go_on_where_they_ended_whatever_was_taken_away() -> None:
    manifest = manifest_of("b", "a", "d/e", "c")
    assert [file.path for file in page_of(manifest, limit=2).files] == ["a", "b"]
    assert [file.path for file in page_of(manifest, "bb").files] == ["c", "d/e"]
    assert page_of(manifest, "zz").files == ()
    assert page_of(manifest, "b", 2).after is None
    assert len(page_of(manifest, limit=0).files) == 1
    assert len(page_of(manifest_of(*map(str, range(2_000))), limit=10**9).files) == MAX_PAGE


def test_a_file_as_an_asset() -> None:
    file = ManifestFile("deep/x.tif", MD5)
    assert manifest_asset(file, "https://hub.example/dvc/42/", "tiles") == {
        "href": f"https://hub.example/dvc/42/files/md5/01/{MD5[2:]}",
        "title": "tiles/deep/x.tif",
        "type": "image/tiff; application=geotiff",
        "roles": ["data"],
        "file:checksum": md5_multihash(MD5),
        "file:local_path": "tiles/deep/x.tif",
    }
    legacy = manifest_asset(file, "s3://b/p", "tiles", legacy=True)
    assert legacy["href"] == f"s3://b/p/01/{MD5[2:]}"
    assert "file:checksum" not in legacy


def test_entries_that_name_no_file_below_are_counted() -> None:
    manifest = manifest_of("../x", "/x", "a\\b", "", None, 7, "a\u0000", ".", "s3://b/x", "ok", "./ok")
    assert ([file.path for file in manifest.files], manifest.refused) == (["ok"], 10)
    assert read_manifest(json.dumps([{"md5": "x", "relpath": "a"}, 7, {}]).encode()) == Manifest((), 3)


@pytest.mark.parametrize("data", [b"", b"{}", b"7", b"[", b"\xff", b"[" * 100_000, b"NaN"])
def test_what_is_no_manifest(data: bytes) -> None:
    with pytest.raises(ManifestError):
        read_manifest(data)


def test_a_manifest_that_is_too_large() -> None:
    with pytest.raises(ManifestError):
        read_manifest(b" " * (MAX_MANIFEST_BYTES + 1))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(MD5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["md5", "relpath", "x"]), inner),
)


@given(data=st.binary() | values.map(lambda value: json.dumps(value).encode()), after=st.none() | st.text())
def test_any_bytes_are_read_or_refused(data: bytes, after: str | None) -> None:
    try:
        manifest = read_manifest(data)
    except ManifestError:
        return
    page = page_of(manifest, after)
    assert all(after is None or file.path > after for file in page.files)
