"""That a file's name tells its media type and role, and that text HTML is never taken for something harmless."""

import pytest

from stac_ext.media_types import TYPE_AS, file_kind, is_checkpoint, is_media_type, is_thumbnail


@pytest.mark.parametrize(
    ("path", "media_type", "role"),
    [
        ("m/model.ONNX", "application/onnx", "data"),
        ("a.tif", "image/tiff; application=geotiff", "data"),
        ("a.cog.tif", "image/tiff; application=geotiff; profile=cloud-optimized", "data"),
        ("a.geojson", "application/geo+json", "data"),
        ("a.geoparquet", "application/vnd.apache.parquet", "data"),
        ("a.tar.gz", "application/gzip", "data"),
        ("a.b.zip", "application/zip", "data"),
        ("n.ipynb", "application/x-ipynb+json", "code"),
        ("dvc.lock", "application/yaml", "metadata"),
        ("compose.yaml", "text/x-yaml; application=compose", "code"),
        ("README", "text/plain", "metadata"),
        ("README.md", "text/markdown", "metadata"),
        ("docs/LICENSE.txt", "text/plain", "license"),
        ("CITATION.cff", "application/yaml", "citation"),
        ("x.html", "text/html", "documentation"),
        ("x.svg", "image/svg+xml", "data"),
        ("MLmodel", "application/yaml", "metadata"),
        ("unknown.xyz", None, "data"),
        ("tif", None, "data"),
        ("noext", None, "data"),
        ("", None, "data"),
        (".", None, "data"),
    ],
)
def test_file_kinds(path: str, media_type: str | None, role: str) -> None:
    kind = file_kind(path)
    assert (kind.media_type, kind.roles) == (media_type, (role,))


def test_every_short_type_is_a_media_type() -> None:
    assert all(is_media_type(media_type) for media_type in TYPE_AS.values())


@pytest.mark.parametrize(
    "text", ["", "text", "text/", "/x", "text/html\n", "a b/c", "text/é", "x/" + "y" * 300, "a/b;\n"]
)
def test_what_is_no_media_type(text: str) -> None:
    assert not is_media_type(text)


def test_pictures_and_checkpoints() -> None:
    assert [p for p in ("a.png", "a.JPG", "a.webp", "a.svg", "a.html", "png") if is_thumbnail(p)] == [
        "a.png",
        "a.JPG",
        "a.webp",
    ]
    assert [
        p for p in ("a.pt", "a.H5", "a.safetensors", "MLmodel", "x.mlmodel", "pt", "a.csv") if is_checkpoint(p)
    ] == [
        "a.pt",
        "a.H5",
        "a.safetensors",
        "x.mlmodel",
    ]
